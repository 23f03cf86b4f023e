//! Rate limits: a warm function leases requests for a caller and answers so many without asking the table again.
//!
//! What is left of a lease is lost to the caller for that minute, since no other environment of the function knows of
//! it. So who is new to one gets a lease of one request, and only who comes again gets more: twice as much each time,
//! but never more than half of this environment's share of what is left. Leases end with their minute; what wasn't used
//! is given back to the hour. A caller's requests that arrive together wait for one lease.
//!
//! A member leases from what lies beside their membership, as what their token says they are: who was shut out meanwhile, or may do
//! something else now, is answered 401 from the next minute on at the latest.
//!
//! Who comes by the link of a record leases likewise, by their address.
//!
//! Log-ins are counted where they fail, for the address and for the e-mail, so that neither many e-mails can be tried
//! from one address nor one e-mail from many; who goes on failing waits longer each time. The e-mail is kept as a hash: what is typed
//! there isn't always one. Who showed something before, a login's token or password, or a device on which it was signed in, is counted by
//! that alone, so that no stranger locks them out.

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{Digest, Email, Id, Time, firm::Firm, guess, ids::LoginId, session::Session};
use http::{HeaderName, StatusCode, header};
use store::{Counted, Failures, Granted, Lease, LetIn, Quota, Requester, Shown, Store};

use crate::{Caller, Limits, Problem};

/// The largest lease, in requests.
const LARGEST: u32 = 20;
/// How many callers a function remembers; past it, it forgets all, which costs a write each.
const REMEMBERED: usize = 10_000;

/// Counts the requests of callers.
#[derive(Debug)]
pub struct Limiter {
    limits: Limits,
    leases: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Held>>>>,
}

/// A caller's leases in a minute; none, of who is new.
#[derive(Debug, Default)]
struct Held {
    /// Minutes since 1970.
    minute: i64,
    /// How many requests were leased here in it.
    leased: u32,
    /// How many of them may still be made.
    left: u32,
    /// How many are leased next.
    next: u32,
    /// How many were leased in a minute of this hour that is over, and not used.
    unused: u32,
    /// Who was let in when they were last looked up in this minute.
    known: Option<LetIn>,
    /// The newest token with which they came in it and were let in no more.
    refused: Option<Token>,
}

/// What a token says that is counted for whom it names.
#[derive(Debug, Clone)]
struct Token {
    /// As what they come.
    access: String,
    /// When it was made.
    issued: i64,
    /// In which epoch of their login.
    epoch: u64,
    /// Of which session it is: one goes on while others end.
    session: Id<Session>,
}

/// Who tries to prove who they are: as whom, and, unless that is known otherwise, where from. They are counted if they fail.
#[derive(Debug, Clone)]
pub struct Attempt {
    name: String,
    /// Where from, if that matters.
    address: Option<String>,
    /// Whether their address is counted otherwise.
    counts_name_alone: bool,
    /// Whose login it is about, as far as is known.
    person: Option<LoginId>,
}

impl Attempt {
    /// Somebody at `address` tries to sign in as `username`, which may be no e-mail, or nobody's.
    pub(crate) fn new(address: Option<&str>, username: &str) -> Self {
        // An e-mail has many spellings, and one login.
        let username = Email::new(username).map_or_else(|_| username.trim().to_lowercase(), |email| email.to_string());
        let username = Digest::of(&[username.as_bytes()]);
        Self { name: format!("LOGIN#{username}"), address: Some(network(address)), counts_name_alone: false, person: None }
    }

    /// Somebody who showed before that they are at one with `name`, of a kind that no username is: a login whose token or password they
    /// have, a device. What others do from their address is none of their business, nor is what they do of others.
    pub fn of(name: impl fmt::Display) -> Self {
        Self { name: format!("KNOWN#{name}"), address: None, counts_name_alone: true, person: None }
    }

