//! Rate limits: a warm function leases requests for a caller and answers so many without asking the table again.
//!
//! A caller who is new to this function gets a small lease, since what is left of it is lost; who uses it up gets a
//! larger one. Leases end with the hour that they were counted in. A caller's requests that arrive together wait for one
//! lease, so that none is leased that nobody uses.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{Id, Time, firm::Firm};
use http::{HeaderName, StatusCode, header};
use store::{Granted, Lease, Store};

use crate::{Caller, Limits, Problem};

/// The first lease of a caller, and the largest, in requests.
const FIRST: u32 = 5;
const LARGEST: u32 = 20;
/// How many callers a function remembers; past it, it forgets all, which costs a write each.
const REMEMBERED: usize = 10_000;

/// Counts the requests of callers.
#[derive(Debug)]
pub struct Limiter {
    limits: Limits,
    leases: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Held>>>>,
}

/// What is left of a caller's lease; nothing, of who is new.
#[derive(Debug, Default)]
struct Held {
    hour: i64,
    left: u32,
    next: u32,
}

impl Limiter {
    /// One that holds callers to `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { limits, leases: Mutex::default() }
    }

    /// Count a request of `caller`.
    pub async fn count_user(&self, store: &Store, caller: &Caller, now: Time) -> Result<(), Problem> {
        let name = caller.principal.subject();
        let hour = now.timestamp().div_euclid(3600);
        let held = self.held(&name);
        let mut held = held.lock().await;
        if held.hour == hour && held.left > 0 {
            held.left -= 1;
            return Ok(());
        }
        let wanted = if held.hour == hour { held.next } else { FIRST };
        let lease = Lease { firm: Some(caller.firm), caller: &name, wanted, quota: self.limits.user };
        let granted = ask(store, lease, now).await?;
        *held = Held { hour, left: granted - 1, next: (wanted * 2).min(LARGEST) };
        Ok(())
    }

    /// Count a payment link that `caller` asks for; one at a time, since the limit is low.
    pub async fn count_payment(&self, store: &Store, caller: &Caller, now: Time) -> Result<(), Problem> {
        let name = format!("{}#payment", caller.principal.subject());
        let lease = Lease { firm: Some(caller.firm), caller: &name, wanted: 1, quota: self.limits.payment };
        ask(store, lease, now).await.map(|_| ())
    }

    /// Count a request from `address` of somebody who isn't signed in; one at a time, since the limit is low.
    pub async fn count_address(&self, store: &Store, address: Option<&str>, now: Time) -> Result<(), Problem> {
        let firm: Option<Id<Firm>> = None;
        let lease = Lease { firm, caller: address.unwrap_or("unknown"), wanted: 1, quota: self.limits.anonymous };
        ask(store, lease, now).await.map(|_| ())
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

async fn ask(store: &Store, lease: Lease<'_>, now: Time) -> Result<u32, Problem> {
    match store.lease(&lease, now).await? {
        Granted::Some(requests) => Ok(requests),
        Granted::None { limit, retry_after } => {
            let named = |name: &'static str| HeaderName::from_static(name);
            Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                format!("At most {limit} requests; wait {retry_after} s."),
            )
            .with(header::RETRY_AFTER, &retry_after.to_string())
            .with(named("ratelimit-limit"), &limit.to_string())
            .with(named("ratelimit-remaining"), "0")
            .with(named("ratelimit-reset"), &retry_after.to_string()))
        }
    }
}
