//! The single table: keys, records, lists, transactions, the event log as it is stored.
//!
//! Invariants: every call starts at a firm; what a write depends on is read consistently and is a condition of the
//! write; a record changes only together with its event; nothing is decided by an index, which lags. No function
//! scans the table: only [`Store::partitions`], which ops run, does. Deliberately absent: rules (`domain`), HTTP (`api`).

mod admission;
mod allowance;
mod change;
mod claim;
mod effect;
mod entity;
mod error;
mod event;
mod guard;
mod history;
mod item;
mod key;
mod lease;
mod list;
mod log;
mod login;
mod membership;
mod named;
mod notification;
mod open;
mod payment_account;
mod race;
mod read;
mod rebuild;
mod redrive;
mod reply;
mod running_totals;
mod seen;
mod sender_domain;
mod session;
mod size;
mod suppression;
mod timer;
mod undelivered;
mod verify;
mod workday;

pub mod entities;

pub use admission::no_firm_invitation;
pub use change::{Audit, Change, Happening};
pub use effect::{Claim, Effect, Held, Mark, Marked};
pub use entity::{Entity, Parent, Person, Placement, Record, Row};
pub use error::Error;
pub use event::{LoggedEvent, Place, Streamed, Unreadable, event_of_image};
pub use guard::Guarded;
pub use history::{BeforeAndAfter, Happened};
pub use key::{Counter, Unique};
pub use lease::{Counted, Failures, Granted, Lease, LetIn, Quota, Requester, Shown, rest_of_hour};
pub use list::{Cursor, ListScope, NotACursor, Page, PageRequest};
pub use log::Logged;
pub use membership::{Acting, Membership};
pub use named::Named;
pub use notification::Notified;
pub use open::{Below, Closable, KeptOpen, OpenItem};
pub use race::{Race, retry_if_lost};
pub use read::{Found, Read};
pub use rebuild::Rebuilt;
pub use redrive::Redrive;
pub use reply::{IdempotentRequest, Reply};
pub use running_totals::{Addend, RunningTotals};
pub use timer::{Due, DueEnd, DuePage};
pub use verify::{Broken, Verified};

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
};

/// The table, and the client that reaches it.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// The table called `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// The table called `table`, as the environment says it is reached; see [`Store::reached`].
    pub async fn from_env(table: impl Into<String>) -> Self {
        Self::reached(&aws_config::from_env().load().await, table)
    }

    /// The table called `table`, reached as `config` says. An attempt that isn't answered within a second, or that is
    /// throttled, is made again, until three seconds are over; a transaction made again is recognised by its token and has
    /// its effect once.
    pub fn reached(config: &aws_config::SdkConfig, table: impl Into<String>) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_secs(1))
            .operation_timeout(Duration::from_secs(3))
            .build();
        // The SDK's own first wait of up to a second would leave no time for another.
        let retries = RetryConfig::standard().with_max_attempts(5).with_initial_backoff(Duration::from_millis(50));
        let config = aws_sdk_dynamodb::config::Builder::from(config).timeout_config(timeouts).retry_config(retries).build();
        Self::new(Client::from_conf(config), table)
    }
}

#[cfg(test)]
mod tests;
