//! Who may sign up a firm: everybody, whoever was invited by the operators, or the first alone.

use auth::Registration;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{Answer, PASSWORD, TestApp, email};

use crate::{steps::together, timers};

const CLOSED: &str = "urn:consultantpro:problem:registration-closed";

fn body(more: &Value) -> Value {
    let mut body = json!({"firm_name": "North & Partners", "name": "Ann Lee", "email": email("ann"), "password": PASSWORD});
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    body
}

async fn sign_up(app: &TestApp, more: Value) -> Answer {
    app.post("/api/auth/register/", body(&more)).send().await
}

/// How so many are answered who sign up at once, in order.
async fn sign_up_together(app: &TestApp, count: usize, more: Value) -> Vec<u16> {
    let all = together((0..count).map(|_| app.post("/api/auth/register/", body(&more))).collect()).await;
    let mut statuses: Vec<u16> = all.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    statuses
}

/// The token of an invitation of the operators'.
async fn invitation(app: &TestApp) -> String {
    let link = local::invite::link(&app.store, "https://app.example", app.clock.now()).await.unwrap();
    link.strip_prefix("https://app.example/register?token=").unwrap().to_owned()
}

#[tokio::test]
async fn where_firms_are_invited_an_invitation_lets_one_in() {
    let app = TestApp::admitting(Registration::Invite).await;
    let (first, second) = (invitation(&app).await, invitation(&app).await);
    assert_eq!(sign_up(&app, json!({})).await.expect(403).text("/type"), CLOSED);
    for wrong in ["0".repeat(32), first.to_uppercase(), format!("{first}0"), "x".to_owned()] {
        let refused = sign_up(&app, json!({"invitation": wrong})).await.expect(422);
        assert!(refused.json["errors"]["invitation"].is_array(), "{}", refused.json);
    }
    let nothing: Vec<_> = app.records().into_keys().filter(|(pk, _)| pk.starts_with("F#") || pk.starts_with("LOGIN#")).collect();
    assert!(nothing.is_empty(), "{nothing:?}");
    let body = body(&json!({"invitation": first}));
    let sign_up_once = async || app.post("/api/auth/register/", body.clone()).header("idempotency-key", "k").send().await.expect(201);
    assert_eq!(sign_up_once().await.text("/firm/id"), sign_up_once().await.text("/firm/id"));
    // Once it is used, it is nobody's.
    sign_up(&app, json!({"invitation": first})).await.expect(422);
    // Who belongs to a firm needs one for a further firm, too.
    let further = json!({"firm_name": "South", "name": "Ann Lee", "email": body["email"], "password": PASSWORD});
    assert_eq!(app.post("/api/auth/register/", further).send().await.expect(403).text("/type"), CLOSED);
    app.clock.advance(TimeDelta::days(7));
    sign_up(&app, json!({"invitation": second})).await.expect(422);
}

#[tokio::test]
async fn of_those_who_use_an_invitation_at_once_one_signs_up() {
    let app = TestApp::admitting(Registration::Invite).await;
    let token = invitation(&app).await;
    assert_eq!(sign_up_together(&app, 4, json!({"invitation": token})).await, [201, 422, 422, 422]);
}

#[tokio::test]
async fn where_registration_is_closed_the_first_firm_is_the_only_one() {
    let app = TestApp::admitting(Registration::Closed).await;
    assert_eq!(sign_up_together(&app, 3, json!({})).await, [201, 403, 403]);
    assert_eq!(sign_up(&app, json!({"invitation": invitation(&app).await})).await.expect(403).text("/type"), CLOSED);
    // Nobody confirmed it: it is closed, and the next is the first.
    app.clock.advance(TimeDelta::days(8));
    timers::run(&app).await;
    sign_up(&app, json!({})).await.expect(201);
    sign_up(&app, json!({})).await.expect(403);
}

#[tokio::test]
async fn a_firm_from_before_registration_was_closed_is_the_first() {
    let mut app = TestApp::new().await;
    app.firm().await;
    app.admit(Registration::Closed);
    assert_eq!(sign_up(&app, json!({})).await.expect(403).text("/type"), CLOSED);
}
