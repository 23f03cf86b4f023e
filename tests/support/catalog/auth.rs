//! Signing up, in and out.

use domain::access::Role;
use serde_json::{Value, json};

use super::{Given, Row, row};
use crate::{Factor, Firm, PASSWORD, TestApp, User, email};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("register", async |_| {
            Given::body(json!({
                "firm_name": "North & Partners", "name": "Ann Lee", "email": email("founder"), "password": PASSWORD,
                "currency": "SEK", "time_zone": "Europe/Stockholm", "language": "de", "invitation": "x", "session": "token",
            }))
        })
        // To whom it was answered before, the login and the session of then.
        .reads(2),
        row("register", async |firm| {
            let (member, factor) = with_factor(firm).await;
            Given::body(json!({
                "firm_name": "South & Partners", "name": "Bo Ek", "email": member.email, "password": PASSWORD, "code": factor.code(),
                "currency": "SEK", "time_zone": "Europe/Stockholm",
            }))
        })
        // The login, its secrets and how often it failed; and where it leads.
        .reads(5)
        .does_not_keep(),
        // The login, and beside it how often it failed.
        row("login", async |firm| {
            Given::body(json!({"username": firm.owner.email, "password": PASSWORD, "firm": firm.id, "device": "unknown"}))
        })
        .reads(4)
        .unshown(&["device"]),
        row("login", async |firm| {
            let (member, _) = with_factor(firm).await;
            Given::body(json!({"username": member.email, "password": PASSWORD, "firm": firm.id, "session": "cookie"})).by_a_page()
        })
        .reads(4),
        // The login and its secrets, how often it failed, and where it leads.
        row("complete_login", async |firm| {
            let (member, factor) = with_factor(firm).await;
            Given::body(json!({"mfa_token": member.challenge().await, "code": factor.code()}))
        })
        .reads(4)
        .does_not_keep(),
        row("set_up_totp_at_login", async |firm| {
            let strict = strict_firm(firm.app).await;
            Given::body(json!({"mfa_token": strict.owner.challenge().await}))
        })
        .reads(3),
        // The firm, beside the login's secrets.
        row("show_mfa", async |_| Given::nothing()),
        row("set_up_totp", async |firm| Given::body(json!({"current_password": PASSWORD})).by(&firm.member(Role::Consultant).await))
            .reads(4),
        row("set_up_totp", async |firm| {
            let (member, factor) = with_factor(firm).await;
            Given::body(json!({"current_password": PASSWORD, "code": factor.code()})).by(&member)
        })
        .reads(4)
        .does_not_keep(),
        row("confirm_totp", async |firm| {
            let member = firm.member(Role::Consultant).await;
            let set_up = member.post("/api/auth/mfa/totp/", json!({"current_password": PASSWORD})).await.expect(200);
            Given::body(json!({"code": Factor::of(firm.app, &set_up).code()})).by(&member)
        })
        .reads(4)
        .does_not_keep(),
        row("renew_recovery_codes", async |firm| {
            let (member, _) = with_factor(firm).await;
            Given::nothing().by(&member)
        })
        .reads(3),
        // The login and its secrets, and where that leads.
        row("take_totp_back", async |firm| {
            let (member, _) = with_factor(firm).await;
            let token = firm.app.factor_token(&member.email, &member.get("/api/auth/mfa/").await.expect(200).text("/totp_since")).await;
            Given::body(json!({"token": token, "password": "harbour lane lighthouse", "session": "token"}))
        })
        .reads(3),
        row("take_totp_back", async |firm| {
            let strict = strict_firm(firm.app).await.owner;
            strict.with_factor().await;
            let token = firm.app.factor_token(&strict.email, &strict.get("/api/auth/mfa/").await.expect(200).text("/totp_since")).await;
            Given::body(json!({"token": token, "password": "harbour lane lighthouse"}))
        })
        .reads(3),
        row("remove_totp", async |firm| {
            let (member, _) = with_factor(firm).await;
            Given::nothing().by(&member)
        })
        .reads(4)
        .of_no_record(),
        row("refresh", async |firm| Given::body(refresh_token(firm).await)).unshown(&["refresh"]),
        row("logout", async |firm| Given::body(refresh_token(firm).await)).repeatable(),
        row("activate", async |firm| {
            let email = email("invited");
            let user = firm.owner.post("/api/auth/users/", json!({"name": "Bo Ek", "email": email, "role": "consultant"})).await;
            Given::body(json!({"token": firm.link(&user.expect(201).id(), &email, 1), "password": PASSWORD}))
        })
        .reads(2),
        row("activate", async |firm| {
            let strict = strict_firm(firm.app).await;
            let body = json!({"name": "Bo Ek", "email": email("invited"), "role": "consultant"});
            let invited = strict.owner.post("/api/auth/users/", body).await.expect(201);
            Given::body(json!({"token": strict.link(&invited.id(), &invited.text("/email"), 1), "password": PASSWORD}))
        })
        .reads(2),
        row("activate", async |firm| {
            let ((member, factor), other) = (with_factor(firm).await, firm.app.firm().await);
            let body = json!({"name": "Bo Ek", "email": member.email, "role": "consultant"});
            let user = other.owner.post("/api/auth/users/", body).await.expect(201).id();
            Given::body(
                json!({"token": other.link(&user, &member.email, 1), "password": PASSWORD, "code": factor.code(), "session": "token"}),
            )
        })
        // The login, its secrets, where it leads and how often it failed.
        .reads(5)
        .does_not_keep(),
        row("confirm_email", async |firm| Given::body(json!({"token": firm.app.unconfirmed_firm().await.confirmation(1).await}))),
        // Which login is to be confirmed, the firm says.
        row("resend_confirmation", async |firm| Given::nothing().by(&firm.app.unconfirmed_firm().await.owner)).reads(2),
        row("change_password", async |firm| {
            let body = json!({"current_password": PASSWORD, "new_password": "harbour lane lighthouse"});
            Given::body(body).by(&firm.member(Role::Consultant).await)
        })
        // Beside the session its login's secrets, where that leads, and how often it failed.
        .reads(4),
        row("change_password", async |firm| {
            let (member, factor) = with_factor(firm).await;
            let body = json!({"current_password": PASSWORD, "new_password": "harbour lane lighthouse", "code": factor.code()});
            Given::body(body).by(&member)
        })
        .reads(4)
        .does_not_keep(),
        row("request_password_reset", async |firm| Given::body(json!({"email": firm.member(Role::Consultant).await.email}))).reads(2),
        row("reset_password", async |firm| {
            let email = firm.member(Role::Consultant).await.email;
            firm.app.post("/api/auth/password-reset/", json!({"email": email})).send().await.expect(202);
            Given::body(json!({"token": firm.app.reset_token(&email, 1).await, "password": "harbour lane lighthouse", "session": "cookie"}))
                .by_a_page()
        })
        // Beside the login its secrets, and where that leads, with the firms' names.
        .reads(3),
        row("reset_password", async |firm| {
            let (member, _) = with_factor(firm).await;
            firm.app.post("/api/auth/password-reset/", json!({"email": member.email})).send().await.expect(202);
            Given::body(json!({"token": firm.app.reset_token(&member.email, 1).await, "password": "harbour lane lighthouse"}))
        })
        .reads(3),
        // Beside the session its login's secrets, where that leads, and how often it failed.
        row("request_email_change", async |firm| {
            let (member, factor) = with_factor(firm).await;
            Given::body(json!({"email": email("anna"), "current_password": PASSWORD, "code": factor.code()})).by(&member)
        })
        .reads(4)
        .does_not_keep(),
        // The login and its secrets, where that leads, and in which session it was asked.
        row("confirm_email_change", async |firm| {
            let member = firm.member(Role::Consultant).await;
            let body = json!({"email": email("anna"), "current_password": PASSWORD});
            member.post("/api/auth/email/", body).await.expect(202);
            Given::body(json!({"token": firm.app.email_token(&member.email, 1).await}))
        })
        .reads(4),
        // The login and its secrets, and where that leads.
        row("restore_email", async |firm| {
            let mut body = given_up(firm, &firm.member(Role::Consultant).await).await;
            body["session"] = "token".into();
            Given::body(body)
        })
        .reads(3),
        row("restore_email", async |firm| Given::body(given_up(firm, &with_factor(firm).await.0).await)).reads(3).does_not_keep(),
        // Where its login leads is read, and then what is there.
        row("list_memberships", async |_| Given::nothing()).reads(2),
        row("switch_membership", async |firm| {
            let member = firm.member(Role::Consultant).await;
            Given::body(json!({"membership": member.id})).by(&member)
        })
        .reads(4),
        // Beside the session its login's secrets, where that leads, and how often it failed.
        row("reauthenticate", async |firm| Given::body(json!({"current_password": PASSWORD})).by(&firm.member(Role::Consultant).await))
            .reads(4),
        row("reauthenticate", async |firm| {
            let (member, factor) = with_factor(firm).await;
            Given::body(json!({"current_password": PASSWORD, "code": factor.code()})).by(&member)
        })
        .reads(4)
        .does_not_keep(),
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
        row("update_me", async |firm| Given::body(json!({"language": "de"})).by(&firm.member(Role::Consultant).await)),
        row("leave_firm", async |firm| Given::nothing().by(&firm.member(Role::Consultant).await)).gives_up_access().of_no_record(),
    ]
}

