//! Portal users.

use serde_json::{Value, json};

use super::{Given, Row, clients::client, row};
use crate::{Answer, Firm, email};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_portal_users", async |firm| Given::beside(portal_user(firm).await)),
        row("create_portal_user", async |firm| Given::body(new_portal_user(firm).await)),
        row("show_portal_user", async |firm| Given::named(portal_user(firm).await.id())),
        row("update_portal_user", async |firm| {
            Given::named(portal_user(firm).await.id())
                .with(json!({"name": "Ann B. Lee", "language": "de", "rights": {"see": true, "comment": true, "pay": false, "sign": false, "upload": true}}))
        }),
        row("invite_portal_user", async |firm| Given::named(portal_user(firm).await.id())),
        row("deactivate_portal_user", async |firm| Given::named(portal_user(firm).await.id())),
        row("list_portal_user_history", async |firm| Given::named(portal_user(firm).await.id())),
    ]
}

async fn new_portal_user(firm: &Firm<'_>) -> Value {
    json!({"client": client(firm).await, "name": "Ann Lee", "email": email("ann"), "language": "en", "rights": rights()})
}

/// What somebody at a client may do.
pub(super) fn rights() -> Value {
    json!({"see": true, "comment": false, "pay": true, "sign": true, "upload": false})
}

/// Somebody who was invited into a client's portal.
pub(super) async fn portal_user(firm: &Firm<'_>) -> Answer {
    firm.owner.post("/api/clients/portal-users/", new_portal_user(firm).await).await.expect(201)
}
