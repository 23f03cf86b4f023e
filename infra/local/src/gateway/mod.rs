//! API Gateway on this machine.
//!
//! [`event()`] and [`response()`] are the conversions alone, for the tests; `serve` is the server. What the cloud's
//! gateway does and this one doesn't: throttling, access logs, and limits on headers and on the answer's size.

mod event;
mod server;

pub use event::{event, response};
pub(crate) use server::serve;
