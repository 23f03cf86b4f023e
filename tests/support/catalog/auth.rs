//! Signing up, in and out.

use domain::access::Role;
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
        })
        // To whom it was answered before, the login and the session of then.
        .reads(2),
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
        row("change_password", async |firm| {
            let body = json!({"current_password": PASSWORD, "new_password": "harbour lane lighthouse"});
            Given::body(body).by(&firm.member(Role::Consultant).await)
        })
        // Beside the session its login's secrets, where that leads, and how often it failed.
        .reads(4),
        row("request_password_reset", async |firm| Given::body(json!({"email": firm.member(Role::Consultant).await.email}))).reads(2),
        row("reset_password", async |firm| {
            let email = firm.member(Role::Consultant).await.email;
            firm.app.post("/api/auth/password-reset/", json!({"email": email})).send().await.expect(202);
            Given::body(json!({"token": firm.app.reset_token(&email, 1).await, "password": "harbour lane lighthouse"}))
        })
        // Beside the login its secrets, where that leads, and the firm's name.
        .reads(4),
        // Where its login leads is read, and then what is there.
        row("list_memberships", async |_| Given::nothing()).reads(2),
        row("switch_membership", async |firm| {
            let member = firm.member(Role::Consultant).await;
            Given::body(json!({"membership": member.id})).by(&member)
        })
        .reads(3),
        // Beside the session its login's secrets, where that leads, and how often it failed.
        row("reauthenticate", async |firm| Given::body(json!({"current_password": PASSWORD})).by(&firm.member(Role::Consultant).await))
            .reads(4),
        row("list_sessions", async |_| Given::nothing()),
        row("end_other_sessions", async |firm| Given::nothing().by(&firm.member(Role::Consultant).await)).reads(3).of_no_record(),
        row("end_session", async |firm| {
            let member = firm.member(Role::Consultant).await;
            let session = member.anew().await.get("/api/auth/sessions/").await.expect(200).text("/results/1/id");
            Given::named(session).by(&member)
        })
        .reads(4)
        .of_no_record(),
        row("show_me", async |_| Given::nothing()),
    ]
}

/// The refresh token of a session of its own.
async fn refresh_token(firm: &Firm<'_>) -> Value {
    let body = json!({"username": firm.owner.email, "password": PASSWORD});
    let answer = firm.app.post("/api/auth/login/", body).send().await.expect(200);
    json!({"refresh": answer.text("/refresh")})
}
