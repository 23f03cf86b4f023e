//! The local AWS: everything that `template.yaml` defines, on one machine, without Docker.
//!
//! The binary is `cargo local`. The library is for the integration tests, which need the same pieces one by one: the
//! [`template`], an embedded [`dynamodb`], and [`gateway::event`] with its inverse.
//!
//! Invariant: no name of a route, queue, table, function or trigger stands here; all of them are read from the
//! template.

pub mod dynamodb;
pub mod error;
pub mod gateway;
pub mod template;
pub mod triggers;