    /// The same, of which it is known that it is about the login `person`, if it is one.
    #[must_use]
    pub fn about(self, person: Option<LoginId>) -> Self {
        Self { person, ..self }
    }

    /// Whose login it is about, as far as is known.
    pub(crate) fn person(&self) -> Option<LoginId> {
        self.person
    }

    /// The same of who is counted for their address already, as anybody who isn't known.
    #[must_use]
    pub fn by_nobody_known(self) -> Self {
        Self { counts_name_alone: true, ..self }
    }

    /// The name under which their failures are counted.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Limiter {
    /// One that holds callers to `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { limits, leases: Mutex::default() }
    }

    /// Count a request of `caller`, who is what their token says they are; 401 if they aren't any more.
    pub async fn count_member(&self, store: &Store, caller: Caller, now: Time) -> Result<(), Problem> {
        let Caller { firm, principal, issued, epoch, session, .. } = caller;
        let (subject, shown) = (principal.subject(), Token { access: principal.access(), issued, epoch, session });
        let requester = Requester::Member { firm, subject: &subject, shown: Some(shown.shown()) };
        self.count(store, &subject, requester, (self.limits.user, Some(shown.clone())), now).await
    }

    /// Count a request of the user or portal user `subject` of `firm`, whatever they may do there.
    pub async fn count_subject(&self, store: &Store, firm: Id<Firm>, subject: &str, now: Time) -> Result<(), Problem> {
        self.count(store, subject, Requester::Member { firm, subject, shown: None }, (self.limits.user, None), now).await
    }

    /// Count a request of somebody who comes by the link of a record, from `address`.
    pub async fn count_guest(&self, store: &Store, address: Option<&str>, now: Time) -> Result<(), Problem> {
        let caller = format!("guest#{}", network(address));
        self.count(store, &caller, Requester::Other { firm: None, caller: &caller }, (self.limits.guest, None), now).await
    }

    /// Count a request of `requester`, who is remembered as `caller`, out of their quota, as what their token says.
    async fn count(
        &self,
        store: &Store,
        caller: &str,
        requester: Requester<'_>,
        (quota, shown): (Quota, Option<Token>),
        now: Time,
    ) -> Result<(), Problem> {
        let held = self.held(caller);
        let mut held = held.lock().await;
        held.turn_to(now.timestamp().div_euclid(60));
        if held.refuses(shown.as_ref()) {
            return Err(Problem::revoked());
        }
        if held.knows(shown.as_ref()) && held.left > 0 {
            held.left -= 1;
            return Ok(());
        }
        // Who comes as something else than was looked up leases one more, which looks.
        let wanted = if held.left > 0 { 1 } else { held.next };
        match store.lease(&Lease { requester, wanted, unused: held.unused, quota }, now).await? {
            Granted::Some { requests, counted, let_in } => {
                held.add(requests, let_in, counted, quota);
                held.left -= 1;
                Ok(())
            }
            Granted::None { limit, retry_after } => Err(exhausted(limit, retry_after)),
            Granted::Revoked => {
                held.refused = shown.or_else(|| held.refused.take());
                Err(Problem::revoked())
            }
        }
    }

    /// Count a page to pay that `subject` asks for, a portal user of `firm`, or whoever has the link of that invoice of theirs; one
    /// at a time, since the limit is low.
    pub async fn count_payment(&self, store: &Store, firm: Id<Firm>, subject: &str, now: Time) -> Result<(), Problem> {
        let caller = format!("{subject}#payment");
        ask(store, one(Some(firm), &caller, self.limits.payment), now).await
    }

    /// Count a request from `address` of somebody who isn't signed in; one at a time, since the limit is low.
    pub async fn count_address(&self, store: &Store, address: Option<&str>, now: Time) -> Result<(), Problem> {
        ask(store, one(None, &network(address), self.limits.anonymous), now).await
    }

    /// That neither the address nor the name of `attempt` has failed too often, or a moment ago; one read.
    pub async fn admit(&self, store: &Store, attempt: &Attempt, now: Time) -> Result<(), Problem> {
        let most = self.limits.anonymous.per_hour;
        let callers = [&attempt.name].into_iter().chain(&attempt.address).map(String::as_str);
        let failures = store.failures(callers, now).await?;
        if failures.iter().any(|failures| failures.count >= most) {
            return Err(exhausted(most, store::rest_of_hour(now)));
        }
        // Many share an address, and would wait for each other.
        let again = failures.first().and_then(|Failures { count, last }| Some((*last)? + guess::wait(*count, most)));
        match again.map(|again| (again - now).as_seconds_f64().ceil()) {
            Some(seconds) if seconds > 0.0 => Err(exhausted(most, seconds as u32)),
            Some(_) | None => Ok(()),
        }
    }

    /// Count the failure of `attempt` for its address and its name; the one that is used up says so.
    pub async fn count_failure(&self, store: &Store, attempt: &Attempt, now: Time) -> Result<(), Problem> {
        let count = |caller| ask(store, one(None, caller, self.limits.anonymous), now);
        match attempt.address.as_ref().filter(|_| !attempt.counts_name_alone) {
            None => count(&attempt.name).await,
            Some(address) => {
                let (address, name) = tokio::join!(count(address), count(&attempt.name));
                address.and(name)
            }
        }
    }

    /// How often a username may fail in an hour.
    pub fn failures(&self) -> u32 {
        self.limits.anonymous.per_hour
    }

    /// The lease of the caller `name`, which one request at a time looks at.
    fn held(&self, name: &str) -> Arc<tokio::sync::Mutex<Held>> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        if leases.len() >= REMEMBERED && !leases.contains_key(name) {
            leases.clear();
        }
        leases.entry(name.to_owned()).or_default().clone()
    }
}

