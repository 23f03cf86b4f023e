//! Doing a request once: the caller's key, what was asked, and what was answered, kept for a day
//! (after Stripe's idempotent requests, <https://docs.stripe.com/api/idempotent_requests>).

use chrono::TimeDelta;
use domain::{Id, Time, firm::Firm};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    item::{Attributes, Item, number, text},
    key::{Key, name},
};

/// How long a key is remembered.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// An answer, as it is kept to be given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body; none for an answer without one.
    pub body: Option<String>,
    /// The version of the record in the body, for its ETag.
    pub version: Option<u64>,
    /// Where the record that was made can be found.
    pub location: Option<String>,
}

impl Reply {
    /// To nobody: what follows an event is answered to no caller.
    pub fn none() -> Self {
        Self { status: 204, body: None, version: None, location: None }
    }
}

/// A request that is to be done once.
#[derive(Debug, Clone)]
pub struct IdempotentRequest {
    /// The caller's firm, if they have one yet.
    pub firm: Option<Id<Firm>>,
    /// Who calls.
    pub caller: String,
    /// Their key for this request.
    pub key: String,
    /// A hash of what they ask, without what could be guessed from it; another request under the same key is refused.
    pub request: String,
}

impl IdempotentRequest {
    pub(crate) fn key(&self) -> Key {
        Key::idempotency(self.firm, &self.caller, &self.key)
    }

    /// The item that says that it was done at `now` and answered `reply`.
    pub(crate) fn to_item(&self, reply: &Reply, now: Time) -> Result<Item, Error> {
        let mut item = self.key().item();
        item.insert(name::REQUEST.to_owned(), text(&self.request));
        item.insert(name::REPLY.to_owned(), text(serde_json::to_string(reply).map_err(Error::internal)?));
        item.insert(name::EXPIRES.to_owned(), number((now + KEPT).timestamp()));
        Ok(item)
    }

    /// What `item`, found under the key, makes of the request: nothing once it has expired, which DynamoDB may be
    /// days late to notice.
    pub(crate) fn found(&self, item: &Item, now: Time) -> Result<(), Error> {
        if item.number(name::EXPIRES)? <= u64::try_from(now.timestamp()).unwrap_or_default() {
            return Ok(());
        }
        if item.text(name::REQUEST)? != self.request {
            return Err(Error::KeyReused);
        }
        Err(Error::Replayed(serde_json::from_str(item.text(name::REPLY)?).map_err(Error::internal)?))
    }
}
