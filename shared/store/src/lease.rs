//! Rate limits by leased requests: one conditional write lets a warm function answer several of a caller's requests.
//!
//! A caller's item counts the requests leased in each minute and hour, by the names of its attributes: `minute_29396640`,
//! `hour_489944`. So whoever leases needs to know nothing of who did before; what is over is taken out now and then. What is
//! leased and not used in its minute is lost to the caller for that minute, so `shared/api` leases one at first and more only
//! to who comes again; to the hour it is given back with the next lease.
//!
//! The item of somebody who is signed in lies beside their membership, is there as long, and says what it lets them do; they
//! lease only as what their token says they are, and with no token from before they were let in. So a token is worth nothing
//! within a minute after its owner was shut out or came to do something else, and no request costs a read for that.

use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ConditionCheck, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};
use domain::{Id, Time, firm::Firm, session::Session};

use crate::{
    Change, Error, Store,
    change::OnFailure,
    item::{Attributes, Item, millis, number, text},
    key::{Key, name},
};

/// What the names of attributes begin with that count the requests leased in an hour.
const HOUR: &str = "hour_";
/// The same of a minute.
const MINUTE: &str = "minute_";
/// How often a lease is tried: anew where less is left than wanted, or others lease at the same moment.
const TRIES: usize = 3;
/// How many minutes and hours that are over an item may count before they are taken out of it.
const MOST_KEPT: usize = 10;

/// How many requests a caller may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// In a minute of the clock; no bound if none.
    pub per_minute: Option<u32>,
    /// In an hour of the clock.
    pub per_hour: u32,
}

/// Who requests are leased to.
#[derive(Debug, Clone, Copy)]
pub enum Requester<'l> {
    /// Of somebody who is let into the firm.
    Member {
        /// The firm.
        firm: Id<Firm>,
        /// A user's or portal user's id.
        subject: &'l str,
        /// What their token says; none if that doesn't matter.
        shown: Option<Shown<'l>>,
    },
    /// Of an address, say, or of a member for something that is counted besides.
    Other {
        /// The caller's firm; none for who isn't known.
        firm: Option<Id<Firm>>,
        /// Under which name they are counted.
        caller: &'l str,
    },
}

/// What the token says that a member shows.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'l> {
    /// What it lets them do ([`domain::session::Principal::access`]).
    pub access: &'l str,
    /// When it was made, seconds since 1970.
    pub issued: i64,
    /// In which epoch of their login.
    pub epoch: u64,
    /// The session that it is of.
    pub session: Id<Session>,
}

/// What the lease of a member says of who is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetIn {
    access: String,
    since: i64,
    epoch: u64,
    kept: Option<String>,
}

impl LetIn {
    /// What the lease `item` says, if it is a member's.
    fn of(item: &Item) -> Option<Self> {
        let since = i64::try_from(item.number(name::SINCE).ok()?).ok()?;
        let (access, kept) = (item.text(name::ACCESS).ok()?.to_owned(), item.text(name::KEPT).ok().map(str::to_owned));
        Some(Self { access, since, epoch: item.number(name::EPOCH).ok()?, kept })
    }

    /// Whether who shows `shown` is let in: what [`Shown::IS_TRUE`] asks of the item.
    pub fn admits(&self, shown: Shown<'_>) -> bool {
        let is_kept = || self.kept.as_ref().is_some_and(|kept| *kept == shown.session.to_string());
        self.access == shown.access && (self.since <= shown.issued && self.epoch == shown.epoch || is_kept())
    }
}

/// Who leases requests, how many, out of what.
#[derive(Debug, Clone, Copy)]
pub struct Lease<'l> {
    /// Who asks.
    pub requester: Requester<'l>,
    /// How many requests are wanted.
    pub wanted: u32,
    /// How many were leased in a minute of this hour that is over, and not used: they are given back to the hour.
    pub unused: u32,
    /// How many they may make.
    pub quota: Quota,
}

/// What a lease came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// Some requests.
    Some {
        /// How many: the wanted ones or what was left; 1 at least.
        requests: u32,
        /// How many are counted now, these among them.
        counted: Counted,
        /// Who is let in, of a member's.
        let_in: Option<LetIn>,
    },
    /// None: `limit` is used up, for so many seconds more.
    None {
        /// The bound that was hit.
        limit: u32,
        /// Until it starts anew, seconds.
        retry_after: u32,
    },
    /// None: they aren't let in any more, or may do something else than their token says.
    Revoked,
}

/// How many of a caller's requests are counted: those that were leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// In the minute of the clock.
    pub minute: u32,
    /// In the hour of the clock.
    pub hour: u32,
}

