//! Mail: what the firms' mails say, and the one place that knows SES.
//!
//! A mail struct ([`ProposalMail`], [`InvoiceMail`], [`NotificationMail`], …) holds what there is to say; its `message()` gives
//! a [`Message`]; [`Mailer::send`] hands it to SES. What all of them look like is one template, compiled in. What SES tells of a mail
//! later is read by [`event::parse`].
//!
//! Invariants: what people typed is escaped in HTML and can't add a line to a header; a link is built here, never
//! taken from a record; every mail says in whose name it comes, and why; a link's token and a recipient's address are
//! in no `Debug` output and in no error; every sentence is there in every
//! language. Deliberately absent: which event sends which mail, and that it does so once
//! (`outbox`); reading records (`store`); MIME, which SES composes.

mod account;
mod confirmation;
mod content;
mod credit_note;
mod email_change;
mod error;
pub mod event;
mod format;
mod header;
mod identity;
mod invitation;
mod invoice;
mod link;
mod look;
mod mailer;
mod message;
mod notification;
mod own;
mod owner;
mod payment;
mod payment_account;
mod preview;
mod proposal;
mod reminder;
#[cfg(test)]
mod samples;
mod sender_domain;
mod sums;
mod tags;
mod welcome;

pub use domain::mail::Purpose;

pub use account::{Notice, NoticeMail, ResetMail};
pub use confirmation::ConfirmationMail;
pub use credit_note::CreditNoteMail;
pub use email_change::{EmailChangeMail, EmailChangedMail};
pub use error::SendError;
pub use identity::{Identities, IdentityError};
pub use invitation::InvitationMail;
pub use invoice::{InvoiceLine, InvoiceMail};
pub use link::Link;
pub use mailer::{Handed, Mailer};
pub use message::{Envelope, Letterhead, Message, Person, Reference, Sender, Subject};
pub use notification::{NotificationMail, Told};
pub use own::default_text;
pub use owner::{OwnerMail, OwnerNotice};
pub use payment::PaymentMail;
pub use payment_account::AccountNotice;
pub use preview::Preview;
pub use proposal::ProposalMail;
pub use reminder::ReminderMail;
pub use sender_domain::DomainNotice;
pub use tags::Tags;
pub use welcome::WelcomeMail;
