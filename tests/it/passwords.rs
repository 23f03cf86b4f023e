//! Passwords: which are taken, and how somebody comes to another: by a link, or by the one before.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::access::Role;
use serde_json::{Value, json};
use tests::{Answer, Firm, PASSWORD, PostOffice, TestApp, User, email};

use crate::steps::{login, refresh, together, wait_for_the_hour, wait_to_guess, with_tokens};

/// The password that is chosen here.
const OTHER: &str = "harbour lane lighthouse";

async fn forgot(app: &TestApp, email: &str) -> Answer {
    app.post("/api/auth/password-reset/", json!({"email": email})).send().await
}

async fn choose(app: &TestApp, token: &str, password: &str) -> Answer {
    app.post("/api/auth/password-reset/confirm/", json!({"token": token, "password": password})).send().await
}

async fn change(user: &User<'_>, from: &str, to: &str) -> Answer {
    user.post("/api/auth/password/", json!({"current_password": from, "new_password": to})).await
}

async fn login_with(app: &TestApp, email: &str, password: &str) -> Answer {
    app.post("/api/auth/login/", json!({"username": email, "password": password})).send().await
}

/// Fail to sign in as `email`, from an address of its own.
async fn login_from_elsewhere(app: &TestApp, email: &str) -> Answer {
    let body = json!({"username": email, "password": "correct horse batterx"});
    app.post("/api/auth/login/", body).from(IpAddr::from(rand::random::<u32>().to_be_bytes())).send().await
}

/// The token of the only link in `text`.
fn token_in(text: &str) -> String {
    text.split_once("/reset-password?token=").unwrap().1.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn who_forgot_their_password_chooses_another_by_a_link_and_is_signed_out_everywhere_else() {
    let app = TestApp::new().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let bo = firm.member(Role::Consultant).await;
    forgot(&app, &bo.email.to_uppercase()).await.expect(202);
    // Nothing is changed by having asked.
    bo.get("/api/auth/me/").await.expect(200);
    app.deliver_by(&post).await;
    let mails = post.mails_to(&bo.email);
    let mail = mails.iter().find(|mail| mail.subject == "Choose another password").unwrap();
    let token = token_in(&mail.text);

    let mine = with_tokens(&bo, &choose(&app, &token, OTHER).await.expect(200));
    assert_eq!(mine.get("/api/auth/me/").await.expect(200).text("/user/id"), bo.id);
    refresh(&app, &bo.refresh).await.expect(401);
    refresh(&app, &mine.refresh).await.expect(200);
    app.clock.advance(TimeDelta::seconds(61));
    bo.get("/api/auth/me/").await.expect(401);
    login(&app, &bo.email).await.expect(401);
    login_with(&app, &bo.email, OTHER).await.expect(200);
    choose(&app, &token, PASSWORD).await.expect(409);

    app.deliver_by(&post).await;
    let told = post.mails_to(&bo.email).into_iter().filter(|mail| mail.subject == "Your password was changed");
    assert_eq!(told.count(), 1);
    // Another's session is none of theirs.
    firm.owner.get("/api/auth/me/").await.expect(200);
}

#[tokio::test]
async fn whether_an_e_mail_has_a_login_tells_neither_the_answer_nor_what_it_takes() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let mut seen = Vec::new();
    for email in [owner.email.clone(), email("nobody"), owner.email.clone()] {
        app.meter.take();
        let mut answer = app.post("/api/auth/password-reset/", json!({"email": email})).header("x-request-id", "one").send().await;
        answer.headers.remove("date");
        let calls: Vec<_> = app.meter.take().into_iter().map(|call| (call.operation, call.needs.len())).collect();
        seen.push((answer.status, answer.headers, answer.body, calls));
    }
    assert_eq!(seen[0].0, 202);
    // The same of who has none; and of who was sent a link a moment ago, to whom no other is sent.
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[tokio::test]
async fn nor_does_it_tell_who_asks_twice_at_once() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let mut seen = Vec::new();
    for email in [owner.email.clone(), email("nobody")] {
        app.meter.take();
        // One has read what the other then changes.
        let mut held = app.meter.hold("BatchGetItem");
        let (first, second) = tokio::join!(forgot(&app, &email), async {
            held.reached().await;
            let second = forgot(&app, &email).await;
            held.release();
            second
        });
        first.expect(202);
        second.expect(202);
        seen.push(app.meter.take().into_iter().map(|call| call.operation).collect::<Vec<_>>());
    }
    assert_eq!(seen[0].iter().filter(|call| *call == "TransactWriteItems").count(), 3, "{:?}", seen[0]);
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn nobody_is_told_of_a_password_who_has_not_shown_that_the_e_mail_is_theirs() {
    let app = TestApp::unlimited().await;
    let (stranger, post) = (app.unconfirmed_firm().await.owner, PostOffice::open().await);
    change(&stranger, PASSWORD, OTHER).await.expect(204);
    change(&stranger, OTHER, PASSWORD).await.expect(204);
    app.deliver_by(&post).await;
    let subjects: Vec<_> = post.mails_to(&stranger.email).into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects, ["Confirm your e-mail address"]);
}

