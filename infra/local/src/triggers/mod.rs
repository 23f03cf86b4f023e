//! What Lambda does between a source of events and a function: the stream, the queues, the schedules.
//!
//! Everything is driven by what the template says of the trigger; a trigger that is added there runs here.

mod delivery;
mod filter;
pub(crate) mod queue;
pub(crate) mod schedule;
mod stream;

pub use filter::Filter;
pub(crate) use stream::StreamDriver;