impl Token {
    fn shown(&self) -> Shown<'_> {
        Shown { access: &self.access, issued: self.issued, epoch: self.epoch, session: self.session }
    }
}

impl Held {
    /// That it is `minute`. Who was busy here in the minute before begins with a quarter of what they used.
    fn turn_to(&mut self, minute: i64) {
        if self.minute != minute {
            let is_same_hour = self.minute.div_euclid(60) == minute.div_euclid(60);
            let unused = if is_same_hour { self.unused + self.left } else { 0 };
            let used = if self.minute + 1 == minute { self.leased - self.left } else { 0 };
            *self = Self { minute, next: (used / 4).clamp(1, LARGEST), unused, ..Self::default() };
        }
    }

    /// Whether who shows the token that was `shown` was let in when they were looked up, with this token or another.
    fn knows(&self, shown: Option<&Token>) -> bool {
        shown.is_none_or(|token| self.known.as_ref().is_some_and(|known| known.admits(token.shown())))
    }

    /// Whether the token that was `shown` was refused, or one of its session that says the same and is newer. Who may do it again by
    /// now has a newer one.
    fn refuses(&self, shown: Option<&Token>) -> bool {
        self.refused.as_ref().zip(shown).is_some_and(|(refused, shown)| {
            refused.session == shown.session && refused.access == shown.access && refused.issued >= shown.issued
        })
    }

    /// That so many `requests` were leased by who is `let_in`, of whom so many are `counted` then.
    fn add(&mut self, requests: u32, let_in: Option<LetIn>, counted: Counted, quota: Quota) {
        self.leased += requests;
        self.left += requests;
        self.next = next(requests, self.leased, counted, quota);
        self.unused = 0;
        self.known = let_in;
    }
}

/// How many requests to lease after a lease of `last`, where `leased` were leased here in the minute and `counted` in
/// all.
fn next(last: u32, leased: u32, counted: Counted, quota: Quota) -> u32 {
    let share = u64::from(quota.left(counted)) * u64::from(leased) / (2 * u64::from(counted.minute.max(1)));
    (last * 2).min(u32::try_from(share).unwrap_or(u32::MAX)).clamp(1, LARGEST)
}

