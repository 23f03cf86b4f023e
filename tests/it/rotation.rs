//! Secrets that are changed while all goes on, as the README says, and secrets that can't be had.

use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use chrono::TimeDelta;
use domain::Email;
use local::{
    keys::Keys,
    stripe::{Action, sign},
};
use secrets::{Invited, LinkKey, Secrets, SigningKey, stripe_key};
use serde_json::{Value, json};
use tests::{Answer, Environment, Firm, PASSWORD, TestApp, User, email, ministack};

use crate::invoices::{client, sent_to};

/// Longer than a secret is used without being read again.
const READ_AGAIN: TimeDelta = TimeDelta::minutes(5);

/// The two sets of public keys as one.
fn together(first: &str, second: &str) -> String {
    let [mut first, second] = [first, second].map(|text| serde_json::from_str::<Value>(text).unwrap());
    first["keys"].as_array_mut().unwrap().extend(second["keys"].as_array().unwrap().clone());
    first.to_string()
}

async fn refresh(app: &TestApp, at: &Environment, token: &str) -> Answer {
    app.post("/api/auth/refresh/", json!({"refresh": token})).by(at).send().await
}

/// Which key signed the access token in `answer`.
fn kid(answer: &Answer) -> String {
    jsonwebtoken::decode_header(answer.text("/access")).unwrap().kid.unwrap()
}

#[tokio::test]
async fn the_key_that_signs_tokens_is_changed_and_nobody_is_signed_out() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let other = firm.member(domain::access::Role::Billing).await;
    let newer = Keys::generate().unwrap();
    let newer_kid = SigningKey::parse(&newer.signing_secret()).unwrap().kid().to_owned();

    // First both public keys are published, then the secret is changed.
    let both = app.environment_with(&together(&app.public_keys, &newer.public_keys()));
    let before = refresh(&app, &both, &firm.owner.refresh).await.expect(200);
    assert_eq!(kid(&before), app.signing.kid());
    app.vault.set("signing", Some(&newer.signing_secret()));
    app.clock.advance(READ_AGAIN);
    let after = refresh(&app, &both, &before.text("/refresh")).await.expect(200);
    assert_eq!(kid(&after), newer_kid);
    for access in [&other.access, &before.text("/access"), &after.text("/access")] {
        app.get("/api/auth/me/").bearer(access).by(&both).send().await.expect(200);
    }

    // Who comes days later has a token of the key before.
    app.clock.advance(TimeDelta::days(6));
    let late = refresh(&app, &both, &other.refresh).await.expect(200);
    assert_eq!(kid(&late), newer_kid);
    // A week after the change the key before is unpublished, and nobody notices.
    app.clock.advance(TimeDelta::days(1));
    let alone = app.environment_with(&newer.public_keys());
    let last = refresh(&app, &alone, &late.text("/refresh")).await.expect(200);
    app.get("/api/auth/me/").bearer(&last.text("/access")).by(&alone).send().await.expect(200);
    refresh(&app, &alone, &before.text("/refresh")).await.expect(401);
}

#[tokio::test]
async fn a_key_whose_public_half_is_not_published_signs_nothing() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    app.vault.set("signing", Some(&Keys::generate().unwrap().signing_secret()));
    app.clock.advance(READ_AGAIN);
    let first = app.post("/api/auth/login/", json!({"username": owner.email, "password": PASSWORD})).send().await.expect(200);
    assert_eq!(kid(&first), app.signing.kid());
    // A process that starts then has no key, and answers what needs none.
    let started = app.environment();
    let refused = app.post("/api/auth/login/", json!({"username": owner.email, "password": PASSWORD})).by(&started).send().await;
    assert!(refused.expect(503).header("retry-after").is_some());
    app.get("/api/auth/me/").bearer(&owner.access).by(&started).send().await.expect(200);
}

/// Somebody who was invited, and the token of their link if it was made with `key`.
async fn invited(firm: &Firm<'_>, key: &LinkKey) -> String {
    let email = email("bo");
    let body = json!({"name": "Bo", "email": email, "role": "billing"});
    let sub = firm.owner.post("/api/auth/users/", body).await.expect(201).id().parse().unwrap();
    let exp = firm.app.clock.now().timestamp() + 3600;
    key.token(&Invited { firm: firm.id.parse().unwrap(), sub, email: Email::new(&email).unwrap(), number: 1, exp })
}

