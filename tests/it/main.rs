//! The integration tests, through the front door.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod acceptance;
mod event_log;
mod failures;
mod leads;
mod outbox;
mod races;
mod sweeps;