/// A single request of `caller`, who isn't signed in, or of what is counted besides.
fn one(firm: Option<Id<Firm>>, caller: &str, quota: Quota) -> Lease<'_> {
    Lease { requester: Requester::Other { firm, caller }, wanted: 1, unused: 0, quota }
}

/// The name under which those at `address` are counted: of IPv6 the network of 64 bits, all of which one customer has.
fn network(address: Option<&str>) -> String {
    match address.map(|address| (address, address.parse())) {
        Some((_, Ok(IpAddr::V6(address)))) if address.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::from([a, b, c, d, 0, 0, 0, 0]))
        }
        Some((address, _)) => address.to_owned(),
        None => "unknown".to_owned(),
    }
}

async fn ask(store: &Store, lease: Lease<'_>, now: Time) -> Result<(), Problem> {
    match store.lease(&lease, now).await? {
        Granted::Some { .. } => Ok(()),
        Granted::None { limit, retry_after } => Err(exhausted(limit, retry_after)),
        Granted::Revoked => Err(Problem::revoked()),
    }
}

/// `limit` is used up for `retry_after` seconds more.
fn exhausted(limit: u32, retry_after: u32) -> Problem {
    let named = |name: &'static str| HeaderName::from_static(name);
    let (limit, retry_after) = (limit.to_string(), retry_after.to_string());
    let detail = format!("At most {limit} requests; wait {retry_after} s.");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail)
        .with(header::RETRY_AFTER, &retry_after)
        .with(named("ratelimit-limit"), &limit)
        .with(named("ratelimit-remaining"), "0")
        .with(named("ratelimit-reset"), &retry_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_counted_by_the_network_that_one_customer_has() {
        for (address, counted) in [
            (Some("192.0.2.1"), "192.0.2.1"),
            (Some("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"),
            (Some("2001:db8:1:2:ffff::1"), "2001:db8:1:2::/64"),
            (Some("2001:db8:1:3::1"), "2001:db8:1:3::/64"),
            (Some("::ffff:192.0.2.1"), "::ffff:192.0.2.1"),
            (Some("nonsense"), "nonsense"),
            (None, "unknown"),
        ] {
            assert_eq!(network(address), counted, "{address:?}");
        }
    }

    #[test]
    fn a_lease_grows_with_use_within_this_environments_share_of_what_is_left() {
        let quota = Quota { per_minute: Some(100), per_hour: 1000 };
        for (last, leased, minute, hour, expected) in [
            (1, 1, 1, 1, 2),     // came again
            (8, 15, 15, 15, 16), // and again
            (16, 31, 31, 31, 20),
            (20, 91, 91, 91, 4), // half of what is left
            (1, 1, 60, 60, 1),   // others have most of it
            (4, 20, 40, 40, 8),
            (8, 15, 15, 990, 5), // the hour's is less
            (1, 1, 100, 100, 1), // nothing is left
        ] {
            assert_eq!(next(last, leased, Counted { minute, hour }, quota), expected, "{last} {leased} {minute} {hour}");
        }
    }

    #[test]
    fn a_new_minute_begins_with_what_the_one_before_was_like() {
        let turned = |left, minute| {
            let mut held = Held { minute: 61, leased: 60, left, next: 20, ..Held::default() };
            held.turn_to(minute);
            (held.next, held.left, held.unused)
        };
        assert_eq!(turned(20, 61), (20, 20, 0));
        assert_eq!(turned(20, 62), (10, 0, 20));
        assert_eq!(turned(60, 62), (1, 0, 60));
        assert_eq!(turned(20, 63), (1, 0, 20));
        assert_eq!(turned(20, 120), (1, 0, 0));
        let mut new = Held::default();
        new.turn_to(61);
        assert_eq!(new.next, 1);
    }
}
