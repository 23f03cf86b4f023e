//! How each kind of record lies in the table: its type in keys, its placement (where lists find it, what it keeps open, its
//! timers), and its row, which is what lists know of it.

mod campaign;
mod client;
mod comment;
mod contract;
mod credit;
mod credit_note;
mod engagement;
mod firm;
mod invoice;
mod lead;
mod login;
mod mail;
mod notification_batch;
mod payment_account;
mod portal_user;
mod project;
mod proposal;
mod prospect;
mod sender_domain;
mod suppression;
mod task;
mod time_entry;
mod undelivered;
mod user;
pub use campaign::CampaignRow;
pub use client::ClientRow;
pub use contract::ContractRow;
pub use credit::CreditRow;
pub use credit_note::CreditNoteRow;
pub use engagement::EngagementRow;
pub use invoice::InvoiceRow;
pub use lead::LeadRow;
pub use project::ProjectRow;
pub use proposal::ProposalRow;
pub use prospect::ProspectRow;
pub use task::TaskRow;