#[tokio::test]
async fn the_key_of_links_is_changed_and_links_that_are_on_their_way_work() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let activate = async |token: String| app.post("/api/auth/activate/", json!({"token": token, "password": PASSWORD})).send().await;
    let before = invited(&firm, &app.links).await;
    activate(invited(&firm, &app.links).await).await.expect(200);

    let current = app.vault.get("links").unwrap();
    let key_of = |secret: &str| serde_json::from_str::<Value>(secret).unwrap()["key"].clone();
    let newer = Keys::generate().unwrap();
    let newer_key = LinkKey::parse(&newer.link_secret()).unwrap();
    activate(invited(&firm, &newer_key).await).await.expect(422);
    // Made by somebody who has read the new key already: it is read at once, since the link was refused.
    app.vault.set("links", Some(&json!({"key": key_of(&newer.link_secret()), "previous": key_of(&current)}).to_string()));
    app.clock.advance(TimeDelta::seconds(10));
    activate(invited(&firm, &newer_key).await).await.expect(200);
    activate(before).await.expect(200);
}

#[tokio::test]
async fn an_invoices_link_works_as_long_as_the_key_that_it_was_made_with_is_known_and_without_keys_none_does() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let id = sent_to(&firm, &client(&firm).await, "500").await.id();
    let show = async |at: &Environment, token: &str| app.get(format!("/api/guest/invoices/{token}/")).by(at).send().await;
    let (old, current) = (firm.guest_link(&id, 1), app.vault.get("links").unwrap());
    let running = app.environment();
    show(&running, &old).await.expect(200);
    let key_of = |secret: &str| serde_json::from_str::<Value>(secret).unwrap()["key"].clone();
    let newer = Keys::generate().unwrap().link_secret();
    app.vault.set("links", Some(&json!({"key": key_of(&newer), "previous": key_of(&current)}).to_string()));
    app.clock.advance(READ_AGAIN);
    show(&running, &old).await.expect(200);
    app.vault.set("links", Some(&newer));
    app.clock.advance(READ_AGAIN);
    show(&running, &old).await.expect(404);
    // A process that starts without the key can't tell good links from others, and says so.
    app.vault.set("links", None);
    let started = app.environment();
    assert!(show(&started, &old).await.expect(503).header("retry-after").is_some());
    app.vault.set("links", Some(&current));
    app.clock.advance(TimeDelta::seconds(10));
    show(&started, &old).await.expect(200);
}

#[tokio::test]
async fn a_webhook_secret_that_was_changed_is_read_when_a_signature_does_not_fit() {
    let app = TestApp::new().await;
    app.stripe.ready().await;
    let body = r#"{"id": "evt_1", "type": "ping"}"#;
    let signed = async |secret: &str| {
        let signature = sign(secret, app.clock.now().timestamp(), body.as_bytes());
        app.stripe_delivery(body).header("stripe-signature", &signature).send().await
    };
    signed(tests::WEBHOOK_SECRET).await.expect(200);
    app.vault.set("stripe-webhooks", Some(&json!({"current": "whsec_new", "previous": tests::WEBHOOK_SECRET}).to_string()));
    app.clock.advance(TimeDelta::seconds(10));
    for (secret, status) in [("whsec_new", 200), (tests::WEBHOOK_SECRET, 200), (tests::OLD_WEBHOOK_SECRET, 400), ("whsec_other", 400)] {
        signed(secret).await.expect(status);
    }
}

/// A portal user, and an invoice that they were sent.
async fn sent_invoice<'a>(firm: &Firm<'a>) -> (User<'a>, String) {
    let portal = firm.portal().await;
    let body = json!({"client": portal.client, "line_items": [{"description": "Study", "quantity": "1", "unit_price": "500.00"}]});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    (portal.user.clone(), invoice)
}

