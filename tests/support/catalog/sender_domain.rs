//! The domain that a firm's mails come from.

use serde_json::json;

use super::{Given, Row, row};
use crate::{Firm, User};

const PATH: &str = "/api/auth/firm/sender-domain/";

/// A domain that nobody else has.
fn domain() -> String {
    format!("north-{:016x}.example", rand::random::<u64>())
}

/// The owner of another firm, which claims a domain.
async fn claimant<'a>(firm: &Firm<'a>) -> User<'a> {
    let owner = firm.app.firm().await.owner;
    owner.call(http::Method::PUT, PATH).json(json!({"domain": domain()})).send().await.expect(200);
    owner
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("show_sender_domain", async |firm| Given::nothing().by(&claimant(firm).await)),
        row("claim_sender_domain", async |firm| Given::body(json!({"domain": domain()})).by(&firm.app.firm().await.owner)).repeatable(),
        // In place of another.
        row("claim_sender_domain", async |firm| Given::body(json!({"domain": domain()})).by(&claimant(firm).await)).reads(2),
        row("check_sender_domain", async |firm| Given::nothing().by(&claimant(firm).await)),
        // Afterwards the firm has none, which is no archive.
        row("remove_sender_domain", async |firm| Given::nothing().by(&claimant(firm).await)).reads(2).of_no_record(),
    ]
}
