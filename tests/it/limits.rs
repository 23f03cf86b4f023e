//! How many requests callers may make.

use std::net::{IpAddr, Ipv4Addr};

use api::Limits;
use chrono::TimeDelta;
use domain::access::Role;
use http::Method;
use serde_json::json;
use store::Quota;
use tests::{Answer, PASSWORD, TestApp, User};

use crate::steps::{login, refresh, together, wait_for_the_hour, wait_to_guess};

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
async fn twenty_environments_share_a_users_hundred_requests() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    let environments: Vec<_> = (0..20).map(|_| app.environment()).collect();
    let (mut done, mut refused, mut first) = (0, 0, None);
    for turn in 0..200 {
        let answer = owner.call(Method::GET, "/api/auth/me/").by(&environments[turn % 20]).send().await;
        match answer.status.as_u16() {
            200 => done += 1,
            429 => {
                first.get_or_insert(turn);
                refused += 1;
            }
            _ => drop(answer.expect(200)),
        }
    }
    assert_eq!((done, refused), (100, 100));
    assert!(first >= Some(80), "the first was refused after {first:?} requests");
}

#[tokio::test]
async fn what_an_environment_leased_and_did_not_use_is_given_back_to_the_hour() {
    let few = Quota { per_minute: Some(100), per_hour: 20 };
    let app = TestApp::with(Limits { user: few, ..Limits::default() }).await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    for _ in 0..5 {
        for _ in 0..4 {
            owner.get("/api/auth/me/").await.expect(200);
        }
        app.clock.advance(TimeDelta::minutes(2));
    }
    assert_refused(&owner.get("/api/auth/me/").await, 20, 3600);
}

async fn wrong_login(app: &TestApp, username: &str, from: Option<IpAddr>) -> Answer {
    let call = app.post("/api/auth/login/", json!({"username": username, "password": "a wrong one"})).header("x-request-id", "same");
    if let Some(address) = from { call.from(address).send().await } else { call.send().await }
}

fn address(n: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, n))
}

#[tokio::test]
async fn who_is_not_signed_in_fails_and_asks_twenty_times_an_hour_from_an_address() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    for turn in 0..19 {
        match turn % 3 {
            0 => wrong_login(&app, &format!("nobody-{turn}@example.com"), None).await.expect(401),
            1 => app.post("/api/auth/activate/", json!({"token": "nonsense", "password": PASSWORD})).send().await.expect(422),
            _ => refresh(&app, "nonsense").await.expect(401),
        };
    }
    assert_refused(&login(&app, &owner.email).await, 20, 3600);
    assert_refused(&wrong_login(&app, &owner.email, None).await, 20, 3600);
    assert_refused(&refresh(&app, "nonsense").await, 20, 3600);
    app.post("/api/auth/logout/", json!({"refresh": "nonsense"})).send().await.expect(429);
    app.post("/api/auth/activate/", json!({"token": "nonsense", "password": PASSWORD})).send().await.expect(429);

    let right = json!({"username": owner.email, "password": PASSWORD});
    app.post("/api/auth/login/", right.clone()).from(address(9)).send().await.expect(200);
    // Those who are signed in are counted by who they are.
    owner.get("/api/auth/me/").await.expect(200);
    refresh(&app, &owner.refresh).await.expect(200);
    wait_for_the_hour(&app);
    app.post("/api/auth/login/", right).send().await.expect(200);
}

#[tokio::test]
async fn an_office_behind_one_address_signs_in() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let firm = app.firm().await;
    for _ in 0..30 {
        login(&app, &firm.owner.email).await.expect(200);
    }
    let right = json!({"username": firm.owner.email, "password": PASSWORD});
    for answer in together((0..24).map(|_| app.post("/api/auth/login/", right.clone())).collect()).await {
        answer.expect(200);
    }
}

#[tokio::test]
async fn an_e_mail_is_guessed_at_twenty_times_an_hour_from_however_many_addresses_whether_it_has_a_login_or_not() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    let mut told = Vec::new();
    for username in [owner.email.clone(), tests::email("nobody")] {
        let mut answers = Vec::new();
        for n in 0..22 {
            let written = if n % 2 == 0 { username.clone() } else { format!(" {} ", username.to_uppercase()) };
            if n < 20 {
                wait_to_guess(&app, n.into());
            }
            let mut answer = wrong_login(&app, &written, Some(address(n))).await;
            answer.headers.remove("date");
            for name in ["retry-after", "ratelimit-reset"] {
                answer
                    .headers
                    .remove(name)
                    .into_iter()
                    .for_each(|seconds| assert!(seconds.to_str().unwrap().parse::<u32>().unwrap() <= 3600));
            }
            answers.push((answer.status, answer.headers, answer.json["type"].clone()));
        }
        let failed = answers.iter().take_while(|(status, ..)| *status == 401).count();
        assert_eq!(failed, 20);
        assert!(answers[20..].iter().all(|(status, ..)| *status == 429));
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
    // The right password isn't taken any more either, so nobody learns it by going on.
    let right = json!({"username": owner.email, "password": PASSWORD});
    assert_refused(&app.post("/api/auth/login/", right.clone()).from(address(99)).send().await, 20, 3600);
    wrong_login(&app, &tests::email("another"), Some(address(0))).await.expect(401);
    refresh(&app, &owner.refresh).await.expect(200);
    wait_for_the_hour(&app);
    app.post("/api/auth/login/", right).send().await.expect(200);
}

#[tokio::test]
async fn of_many_guesses_at_once_twenty_are_told_that_they_are_wrong() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    let guess = |n| app.post("/api/auth/login/", json!({"username": owner.email, "password": "a wrong one"})).from(address(n));
    let answers = together((0..40).map(guess).collect()).await;
    let wrong = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!((wrong, answers.iter().filter(|answer| answer.status == 429).count()), (20, 20));
}