impl Quota {
    /// How many more requests may be made after `counted`.
    pub fn left(&self, counted: Counted) -> u32 {
        let hour = self.per_hour.saturating_sub(counted.hour);
        self.per_minute.map_or(hour, |most| most.saturating_sub(counted.minute).min(hour))
    }
}

/// How many seconds are left of the hour of the clock that it is at `now`.
pub fn rest_of_hour(now: Time) -> u32 {
    3600 - now.timestamp().rem_euclid(3600) as u32
}

/// How often somebody failed who isn't known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Failures {
    /// In the hour of the clock.
    pub count: u32,
    /// When they did last.
    pub last: Option<Time>,
}

impl Store {
    /// How often each of `callers`, who aren't known, failed in the hour of `now`; one read.
    pub async fn failures(&self, callers: impl IntoIterator<Item = &str>, now: Time) -> Result<Vec<Failures>, Error> {
        let keys: Vec<_> = callers.into_iter().map(|caller| Key::rate(None, caller)).collect();
        let items = self.items(keys.iter().cloned().collect(), true).await?;
        let of =
            |item: Option<&Item>| Failures { count: Counted::of(item, now).hour, last: item.and_then(|item| item.time(name::LAST).ok()) };
        Ok(keys.iter().map(|key| of(items.get(key))).collect())
    }

    /// Lease requests at `now`: one write, two where less is left than wanted.
    pub async fn lease(&self, lease: &Lease<'_>, now: Time) -> Result<Granted, Error> {
        let mut wanted = lease.wanted.clamp(1, lease.quota.left(Counted::default()).max(1));
        for _ in 0..TRIES {
            let item = match self.try_lease(lease, wanted, now).await? {
                Ok(item) => {
                    self.forget_past(lease.requester, &item, now).await;
                    return Ok(Granted::Some { requests: wanted, counted: Counted::of(Some(&item), now), let_in: LetIn::of(&item) });
                }
                Err(item) => item,
            };
            if !lease.requester.is_let_in(item.as_ref()) {
                return Ok(Granted::Revoked);
            }
            let counted = Counted::of(item.as_ref(), now);
            let counted = Counted { hour: counted.hour.saturating_sub(lease.unused), ..counted };
            wanted = wanted.min(lease.quota.left(counted));
            if wanted == 0 {
                let minute = 60 - now.timestamp().rem_euclid(60) as u32;
                return Ok(match lease.quota.per_minute {
                    Some(limit) if counted.hour < lease.quota.per_hour => Granted::None { limit, retry_after: minute },
                    _ => Granted::None { limit: lease.quota.per_hour, retry_after: rest_of_hour(now) },
                });
            }
        }
        // Others took what was left in between.
        Ok(Granted::None { limit: lease.quota.per_minute.unwrap_or(lease.quota.per_hour), retry_after: 1 })
    }

    /// Lease `wanted` requests: the item as it is then, or as it is if there are none.
    async fn try_lease(&self, lease: &Lease<'_>, wanted: u32, now: Time) -> Result<Result<Item, Option<Item>>, Error> {
        let Lease { requester, unused, quota, .. } = *lease;
        let of_hour = i64::from(wanted) - i64::from(unused);
        let most = |limit: Option<u32>, more: i64| number(i64::from(limit.unwrap_or(u32::MAX)) - more);
        let mut condition =
            "(attribute_not_exists(#hour) OR #hour <= :hour) AND (attribute_not_exists(#minute) OR #minute <= :minute)".to_owned();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(requester.key().item()))
            .expression_attribute_names("#hour", hour(now))
            .expression_attribute_names("#minute", minute(now))
            .expression_attribute_values(":wanted", number(wanted))
            .expression_attribute_values(":of_hour", number(of_hour))
            .expression_attribute_values(":hour", most(Some(quota.per_hour), of_hour))
            .expression_attribute_values(":minute", most(quota.per_minute, i64::from(wanted)))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        update = match requester {
            Requester::Member { shown, .. } => {
                condition.push_str(" AND attribute_exists(pk)");
                if let Some(shown) = shown {
                    condition = format!("{condition} AND {}", Shown::IS_TRUE);
                    for (name, attribute) in Shown::NAMES {
                        update = update.expression_attribute_names(name, attribute);
                    }
                    for (name, value) in shown.values() {
                        update = update.expression_attribute_values(name, value);
                    }
                }
                update.update_expression("ADD #hour :of_hour, #minute :wanted")
            }
            Requester::Other { .. } => update
                .update_expression("ADD #hour :of_hour, #minute :wanted SET #expires = :expires, #last = :last")
                .expression_attribute_names("#expires", name::EXPIRES)
                .expression_attribute_names("#last", name::LAST)
                .expression_attribute_values(":last", millis(now))
                .expression_attribute_values(":expires", number((hours(now) + 2) * 3600)),
        };
        let error = match update.condition_expression(condition).send().await {
            Ok(output) => return Ok(Ok(output.attributes.unwrap_or_default())),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => Ok(Err(failed.item().cloned())),
            _ => Err(error.into()),
        }
    }

    /// Take out of `item` what it counts of minutes and hours that are over, once that has become much. It may fail: what is
    /// left is taken out the next time.
    async fn forget_past(&self, requester: Requester<'_>, item: &Item, now: Time) {
        let (hour, minute) = (hour(now), minute(now));
        let is_past = |name: &&String| (name.starts_with(HOUR) && **name < hour) || (name.starts_with(MINUTE) && **name < minute);
        let past: Vec<&String> = item.keys().filter(is_past).collect();
        if past.len() <= MOST_KEPT {
            return;
        }
        let names: Vec<String> = (0..past.len()).map(|n| format!("#past{n}")).collect();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(requester.key().item()))
            .update_expression(format!("REMOVE {}", names.join(", ")))
            .condition_expression("attribute_exists(pk)")
            .set_expression_attribute_names(Some(names.into_iter().zip(past.into_iter().cloned()).collect()));
        if let Err(error) = update.send().await {
            tracing::warn!(%error, "what was counted in the past is kept");
        }
    }
}

