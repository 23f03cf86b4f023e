//! The second factor: codes of an app, recovery codes, and firms that ask it of their people.

use chrono::TimeDelta;
use domain::access::Role;
use serde_json::{Value, json};
use tests::{Answer, Factor, Firm, PASSWORD, PostOffice, TestApp, User};

use crate::steps::{login, refresh, results, together, wait_for_the_hour, with_tokens};

/// A password that is chosen in place of the other.
pub(crate) const OTHER: &str = "harbour lane lighthouse";

pub(crate) async fn complete(app: &TestApp, token: &str, code: &str) -> Answer {
    app.post("/api/auth/login/mfa/", json!({"mfa_token": token, "code": code})).send().await
}

async fn prove(user: &User<'_>, code: Option<&str>) -> Answer {
    let body = match code {
        Some(code) => json!({"current_password": PASSWORD, "code": code}),
        None => json!({"current_password": PASSWORD}),
    };
    user.post("/api/auth/reauthenticate/", body).await
}

/// `user`, signed in with a code.
async fn signed_in_by<'a>(app: &'a TestApp, user: &User<'a>, code: &str) -> User<'a> {
    with_tokens(user, &complete(app, &user.challenge().await, code).await.expect(200))
}

/// The subjects of the mails to `user`, the newest last.
async fn subjects(app: &TestApp, post: &PostOffice, user: &User<'_>) -> Vec<String> {
    app.deliver_by(post).await;
    post.mails_to(&user.email).into_iter().map(|mail| mail.subject).collect()
}

/// `firm` asks a second factor of its people from now on.
pub(crate) async fn demand(firm: &Firm<'_>) {
    firm.owner.patch("/api/auth/firm/", json!({"requires_mfa": true})).await.expect(200);
}

#[tokio::test]
async fn who_has_a_second_factor_signs_in_with_a_code_beside_the_password() {
    let app = TestApp::unlimited().await;
    let (ann, post) = (app.firm().await.owner, PostOffice::open().await);
    let elsewhere = ann.anew().await;
    let shown = ann.get("/api/auth/mfa/").await.expect(200).json;
    assert_eq!(shown, json!({"totp_since": null, "recovery_codes_left": 0, "required": false}));
    let factor = ann.with_factor().await;
    // It stays signed in where it was set up, and nowhere else.
    ann.get("/api/auth/me/").await.expect(200);
    refresh(&app, &elsewhere.refresh).await.expect(401);
    let shown = ann.get("/api/auth/mfa/").await.expect(200).json;
    assert_eq!((shown["totp_since"].is_string(), &shown["recovery_codes_left"]), (true, &json!(10)));

    let asked = login(&app, &ann.email).await.expect(202);
    assert_eq!((&asked.json["expires_in"], &asked.json["set_up"], &asked.json["access"]), (&json!(600), &json!(false), &Value::Null));
    assert_eq!(asked.header("cache-control"), Some("no-store"));
    let signed_in = complete(&app, &asked.text("/mfa_token"), &factor.code()).await.expect(200);
    assert_eq!(signed_in.json["memberships"].as_array().unwrap().len(), 1);
    let there = with_tokens(&ann, &signed_in);
    assert_eq!(there.get("/api/auth/me/").await.expect(200).text("/user/id"), ann.id);
    refresh(&app, &there.refresh).await.expect(200);
    assert!(subjects(&app, &post, &ann).await.ends_with(&["A second factor was set up".to_owned()]));
}

#[tokio::test]
async fn a_code_is_taken_once_in_sixteen_requests_at_once_and_none_from_before_it() {
    let app = TestApp::unlimited().await;
    let ann = app.firm().await.owner;
    let factor = ann.with_factor().await;
    let token = ann.challenge().await;
    // The one by which it was confirmed.
    assert_eq!(complete(&app, &token, &factor.code_in(0)).await.expect(422).fields(), ["code"]);
    let ([before, ahead], taken) = ([-30, 90].map(|seconds| factor.code_in(seconds)), factor.code());
    let body = json!({"mfa_token": token, "code": taken});
    let answers = together((0..16).map(|_| app.post("/api/auth/login/mfa/", body.clone())).collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| [200, 422].contains(&answer.status.as_u16())), "{answers:?}");
    complete(&app, &token, &taken).await.expect(422);
    complete(&app, &token, &before).await.expect(422);
    // One that a clock shows which is more than half a minute ahead.
    complete(&app, &token, &ahead).await.expect(422);
    factor.wait();
    let code = factor.code();
    let (first, second) = code.split_at(3);
    complete(&app, &token, &format!(" {first} {second} ")).await.expect(200);
}