#[tokio::test]
async fn where_somebody_fails_to_sign_in_no_e_mail_is_kept() {
    let app = TestApp::new().await;
    let typed = format!("my secret {}", tests::email("slip"));
    wrong_login(&app, &typed, None).await.expect(401);
    let failures: Vec<_> = app.counted().into_iter().map(|(key, item)| format!("{key:?} {item}")).collect();
    assert_eq!(failures.len(), 2, "of the address and of the username");
    assert!(failures.iter().all(|item| !item.contains("secret") && !item.contains("slip")), "{failures:?}");
}

#[tokio::test]
async fn health_documentation_and_calls_without_a_token_are_not_counted() {
    let few = Quota { per_minute: None, per_hour: 2 };
    let app = TestApp::with(Limits { user: few, anonymous: few, payment: few, guest: few }).await;
    wait_for_the_hour(&app);
    for _ in 0..5 {
        app.get("/api/health/").send().await.expect(200);
        app.get("/api/docs/openapi.json").send().await.expect(200);
        app.get("/api/crm/leads/").send().await.expect(401);
        app.get("/api/crm/leads/").bearer("nonsense").send().await.expect(401);
    }
    let owner = app.firm().await.owner;
    wrong_login(&app, &owner.email, None).await.expect(401);
    wrong_login(&app, &owner.email, None).await.expect(429);
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
    let Limits { user, anonymous, payment, guest } = Limits::default();
    assert_eq!((user.per_minute, user.per_hour, anonymous.per_hour, payment.per_minute), (Some(100), 1000, 20, Some(10)));
    assert_eq!(guest.per_minute, Some(60));
    for function in app.template.functions.iter().filter(|function| function.environment.contains_key("TOKEN_PUBLIC_KEYS")) {
        for (name, limit) in [
            ("RATE_USER_PER_MINUTE", "100"),
            ("RATE_USER_PER_HOUR", "1000"),
            ("RATE_ANONYMOUS_PER_HOUR", "20"),
            ("RATE_PAYMENT_PER_MINUTE", "10"),
            ("RATE_GUEST_PER_MINUTE", "60"),
        ] {
            assert_eq!(function.environment.get(name).map(String::as_str), Some(limit), "{} {name}", function.name);
        }
    }
}

#[tokio::test]
async fn an_e_mail_is_counted_as_one_however_it_is_spelt() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    let (local, domain) = owner.email.split_once('@').unwrap();
    // Full-width letters of the domain mean the same to UTS #46.
    let wide = |n: usize| {
        let widened = domain.char_indices().map(|(at, c)| if at == n { char::from_u32(u32::from(c) + 0xfee0).unwrap() } else { c });
        format!("{local}@{}", widened.collect::<String>())
    };
    for n in 0..20_u8 {
        wait_to_guess(&app, n.into());
        let username = if n % 2 == 0 { wide(usize::from(n / 2) % 7) } else { owner.email.to_uppercase() };
        wrong_login(&app, &username, Some(address(n))).await.expect(401);
    }
    assert_refused(&wrong_login(&app, &wide(3), Some(address(50))).await, 20, 3600);
}

#[tokio::test]
async fn who_was_shut_out_is_not_let_in_because_the_table_was_busy_when_they_were_looked_up() {
    let app = TestApp::restless().await;
    let firm = app.firm().await;
    let manager = firm.member(Role::Manager).await;
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", manager.id), json!({})).await.expect(200);
    let before = app.moment();
    app.meter.trouble(tests::Trouble::Conflict, "UpdateItem", 0, 1);
    manager.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(401);
    assert!(app.meter.calm());
    assert_eq!(app.changed_since(&before), []);
}

#[tokio::test]
async fn who_was_shut_out_lets_nobody_else_in() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let manager = firm.member(Role::Manager).await;
    let prospects = [firm.prospect().await, firm.prospect().await];
    let proposal = json!({"prospect": prospects[1], "total_value": "100"});
    let proposal = firm.owner.post("/api/crm/proposals/", proposal).await.expect(201).id();
    // What is leased to them here would do for a while.
    for _ in 0..8 {
        manager.get("/api/crm/leads/").await.expect(200);
    }
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", manager.id), json!({})).await.expect(200);
    manager.get("/api/crm/leads/").await.expect(200);
    let before = app.moment();
    for path in [format!("/api/crm/prospects/{}/convert/", prospects[0]), format!("/api/crm/proposals/{proposal}/accept/")] {
        manager.post(&path, json!({})).await.expect(401);
    }
    assert_eq!(app.changed_since(&before), []);
}

#[tokio::test]
async fn who_goes_on_failing_waits_longer_each_time_and_is_told_how_long() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    for n in 0..10 {
        wrong_login(&app, &owner.email, Some(address(n))).await.expect(401);
    }
    let mut waits = Vec::new();
    for n in 10..14 {
        let refused = app.post("/api/auth/login/", json!({"username": owner.email, "password": PASSWORD})).from(address(n)).send().await;
        let wait: i64 = refused.expect(429).header("retry-after").unwrap().parse().unwrap();
        app.clock.advance(TimeDelta::seconds(wait));
        waits.push(wait);
        wrong_login(&app, &owner.email, Some(address(n))).await.expect(401);
    }
    assert_eq!(waits, [1, 2, 4, 8]);
    // Once it is over, the right password lets them in, and that costs nothing.
    app.clock.advance(TimeDelta::seconds(16));
    login(&app, &owner.email).await.expect(200);
    login(&app, &owner.email).await.expect(200);
}