#[tokio::test]
async fn a_stranger_who_asks_for_links_leaves_whose_it_is_one_that_works() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let mut last = 0;
    for minute in 0..12 * 60 {
        forgot(&app, &owner.email).await.expect(202);
        let record = app.store.read(domain::firm::INSTALLATION);
        let login = app.store.login_of(&domain::Email::new(&owner.email).unwrap()).await.unwrap().unwrap();
        let sent = record.login(login).fetch().await.unwrap().login(login).unwrap().unwrap().reset.unwrap();
        assert!(app.clock.now() < sent.sent_at + domain::login::RESET, "no link works after {minute} minutes");
        last = sent.number;
        app.clock.advance(TimeDelta::minutes(1));
    }
    assert!(last < 20, "{last} links were sent");
    choose(&app, &app.reset_token(&owner.email, last).await, OTHER).await.expect(200);
}

#[tokio::test]
async fn who_asks_again_and_again_is_sent_few_links_of_which_the_last_works() {
    let app = TestApp::unlimited().await;
    let (owner, post) = (app.firm().await.owner, PostOffice::open().await);
    for seconds in [0, 1, 30, 30, 30, 30, 60] {
        app.clock.advance(TimeDelta::seconds(seconds));
        forgot(&app, &owner.email).await.expect(202);
        app.deliver_by(&post).await;
    }
    let mails = post.mails_to(&owner.email);
    let links: Vec<_> = mails.iter().filter(|mail| mail.subject == "Choose another password").map(|mail| token_in(&mail.text)).collect();
    // At once, after one minute, and after two more.
    assert_eq!(links.len(), 3);
    choose(&app, &links[0], OTHER).await.expect(409);
    choose(&app, &links[2], OTHER).await.expect(200);
}

#[tokio::test]
async fn a_link_that_is_late_altered_or_for_something_else_resets_nothing() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    // One that was never sent.
    choose(&app, &app.reset_token(&firm.owner.email, 1).await, OTHER).await.expect(409);
    forgot(&app, &firm.owner.email).await.expect(202);
    let token = app.reset_token(&firm.owner.email, 1).await;
    for bad in [format!("{token}x"), firm.confirmation(1).await, firm.link(&firm.owner.id, &firm.owner.email, 1), "x".to_owned()] {
        assert_eq!(choose(&app, &bad, OTHER).await.expect(422).fields(), ["token"]);
    }
    for other in ["/api/auth/activate/", "/api/auth/confirm-email/"] {
        let body = if other.ends_with("activate/") { json!({"token": token, "password": OTHER}) } else { json!({"token": token}) };
        app.post(other, body).send().await.expect(422);
    }
    app.clock.advance(TimeDelta::hours(1));
    assert_eq!(choose(&app, &token, OTHER).await.expect(422).fields(), ["token"]);
    choose(&app, &app.reset_token(&firm.owner.email, 1).await, OTHER).await.expect(409);
    login(&app, &firm.owner.email).await.expect(200);
}

