//! Credit notes.

use serde_json::{Value, json};

use super::{Given, Row, invoices::sent, row};
use crate::Firm;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_credit_notes", async |firm| Given::beside(note(firm).await)),
        row("issue_credit_note", async |firm| Given::body(new_note(firm).await)),
        row("issue_credit_note", async |firm| {
            let lines = json!([{"line": 0, "amount": "250.00"}]);
            Given::body(json!({"invoice": sent(firm).await, "lines": lines, "reason": "The workshop was shorter"}))
        }),
        row("show_credit_note", async |firm| Given::named(note(firm).await)),
        row("list_credit_note_history", async |firm| Given::named(note(firm).await)),
    ]
}

async fn new_note(firm: &Firm<'_>) -> Value {
    let lines = json!([{"line": 0, "quantity": "0.5"}]);
    json!({"invoice": sent(firm).await, "lines": lines, "reason": "The workshop was shorter", "refunded_amount": "0", "out_of_band_amount": "0"})
}

async fn note(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/finance/credit-notes/", new_note(firm).await).await.expect(201).id()
}
