//! Clients: whom the firm works for.

use serde::{Deserialize, Serialize};

use crate::{
    Archive, Email, Refusal, SingleLine, Transition,
    address::{Address, VatId},
    contact::{Cc, Contact, Recipients},
    ids::{ClientId, ProspectId},
};

crate::events! {
    Client {
        /// Entered, or made from a prospect.
        Created = "client.created" is Creation,
        /// Its fields were changed.
        Updated = "client.updated" is Edit,
        /// Archived.
        Archived = "client.archived" is Archiving,
        /// Taken out of the archive.
        Restored = "client.restored" is Restoring,
    }
}

/// Whom the firm works for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// Who it is.
    #[serde(flatten)]
    pub contact: Contact,
    /// The prospect that it was.
    pub prospect: Option<ProspectId>,
    /// Its website.
    pub website: Option<SingleLine<300>>,
    /// What its business is.
    pub industry: Option<SingleLine<100>>,
    /// Where it is.
    pub address: Option<Address>,
    /// The number under which its tax office knows it.
    pub tax_number: Option<SingleLine<40>>,
    /// The number under which it pays value added tax.
    pub vat_id: Option<VatId>,
    /// Where what is about money is mailed, in place of the contact's e-mail.
    #[serde(default)]
    pub billing_email: Option<Email>,
    /// Who gets a copy of that.
    #[serde(default)]
    pub cc: Cc,
    /// Whether it is reminded of no invoice by itself.
    #[serde(default)]
    pub reminders_paused: bool,
}

/// What is one client's, so that it may be shown to that client's people, and to no other's.
pub trait OfClient {
    /// Whose it is.
    fn client(&self) -> ClientId;
}

impl Client {
    /// A client of whom no more is known than how to reach it.
    pub fn new(contact: Contact, prospect: Option<ProspectId>) -> Self {
        Self {
            contact,
            prospect,
            website: None,
            industry: None,
            address: None,
            tax_number: None,
            vat_id: None,
            billing_email: None,
            cc: Cc::default(),
            reminders_paused: false,
        }
    }

    /// Whom what is about money goes to.
    pub fn billed(&self) -> Option<Recipients> {
        self.contact.billed(self.billing_email.as_ref(), &self.cc)
    }

    /// The client with other fields.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        Ok((edited, Event::Updated))
    }
}

impl Archive for Client {
    /// Whether it can be archived; its records stay readable.
    fn archive(&self) -> Result<Event, Refusal> {
        Ok(Event::Archived)
    }

    fn restore(&self) -> Event {
        Event::Restored
    }
}
