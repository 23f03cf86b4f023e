//! What a function has at hand from its start.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::Time;
use store::{Quota, Store};

use crate::{Limiter, Verifier};

/// The state of a function's router. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct App {
    /// The table.
    pub store: Store,
    /// Checks tokens.
    pub verifier: Arc<Verifier>,
    /// Counts requests.
    pub limiter: Arc<Limiter>,
    /// Tells the time.
    pub clock: Clock,
    /// Where the web app is served, the one origin that browsers may call from; no slash at its end.
    pub web_origin: Arc<str>,
}

/// How many requests callers may make; parameters of the template.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A user who is signed in.
    pub user: Quota,
    /// An address from which somebody isn't, and the failed log-ins of an e-mail.
    pub anonymous: Quota,
    /// Payment links that a user asks for; they count among their requests too.
    pub payment: Quota,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            user: Quota { per_minute: Some(100), per_hour: 1000 },
            anonymous: Quota { per_minute: None, per_hour: 20 },
            payment: Quota { per_minute: Some(10), per_hour: 600 },
        }
    }
}

/// Tells the time; the only place that reads the machine's clock.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// Now, to the millisecond, as records and tokens have it.
    pub fn now(&self) -> Time {
        #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
        let millis = chrono::Utc::now().timestamp_millis();
        Time::from_timestamp_millis(millis + self.ahead_ms.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// Let so much time pass, for all who share this clock. For tests of what happens later.
    pub fn advance(&self, by: chrono::TimeDelta) {
        self.ahead_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}
