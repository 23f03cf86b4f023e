//! What the security log is told of a request: who proved who they are and who failed to, and what changed of how people sign in and of
//! who they are in a firm. People are named by their ids; no address, token or code is told.
//!
//! It is written before the request is answered, and an answer doesn't depend on it: what can't be written is in the function's own log.

use std::{
    fmt, mem,
    ops::Not,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{DomainEvent, Time, firm::INSTALLATION, ids::LoginId};
use serde::Serialize;
use store::{Change, Happening, Reply};
use tokio::time::timeout;

use crate::Cx;

/// How long an answer waits for it: less than Lambda leaves a request whose time is over.
const PATIENCE: Duration = Duration::from_secs(1);

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
    /// Who did it, of what is in the event log: an id too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Whether it isn't known that it was done: the table didn't answer. The same request may come again.
    #[serde(skip_serializing_if = "Not::not")]
    pub uncertain: bool,
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
    /// Write `lines`, each with when that was, oldest first; or say why they weren't.
    fn write(&self, lines: Vec<(Time, String)>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>>;
}

/// Write `events` to `log`; if it doesn't take them at once, into the function's own.
pub(crate) async fn write(log: &dyn SecurityLog, events: &[SecurityEvent]) {
    let line = |event: &SecurityEvent| (event.at, serde_json::to_string(event).unwrap_or_else(|error| error.to_string()));
    let lines: Vec<_> = events.iter().map(line).collect();
    let written = timeout(PATIENCE, log.write(lines.clone())).await.unwrap_or_else(|_| Err("it takes too long".to_owned()));
    if let Err(error) = written {
        for (_, event) in lines {
            tracing::error!(error, event, "not in the security log");
        }
    }
}

impl Cx {
    /// Write `change`, with `reply` under the request's key, and tell the security log what of it concerns that.
    pub async fn committed(&self, change: Change, reply: &Reply) -> Result<(), store::Error> {
        let concerning = |happened: &Happening| Some((happened.clone(), concerns(happened)?));
        let concerning: Vec<_> = change.happenings().iter().filter_map(concerning).collect();
        let done = change.commit(reply).await;
        let uncertain = matches!(done, Err(store::Error::Unavailable(_)));
        if uncertain || done.is_ok() {
            for (Happening { event, firm, actor, .. }, person) in concerning {
                let firm = Some(firm).filter(|firm| *firm != INSTALLATION).map(|firm| firm.to_string());
                self.note(SecurityEvent { event, person, firm, actor: Some(actor), uncertain, ..self.happening() });
            }
        }
        done
    }

    /// Tell the security log that `event` happened to `person`, who may not be known.
    pub fn tell(&self, event: &'static str, person: Option<LoginId>) {
        self.note(SecurityEvent { event: event.to_owned(), person: person.map(|person| person.to_string()), ..self.happening() });
    }

    /// Something that happens in this request.
    fn happening(&self) -> SecurityEvent {
        let (at, request_id) = (self.now, self.request_id().to_owned());
        SecurityEvent { at, event: String::new(), person: None, firm: None, actor: None, uncertain: false, request_id }
    }
}

/// Whose it is, if what `happened` concerns how people sign in, who they are in a firm, the firm, or where its money goes; the latter are
/// nobody's.
fn concerns(happened: &Happening) -> Option<Option<String>> {
    let event = DomainEvent::parse(&happened.event)?;
    let is_of_person = matches!(event, DomainEvent::Login(_) | DomainEvent::User(_) | DomainEvent::PortalUser(_));
    let concerns = is_of_person || matches!(event, DomainEvent::Firm(_) | DomainEvent::PaymentAccount(_) | DomainEvent::SenderDomain(_));
    concerns.then(|| is_of_person.then(|| happened.record.clone()))
}
