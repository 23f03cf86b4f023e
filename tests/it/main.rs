//! The integration tests, through the front door.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod acceptance;
mod afterwards;
mod claims;
mod clients;
mod contracts;
mod engagements;
mod event_log;
mod failures;
mod fixtures;
mod headers;
mod history;
mod input;
mod invitations;
mod leads;
mod limits;
mod once;
mod outbox;
mod pages;
mod payments;
mod portal_users;
mod proposals;
mod prospects;
mod races;
mod sessions;
mod steps;
mod sweeps;
mod tokens;
mod webhooks;
