//! The test app: the real routers, behind API Gateway's events, with the real SDK clients against the local AWS.
//!
//! Each [`TestApp`] has a DynamoDB, a clock and an address of its own, so tests don't see each other; MiniStack, for
//! mails, is one for all. Requests go in as API Gateway would send them, routed by `template.yaml`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod support {
    pub(crate) mod answer;
    pub(crate) mod app;
    pub(crate) mod call;
    pub(crate) mod catalog;
    pub(crate) mod document;
    pub(crate) mod example;
    pub(crate) mod firm;
    pub(crate) mod injector;
    pub(crate) mod mail;
    pub(crate) mod meter;
    pub(crate) mod ministack;
    pub(crate) mod needed;
    pub(crate) mod post_office;
    pub(crate) mod queue;
    pub(crate) mod security;
    pub(crate) mod stream;
    pub(crate) mod stripe;
    pub(crate) mod table;
    pub(crate) mod vault;
}

pub use support::{
    answer::Answer,
    app::{Environment, ISSUER, TestApp, WEB_ORIGIN, routers},
    call::Call,
    catalog::{Given, Row, catalog},
    document::{Document, Operation},
    example::{answers, example, excerpt},
    firm::{AtClient, Factor, Firm, PASSWORD, User, cheap_passwords, email},
    injector::{Contended, Trouble},
    mail::hand_mail_events,
    meter::{Fault, Instead, Meter, Metered},
    ministack::ministack,
    post_office::{Fate, PostOffice, Posted},
    queue::EventQueue,
    security::Security,
    stream::NOTIFICATIONS_WAIT,
    stripe::{
        CONNECT_ENDPOINT, CONNECT_SECRET, ENDPOINT, OLD_CONNECT_SECRET, OLD_WEBHOOK_SECRET, STRIPE_KEY, WEBHOOK_SECRET, hand,
        hand_received, till_of_nobody, webhooks_of_nobody,
    },
    table::Moment,
    vault::Vault,
};
