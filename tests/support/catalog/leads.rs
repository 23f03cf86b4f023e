//! Leads.

use serde_json::{Value, json};

use super::{Given, Row, archived, campaigns::campaign, row};
use crate::{Firm, email};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_leads", async |firm| Given::beside(of_campaign(firm).await)),
        row("create_lead", async |firm| Given::body(new_lead_of_campaign(firm).await)),
        row("show_lead", async |firm| Given::named(lead(firm).await)),
        row("update_lead", async |firm| {
            let campaign = campaign(firm).await;
            Given::named(lead(firm).await).with(json!({
                "company_name": "Acme Group", "contact_name": "Bo Lee", "email": email("bo"), "phone": "+46 8 1", "language": "de", "source": "referral",
                "campaign": campaign, "notes": "Met again",
            }))
        })
        .of_any_client(&["/campaign"]),
        row("archive_lead", async |firm| Given::named(lead(firm).await)),
        row("restore_lead", async |firm| Given::named(archived(firm, "/api/crm/leads/", lead(firm).await).await)),
        row("move_lead", async |firm| Given::named(lead(firm).await).with(json!({"to": "unqualified", "reason": "No budget"}))),
        row("convert_lead", async |firm| {
            Given::named(lead(firm).await).with(json!({
                "contact_name": "Bo Lee", "email": email("bo"), "phone": "+46 8 1", "language": "de", "estimated_value": "50000", "currency": "EUR",
                "stage": "negotiation", "notes": "Met again",
            }))
        })
        .repeatable(),
        row("list_lead_history", async |firm| Given::named(lead(firm).await)),
    ]
}

fn new_lead() -> Value {
    json!({
        "company_name": "Acme Corp", "contact_name": "Ann Lee", "email": email("ann"), "phone": "+46 8 123 456", "language": "en",
        "source": "website", "notes": "Met at the fair", "allow_duplicate": false,
    })
}

async fn new_lead_of_campaign(firm: &Firm<'_>) -> Value {
    let mut lead = new_lead();
    lead["campaign"] = campaign(firm).await.into();
    lead
}

/// A new lead that a campaign brought.
pub(super) async fn of_campaign(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/crm/leads/", new_lead_of_campaign(firm).await).await.expect(201).id()
}

/// A new lead.
pub(super) async fn lead(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/crm/leads/", new_lead()).await.expect(201).id()
}