#[tokio::test]
async fn a_link_is_used_once_in_sixteen_requests_at_once_and_the_same_request_is_answered_the_same() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    forgot(&app, &owner.email).await.expect(202);
    let body = json!({"token": app.reset_token(&owner.email, 1).await, "password": OTHER});
    let answers = together((0..16).map(|_| app.post("/api/auth/password-reset/confirm/", body.clone())).collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status.as_u16())));

    app.clock.advance(TimeDelta::minutes(2));
    forgot(&app, &owner.email).await.expect(202);
    let body = json!({"token": app.reset_token(&owner.email, 2).await, "password": "another long phrase"});
    let send = async |body: &Value| app.post("/api/auth/password-reset/confirm/", body.clone()).header("idempotency-key", "k").send().await;
    let first = send(&body).await.expect(200);
    assert_eq!(send(&body).await.expect(200).json, first.json);
    let mut other = body;
    other["password"] = "one more long phrase".into();
    send(&other).await.expect(422);
}

#[tokio::test]
async fn who_typed_anothers_e_mail_loses_it_to_whoever_reads_the_mail() {
    let app = TestApp::unlimited().await;
    let stranger = app.unconfirmed_firm().await;
    let victim = stranger.owner.email.clone();
    forgot(&app, &victim).await.expect(202);
    let mine = choose(&app, &app.reset_token(&victim, 1).await, OTHER).await.expect(200);
    login(&app, &victim).await.expect(401);
    refresh(&app, &stranger.owner.refresh).await.expect(401);
    app.clock.advance(TimeDelta::seconds(61));
    stranger.owner.get("/api/auth/me/").await.expect(401);
    // The firm is theirs too; that they want it they say by the link that was sent for it.
    let me = with_tokens(&stranger.owner, &mine);
    assert!(me.get("/api/auth/firm/").await.expect(200).json["confirm_by"].is_string());
    app.post("/api/auth/confirm-email/", json!({"token": stranger.confirmation(1).await})).send().await.expect(204);
    assert_eq!(me.get("/api/auth/firm/").await.expect(200).json["confirm_by"], Value::Null);
}

#[tokio::test]
async fn who_is_let_in_nowhere_any_more_has_another_password_and_no_session() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bo = firm.member(Role::Consultant).await;
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", bo.id), json!({})).await.expect(200);
    forgot(&app, &bo.email).await.expect(202);
    let body = json!({"token": app.reset_token(&bo.email, 1).await, "password": OTHER});
    for _ in 0..2 {
        app.post("/api/auth/password-reset/confirm/", body.clone()).header("idempotency-key", "k").send().await.expect(204);
    }
    login_with(&app, &bo.email, OTHER).await.expect(401);
    firm.owner.post(format!("/api/auth/users/{}/invite/", bo.id), json!({})).await.expect(200);
    let token = firm.link(&bo.id, &bo.email, 2);
    app.post("/api/auth/activate/", json!({"token": token, "password": PASSWORD})).send().await.expect(422);
    app.post("/api/auth/activate/", json!({"token": token, "password": OTHER})).send().await.expect(200);
}

#[tokio::test]
async fn who_knows_their_password_chooses_another_and_stays_signed_in_there_alone() {
    let app = TestApp::unlimited().await;
    let (owner, post) = (app.firm().await.owner, PostOffice::open().await);
    let elsewhere = owner.anew().await;
    assert_eq!(change(&owner, "correct horse batterx", OTHER).await.expect(422).fields(), ["current_password"]);
    change(&owner, PASSWORD, OTHER).await.expect(204);
    refresh(&app, &elsewhere.refresh).await.expect(401);
    let here = with_tokens(&owner, &refresh(&app, &owner.refresh).await.expect(200));
    here.get("/api/auth/me/").await.expect(200);
    app.clock.advance(TimeDelta::seconds(61));
    elsewhere.get("/api/auth/me/").await.expect(401);
    for here in [&owner, &here] {
        here.get("/api/auth/me/").await.expect(200);
    }
    login(&app, &owner.email).await.expect(401);
    login_with(&app, &owner.email, OTHER).await.expect(200);
    app.deliver_by(&post).await;
    let told: Vec<_> = post.mails_to(&owner.email).into_iter().filter(|mail| mail.subject == "Your password was changed").collect();
    assert_eq!(told.len(), 1);
    // Whose session is over changes nothing more.
    change(&elsewhere, OTHER, PASSWORD).await.expect(401);
}

