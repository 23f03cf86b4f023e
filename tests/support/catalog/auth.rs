//! Signing up, in and out.

use serde_json::{Value, json};

use super::{Given, Row, row};
use crate::{Firm, PASSWORD, email};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("register", async |_| {
            Given::body(json!({
                "firm_name": "North & Partners", "name": "Ann Lee", "email": email("founder"), "password": PASSWORD,
                "currency": "SEK", "time_zone": "Europe/Stockholm",
            }))
        }),
        // The login, and beside it how often it failed.
        row("login", async |firm| Given::body(json!({"username": firm.owner.email, "password": PASSWORD, "firm": firm.id}))).reads(4),
        row("refresh", async |firm| Given::body(refresh_token(firm).await)).unshown(&["refresh"]),
        row("logout", async |firm| Given::body(refresh_token(firm).await)).repeatable(),
        row("activate", async |firm| {
            let email = email("invited");
            let user = firm.owner.post("/api/auth/users/", json!({"name": "Bo Ek", "email": email, "role": "consultant"})).await;
            Given::body(json!({"token": firm.link(&user.expect(201).id(), &email, 1), "password": PASSWORD}))
        })
        .reads(2),
        row("confirm_email", async |firm| Given::body(json!({"token": firm.app.unconfirmed_firm().await.confirmation(1).await}))),
        // Which login is to be confirmed, the firm says.
        row("resend_confirmation", async |firm| Given::nothing().by(&firm.app.unconfirmed_firm().await.owner)).reads(2),
        row("show_me", async |_| Given::nothing()),
    ]
}

/// The refresh token of a session of its own.
async fn refresh_token(firm: &Firm<'_>) -> Value {
    let body = json!({"username": firm.owner.email, "password": PASSWORD});
    let answer = firm.app.post("/api/auth/login/", body).send().await.expect(200);
    json!({"refresh": answer.text("/refresh")})
}
