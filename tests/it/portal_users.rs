//! Portal users: the people at a client who see what the firm does for them.

use http::Method;
use serde_json::json;
use tests::{Firm, TestApp, User, email};

use crate::steps::{column, login, refresh, together, with_tokens};

/// A client of its own, and what portal users of it are posted to.
async fn client(firm: &Firm<'_>) -> (String, String) {
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    (client.clone(), format!("/api/clients/clients/{client}/portal-users/"))
}

/// The contact of an accepted proposal, who has signed in to the portal.
async fn ann<'a>(firm: &Firm<'a>) -> User<'a> {
    let accepted = firm.accepted().await;
    firm.activated(&accepted.text("/portal_user/id"), &accepted.text("/portal_user/email"), 1).await
}

#[tokio::test]
async fn who_is_invited_may_see_and_comment_unless_more_is_said() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (client, path) = client(&firm).await;
    let bea = firm.owner.post(&path, json!({"name": "Bea", "email": email("bea")})).await.expect(201);
    assert_eq!(bea.header("location"), Some(format!("/api/clients/portal-users/{}/", bea.id()).as_str()));
    assert_eq!((bea.text("/client"), bea.text("/status")), (client.clone(), "invited".into()));
    assert_eq!(bea.json["rights"], json!({"see": true, "comment": true, "pay": false, "sign": false, "upload": false}));
    let body = json!({"client": client, "name": "Cem", "email": email("cem"), "rights": {"pay": true, "comment": false}});
    let cem = firm.owner.post("/api/clients/portal-users/", body).await.expect(201);
    assert_eq!(cem.json["rights"], json!({"see": true, "comment": false, "pay": true, "sign": false, "upload": false}));
    let blind = json!({"name": "Dan", "email": email("dan"), "rights": {"see": false}});
    assert!(firm.owner.post(&path, blind).await.expect(422).fields()[0].starts_with("rights"));
    for list in [path.clone(), format!("/api/clients/portal-users/?client={client}"), "/api/clients/portal-users/?status=invited".into()] {
        let mut names: Vec<_> = column(&firm.owner.get(list).await.expect(200), "name").into_iter().map(str::to_owned).collect();
        names.sort();
        assert_eq!(names, ["Bea", "Cem"]);
    }
}

#[tokio::test]
async fn rights_are_merged_right_by_right() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (_, path) = client(&firm).await;
    let bea = firm.owner.post(&path, json!({"name": "Bea", "email": email("bea")})).await.expect(201).id();
    let path = format!("/api/clients/portal-users/{bea}/");
    let patch = |body| firm.owner.patch(&path, body);
    let changed = patch(json!({"rights": {"pay": true}})).await.expect(200);
    assert_eq!(changed.json["rights"], json!({"see": true, "comment": true, "pay": true, "sign": false, "upload": false}));
    let changed = patch(json!({"rights": {"comment": false, "upload": true}, "name": "Bea B."})).await.expect(200);
    assert_eq!(changed.json["rights"], json!({"see": true, "comment": false, "pay": true, "sign": false, "upload": true}));
    assert_eq!(changed.text("/name"), "Bea B.");
    for (body, status) in [
        (json!({"rights": {"see": false}}), 422),
        (json!({"rights": {"sign": null}}), 400),
        (json!({"rights": {"sign": "yes"}}), 400),
        (json!({"rights": {"admin": true}}), 400),
        (json!({"email": "other@acme.example"}), 400),
    ] {
        patch(body).await.expect(status);
    }
    assert_eq!(firm.owner.get(&path).await.expect(200).json, changed.json);
}

