//! Access tokens: only those that `auth` gave, for what they were given.

use api::{Audience, Claims, access_header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use domain::{
    Id,
    access::Role,
    session::{Origin, Principal, Session},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrets::SigningKey;
use serde_json::{Value, json};
use tests::{Answer, Firm, ISSUER, TestApp};

use crate::steps::{refresh, signed_in_again};

/// What a token for the owner of `firm` says.
fn claims(firm: &Firm<'_>) -> Claims {
    let principal = Principal::Staff { user: firm.owner.id.parse().unwrap(), role: Role::Owner };
    let (now, firm) = (firm.app.clock.now(), firm.id.parse().unwrap());
    Claims::new(ISSUER, Id::new(now, 1), &Session::begin((Id::new(now, 2), 0), firm, principal, Origin::default(), now))
}

/// A token whose header and claims are these, with what `auth` signs with.
fn signed(app: &TestApp, header: &Header, claims: &Value) -> String {
    app.signing.sign(header, claims).unwrap()
}

/// `header` and `claims` as a token has them, before its signature.
fn unsigned(header: &Value, claims: &Value) -> String {
    [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
}

/// That `token` is taken for nobody, and the answer says so as RFC 6750 does.
async fn refused(app: &TestApp, token: &str, why: &str) {
    for path in ["/api/auth/me/", "/api/crm/leads/", "/api/clients/clients/"] {
        let answer = app.get(path).bearer(token).send().await;
        assert_unauthorized(&answer, &format!("{why} at {path}"));
    }
}

#[track_caller]
fn assert_unauthorized(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 401, "{why}");
    assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer")), "{why}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{why}");
}

#[tokio::test]
async fn a_token_that_the_key_signed_is_taken() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    // What the others here are changed from.
    let good = signed(&app, &access_header(app.signing.kid()), &json!(claims(&firm)));
    app.get("/api/auth/me/").bearer(&good).send().await.expect(200);
}

#[tokio::test]
async fn a_call_without_a_bearer_token_is_nobodys() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    assert_unauthorized(&app.get("/api/crm/leads/").send().await, "nothing");
    for header in [
        firm.owner.access.clone(),
        format!("Basic {}", firm.owner.access),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer {0} {0}", firm.owner.access),
    ] {
        assert_unauthorized(&app.get("/api/crm/leads/").header("authorization", &header).send().await, &header);
    }
    app.get("/api/crm/leads/").header("authorization", &format!("bearer {}", firm.owner.access)).send().await.expect(200);
}

#[tokio::test]
async fn a_token_with_another_signature_or_none_is_refused() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (kid, claims) = (app.signing.kid().to_owned(), json!(claims(&firm)));
    for alg in ["none", "None", "NONE"] {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": kid});
        refused(&app, &format!("{}.", unsigned(&header, &claims)), alg).await;
    }
    // The public key as the secret of a symmetric signature.
    let keys: Value = serde_json::from_str(&app.public_keys).unwrap();
    let public = keys["keys"][0]["x"].as_str().unwrap();
    let header = Header { alg: Algorithm::HS256, ..access_header(&kid) };
    for secret in [public.as_bytes(), &URL_SAFE_NO_PAD.decode(public).unwrap()] {
        let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
        refused(&app, &token, "HS256").await;
    }
    let other = TestApp::new().await;
    refused(&app, &other.signing.sign(&access_header(other.signing.kid()), &claims).unwrap(), "another key").await;
    refused(&app, &other.signing.sign(&access_header(&kid), &claims).unwrap(), "another key of the same name").await;
    let good = signed(&app, &access_header(&kid), &claims);
    refused(&app, good.rsplit_once('.').unwrap().0, "no signature").await;
    refused(&app, &format!("{}.", good.rsplit_once('.').unwrap().0), "an empty signature").await;
    refused(&app, "a.b.c", "no token").await;
}

#[tokio::test]
async fn a_token_that_was_altered_is_refused() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let other = app.firm().await;
    let mut parts = firm.owner.access.split('.');
    let (header, payload, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let said: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    for (field, value) in [
        ("firm", json!(other.id)),
        ("sub", json!(other.owner.id)),
        ("role", json!("manager")),
        ("exp", json!(said["exp"].as_i64().unwrap() + 1)),
        ("aud", json!("portal")),
    ] {
        let mut altered = said.clone();
        altered[field] = value;
        let payload = URL_SAFE_NO_PAD.encode(altered.to_string());
        refused(&app, &format!("{header}.{payload}.{signature}"), field).await;
    }
}

