//! Inviting people to the firm, and the links that let them in.

use chrono::TimeDelta;
use domain::{Email, access::Role};
use secrets::Invited;
use serde_json::json;
use tests::{Answer, Firm, PASSWORD, TestApp, email};

use crate::steps::{login, refresh, with_tokens};

/// Invite `email` as a consultant; who it became.
async fn invite(firm: &Firm<'_>, email: &str) -> String {
    let invited = firm.owner.post("/api/auth/users/", json!({"name": "Bo Ek", "email": email, "role": "consultant"})).await.expect(201);
    assert_eq!(invited.text("/status"), "invited");
    invited.id()
}

async fn activate(app: &TestApp, token: &str, password: &str) -> Answer {
    app.post("/api/auth/activate/", json!({"token": token, "password": password})).send().await
}

#[tokio::test]
async fn who_was_invited_signs_in_once_they_used_their_link_which_works_once() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let email = email("bo");
    let id = invite(&firm, &email).await;
    login(&app, &email).await.expect(401);

    let token = firm.link(&id, &email, 1);
    let short = activate(&app, &token, "1234567").await.expect(422);
    assert_eq!(short.fields(), ["password"]);
    let tokens = activate(&app, &token, PASSWORD).await.expect(200);
    let me = app.get("/api/auth/me/").bearer(&tokens.text("/access")).send().await.expect(200);
    assert_eq!((me.text("/user/id"), me.text("/role"), me.text("/user/status")), (id, "consultant".into(), "active".into()));
    login(&app, &email).await.expect(200);
    activate(&app, &token, PASSWORD).await.expect(409);
}

#[tokio::test]
async fn only_the_link_of_the_last_invitation_works() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let email = email("bo");
    let id = invite(&firm, &email).await;
    let (first, second) = (firm.link(&id, &email, 1), firm.link(&id, &email, 2));
    activate(&app, &second, PASSWORD).await.expect(409);
    firm.owner.post(format!("/api/auth/users/{id}/invite/"), json!({})).await.expect(200);
    activate(&app, &first, PASSWORD).await.expect(409);
    login(&app, &email).await.expect(401);
    activate(&app, &second, PASSWORD).await.expect(200);
    firm.owner.post(format!("/api/auth/users/{id}/invite/"), json!({})).await.expect(409);
}

#[tokio::test]
async fn a_link_runs_out_a_week_after_it_was_sent() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let email = email("bo");
    let id = invite(&firm, &email).await;
    let exp = (app.clock.now() + TimeDelta::days(30)).timestamp();
    let invited = Invited { firm: firm.id.parse().unwrap(), sub: id.parse().unwrap(), email: Email::new(&email).unwrap(), number: 1, exp };
    // Even one whose own time isn't up.
    let long = app.links.token(&invited);
    let usual = app.links.token(&Invited { exp: (app.clock.now() + TimeDelta::days(7)).timestamp(), ..invited });
    app.clock.advance(TimeDelta::days(7));
    for token in [usual, long] {
        let refused = activate(&app, &token, PASSWORD).await;
        assert!(matches!(refused.status.as_u16(), 409 | 422), "{:#}", refused.json);
        assert!(refused.text("/detail").contains("expired") || refused.json["errors"].to_string().contains("expired"));
    }
    login(&app, &email).await.expect(401);
}

#[tokio::test]
async fn a_link_that_we_did_not_send_lets_nobody_in() {
    let app = TestApp::new().await;
    let other = TestApp::new().await;
    let firm = app.firm().await;
    let email = email("bo");
    let id = invite(&firm, &email).await;
    let good = firm.link(&id, &email, 1);
    let exp = (app.clock.now() + TimeDelta::hours(1)).timestamp();
    let invited = Invited { firm: firm.id.parse().unwrap(), sub: id.parse().unwrap(), email: Email::new(&email).unwrap(), number: 1, exp };
    let elsewhere = other.links.token(&invited);
    let unsigned = good.split_at(good.len() - 22).0;
    for token in ["nonsense", "", &elsewhere, unsigned, &firm.owner.access, &firm.owner.refresh] {
        let refused = activate(&app, token, PASSWORD).await.expect(422);
        assert_eq!(refused.fields(), ["token"]);
    }
    app.get("/api/auth/me/").bearer(&good).send().await.expect(401);
    refresh(&app, &good).await.expect(401);
    activate(&app, &good, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn an_e_mail_is_invited_to_a_firm_once_and_to_another_again() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let email = email("bo");
    let id = invite(&firm, &email).await;
    let body = json!({"name": "Bo", "email": email.to_uppercase(), "role": "billing"});
    let refused = firm.owner.post("/api/auth/users/", body).await.expect(409);
    assert_eq!(refused.text("/existing"), id);
    let body = json!({"name": "Olga", "email": firm.owner.email, "role": "billing"});
    assert_eq!(firm.owner.post("/api/auth/users/", body).await.expect(409).text("/existing"), firm.owner.id);
    invite(&other, &email).await;
}

#[tokio::test]
async fn a_withdrawn_invitation_lets_nobody_in_until_there_is_another() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let email = email("bo");
    let id = invite(&firm, &email).await;
    let path = format!("/api/auth/users/{id}");
    assert_eq!(firm.owner.post(format!("{path}/deactivate/"), json!({})).await.expect(200).text("/status"), "deactivated");
    firm.owner.post(format!("{path}/deactivate/"), json!({})).await.expect(409);
    activate(&app, &firm.link(&id, &email, 1), PASSWORD).await.expect(409);
    assert_eq!(firm.owner.post(format!("{path}/invite/"), json!({})).await.expect(200).text("/status"), "invited");
    activate(&app, &firm.link(&id, &email, 2), PASSWORD).await.expect(200);
}

#[tokio::test]
async fn who_was_deactivated_comes_back_by_a_new_link_with_the_password_that_they_had() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let manager = firm.member(Role::Manager).await;
    let path = format!("/api/auth/users/{}", manager.id);
    firm.owner.post(format!("{path}/deactivate/"), json!({})).await.expect(200);
    firm.owner.post(format!("{path}/invite/"), json!({})).await.expect(200);
    let token = firm.link(&manager.id, &manager.email, 2);
    assert_eq!(activate(&app, &token, "another password").await.expect(422).fields(), ["password"]);
    let back = activate(&app, &token, PASSWORD).await.expect(200);
    assert_eq!(with_tokens(&manager, &back).get("/api/auth/me/").await.expect(200).text("/role"), "manager");
}

#[tokio::test]
async fn nobody_shuts_themselves_out_or_gives_themselves_another_role() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let path = format!("/api/auth/users/{}/", firm.owner.id);
    let before = firm.owner.get(&path).await.expect(200);
    firm.owner.post(format!("{path}deactivate/"), json!({})).await.expect(409);
    assert_eq!(firm.owner.patch(&path, json!({"role": "manager"})).await.expect(422).fields(), ["role"]);
    let after = firm.owner.get(&path).await.expect(200);
    assert_eq!((after.header("etag"), &after.json), (before.header("etag"), &before.json));
    assert_eq!(firm.owner.patch(&path, json!({"name": "Olga O."})).await.expect(200).text("/name"), "Olga O.");
}
