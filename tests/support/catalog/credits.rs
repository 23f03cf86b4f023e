//! Clients' credits.

use serde_json::json;

use super::{
    Given, Row,
    invoices::{credit, overdrawn},
    row,
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_credits", async |firm| Given::beside(credit(firm).await)),
        row("show_credit", async |firm| Given::named(credit(firm).await)),
        row("refund_credit", async |firm| {
            let body = json!({"amount": "20.00", "reason": "Asked for", "reference": "CREDIT 17", "date": "2026-01-20"});
            Given::named(credit(firm).await).with(body)
        })
        .unshown(&["amount"]),
        row("reverse_credit_refund", async |firm| {
            let credit = credit(firm).await;
            let refunded = firm.owner.post(format!("/api/finance/credits/{credit}/refund/"), json!({"amount": "20.00"})).await.expect(200);
            let body = json!({"refund": refunded.text("/refunds/0/id"), "reason": "The transfer came back"});
            Given::named(credit).with(body)
        }),
        row("mark_credit_uncollectible", async |firm| Given::named(overdrawn(firm).await).with(json!({"reason": "Bankrupt"}))),
        row("reverse_credit_write_off", async |firm| {
            let credit = overdrawn(firm).await;
            firm.owner.post(format!("/api/finance/credits/{credit}/mark-uncollectible/"), json!({})).await.expect(200);
            Given::named(credit)
        }),
        row("list_credit_history", async |firm| Given::named(credit(firm).await)),
    ]
}
