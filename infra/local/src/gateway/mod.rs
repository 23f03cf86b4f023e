//! API Gateway on this machine.
//!
//! [`event()`] and [`response()`] are the conversions alone, and [`Cors`] what is put on answers, for the tests; `serve` is
//! the server. What the cloud's gateway does and this one doesn't: throttling, access logs, and limits on headers.

mod cors;
mod event;
mod server;

pub use cors::Cors;
pub use event::{event, raw_path, response};
pub(crate) use server::serve;
