//! Prospects.

use serde_json::{Value, json};

use super::{
    Given, Row, archived,
    leads::{lead, of_campaign},
    row,
};
use crate::{Firm, email};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_prospects", async |firm| {
            let lead = of_campaign(firm).await;
            Given::beside(firm.owner.post("/api/crm/prospects/", json!({"lead": lead})).await.expect(201))
        }),
        row("create_prospect", async |_| Given::body(new_prospect())).by_rule(&["company_name"]),
        row("create_prospect", async |firm| Given::body(json!({"lead": lead(firm).await, "estimated_value": "50000.00"}))).repeatable(),
        row("show_prospect", async |firm| Given::named(firm.prospect().await)),
        row("update_prospect", async |firm| {
            Given::named(firm.prospect().await).with(json!({
                "company_name": "Acme Group", "contact_name": "Bo Lee", "email": email("bo"), "phone": "+46 8 123 457", "language": "de",
                "estimated_value": "65000", "currency": "SEK", "notes": "Met again",
            }))
        })
        .needed(&["currency"]),
        row("archive_prospect", async |firm| Given::named(lost(firm).await)).reads(2),
        row("restore_prospect", async |firm| Given::named(archived(firm, "/api/crm/prospects/", lost(firm).await).await)),
        row("move_prospect", async |firm| Given::named(firm.prospect().await).with(json!({"to": "lost", "reason": "Chose another"}))),
        row("convert_prospect", async |firm| Given::named(firm.prospect().await).with(json!({}))).repeatable(),
        row("list_prospect_history", async |firm| Given::named(firm.prospect().await)),
    ]
}

fn new_prospect() -> Value {
    json!({
        "company_name": "Acme Corp", "contact_name": "Ann Lee", "email": email("ann"), "phone": "+46 8 123 456", "language": "en",
        "estimated_value": "50000.00", "currency": "EUR", "stage": "negotiation", "notes": "Met at the fair",
    })
}

/// A prospect whose sale is over.
async fn lost(firm: &Firm<'_>) -> String {
    let prospect = firm.prospect().await;
    let body = json!({"to": "lost", "reason": "Chose another"});
    firm.owner.post(format!("/api/crm/prospects/{prospect}/move/"), body).await.expect(200);
    prospect
}
