//! Clients: whom the firm works for.

use serde::{Deserialize, Serialize};

use crate::{EventName, Id, Kind, MultiLine, Refusal, SingleLine, Transition, contact::Contact, prospect::Prospect};

/// What happens to clients.
pub mod event {
    use crate::EventName;

    /// Entered, or made from a prospect.
    pub const CREATED: EventName = "client.created";
    /// Its fields were changed.
    pub const UPDATED: EventName = "client.updated";
    /// Archived.
    pub const ARCHIVED: EventName = "client.archived";
}

/// Whom the firm works for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// Who it is.
    #[serde(flatten)]
    pub contact: Contact,
    /// The prospect that it was.
    pub prospect: Option<Id<Prospect>>,
    /// Its website.
    pub website: Option<SingleLine<300>>,
    /// What its business is.
    pub industry: Option<SingleLine<100>>,
    /// Where it is, as on an envelope.
    pub address: Option<MultiLine<1000>>,
}

impl Kind for Client {
    const PREFIX: &'static str = "client";
    const NAME: &'static str = "client";
}

/// The id of a client.
pub type ClientId = Id<Client>;

/// What is one client's, so that it may be shown to that client's people, and to no other's.
pub trait OfClient {
    /// Whose it is.
    fn client(&self) -> ClientId;
}

impl Client {
    /// A client of whom no more is known than how to reach it.
    pub fn new(contact: Contact, prospect: Option<Id<Prospect>>) -> Self {
        Self { contact, prospect, website: None, industry: None, address: None }
    }

    /// The client with other fields.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        Ok((edited, event::UPDATED))
    }

    /// Whether it can be archived; its records stay readable.
    pub fn archive(&self) -> Result<EventName, Refusal> {
        Ok(event::ARCHIVED)
    }
}