#[tokio::test]
async fn the_first_step_is_of_one_login_for_ten_minutes_and_of_the_password_that_was_known() {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await.owner);
    let ann = &firm.owner;
    let (factor, others) = (ann.with_factor().await, other.with_factor().await);
    let token = ann.challenge().await;
    for bad in [format!("{token}x"), ann.access.clone(), ann.refresh.clone(), "x".to_owned(), String::new()] {
        complete(&app, &bad, &factor.code_in(30)).await.expect(401);
    }
    complete(&app, &token, &others.code()).await.expect(422);
    // It is none of the other tokens.
    let mut by_it = ann.clone();
    by_it.access = token.clone();
    by_it.get("/api/auth/me/").await.expect(401);
    refresh(&app, &token).await.expect(401);
    // Nor is anything set up by it where there is a factor.
    app.post("/api/auth/login/mfa/totp/", json!({"mfa_token": token})).send().await.expect(409);

    let late = ann.challenge().await;
    app.clock.advance(TimeDelta::minutes(10));
    complete(&app, &late, &factor.code_in(0)).await.expect(401);
    let before = ann.challenge().await;
    let body = json!({"current_password": PASSWORD, "new_password": OTHER});
    assert_eq!(ann.post("/api/auth/password/", body.clone()).await.expect(422).fields(), ["code"]);
    let with_code = json!({"current_password": PASSWORD, "new_password": OTHER, "code": factor.code_in(0)});
    ann.post("/api/auth/password/", with_code).await.expect(204);
    complete(&app, &before, &factor.code_in(30)).await.expect(401);
}

#[tokio::test]
async fn recovery_codes_work_once_each_and_are_told_of() {
    let app = TestApp::unlimited().await;
    let (ann, post) = (app.firm().await.owner, PostOffice::open().await);
    let factor = ann.with_factor().await;
    assert_eq!(factor.recovery_codes.len(), 10);
    let typed = factor.recovery_codes[0].to_uppercase().replace('-', " ");
    let ann = signed_in_by(&app, &ann, &typed).await;
    complete(&app, &ann.challenge().await, &factor.recovery_codes[0]).await.expect(422);
    assert_eq!(ann.get("/api/auth/mfa/").await.expect(200).json["recovery_codes_left"], 9);
    prove(&ann, Some(&factor.recovery_codes[1])).await.expect(200);
    assert_eq!(subjects(&app, &post, &ann).await.iter().filter(|subject| *subject == "A recovery code was used").count(), 2);

    let renewed = ann.post("/api/auth/mfa/recovery-codes/", json!({})).await.expect(200);
    let codes = renewed.json["recovery_codes"].as_array().unwrap().clone();
    assert_eq!(renewed.header("cache-control"), Some("no-store"));
    complete(&app, &ann.challenge().await, &factor.recovery_codes[2]).await.expect(422);
    signed_in_by(&app, &ann, codes[9].as_str().unwrap()).await;
    // The app's codes go on.
    signed_in_by(&app, &ann, &factor.code()).await;
    assert!(subjects(&app, &post, &ann).await.contains(&"You have new recovery codes".to_owned()));

    let elsewhere = app.firm().await.owner;
    elsewhere.post("/api/auth/mfa/recovery-codes/", json!({})).await.expect(409);
}

#[tokio::test]
async fn who_knows_the_password_guesses_no_more_codes_than_passwords() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let ann = app.firm().await.owner;
    let factor = ann.with_factor().await;
    let token = ann.challenge().await;
    let anywhere = || std::net::IpAddr::from(rand::random::<u32>().to_be_bytes());
    let guess = |code: &str| app.post("/api/auth/login/mfa/", json!({"mfa_token": token, "code": code})).from(anywhere());
    // Of guesses at once, the right one is too late once the others have failed.
    let mut held = app.meter.hold("Query");
    let (right, wrong) = tokio::join!(guess(&factor.code_in(30)).send(), async {
        held.reached().await;
        let wrong = together((0..40).map(|n| guess(&format!("{n:06}"))).collect()).await;
        held.release();
        wrong
    });
    right.expect(429);
    assert_eq!(wrong.iter().filter(|answer| answer.status == 422).count(), 20);
    assert!(wrong.iter().all(|answer| [422, 429].contains(&answer.status.as_u16())));
    assert!(guess(&factor.code_in(30)).send().await.expect(429).header("retry-after").is_some());
    // By whichever way.
    prove(&ann, Some(&factor.code_in(30))).await.expect(429);
    wait_for_the_hour(&app);
    complete(&app, &ann.challenge().await, &factor.code_in(0)).await.expect(200);
}