#[tokio::test]
async fn a_token_is_taken_for_an_hour() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    app.clock.advance(TimeDelta::minutes(59));
    firm.owner.get("/api/auth/me/").await.expect(200);
    app.clock.advance(TimeDelta::minutes(1));
    refused(&app, &firm.owner.access, "expired").await;
    signed_in_again(&app, &firm.owner).await.get("/api/auth/me/").await.expect(200);
}

#[tokio::test]
async fn a_token_of_another_issuer_audience_or_type_is_refused() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let good = json!(claims(&firm));
    let header = access_header(app.signing.kid());
    for (field, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!("")),
        ("aud", json!("refresh")),
        ("aud", json!("")),
        ("sub", json!("nobody")),
        ("role", json!("emperor")),
        ("firm", json!("nothing")),
        ("exp", json!(null)),
    ] {
        let mut changed = good.clone();
        changed[field] = value;
        refused(&app, &signed(&app, &header, &changed), field).await;
    }
    for field in ["iss", "aud", "sub", "role", "firm", "exp"] {
        let mut changed = good.clone();
        changed.as_object_mut().unwrap().remove(field);
        refused(&app, &signed(&app, &header, &changed), &format!("without {field}")).await;
    }
    for typ in [None, Some("JWT"), Some("rt+jwt"), Some("invitation+jwt"), Some("application/json")] {
        let header = Header { typ: typ.map(str::to_owned), ..header.clone() };
        refused(&app, &signed(&app, &header, &good), &format!("{typ:?}")).await;
    }
    for kid in [None, Some("another")] {
        let header = Header { kid: kid.map(str::to_owned), ..header.clone() };
        refused(&app, &signed(&app, &header, &good), &format!("{kid:?}")).await;
    }
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token_nor_the_other_way_round() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    refused(&app, &owner.refresh, "refresh").await;
    assert_unauthorized(&refresh(&app, &owner.access).await, "access");
    refresh(&app, &owner.refresh).await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_that_we_did_not_give_is_refused() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let payload = owner.refresh.split('.').nth(1).unwrap();
    let said: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let header = Header { typ: Some("rt+jwt".to_owned()), ..access_header(app.signing.kid()) };
    let other: SigningKey = TestApp::new().await.signing.clone();
    assert_unauthorized(&refresh(&app, &other.sign(&header, &said).unwrap()).await, "another key");
    for (field, value) in [("iss", json!("https://evil.example")), ("aud", json!("firm")), ("generation", json!(2))] {
        let mut changed = said.clone();
        changed[field] = value;
        assert_unauthorized(&refresh(&app, &signed(&app, &header, &changed)).await, field);
    }
    let none = unsigned(&json!({"alg": "none", "typ": "rt+jwt", "kid": app.signing.kid()}), &said);
    assert_unauthorized(&refresh(&app, &format!("{none}.")).await, "none");
    for token in ["", "a.b.c"] {
        assert_unauthorized(&refresh(&app, token).await, token);
    }
    // None of these was the reuse of a token.
    refresh(&app, &owner.refresh).await.expect(200);
}

#[tokio::test]
async fn a_portal_users_token_says_so_and_opens_nothing_of_the_firms() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let accepted = firm.accepted().await;
    let ann = firm.activated(&accepted.text("/portal_user/id"), &accepted.text("/portal_user/email"), 1).await;
    let payload = URL_SAFE_NO_PAD.decode(ann.access.split('.').nth(1).unwrap()).unwrap();
    let said: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!((&said["aud"], &said["client"]), (&json!(Audience::Portal), &accepted.json["client"]["id"]));
    assert_eq!((&said["sub"], said.get("role")), (&json!(ann.id), None));
    for path in ["/api/auth/users/", "/api/crm/leads/", "/api/crm/proposals/", "/api/clients/clients/", "/api/clients/engagements/"] {
        ann.get(path).await.expect(403);
    }
}
