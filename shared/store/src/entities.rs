//! How each kind of record lies in the table: its type in keys, its parent, its state, what lists leave out.

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
mod portal_user;
mod project;
mod proposal;
mod prospect;
mod task;
mod time_entry;
mod user;