#[tokio::test]
async fn a_change_is_done_once_under_its_key_and_by_one_of_many_at_once() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let send = |to: &str, key: &str| {
        let body = json!({"current_password": PASSWORD, "new_password": to});
        owner.call(http::Method::POST, "/api/auth/password/").json(body).header("idempotency-key", key)
    };
    for _ in 0..2 {
        send(OTHER, "k").send().await.expect(204);
    }
    send("another long phrase", "k").send().await.expect(422);

    let member = app.firm().await.owner;
    let calls = (0..16).map(|n| {
        let body = json!({"current_password": PASSWORD, "new_password": format!("{OTHER} {n}")});
        member.call(http::Method::POST, "/api/auth/password/").json(body)
    });
    let answers = together(calls.collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| [204, 401, 422].contains(&answer.status.as_u16())));
}

#[tokio::test]
async fn who_has_anothers_token_guesses_no_more_passwords_than_who_has_none() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let owner = app.firm().await.owner;
    let guess = async |owner: &User<'_>, password: &str| {
        let body = json!({"current_password": password, "new_password": OTHER});
        let call = owner.call(http::Method::POST, "/api/auth/password/").json(body);
        call.from(IpAddr::from(rand::random::<u32>().to_be_bytes())).send().await
    };
    // Who fails to sign in as them keeps them from nothing.
    for n in 0..20 {
        wait_to_guess(&app, n);
        login_from_elsewhere(&app, &owner.email).await.expect(401);
    }
    assert!(login_from_elsewhere(&app, &owner.email).await.status == 429);
    for n in 0..20 {
        wait_to_guess(&app, n);
        guess(&owner, "correct horse batterx").await.expect(422);
    }
    assert!(guess(&owner, PASSWORD).await.expect(429).header("retry-after").is_some());

    // Nor are more counted of those that are made at once.
    wait_for_the_hour(&app);
    let owner = owner.anew().await;
    // The session, where the login leads, and how often it failed.
    let mut held = app.meter.hold_after(2, "BatchGetItem");
    let (right, ()) = tokio::join!(guess(&owner, PASSWORD), async {
        held.reached().await;
        for n in 0..20 {
            wait_to_guess(&app, n);
            guess(&owner, "correct horse batterx").await.expect(422);
        }
        held.release();
    });
    right.expect(429);
}

#[tokio::test]
async fn a_password_that_is_easy_to_guess_is_chosen_nowhere() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bo = firm.member(Role::Consultant).await;
    let invited = firm.owner.post("/api/auth/users/", json!({"name": "Cy", "email": email("cy"), "role": "billing"})).await.expect(201);
    let (cy, link) = (invited.text("/email"), firm.link(&invited.id(), &invited.text("/email"), 1));
    forgot(&app, &bo.email).await.expect(202);
    let reset = app.reset_token(&bo.email, 1).await;
    let places = async |firm: &Firm<'_>, password: &dyn Fn(&str) -> String| {
        let founder = email("founder");
        let register = json!({"firm_name": "North & Partners", "name": "Al", "email": founder, "password": password(&founder)});
        vec![
            (firm.app.post("/api/auth/register/", register).send().await, "password"),
            (firm.app.post("/api/auth/activate/", json!({"token": link, "password": password(&cy)})).send().await, "password"),
            (choose(firm.app, &reset, &password(&bo.email)).await, "password"),
            (change(&bo, PASSWORD, &password(&bo.email)).await, "new_password"),
        ]
    };
    let all: [&dyn Fn(&str) -> String; 6] = [
        &|_| "            ".to_owned(),
        &|_| "elevenchars".to_owned(),
        &|_| "qwertyuiop123".to_owned(),
        &|_| "north&partners".to_owned(),
        &|email: &str| email.to_uppercase(),
        &|email: &str| format!("{}!!1", email.split('@').next().unwrap_or_default()),
    ];
    for password in all {
        for (answer, field) in places(&firm, password).await {
            assert_eq!(answer.expect(422).fields(), [field], "{}", password("a@b.example"));
        }
    }
}
