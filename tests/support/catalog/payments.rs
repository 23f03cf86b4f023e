//! Where the money goes that clients pay online.

use serde_json::json;

use super::{Given, Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("show_payment_settings", async |_| Given::nothing()),
        // Of others, so that this one is paid as it was.
        row("update_payment_settings", async |firm| {
            Given::body(json!({"payment_methods": ["card", "sepa_debit"]})).by(&firm.app.firm().await.owner)
        }),
        row("connect_payments", async |firm| Given::nothing().by(&firm.app.unconnected_firm().await.owner)).asks_others().answers_anew(),
        row("disconnect_payments", async |firm| Given::nothing().by(&firm.app.firm().await.owner)),
    ]
}
