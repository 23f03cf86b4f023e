//! Proposals.

use serde_json::{Value, json};

use super::{Given, Row, archived, row};
use crate::{Firm, email};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_proposals", async |firm| Given::beside(sent(firm).await)),
        row("create_proposal", async |firm| Given::body(new_proposal(firm).await)).by_rule(&["line_items"]),
        row("create_proposal", async |firm| Given::body(json!({"prospect": firm.prospect().await, "total_value": "22000.00"}))),
        row("show_proposal", async |firm| Given::named(draft(firm).await)),
        row("update_proposal", async |firm| {
            Given::named(draft(firm).await).with(json!({
                "title": "Market study II", "company_name": "Acme Group", "contact_name": "Bo Lee", "email": email("bo"),
                "phone": "+46 8 123 457", "language": "de", "total_value": "48000.00", "currency": "SEK", "valid_until": "2099-02-28",
                "terms": "Payable in 20 days.",
            }))
        }),
        row("update_proposal", async |firm| Given::named(draft(firm).await).with(json!({"line_items": [workshop(), interviews()]}))),
        row("remove_proposal", async |firm| Given::named(draft(firm).await)),
        row("restore_proposal", async |firm| Given::named(archived(firm, "/api/crm/proposals/", cancelled(firm).await).await)),
        row("submit_proposal", async |firm| Given::named(draft(firm).await)),
        row("approve_proposal", async |firm| Given::named(after(firm, draft(firm).await, "submit").await)),
        row("send_proposal", async |firm| Given::named(draft(firm).await)),
        row("reject_proposal", async |firm| Given::named(sent(firm).await).with(json!({"reason": "Too dear"}))),
        row("cancel_proposal", async |firm| Given::named(sent(firm).await).with(json!({"reason": "Taken back"}))),
        row("revise_proposal", async |firm| Given::named(sent(firm).await)),
        row("accept_proposal", async |firm| {
            Given::named(sent(firm).await).with(json!({"accepted_by": "Ann Lee", "note": "By phone", "chosen_options": [1]}))
        })
        .repeatable(),
        row("list_proposal_history", async |firm| Given::named(sent(firm).await)),
    ]
}

async fn new_proposal(firm: &Firm<'_>) -> Value {
    json!({
        "prospect": firm.prospect().await, "title": "Market study", "line_items": [interviews(), workshop()], "currency": "EUR",
        "valid_until": "2099-01-31", "terms": "Payable in 30 days.",
    })
}

fn interviews() -> Value {
    json!({"description": "Interviews", "quantity": "12", "unit_price": "1500.00"})
}

fn workshop() -> Value {
    json!({"description": "Workshop", "quantity": 1, "unit_price": "4000", "optional": true, "chosen": false})
}

async fn draft(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/crm/proposals/", new_proposal(firm).await).await.expect(201).id()
}

async fn sent(firm: &Firm<'_>) -> String {
    after(firm, draft(firm).await, "send").await
}

/// The proposal after an action that needs to be told nothing.
async fn after(firm: &Firm<'_>, proposal: String, action: &str) -> String {
    firm.owner.post(format!("/api/crm/proposals/{proposal}/{action}/"), json!({})).await.expect(200);
    proposal
}

async fn cancelled(firm: &Firm<'_>) -> String {
    after(firm, sent(firm).await, "cancel").await
}
