//! What records hold, as it is named in keys: values that others may not have, and numbers of a series.

use std::fmt;

use domain::{Email, Id, client::Client, prospect::Prospect};

/// A value that only one record may hold at a time, or several only on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unique {
    /// The e-mail of leads, in their firm; several may have it on purpose.
    LeadEmail(Email),
    /// The one client that a prospect becomes.
    ClientOf(Id<Prospect>),
    /// The one proposal that a prospect accepts.
    AcceptedBy(Id<Prospect>),
    /// The e-mail of a portal user, at their client.
    PortalEmail(Id<Client>, Email),
    /// The e-mail of a member, in their firm.
    UserEmail(Email),
    /// An address to which mail was suppressed, by the firm; it may have been lifted since.
    Suppressed(Email),
}

impl fmt::Display for Unique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeadEmail(email) => write!(f, "LEAD_EMAIL#{email}"),
            Self::ClientOf(prospect) => write!(f, "CLIENT_OF#{prospect}"),
            Self::AcceptedBy(prospect) => write!(f, "ACCEPTED_BY#{prospect}"),
            Self::PortalEmail(client, email) => write!(f, "PORTAL_EMAIL#{client}#{email}"),
            Self::UserEmail(email) => write!(f, "USER_EMAIL#{email}"),
            Self::Suppressed(email) => write!(f, "SUPPRESSED#{email}"),
        }
    }
}

/// A series of numbers without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// `PRO-000001`, …
    Proposals,
    /// `CON-000001`, …
    Contracts,
    /// `INV-000001`, …
    Invoices,
    /// `CRN-000001`, …
    CreditNotes,
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proposals => "PROPOSALS",
            Self::Contracts => "CONTRACTS",
            Self::Invoices => "INVOICES",
            Self::CreditNotes => "CREDIT_NOTES",
        })
    }
}
