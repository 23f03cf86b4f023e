//! What a function has at hand from its start.

use std::sync::Arc;

use runtime::Clock;
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
    /// Pages to pay that a user, or whoever has an invoice's link, asks for; they count among their other requests too.
    pub payment: Quota,
    /// An address from which somebody comes by the link of a record.
    pub guest: Quota,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            user: Quota { per_minute: Some(100), per_hour: 1000 },
            anonymous: Quota { per_minute: None, per_hour: 20 },
            payment: Quota { per_minute: Some(10), per_hour: 600 },
            guest: Quota { per_minute: Some(60), per_hour: 3600 },
        }
    }
}
