//! The local AWS: everything that `template.yaml` defines, on one machine, without Docker.
//!
//! The binary is `cargo local`. The library is for the integration tests, which need the same pieces one by one: the
//! [`template`], an embedded [`dynamodb`], a [`ministack`] with its mails, and [`gateway::event()`] with its inverse.
//!
//! Invariants: no name of a route, queue, table, function or trigger stands here, all are read from the template; all
//! that listens, listens on the loopback interface; nothing that is started outlives its starter.

pub mod authenticator;
mod caller;
pub mod check;
pub mod demo;
pub mod dns;
pub mod dynamodb;
pub mod error;
mod functions;
pub mod gateway;
mod html;
pub mod invite;
pub mod keys;
pub mod lift;
mod mailbox;
pub mod ministack;
mod process;
mod progress;
pub mod rebuild;
pub mod redrive;
pub mod ses;
pub mod stack;
pub mod stripe;
pub mod template;
pub mod tools;
pub mod triggers;
pub mod verify;