#[tokio::test]
async fn an_e_mail_is_one_portal_user_of_a_client_and_may_be_another_clients_too() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let ((_, first), (_, second)) = (client(&firm).await, client(&firm).await);
    let bea = email("bea");
    let body = json!({"name": "Bea", "email": bea});
    let calls = (0..8).map(|_| firm.owner.call(Method::POST, &first).json(body.clone())).collect();
    let answers = together(calls).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    let shouted = json!({"name": "Bea", "email": bea.to_uppercase()});
    assert_eq!(firm.owner.post(&first, shouted).await.expect(409).text("/existing"), made[0].id());
    firm.owner.post(&second, body).await.expect(201);
}

#[tokio::test]
async fn a_portal_user_knows_who_they_are_and_nothing_of_the_firms_side() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let ann = ann(&firm).await;
    let me = ann.get("/api/auth/me/").await.expect(200);
    assert_eq!((me.text("/user/id"), me.text("/role"), me.text("/firm/id")), (ann.id.clone(), "client".into(), firm.id.clone()));
    assert_eq!(me.text("/client/company_name"), "Acme Corp");
    assert_eq!(me.json["permissions"], json!(["see", "comment", "pay", "sign", "upload"]));
    for path in ["/api/crm/leads/", "/api/crm/contracts/", "/api/clients/clients/", "/api/clients/portal-users/", "/api/auth/users/"] {
        ann.get(path).await.expect(403);
    }
    ann.get(format!("/api/clients/portal-users/{}/", ann.id)).await.expect(403);
    ann.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(403);
}

#[tokio::test]
async fn new_rights_count_from_the_next_refresh_on() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let ann = ann(&firm).await;
    let path = format!("/api/clients/portal-users/{}/", ann.id);
    firm.owner.patch(&path, json!({"rights": {"pay": false, "sign": false}})).await.expect(200);
    let refreshed = refresh(&app, &ann.refresh).await.expect(200);
    let signed_in = login(&app, &ann.email).await.expect(200);
    for tokens in [refreshed, signed_in] {
        assert_eq!(scope(&tokens.text("/access")), ["comment", "see", "upload"]);
    }
}

/// What is written in a token's `scope`, sorted.
fn scope(token: &str) -> Vec<String> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    let mut scope: Vec<_> = claims["scope"].as_str().unwrap().split(' ').map(str::to_owned).collect();
    scope.sort();
    scope
}

#[tokio::test]
async fn who_is_deactivated_is_out_until_they_use_a_new_link() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let ann = ann(&firm).await;
    let path = format!("/api/clients/portal-users/{}/", ann.id);
    firm.owner.post(format!("{path}invite/"), json!({})).await.expect(409);
    let gone = firm.owner.post(format!("{path}deactivate/"), json!({})).await.expect(200);
    assert_eq!(gone.text("/status"), "deactivated");
    firm.owner.post(format!("{path}deactivate/"), json!({})).await.expect(409);
    refresh(&app, &ann.refresh).await.expect(401);
    login(&app, &ann.email).await.expect(401);

    firm.owner.post(format!("{path}invite/"), json!({})).await.expect(200);
    login(&app, &ann.email).await.expect(401);
    let back = firm.activated(&ann.id, &ann.email, 2).await;
    assert_eq!(back.get("/api/auth/me/").await.expect(200).text("/user/id"), ann.id);
    let signed_in = with_tokens(&ann, &login(&app, &ann.email).await.expect(200));
    signed_in.get("/api/auth/me/").await.expect(200);
}

#[tokio::test]
async fn who_is_at_a_client_sees_nothing_of_it_that_the_firm_keeps_for_itself() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let portal = firm.portal().await;
    let body = json!({"industry": "Difficult customers", "website": "https://acme.example", "address": {"line1": "1 Main Street", "city": "Springfield", "country": "US"}});
    firm.owner.patch(format!("/api/clients/clients/{}/", portal.client), body).await.expect(200);
    let me = portal.user.get("/api/auth/me/").await.expect(200);
    let fields: Vec<_> = me.json["client"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["address", "company_name", "contact_name", "email", "id", "language", "phone"]);
    assert_eq!(me.text("/client/address/line1"), "1 Main Street");
}
