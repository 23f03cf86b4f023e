//! The firm's people.

use domain::access::Role;
use serde_json::{Value, json};

use super::{Given, Row, row};
use crate::{Firm, email};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_users", async |firm| Given::beside(user(firm).await)),
        row("create_user", async |_| Given::body(new_user())),
        row("show_user", async |firm| Given::named(user(firm).await)),
        row("update_user", async |firm| {
            Given::named(user(firm).await).with(json!({"name": "Bo A. Ek", "language": "de", "role": "manager"}))
        }),
        row("invite_user", async |firm| Given::named(user(firm).await)),
        row("deactivate_user", async |firm| Given::named(user(firm).await)),
        row("hand_over_work", async |firm| {
            let other = firm.member(Role::Consultant).await;
            Given::named(user(firm).await).with(json!({"to": other.id}))
        })
        .of_any_client(&["/to"]),
        row("list_user_history", async |firm| Given::named(user(firm).await)),
    ]
}

fn new_user() -> Value {
    json!({"name": "Bo Ek", "email": email("bo"), "language": "en", "role": "consultant"})
}

/// A user who was invited.
pub(super) async fn user(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/auth/users/", new_user()).await.expect(201).id()
}
