//! The security log: who signed in, who failed to, and what changed of that, by people's ids and nothing else of theirs.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use api::SecurityLog;
use auth::CloudWatch;
use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, Credentials, Region};
use domain::{Time, access::Role};
use logs::LogGroup;
use serde_json::{Value, json};
use tests::{PASSWORD, TestApp, email, ministack};

use crate::steps::{login, refresh};

/// The group that the template names.
const GROUP: &str = "/consultantpro/local/security";

/// What was told since this was last called: each event, and whose.
fn told(app: &TestApp) -> Vec<(String, Option<String>)> {
    let text = |event: &Value, name: &str| event[name].as_str().map(str::to_owned);
    app.security.take().iter().map(|event| (text(event, "event").unwrap(), text(event, "person"))).collect()
}

fn of(event: &str, person: &str) -> (String, Option<String>) {
    (event.to_owned(), Some(person.to_owned()))
}

#[tokio::test]
async fn it_tells_who_signs_in_who_fails_to_and_what_changes_of_that() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bo = firm.member(Role::Consultant).await;
    app.security.take();
    login(&app, &bo.email).await.expect(200);
    let began = told(&app);
    let id = began[0].1.clone().unwrap();
    assert!(id.starts_with("login_"), "{id}");
    assert_eq!(began, [of("session.began", &id)]);
    app.post("/api/auth/login/", json!({"username": bo.email, "password": "a wrong long phrase"})).send().await.expect(401);
    app.post("/api/auth/login/", json!({"username": email("nobody"), "password": PASSWORD})).send().await.expect(401);
    assert_eq!(told(&app), [of("session.failed", &id), ("session.failed".to_owned(), None)]);
    // Whether an e-mail has a login, how long it takes doesn't tell.
    app.post("/api/auth/password-reset/", json!({"email": bo.email})).send().await.expect(202);
    app.post("/api/auth/password-reset/", json!({"email": email("nobody")})).send().await.expect(202);
    assert_eq!(told(&app), [of("login.reset_requested", &id), ("login.reset_requested".to_owned(), None)]);
    let factor = bo.with_factor().await;
    assert_eq!(told(&app).last(), Some(&of("login.factor_added", &id)));
    let token = bo.challenge().await;
    app.post("/api/auth/login/mfa/", json!({"mfa_token": token, "code": "000000"})).send().await.expect(422);
    app.post("/api/auth/login/mfa/", json!({"mfa_token": token, "code": factor.code_in(30)})).send().await.expect(200);
    assert_eq!(told(&app), [of("session.challenged", &id), of("session.failed", &id), of("session.began", &id)]);
    firm.owner.patch(format!("/api/auth/users/{}/", bo.id), json!({"role": "manager"})).await.expect(200);
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", bo.id), json!({})).await.expect(200);
    let told_of_bo = app.security.take();
    let [updated, deactivated] = [&told_of_bo[0], &told_of_bo[1]];
    assert_eq!((&updated["event"], &updated["person"]), (&json!("user.updated"), &json!(bo.id)));
    assert_eq!(deactivated["event"], "user.deactivated");
    assert_eq!((&updated["firm"], &updated["actor"]), (&json!(firm.id), &json!(firm.owner.id)));
    firm.owner.post("/api/auth/reauthenticate/", json!({"current_password": PASSWORD})).await.expect(200);
    firm.owner.post("/api/auth/switch/", json!({"membership": firm.owner.id})).await.expect(200);
    let events: Vec<_> = told(&app).into_iter().map(|(event, _)| event).collect();
    assert_eq!(events, ["session.reauthenticated", "session.switched"]);
    // Where the firm's money goes is its business too, and what is asked elsewhere isn't.
    firm.owner.post("/api/auth/firm/payments/connect/", json!({})).await.expect(200);
    let events: Vec<_> = told(&app).into_iter().map(|(event, _)| event).collect();
    assert!(!events.is_empty() && events.iter().all(|event| event.starts_with("payment_account.")), "{events:?}");
    firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201);
    assert_eq!(told(&app), []);
    // A token that is used again may be stolen.
    let stolen = firm.owner.anew().await.refresh;
    app.security.take();
    refresh(&app, &stolen).await.expect(200);
    app.clock.advance(chrono::TimeDelta::minutes(1));
    refresh(&app, &stolen).await.expect(401);
    let events: Vec<_> = told(&app).into_iter().map(|(event, _)| event).collect();
    assert_eq!(events, ["session.token_reused"]);
}

#[tokio::test]
async fn nothing_of_what_people_type_is_in_it() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let device = login(&app, &firm.owner.email).await.expect(200);
    app.post("/api/auth/login/", json!({"username": "a secret slip", "password": "a wrong long phrase"})).send().await.expect(401);
    for event in app.security.take() {
        let line = event.to_string();
        for secret in [&firm.owner.email, PASSWORD, "secret slip", "wrong long", &device.text("/access"), &device.text("/device"), "10."] {
            assert!(!line.contains(secret), "{line}");
        }
        assert!(event["request_id"].as_str().is_some_and(|id| !id.is_empty()));
    }
}

fn log_at(endpoint: &str) -> CloudWatch {
    let config = aws_sdk_cloudwatchlogs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::for_tests());
    CloudWatch(LogGroup::new(aws_sdk_cloudwatchlogs::Client::from_conf(config.build()), GROUP))
}

#[tokio::test]
async fn it_is_a_log_group_of_its_own() {
    let line = format!("a line {}", rand::random::<u32>());
    let (log, now) = (log_at(ministack().endpoint()), runtime::Clock::default().now());
    log.write(vec![(now, line.clone())]).await.unwrap();
    log.write(vec![(now, line.clone()), (now, line.clone())]).await.unwrap();
    let lines = ministack().logged(GROUP).await.unwrap();
    assert_eq!(lines.iter().filter(|logged| **logged == line).count(), 3, "{lines:?}");
}

/// One that never answers.
#[derive(Debug)]
struct Silent;

impl SecurityLog for Silent {
    fn write(&self, _: Vec<(Time, String)>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn an_answer_waits_a_second_for_it_at_the_most() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let environment = app.environment_telling(Arc::new(Silent));
    let body = json!({"username": firm.owner.email, "password": PASSWORD});
    let begun = Instant::now();
    app.post("/api/auth/login/", body).by(&environment).send().await.expect(200);
    assert!(begun.elapsed() >= Duration::from_secs(1));
}
