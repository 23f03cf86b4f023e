//! How each kind of record lies in the table: its type in keys, its parent, its state, what lists leave out.

mod campaign;
mod client;
mod contract;
mod engagement;
mod firm;
mod lead;
mod portal_user;
mod proposal;
mod prospect;
mod user;
