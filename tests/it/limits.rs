//! How many requests callers may make.

use std::net::{IpAddr, Ipv4Addr};

use api::Limits;
use chrono::TimeDelta;
use domain::access::Role;
use http::Method;
use serde_json::json;
use store::Quota;
use tests::{Answer, PASSWORD, TestApp, User};

use crate::steps::{login, refresh, together, wait_for_the_hour};

/// Use up what `user` may do in this minute; how many requests that were.
async fn use_up(user: &User<'_>) -> (usize, Answer) {
    for done in 0.. {
        let answer = user.get("/api/auth/me/").await;
        if answer.status == 429 {
            return (done, answer);
        }
        answer.expect(200);
    }
    unreachable!()
}

/// That `answer` is the refusal of a caller who has made `limit` requests and may make more within `wait` seconds.
#[track_caller]
fn assert_refused(answer: &Answer, limit: u32, wait: u32) {
    let header = |name| answer.header(name).unwrap_or_else(|| panic!("no {name}")).to_owned();
    assert_eq!(answer.status, 429);
    assert_eq!(header("content-type"), "application/problem+json");
    assert_eq!(answer.json["status"], 429);
    assert!((1..=wait).contains(&header("retry-after").parse().unwrap()));
    assert_eq!(header("ratelimit-limit"), limit.to_string());
    assert_eq!(header("ratelimit-remaining"), "0");
    assert_eq!(header("ratelimit-reset"), header("retry-after"));
}

#[tokio::test]
async fn a_user_makes_a_hundred_requests_a_minute_and_nobody_else_is_held_up_by_it() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let firm = app.firm().await;
    let billing = firm.member(Role::Billing).await;
    let invited = 1; // what the owner did for it
    let (done, refused) = use_up(&firm.owner).await;
    assert_eq!(done + invited, 100);
    assert_refused(&refused, 100, 60);
    firm.owner.get("/api/crm/leads/").await.expect(429);
    refresh(&app, &firm.owner.refresh).await.expect(429);

    billing.get("/api/auth/me/").await.expect(200);
    app.firm().await.owner.get("/api/auth/me/").await.expect(200);
    let wait = refused.header("retry-after").unwrap().parse().unwrap();
    app.clock.advance(TimeDelta::seconds(wait));
    firm.owner.get("/api/auth/me/").await.expect(200);
    refresh(&app, &firm.owner.refresh).await.expect(200);
}

#[tokio::test]
async fn a_user_makes_a_thousand_requests_an_hour() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    for _ in 1..10 {
        let (done, refused) = use_up(&owner).await;
        assert_eq!(done, 100);
        assert_refused(&refused, 100, 60);
        app.clock.advance(TimeDelta::seconds(refused.header("retry-after").unwrap().parse().unwrap()));
    }
    let (done, refused) = use_up(&owner).await;
    assert_eq!(done, 100);
    assert_refused(&refused, 1000, 3600);
    app.clock.advance(TimeDelta::minutes(1));
    owner.get("/api/auth/me/").await.expect(429);
    wait_for_the_hour(&app);
    let tokens = login(&app, &owner.email).await.expect(200);
    app.get("/api/auth/me/").bearer(&tokens.text("/access")).send().await.expect(200);
}

#[tokio::test]
async fn requests_that_arrive_together_are_counted_as_those_that_follow_each_other() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    let calls = (0..100).map(|_| owner.call(Method::GET, "/api/auth/me/")).collect();
    for answer in together(calls).await {
        answer.expect(200);
    }
    assert_refused(&owner.get("/api/auth/me/").await, 100, 60);
}

#[tokio::test]
async fn who_is_not_signed_in_makes_twenty_requests_an_hour_from_an_address() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    for turn in 0..18 {
        match turn % 2 {
            0 => app.post("/api/auth/login/", json!({"username": owner.email, "password": "a wrong one"})).send().await.expect(401),
            _ => app.post("/api/auth/activate/", json!({"token": "nonsense", "password": PASSWORD})).send().await.expect(422),
        };
    }
    login(&app, &owner.email).await.expect(200);
    let refused = login(&app, &owner.email).await;
    assert_refused(&refused, 20, 3600);
    app.post("/api/auth/activate/", json!({"token": "nonsense", "password": PASSWORD})).send().await.expect(429);

    let right = json!({"username": owner.email, "password": PASSWORD});
    app.post("/api/auth/login/", right.clone()).from(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9))).send().await.expect(200);
    // Those who are signed in are counted by who they are.
    owner.get("/api/auth/me/").await.expect(200);
    refresh(&app, &owner.refresh).await.expect(200);
    wait_for_the_hour(&app);
    app.post("/api/auth/login/", right).send().await.expect(200);
}

#[tokio::test]
async fn health_documentation_and_calls_without_a_token_are_not_counted() {
    let few = Quota { per_minute: None, per_hour: 2 };
    let app = TestApp::with(Limits { user: few, anonymous: few, payment: few }).await;
    wait_for_the_hour(&app);
    for _ in 0..5 {
        app.get("/api/health/").send().await.expect(200);
        app.get("/api/docs/openapi.json").send().await.expect(200);
        app.get("/api/crm/leads/").send().await.expect(401);
        app.get("/api/crm/leads/").bearer("nonsense").send().await.expect(401);
        refresh(&app, "nonsense").await.expect(401);
    }
    let owner = app.firm().await.owner;
    login(&app, &owner.email).await.expect(200);
    login(&app, &owner.email).await.expect(429);
    for _ in 0..5 {
        app.get("/api/crm/leads/").send().await.expect(401);
        app.get("/api/health/").bearer(&owner.access).send().await.expect(200);
    }
    for status in [200, 200, 429] {
        owner.get("/api/crm/leads/").await.expect(status);
    }
}

#[tokio::test]
async fn a_refused_request_changes_nothing() {
    let app = TestApp::with(Limits { user: Quota { per_minute: None, per_hour: 1 }, ..Limits::default() }).await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201);
    owner.post("/api/crm/leads/", json!({"company_name": "Second"})).await.expect(429);
    wait_for_the_hour(&app);
    let tokens = login(&app, &owner.email).await.expect(200);
    let leads = app.get("/api/crm/leads/").bearer(&tokens.text("/access")).send().await.expect(200);
    assert_eq!(leads.json["results"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_template_sets_the_limits_that_the_design_names() {
    let app = TestApp::new().await;
    let Limits { user, anonymous, payment } = Limits::default();
    assert_eq!((user.per_minute, user.per_hour, anonymous.per_hour, payment.per_minute), (Some(100), 1000, 20, Some(10)));
    for function in app.template.functions.iter().filter(|function| function.environment.contains_key("TOKEN_PUBLIC_KEYS")) {
        for (name, limit) in [
            ("RATE_USER_PER_MINUTE", "100"),
            ("RATE_USER_PER_HOUR", "1000"),
            ("RATE_ANONYMOUS_PER_HOUR", "20"),
            ("RATE_PAYMENT_PER_MINUTE", "10"),
        ] {
            assert_eq!(function.environment.get(name).map(String::as_str), Some(limit), "{} {name}", function.name);
        }
    }
}
