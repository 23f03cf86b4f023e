//! What the security log is told of a request: who proved who they are and who failed to, and what changed of how people sign in and of
//! who they are in a firm. People are named by their ids; no address, token or code is told.
//!
//! It is written before the request is answered, and an answer doesn't depend on it: what can't be written is in the function's own log.

use std::{
    fmt, mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{DomainEvent, Time};
use serde::Serialize;
use store::Happening;

/// Something that the security log is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecurityEvent {
    /// When.
    #[serde(skip)]
    pub at: Time,
    /// What: the name of an event of the event log (`login.password_changed`), or what became of a sign-in (`session.failed`).
    pub event: String,
    /// Whose: the id of a login, of one of a firm's people or of a client's; none of who isn't known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// In which firm, of what is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm: Option<String>,
    /// The request, as the other logs name it.
    pub request_id: String,
}

/// What it is told of one request, so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<SecurityEvent>>>);

impl Told {
    /// This, too.
    pub(crate) fn add(&self, event: SecurityEvent) {
        self.lock().push(event);
    }

    /// What is told, if anything is.
    pub(crate) fn events(&self) -> Option<Vec<SecurityEvent>> {
        let events = mem::take(&mut *self.lock());
        (!events.is_empty()).then_some(events)
    }

    /// None of it: the handler is run again.
    pub(crate) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SecurityEvent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where it is written.
pub trait SecurityLog: fmt::Debug + Send + Sync {
    /// Write `events`, oldest first; if that fails, into the function's own log.
    fn write(&self, events: Vec<SecurityEvent>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Whether what `happened` concerns how people sign in, or who they are in a firm.
pub(crate) fn concerns(happened: &Happening) -> bool {
    match DomainEvent::parse(&happened.event) {
        Some(DomainEvent::Login(_) | DomainEvent::User(_) | DomainEvent::PortalUser(_) | DomainEvent::Firm(_)) => true,
        Some(_) | None => false,
    }
}
