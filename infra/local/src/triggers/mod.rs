//! What Lambda does between a source of events and a function: the stream, the queues, the schedules.

mod filter;

pub use filter::Filter;