#[tokio::test]
async fn whatever_fails_at_an_address_who_knows_their_password_is_asked_for_a_code_there() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let member = app.firm().await.member(Role::Consultant).await;
    let (address, factor, token) = (std::net::IpAddr::from([192, 0, 2, 1]), member.with_factor().await, member.challenge().await);
    for n in 0..20 {
        let body = json!({"username": format!("nobody-{n}@example.com"), "password": PASSWORD});
        app.post("/api/auth/login/", body).from(address).send().await.expect(401);
    }
    let enter = |code: &str| app.post("/api/auth/login/mfa/", json!({"mfa_token": token, "code": code})).from(address);
    enter("000000").send().await.expect(422);
    enter(&factor.code_in(30)).send().await.expect(200);
}

#[tokio::test]
async fn who_did_not_set_a_factor_up_takes_it_back_by_the_mail_that_tells_of_it() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    // Somebody who knows the password; a reset alone asks for a code of theirs.
    let (bo, thief) = (firm.owner.clone(), firm.owner.anew().await);
    let factor = thief.with_factor().await;
    app.deliver_by(&post).await;
    let mail = post.mails_to(&bo.email).into_iter().find(|mail| mail.subject == "A second factor was set up").unwrap();
    let token = mail.text.split_once("/remove-factor?token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    let take_back = |token: &str| app.post("/api/auth/mfa/totp/take-back/", json!({"token": token, "password": OTHER}));
    take_back(&format!("{token}A")).send().await.expect(422);
    let mine = with_tokens(&bo, &take_back(&token).send().await.expect(200));
    assert_eq!(mine.get("/api/auth/mfa/").await.expect(200).json["totp_since"], Value::Null);
    refresh(&app, &thief.refresh).await.expect(401);
    login(&app, &bo.email).await.expect(401);
    app.post("/api/auth/login/", json!({"username": bo.email, "password": OTHER})).send().await.expect(200);
    assert!(subjects(&app, &post, &bo).await.contains(&"The second factor was taken back".to_owned()));
    // Once, and none that was set up by themselves since.
    take_back(&token).send().await.expect(409);
    app.clock.advance(TimeDelta::seconds(60));
    let set_up = mine.post("/api/auth/mfa/totp/", json!({"current_password": OTHER})).await.expect(200);
    mine.post("/api/auth/mfa/totp/confirm/", json!({"code": Factor::of(&app, &set_up).code()})).await.expect(200);
    take_back(&token).send().await.expect(409);
    app.clock.advance(TimeDelta::hours(72));
    assert_eq!(take_back(&token).send().await.expect(422).fields(), ["token"]);
    assert_eq!(factor.recovery_codes.len(), 10);
}

#[tokio::test]
async fn what_takes_a_proof_takes_a_code_too_and_the_factor_goes_by_it() {
    let app = TestApp::unlimited().await;
    let (ann, post) = (app.firm().await.owner, PostOffice::open().await);
    let factor = ann.with_factor().await;
    app.clock.advance(TimeDelta::minutes(11));
    for (method, path) in [(http::Method::DELETE, "/api/auth/mfa/totp/"), (http::Method::POST, "/api/auth/mfa/recovery-codes/")] {
        let refused = ann.call(method, path).send().await.expect(403);
        assert_eq!(refused.text("/type"), "urn:consultantpro:problem:reauthentication-required");
    }
    ann.patch("/api/auth/firm/", json!({"requires_mfa": true})).await.expect(403);
    assert_eq!(prove(&ann, None).await.expect(422).fields(), ["code"]);
    let proven = with_tokens(&ann, &prove(&ann, Some(&factor.code_in(0))).await.expect(200));
    // Another app in place of the first, which goes on until a code of it is seen.
    let set_up = |code: &str| proven.post("/api/auth/mfa/totp/", json!({"current_password": PASSWORD, "code": code}));
    set_up("000000").await.expect(422);
    let other = Factor::of(&app, &set_up(&factor.code_in(30)).await.expect(200));
    proven.post("/api/auth/mfa/totp/confirm/", json!({"code": factor.code_in(0)})).await.expect(422);
    proven.post("/api/auth/mfa/totp/confirm/", json!({"code": other.code()})).await.expect(200);
    proven.post("/api/auth/mfa/totp/confirm/", json!({"code": other.code()})).await.expect(409);
    complete(&app, &ann.challenge().await, &factor.recovery_codes[0]).await.expect(422);

    for _ in 0..2 {
        proven.delete("/api/auth/mfa/totp/").await.expect(204);
    }
    login(&app, &ann.email).await.expect(200);
    let told = subjects(&app, &post, &ann).await;
    assert_eq!(told.iter().filter(|subject| *subject == "Your second factor was removed").count(), 1);
}

