//! The firm itself. What it is changed to holds for all that is called afterwards, so no sum may depend on it.

use domain::access::Role;
use serde_json::json;

use super::{Given, Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("transfer_ownership", async |firm| {
            let (owner, other) = (firm.member(Role::Owner).await, firm.member(Role::Billing).await);
            Given::body(json!({"user": other.id})).by(&owner)
        })
        .gives_up_access(),
        row("show_firm", async |_| Given::nothing()),
        // Another, whose people are asked for more than those of this one.
        row("update_firm", async |firm| {
            let owner = firm.app.firm().await.owner;
            Given::body(json!({
                "name": "North & Partners", "currency": "EUR", "time_zone": "Europe/Stockholm", "language": "de", "brand_color": "#7c2d12", "payment_terms_days": 14,
                "hourly_rates": [{"from": "2026-01-01", "hourly_rate": "150.00"}], "reminder_days": [-3, 1, 7], "default_tax_rate": "0",
                "address": {"line1": "Kungsgatan 1", "line2": "Floor 4", "postal_code": "111 43", "city": "Stockholm", "region": "Uppland", "country": "SE"},
                "tax_number": "556703-7485", "vat_id": "SE556703748501",
                "requires_mfa": true,
            }))
            .by(&owner)
        }),
    ]
}