/// The refresh token of a session of its own.
async fn refresh_token(firm: &Firm<'_>) -> Value {
    let body = json!({"username": firm.owner.email, "password": PASSWORD});
    let answer = firm.app.post("/api/auth/login/", body).send().await.expect(200);
    json!({"refresh": answer.text("/refresh")})
}

/// What takes back that `member` has another e-mail.
async fn given_up(firm: &Firm<'_>, member: &User<'_>) -> Value {
    let proof = match member.get("/api/auth/mfa/").await.expect(200).json["totp_since"].is_null() {
        true => json!({"email": email("eve"), "current_password": PASSWORD}),
        false => {
            let codes = member.post("/api/auth/mfa/recovery-codes/", json!({})).await.expect(200);
            json!({"email": email("eve"), "current_password": PASSWORD, "code": codes.text("/recovery_codes/0")})
        }
    };
    member.post("/api/auth/email/", proof).await.expect(202);
    let restoration = firm.app.restoration_token(&member.email, 1).await;
    let body = json!({"token": firm.app.email_token(&member.email, 1).await});
    firm.app.post("/api/auth/email/confirm/", body).send().await.expect(204);
    json!({"token": restoration, "password": "harbour lane lighthouse"})
}

/// A member of `firm` who has a second factor.
async fn with_factor<'a>(firm: &Firm<'a>) -> (User<'a>, Factor<'a>) {
    let member = firm.member(Role::Consultant).await;
    let factor = member.with_factor().await;
    (member, factor)
}

/// A firm that asks a second factor of its people, which its owner hasn't set up.
async fn strict_firm(app: &TestApp) -> Firm<'_> {
    let firm = app.firm().await;
    firm.owner.patch("/api/auth/firm/", json!({"requires_mfa": true})).await.expect(200);
    firm
}
