//! What others tell us.

use local::stripe::sign;
use serde_json::json;

use super::{Given, Row, row};
use crate::{CONNECT_SECRET, WEBHOOK_SECRET};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("receive_stripe_event", async |firm| {
            firm.app.stripe.ready().await;
            let event = json!({"id": "evt_1", "object": "event", "type": "payout.paid"});
            let signature = sign(WEBHOOK_SECRET, firm.app.clock.now().timestamp(), event.to_string().as_bytes());
            Given::body(event).header("stripe-signature", &signature)
        })
        .asks_others(),
        row("receive_connect_event", async |firm| {
            firm.app.stripe.ready().await;
            let event = json!({"id": "evt_1", "object": "event", "account": "acct_1", "type": "payout.paid"});
            let signature = sign(CONNECT_SECRET, firm.app.clock.now().timestamp(), event.to_string().as_bytes());
            Given::body(event).header("stripe-signature", &signature)
        })
        .asks_others(),
    ]
}
