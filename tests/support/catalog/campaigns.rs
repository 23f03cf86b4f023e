//! Campaigns.

use serde_json::{Value, json};

use super::{Given, Row, archived, row};
use crate::Firm;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_campaigns", async |firm| Given::beside(campaign(firm).await)),
        row("create_campaign", async |_| Given::body(new_campaign())),
        row("show_campaign", async |firm| Given::named(campaign(firm).await)),
        row("update_campaign", async |firm| {
            Given::named(campaign(firm).await).with(json!({
                "name": "Autumn fair", "start_date": "2027-09-06", "end_date": "2027-09-09", "budget": "15000", "currency": "SEK",
                "notes": "Stand C4",
            }))
        })
        .needed(&["currency"]),
        row("archive_campaign", async |firm| Given::named(campaign(firm).await)),
        row("restore_campaign", async |firm| Given::named(archived(firm, "/api/crm/campaigns/", campaign(firm).await).await)),
        row("move_campaign", async |firm| Given::named(campaign(firm).await).with(json!({"to": "active"}))),
        row("list_campaign_history", async |firm| Given::named(campaign(firm).await)),
    ]
}

fn new_campaign() -> Value {
    json!({
        "name": "Spring fair", "start_date": "2027-04-12", "end_date": "2027-04-15", "budget": "12000.00", "currency": "EUR",
        "notes": "Stand B12",
    })
}

/// A new campaign.
pub(super) async fn campaign(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/crm/campaigns/", new_campaign()).await.expect(201).id()
}