impl Change {
    /// That fewer than `most` requests of `caller`, who isn't known, are counted in the hour.
    pub fn require_fewer(&mut self, caller: &str, most: u32) -> Result<(), Error> {
        let check = ConditionCheck::builder()
            .table_name(self.table())
            .set_key(Some(Key::rate(None, caller).item()))
            .condition_expression("attribute_not_exists(#hour) OR #hour < :most")
            .expression_attribute_names("#hour", hour(self.now()))
            .expression_attribute_values(":most", number(most))
            .build()
            .map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().condition_check(check).build(), OnFailure::Lost);
        Ok(())
    }
}

impl Requester<'_> {
    fn key(self) -> Key {
        match self {
            Self::Member { firm, subject, .. } => Key::lease(firm, subject),
            Self::Other { firm, caller } => Key::rate(firm, caller),
        }
    }

    /// Whether `item`, theirs, lets them in as what they come.
    fn is_let_in(self, item: Option<&Item>) -> bool {
        match self {
            Self::Member { shown: None, .. } => item.is_some(),
            Self::Member { shown: Some(shown), .. } => item.and_then(LetIn::of).is_some_and(|let_in| let_in.admits(shown)),
            Self::Other { .. } => true,
        }
    }
}

impl Shown<'_> {
    /// That it is what the member's lease says: they may do that, and the token isn't from before they were let in, nor from before all
    /// sessions of their login were ended but the one in which that was asked.
    pub(crate) const IS_TRUE: &'static str = "#access = :access AND (#since <= :issued AND #epoch = :shown OR #kept = :session)";
    /// The attributes that this names.
    pub(crate) const NAMES: [(&'static str, &'static str); 4] =
        [("#access", name::ACCESS), ("#since", name::SINCE), ("#epoch", name::EPOCH), ("#kept", name::KEPT)];

    /// The values that it names.
    pub(crate) fn values(self) -> [(&'static str, AttributeValue); 4] {
        let session = text(self.session.to_string());
        [(":access", text(self.access)), (":issued", number(self.issued)), (":shown", number(self.epoch)), (":session", session)]
    }
}

impl Counted {
    /// What `item` counts in the minute and hour of `now`.
    fn of(item: Option<&Item>, now: Time) -> Self {
        let count = |name: &str| item.and_then(|item| item.number(name).ok()).and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
        Self { minute: count(&minute(now)), hour: count(&hour(now)) }
    }
}

/// The hour of the clock, since 1970.
fn hours(now: Time) -> i64 {
    now.timestamp().div_euclid(3600)
}

/// What the attribute is called that counts the requests leased in the hour of `now`. All such names are of one length for
/// some centuries, so that the earlier hour's comes first.
fn hour(now: Time) -> String {
    format!("{HOUR}{}", hours(now))
}

/// The same of the minute.
fn minute(now: Time) -> String {
    format!("{MINUTE}{}", now.timestamp().div_euclid(60))
}
