//! Rate limits by leased requests: one conditional write lets a warm function answer several of a caller's requests.
//!
//! An item per caller and hour counts the requests leased in the hour and in each of its minutes. What is leased and
//! not used in its minute is lost to the caller for that minute, so `shared/api` leases one at first and more only to
//! who comes again; to the hour it is given back with the next lease.

use aws_sdk_dynamodb::types::{ConditionCheck, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use domain::{Id, Time, firm::Firm};

use crate::{
    Change, Error, Store,
    change::OnFailure,
    item::{Attributes, Item, number},
    key::{Key, name},
};

/// How many were leased in the hour.
const HOUR: &str = "hour";

/// How many requests a caller may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// In a minute of the clock; no bound if none.
    pub per_minute: Option<u32>,
    /// In an hour of the clock.
    pub per_hour: u32,
}

/// Who leases requests, how many, out of what.
#[derive(Debug, Clone, Copy)]
pub struct Lease<'l> {
    /// The caller's firm; none for who isn't known.
    pub firm: Option<Id<Firm>>,
    /// A user's id or an address.
    pub caller: &'l str,
    /// How many requests are wanted.
    pub wanted: u32,
    /// How many were leased in a minute of this hour that is over, and not used: they are given back to the hour.
    pub unused: u32,
    /// How many they may make.
    pub quota: Quota,
}

/// What a lease came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// Some requests.
    Some {
        /// How many: the wanted ones or what was left; 1 at least.
        requests: u32,
        /// How many are counted now, these among them.
        counted: Counted,
    },
    /// None: `limit` is used up, for so many seconds more.
    None {
        /// The bound that was hit.
        limit: u32,
        /// Until it starts anew, seconds.
        retry_after: u32,
    },
}

/// How many of a caller's requests are counted: those that were leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Store {
    /// How many requests of each of `callers`, who aren't known, are counted in the hour of `now`; one read.
    pub async fn counted<const N: usize>(&self, callers: [&str; N], now: Time) -> Result<[u32; N], Error> {
        let keys = callers.map(|caller| Key::lease(None, caller, hour(now)));
        let items = self.items(keys.iter().cloned().collect(), true).await?;
        Ok(keys.map(|key| items.get(&key).and_then(|item| item.number(HOUR).ok()).and_then(|n| u32::try_from(n).ok()).unwrap_or_default()))
    }

    /// Lease requests at `now`: one write, two where less is left than wanted.
    pub async fn lease(&self, lease: &Lease<'_>, now: Time) -> Result<Granted, Error> {
        let mut wanted = lease.wanted.clamp(1, lease.quota.per_hour.max(1));
        for _ in 0..2 {
            let counted = match self.try_lease(lease, wanted, now).await? {
                Ok(counted) => return Ok(Granted::Some { requests: wanted, counted }),
                Err(counted) => Counted { hour: counted.hour.saturating_sub(lease.unused), ..counted },
            };
            wanted = lease.quota.left(counted);
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

    async fn try_lease(&self, lease: &Lease<'_>, wanted: u32, now: Time) -> Result<Result<Counted, Counted>, Error> {
        let hour = hour(now);
        let minute = format!("m{}", now.timestamp().div_euclid(60).rem_euclid(60));
        let of_hour = i64::from(wanted) - i64::from(lease.unused);
        let most = |limit: Option<u32>, more: i64| number(i64::from(limit.unwrap_or(u32::MAX)) - more);
        let result = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::lease(lease.firm, lease.caller, hour).item()))
            .update_expression("ADD #hour :of_hour, #minute :wanted SET #expires = if_not_exists(#expires, :expires)")
            .condition_expression(
                "(attribute_not_exists(#hour) OR #hour <= :hour) AND (attribute_not_exists(#minute) OR #minute <= :minute)",
            )
            .expression_attribute_names("#hour", HOUR)
            .expression_attribute_names("#minute", &minute)
            .expression_attribute_names("#expires", name::EXPIRES)
            .expression_attribute_values(":wanted", number(wanted))
            .expression_attribute_values(":of_hour", number(of_hour))
            .expression_attribute_values(":hour", most(Some(lease.quota.per_hour), of_hour))
            .expression_attribute_values(":minute", most(lease.quota.per_minute, i64::from(wanted)))
            .expression_attribute_values(":expires", number((hour + 2) * 3600))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match result {
            Ok(output) => return Ok(Ok(Counted::of(output.attributes(), &minute))),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Err(Counted::of(failed.item(), &minute)))
            }
            _ => Err(error.into()),
        }
    }
}

impl Change {
    /// That fewer than `most` requests of `caller`, who isn't known, are counted in the hour.
    pub fn require_fewer(&mut self, caller: &str, most: u32) -> Result<(), Error> {
        let check = ConditionCheck::builder()
            .table_name(self.table())
            .set_key(Some(Key::lease(None, caller, hour(self.now())).item()))
            .condition_expression("attribute_not_exists(#hour) OR #hour < :most")
            .expression_attribute_names("#hour", HOUR)
            .expression_attribute_values(":most", number(most))
            .build()
            .map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().condition_check(check).build(), OnFailure::Lost);
        Ok(())
    }
}

/// The hour of the clock, since 1970.
fn hour(now: Time) -> i64 {
    now.timestamp().div_euclid(3600)
}

impl Counted {
    fn of(item: Option<&Item>, minute: &str) -> Self {
        let count = |name: &str| item.and_then(|item| item.number(name).ok()).and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
        Self { hour: count(HOUR), minute: count(minute) }
    }
}
