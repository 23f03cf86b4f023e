//! Engagements.

use serde_json::{Value, json};

use super::{Given, Row, archived, clients::client, row};
use crate::Firm;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_engagements", async |firm| Given::beside(engagement(firm).await)),
        row("create_engagement", async |firm| Given::body(new_engagement(firm).await)),
        row("show_engagement", async |firm| Given::named(engagement(firm).await)),
        row("update_engagement", async |firm| {
            Given::named(engagement(firm).await).with(json!({
                "title": "Advisory retainer", "value": "12000", "currency": "SEK", "start_date": "2027-02-01", "end_date": "2027-06-30",
                "notes": "A day a month",
            }))
        })
        .needed(&["currency"]),
        row("archive_engagement", async |firm| Given::named(completed(firm).await)),
        row("restore_engagement", async |firm| Given::named(archived(firm, "/api/clients/engagements/", completed(firm).await).await)),
        row("renew_engagement", async |firm| Given::named(engagement(firm).await)),
        row("complete_engagement", async |firm| Given::named(engagement(firm).await)),
        row("list_engagement_history", async |firm| Given::named(completed(firm).await)),
    ]
}

async fn new_engagement(firm: &Firm<'_>) -> Value {
    json!({
        "client": client(firm).await, "title": "Advisory retainer 2027", "value": "24000.00", "currency": "EUR",
        "start_date": "2027-01-01", "end_date": "2027-12-31", "notes": "Two days a month",
    })
}

async fn engagement(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/clients/engagements/", new_engagement(firm).await).await.expect(201).id()
}

async fn completed(firm: &Firm<'_>) -> String {
    let engagement = engagement(firm).await;
    firm.owner.post(format!("/api/clients/engagements/{engagement}/complete/"), json!({})).await.expect(200);
    engagement
}
