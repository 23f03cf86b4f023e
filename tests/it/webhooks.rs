//! Stripe's events on their way in: who isn't Stripe is refused, what Stripe sent is kept as it came.

use local::stripe::sign;
use serde_json::{Value, json};
use tests::{Answer, Fault, OLD_WEBHOOK_SECRET, TestApp, WEBHOOK_SECRET};

/// An event as Stripe writes it: with its own white space and escapes, which no parser would give back.
const EVENT: &str = "{\n  \"id\": \"evt_1\",\n  \"object\": \"event\",\n  \"type\": \"payout.paid\",\n  \"data\": {\"object\": {\"name\": \"Caf\\u00e9 – ü\", \"amount\": 1.0}}\n}";

async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.stripe.ready().await;
    app
}

/// What is signed with `secret` at `offset` seconds from now.
fn signed(app: &TestApp, secret: &str, offset: i64) -> String {
    sign(secret, app.clock.now().timestamp() + offset, EVENT.as_bytes())
}

#[track_caller]
fn refused(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.fields()), (400, vec!["Stripe-Signature"]), "{:#}", answer.json);
}

#[tokio::test]
async fn an_event_is_kept_byte_for_byte_and_answered_once_it_is() {
    let app = app().await;
    let answer = app.stripe_event(EVENT).send().await.expect(200);
    assert_eq!(answer.json, json!({"received": true}));
    assert_eq!(app.stripe.messages().await, [EVENT]);
    assert!(app.meter.take().is_empty(), "the table was asked");
}

#[tokio::test]
async fn what_stripe_did_not_sign_just_now_is_refused_and_not_kept() {
    let app = app().await;
    refused(&app.stripe_delivery(EVENT).send().await);
    let good = signed(&app, WEBHOOK_SECRET, 0);
    for header in [
        signed(&app, "whsec_other", 0),
        signed(&app, WEBHOOK_SECRET, -301),
        signed(&app, WEBHOOK_SECRET, 302),
        good.replace("v1=", "v0="),
        good.replace("v1=", "v1=00"),
        good.split(',').next().unwrap().to_owned(),
        String::new(),
        "nonsense".to_owned(),
    ] {
        refused(&app.stripe_delivery(EVENT).header("stripe-signature", &header).send().await);
    }
    // The same event, written anew.
    let anew = serde_json::from_str::<Value>(EVENT).unwrap().to_string();
    refused(&app.stripe_delivery(&anew).header("stripe-signature", &good).send().await);
    assert_eq!(app.stripe.messages().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_signature_lasts_for_five_minutes_by_the_products_clock() {
    let app = app().await;
    let header = signed(&app, WEBHOOK_SECRET, 0);
    app.clock.advance(chrono::TimeDelta::seconds(298));
    app.stripe_delivery(EVENT).header("stripe-signature", &header).send().await.expect(200);
    app.clock.advance(chrono::TimeDelta::seconds(4));
    refused(&app.stripe_delivery(EVENT).header("stripe-signature", &header).send().await);
}

#[tokio::test]
async fn one_good_signature_of_several_is_enough_and_the_old_secret_is_good_too() {
    let app = app().await;
    let good = signed(&app, WEBHOOK_SECRET, 0);
    let other = signed(&app, "whsec_other", 0);
    let both = format!("{other},{}", good.split_once(',').unwrap().1);
    for (name, header) in
        [("stripe-signature", both), ("Stripe-Signature", signed(&app, OLD_WEBHOOK_SECRET, 0)), ("STRIPE-SIGNATURE", good)]
    {
        app.stripe_delivery(EVENT).header(name, &header).send().await.expect(200);
    }
    assert_eq!(app.stripe.messages().await.len(), 3);
}

#[tokio::test]
async fn api_gateway_may_have_made_base64_of_the_body() {
    let app = app().await;
    // It does of a body whose type it doesn't take for text.
    let path = "/api/webhooks/stripe";
    let kind = ("content-type", "application/octet-stream");
    let request = http::Request::post(path).header(kind.0, kind.1).body(bytes::Bytes::from(EVENT)).unwrap();
    assert_eq!(local::gateway::event(&request, "POST /", [127, 0, 0, 1].into())["isBase64Encoded"], true);
    let delivery = app.call(http::Method::POST, path).header(kind.0, kind.1).body(EVENT);
    delivery.header("stripe-signature", &signed(&app, WEBHOOK_SECRET, 0)).send().await.expect(200);
    assert_eq!(app.stripe.messages().await, [EVENT]);
}

#[tokio::test]
async fn the_same_event_is_kept_as_often_as_it_comes() {
    let app = app().await;
    for _ in 0..3 {
        app.stripe_event(EVENT).send().await.expect(200);
    }
    assert_eq!(app.stripe.messages().await, [EVENT; 3]);
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_not_said_to_be_received() {
    let app = app().await;
    app.stripe.meter.crash(0, Fault::Lost);
    let answer = app.stripe_event(EVENT).send().await.expect(503);
    assert!(answer.header("retry-after").is_some());
    app.stripe.meter.heal();
    app.stripe_event(EVENT).send().await.expect(200);
    assert_eq!(app.stripe.messages().await, [EVENT]);
}

#[tokio::test]
async fn an_event_that_no_queue_would_take_is_refused() {
    let app = app().await;
    let large = format!("\"{}\"", "x".repeat(256 * 1024));
    app.stripe_event(&large).send().await.expect(413);
    assert_eq!(app.stripe.messages().await, Vec::<String>::new());
}

#[tokio::test]
async fn events_are_not_counted_by_the_limit_for_strangers() {
    let app = app().await;
    for _ in 0..25 {
        app.stripe_event(EVENT).send().await.expect(200);
    }
}
