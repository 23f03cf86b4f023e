//! API Gateway on this machine: requests to functions by the template's routes.

mod event;

pub use event::{event, response};