#[tokio::test]
async fn a_key_that_stripe_does_not_take_any_more_is_read_again() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (user, invoice) = sent_invoice(&firm).await;
    let page = format!("/api/clients/invoices/{invoice}/payment-link/");
    // The stand-in takes test keys only.
    app.vault.set("stripe", Some(r#"{"key": "sk_gone"}"#));
    app.clock.advance(READ_AGAIN);
    assert!(user.get(&page).await.expect(503).header("retry-after").is_some());
    app.vault.set("stripe", Some(r#"{"key": "sk_test_new"}"#));
    app.clock.advance(TimeDelta::seconds(10));
    user.get(&page).await.expect(200);
}

#[tokio::test]
async fn an_event_is_applied_with_the_key_that_took_the_place_of_another() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (user, invoice) = sent_invoice(&firm).await;
    let url = user.get(format!("/api/clients/invoices/{invoice}/payment-link/")).await.expect(200).text("/url");
    let session = url.trim_end_matches('/').rsplit('/').next().unwrap();
    app.stand_in.press(session, Action::Pay).unwrap();
    app.apply_stripe(&app.stand_in.take_events()).await;
    // How a payment stands after a refund is asked at Stripe.
    app.stand_in.press(session, Action::Refund(None)).unwrap();
    app.vault.set("stripe", Some(r#"{"key": "sk_gone"}"#));
    let events = app.stripe_events();
    let bodies = app.stand_in.take_events();
    let hand = async || tests::hand(&events, bodies.iter().map(|body| (body.as_str(), body.as_str()))).await;
    assert!(!hand().await.is_empty(), "it is to be delivered again");
    app.vault.set("stripe", Some(r#"{"key": "sk_test_new"}"#));
    app.clock.advance(TimeDelta::seconds(10));
    assert!(hand().await.is_empty());
    assert_eq!(firm.owner.get(format!("/api/finance/invoices/{invoice}/")).await.expect(200).text("/amount_refunded"), "500.00");
}

#[tokio::test]
async fn what_needs_no_stripe_answers_without_stripes_secrets() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (user, invoice) = sent_invoice(&firm).await;
    app.vault.set("stripe", None);
    app.vault.set("stripe-webhooks", None);
    let started = app.environment();
    for path in ["/api/clients/clients/", "/api/clients/portal-users/", "/api/clients/engagements/", "/api/clients/comments/"] {
        firm.owner.call(http::Method::GET, path).by(&started).send().await.expect(200);
    }
    for path in ["/api/clients/invoices/".to_owned(), format!("/api/clients/invoices/{invoice}/"), "/api/clients/projects/".to_owned()] {
        user.call(http::Method::GET, path).by(&started).send().await.expect(200);
    }
    let link = user.call(http::Method::GET, format!("/api/clients/invoices/{invoice}/payment-link/")).by(&started).send().await;
    assert!(link.expect(503).header("retry-after").is_some());
    assert!(app.stripe_event("{}").by(&started).send().await.expect(503).header("retry-after").is_some());
}

#[tokio::test]
async fn a_secret_that_is_changed_in_secrets_manager_is_read_from_there() {
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(ministack().endpoint())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::for_tests())
        .build();
    let secrets = Secrets::new(aws_sdk_secretsmanager::Client::from_conf(config));
    let (name, now) = (format!("rotation-{:016x}", rand::random::<u64>()), runtime::Clock::default().now());
    let key = secrets.kept(&name, stripe_key);
    let missing = key.get(now).await.unwrap_err().to_string();
    assert!(missing.contains(&name), "{missing}");
    ministack().keep_secret(&name, r#"{"key": "sk_test_1"}"#).await.unwrap();
    assert_eq!(*key.get(now + TimeDelta::seconds(10)).await.unwrap(), "sk_test_1");
    ministack().keep_secret(&name, r#"{"key": "sk_test_2"}"#).await.unwrap();
    assert_eq!(*key.get(now + TimeDelta::seconds(20)).await.unwrap(), "sk_test_1");
    assert_eq!(*key.get(now + TimeDelta::seconds(20) + READ_AGAIN).await.unwrap(), "sk_test_2");
}
