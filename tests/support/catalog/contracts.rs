//! Contracts.

use serde_json::{Value, json};

use super::{Given, Row, archived, clients::client, row};
use crate::Firm;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_contracts", async |firm| Given::beside(signed(firm).await)),
        row("create_contract", async |firm| Given::body(from_proposal(firm).await)).by_rule(&["title"]),
        row("show_contract", async |firm| Given::named(draft(firm).await)),
        row("update_contract", async |firm| {
            Given::named(draft(firm).await).with(json!({
                "title": "Market study II", "value": "24000", "currency": "SEK", "start_date": "2027-02-01", "end_date": "2028-06-30",
                "terms": "As agreed.",
            }))
        })
        .needed(&["currency"]),
        row("remove_contract", async |firm| Given::named(draft(firm).await)),
        row("restore_contract", async |firm| Given::named(archived(firm, "/api/crm/contracts/", completed(firm).await).await)),
        row("sign_contract", async |firm| Given::named(draft(firm).await).with(json!({"signed_by": "Ann Lee", "signed_on": "2026-01-20"}))),
        row("activate_contract", async |firm| Given::named(signed(firm).await)),
        row("complete_contract", async |firm| Given::named(active(firm).await)),
        row("terminate_contract", async |firm| Given::named(active(firm).await).with(json!({"reason": "The market is gone"}))),
        row("list_contract_history", async |firm| Given::named(signed(firm).await)),
    ]
}

async fn from_proposal(firm: &Firm<'_>) -> Value {
    let accepted = firm.accepted().await;
    json!({
        "client": accepted.text("/client/id"), "proposal": accepted.text("/proposal/id"), "title": "Market study",
        "value": "22000.00", "currency": "EUR", "start_date": "2027-01-04", "end_date": "2027-06-30", "terms": "As offered.",
    })
}

async fn draft(firm: &Firm<'_>) -> String {
    let body = json!({"client": client(firm).await, "title": "Market study", "value": "22000.00"});
    firm.owner.post("/api/crm/contracts/", body).await.expect(201).id()
}

async fn signed(firm: &Firm<'_>) -> String {
    after(firm, draft(firm).await, "sign", json!({"signed_by": "Ann Lee"})).await
}

/// A contract that the client signed, which a project can carry out.
pub(super) async fn signed_contract(firm: &Firm<'_>, new: Value) -> String {
    let contract = firm.owner.post("/api/crm/contracts/", new).await.expect(201).id();
    after(firm, contract, "sign", json!({"signed_by": "Ann Lee"})).await
}

async fn active(firm: &Firm<'_>) -> String {
    after(firm, signed(firm).await, "activate", json!({})).await
}

async fn after(firm: &Firm<'_>, contract: String, action: &str, body: Value) -> String {
    firm.owner.post(format!("/api/crm/contracts/{contract}/{action}/"), body).await.expect(200);
    contract
}

async fn completed(firm: &Firm<'_>) -> String {
    after(firm, active(firm).await, "complete", json!({})).await
}
