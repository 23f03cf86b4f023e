//! The business of a consulting firm: its records, their states and rules, money, people's rights, and the event log.
//!
//! Invariants: nothing here does I/O, reads a clock or draws a random number (time, ids and salts are arguments); an
//! invalid value cannot be built; a change of state is a method that gives the changed record and its
//! event, or a [`Refusal`]. Deliberately absent: HTTP, DynamoDB, and anything that knows which of them called.

mod aggregate;
mod color;
mod date;
mod digest;
mod domain_event;
mod email;
mod id;
mod language;
mod money;
mod names;
#[cfg(feature = "openapi")]
mod openapi;
mod refusal;
mod text;
mod zone;

pub mod access;
pub mod address;
pub mod allowance;
pub mod campaign;
pub mod client;
pub mod comment;
pub mod contact;
pub mod contract;
pub mod credit;
pub mod credit_note;
pub mod effect;
pub mod engagement;
pub mod event;
pub mod firm;
pub mod guess;
pub mod ids;
pub mod invitation;
pub mod invoice;
pub mod lead;
pub mod login;
pub mod mail;
pub mod mail_text;
pub mod notification;
pub mod notification_batch;
pub mod notification_concern;
pub mod offer;
pub mod password;
pub mod payment_account;
pub mod portal_user;
pub mod project;
pub mod proposal;
pub mod prospect;
pub mod rate;
pub mod reversal;
pub mod second_factor;
pub mod sender_domain;
pub mod session;
pub mod suppression;
pub mod task;
pub mod tax;
pub mod time_entry;
pub mod timer;
pub mod undelivered;
pub mod user;

pub use aggregate::{Aggregate, Archive, EventType, Lifecycle, Transition};
pub use color::{BrandColor, NotAColor};
pub use date::{Date, NotADate};
pub use digest::{Digest, NotADigest};
pub use domain_event::DomainEvent;
pub use email::Email;
pub use id::{Id, Kind};
pub use language::Language;
pub use money::{Currency, Money, Percent, Price, Quantity, Units};
pub use refusal::{Refusal, Why};
pub use text::{MultiLine, SingleLine};
pub use zone::TimeZone;

/// A moment, UTC.
pub type Time = chrono::DateTime<chrono::Utc>;
