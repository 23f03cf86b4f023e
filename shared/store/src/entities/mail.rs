//! Mails in the table: listed by the record that they are about, by how they stand, and by the address that they went to.

use domain::mail::{Mail, Topic};

use crate::{Entity, Parent, Person, Placement};

impl Entity for Mail {
    const TYPE: &'static str = "MAIL";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: Some(self.record.into()),
            filter: Some(self.status().as_str().to_owned()),
            parent_state: None,
            person: Some((Person::Address(self.to.clone()), None)),
            keeps_open: Vec::new(),
            timers: Vec::new(),
        }
    }
}

impl From<Topic> for Parent {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic::CreditNote(id) => id.into(),
            Topic::Invoice(id) => id.into(),
            Topic::Login(id) => id.into(),
            Topic::NotificationBatch(id) => id.into(),
            Topic::PaymentAccount(id) => id.into(),
            Topic::PortalUser(id) => id.into(),
            Topic::Proposal(id) => id.into(),
            Topic::SenderDomain(id) => id.into(),
            Topic::User(id) => id.into(),
        }
    }
}