#[tokio::test]
async fn what_is_set_up_waits_an_hour_and_changes_nothing_until_its_code_is_seen() {
    let app = TestApp::unlimited().await;
    let ann = app.firm().await.owner;
    ann.post("/api/auth/mfa/totp/", json!({"current_password": OTHER})).await.expect(422);
    let set_up = ann.post("/api/auth/mfa/totp/", json!({"current_password": PASSWORD})).await.expect(200);
    let account = ann.email.replace('@', "%40").replace('-', "%2D").replace('.', "%2E");
    let uri = format!(
        "otpauth://totp/ConsultantPro:{account}?secret={}&issuer=ConsultantPro&algorithm=SHA1&digits=6&period=30",
        set_up.text("/secret")
    );
    assert_eq!((set_up.text("/uri"), set_up.header("cache-control")), (uri, Some("no-store")));
    login(&app, &ann.email).await.expect(200);
    let first = Factor::of(&app, &set_up);
    ann.post("/api/auth/mfa/totp/confirm/", json!({"code": "000000"})).await.expect(422);
    app.clock.advance(TimeDelta::minutes(60));
    let ann = ann.anew().await;
    ann.post("/api/auth/mfa/totp/confirm/", json!({"code": first.code_in(0)})).await.expect(409);
    login(&app, &ann.email).await.expect(200);
    // The one that was set up last.
    let second = Factor::of(&app, &ann.post("/api/auth/mfa/totp/", json!({"current_password": PASSWORD})).await.expect(200));
    ann.post("/api/auth/mfa/totp/confirm/", json!({"code": first.code_in(0)})).await.expect(422);
    ann.post("/api/auth/mfa/totp/confirm/", json!({"code": second.code_in(0)})).await.expect(200);
}

#[tokio::test]
async fn neither_secrets_nor_codes_are_kept_but_beside_the_password() {
    let app = TestApp::unlimited().await;
    let ann = app.firm().await.owner;
    let set_up = ann.call(http::Method::POST, "/api/auth/mfa/totp/").json(json!({"current_password": PASSWORD}));
    let set_up = set_up.header("idempotency-key", "a").send().await.expect(200);
    let factor = Factor::of(&app, &set_up);
    let confirm = ann.call(http::Method::POST, "/api/auth/mfa/totp/confirm/").json(json!({"code": factor.code()}));
    let confirmed = confirm.header("idempotency-key", "b").send().await.expect(200);
    let token = ann.challenge().await;
    let code = factor.code();
    let body = json!({"mfa_token": token, "code": code});
    app.post("/api/auth/login/mfa/", body).header("idempotency-key", "c").send().await.expect(200);
    let mut told = vec![set_up.text("/secret"), token];
    told.extend(results_of(&confirmed));
    for ((pk, sk), item) in app.items() {
        let text = item.to_string();
        if pk.starts_with("LOGIN#") {
            // The secret, for `auth` alone; of codes their digests.
            assert!(told[1..].iter().all(|secret| !text.contains(secret)), "{pk} {sk}");
            continue;
        }
        assert!(told.iter().all(|secret| !text.contains(secret)) && !text.contains(&format!("\"{code}\"")), "{pk} {sk}: {text}");
    }
}

/// The recovery codes in `answer`.
fn results_of(answer: &Answer) -> Vec<String> {
    answer.json["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_log_says_what_became_of_a_second_factor_and_of_whose_login() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let factor = firm.owner.with_factor().await;
    complete(&app, &firm.owner.challenge().await, &factor.recovery_codes[0]).await.expect(200);
    let of_logins = app.items().into_iter().filter(|((pk, sk), _)| pk.contains("#LOGIN#") && sk.starts_with("EVENT#"));
    let events: Vec<_> = of_logins.filter_map(|(_, item)| item["event"]["S"].as_str().map(str::to_owned)).collect();
    assert!(events.ends_with(&["login.factor_added".to_owned(), "login.recovery_code_used".to_owned()]), "{events:?}");
    assert_eq!(results(&firm.owner.get("/api/auth/sessions/").await.expect(200)).len(), 2);
}
