//! Clients.

use serde_json::{Value, json};

use super::{
    Given, Row, archived,
    portal_users::{portal_user, rights},
    row,
};
use crate::{Firm, email};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_clients", async |firm| Given::beside(client(firm).await)),
        row("create_client", async |_| Given::body(new_client())),
        row("show_client", async |firm| Given::named(client(firm).await)),
        row("update_client", async |firm| {
            let address = json!({
                "line1": "Drottninggatan 2", "line2": "Back yard", "postal_code": "411 14", "city": "Oslo", "region": "Akershus", "country": "NO",
            });
            Given::named(client(firm).await).with(json!({
                "company_name": "Acme Group", "contact_name": "Bo Lee", "email": email("bo"), "phone": "+46 8 123 457", "language": "de",
                "website": "https://acme-group.example", "industry": "Trade", "tax_number": "556703-7485", "vat_id": "SE556703748501",
                "address": address, "billing_email": email("billing"), "cc": [email("carl"), email("dora")], "reminders_paused": true,
            }))
        }),
        row("archive_client", async |firm| Given::named(client(firm).await)).reads(7),
        row("restore_client", async |firm| Given::named(archived(firm, "/api/clients/clients/", client(firm).await).await)),
        row("list_client_portal_users", async |firm| Given::named(portal_user(firm).await.text("/client"))),
        row("create_client_portal_user", async |firm| {
            Given::named(client(firm).await).with(json!({"name": "Ann Lee", "email": email("ann"), "language": "de", "rights": rights()}))
        }),
        row("list_client_history", async |firm| Given::named(client(firm).await)),
    ]
}

fn new_client() -> Value {
    json!({
        "company_name": "Acme Corp", "contact_name": "Ann Lee", "email": email("ann"), "phone": "+46 8 123 456", "language": "en",
        "website": "https://acme.example", "industry": "Retail", "tax_number": "556000-4615", "vat_id": "SE556000461501",
        "address": {"line1": "Storgatan 1", "line2": "Floor 3", "postal_code": "111 22", "city": "Stockholm", "region": "Uppland", "country": "SE"},
        "billing_email": email("invoices"), "cc": [email("eva")], "reminders_paused": false,
    })
}

/// A client that wasn't won by a proposal.
pub(super) async fn client(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/clients/clients/", new_client()).await.expect(201).id()
}
