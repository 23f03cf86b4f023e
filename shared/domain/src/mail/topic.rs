//! Records that mails are about, each known by its id alone.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    Id, Kind,
    access::Permission,
    ids::{CreditNoteId, InvoiceId, LoginId, NotificationBatchId, PaymentAccountId, PortalUserId, ProposalId, SenderDomainId, UserId},
};

/// What the ids of a kind begin with.
trait OfKind {
    const PREFIX: &'static str;
}

impl<K: Kind> OfKind for Id<K> {
    const PREFIX: &'static str = K::PREFIX;
}

/// The text is no id of a record that mails are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Not the id of anything that mails are about.")]
pub struct NoTopic;

/// The records that mails are about, and what it takes to see those of each.
macro_rules! topics {
    ($($(#[$doc:meta])+ $kind:ident($id:ident): $permission:ident,)+) => {
        /// A record that mails are about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Topic {
            $($(#[$doc])+ $kind($id),)+
        }

        impl Topic {
            /// What their ids begin with, before the underscore.
            pub const PREFIXES: &[&str] = &[$(<$id as OfKind>::PREFIX,)+];

            /// What it takes to see mails about it: what it takes to see itself.
            pub fn permission(self) -> Permission {
                match self {
                    $(Self::$kind(_) => Permission::$permission,)+
                }
            }
        }

        impl fmt::Display for Topic {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$kind(id) => id.fmt(f),)+
                }
            }
        }

        impl FromStr for Topic {
            type Err = NoTopic;

            fn from_str(text: &str) -> Result<Self, NoTopic> {
                $(if let Ok(id) = text.parse::<$id>() {
                    return Ok(Self::$kind(id));
                })+
                Err(NoTopic)
            }
        }
    };
}

topics! {
    /// A credit note.
    CreditNote(CreditNoteId): ReadBilling,
    /// An invoice: the mails that bring it, remind of it and confirm what was paid.
    Invoice(InvoiceId): ReadBilling,
    /// A login; its mails are the installation's, which no firm sees.
    Login(LoginId): ReadFirm,
    /// Notifications that somebody is mailed.
    NotificationBatch(NotificationBatchId): ReadBilling,
    /// The firm's account for payments, of which its owners are told.
    PaymentAccount(PaymentAccountId): ReadBilling,
    /// A portal user, who is invited.
    PortalUser(PortalUserId): ReadClients,
    /// A proposal.
    Proposal(ProposalId): ReadSales,
    /// The firm's own domain, of which its owners are told.
    SenderDomain(SenderDomainId): ReadFirm,
    /// A member of the firm, who is invited.
    User(UserId): ReadFirm,
}

impl Serialize for Topic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Time, ids::LeadId};

    #[test]
    fn a_topic_is_known_by_its_id() {
        let now = Time::default();
        let invoice = Topic::Invoice(InvoiceId::new(now, 1));
        assert_eq!(invoice.to_string().parse(), Ok(invoice));
        assert_eq!(Topic::User(UserId::new(now, 1)).to_string().parse(), Ok(Topic::User(UserId::new(now, 1))));
        assert_eq!(LeadId::new(now, 1).to_string().parse::<Topic>(), Err(NoTopic));
        assert_eq!(invoice.permission(), Permission::ReadBilling);
    }
}
