//! Leads.

use serde_json::{Value, json};

use super::{Given, Row, archived, campaigns::campaign, row};
use crate::{Firm, email};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_leads", async |firm| Given::beside(lead(firm).await)),
        row("create_lead", async |firm| {
            let mut lead = new_lead();
            lead["campaign"] = campaign(firm).await.into();
            Given::body(lead)
        }),
        row("show_lead", async |firm| Given::named(lead(firm).await)),
        row("update_lead", async |firm| {
            let campaign = campaign(firm).await;
            Given::named(lead(firm).await).with(json!({"phone": "+46 8 1", "campaign": campaign, "notes": null}))
        }),
        row("archive_lead", async |firm| Given::named(lead(firm).await)),
        row("restore_lead", async |firm| Given::named(archived(firm, "/api/crm/leads/", lead(firm).await).await)),
        row("move_lead", async |firm| Given::named(lead(firm).await).with(json!({"to": "unqualified", "reason": "No budget"}))),
        row("convert_lead", async |firm| Given::named(lead(firm).await).with(json!({"estimated_value": "50000", "currency": "EUR"})))
            .repeatable(),
        row("list_lead_history", async |firm| Given::named(lead(firm).await)),
    ]
}

fn new_lead() -> Value {
    json!({
        "company_name": "Acme Corp", "contact_name": "Ann Lee", "email": email("ann"), "phone": "+46 8 123 456",
        "source": "website", "notes": "Met at the fair", "allow_duplicate": false,
    })
}

/// A new lead.
pub(super) async fn lead(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/crm/leads/", new_lead()).await.expect(201).id()
}
