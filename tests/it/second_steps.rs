//! The second factor where somebody comes in otherwise than by signing in, and where a firm asks it of its people.

use domain::access::Role;
use serde_json::{Value, json};
use tests::{Factor, PASSWORD, TestApp, email};

use crate::{
    second_factor::{OTHER, complete, demand},
    steps::{login, refresh, wait_for_the_hour, wait_to_guess, with_tokens},
};

#[tokio::test]
async fn a_reset_asks_for_the_code_of_a_proven_login_and_takes_it_from_one_that_nobody_has_proven() {
    let app = TestApp::unlimited().await;
    let ann = app.firm().await.owner;
    let factor = ann.with_factor().await;
    let forgot = async |email: &str| {
        app.post("/api/auth/password-reset/", json!({"email": email})).send().await.expect(202);
        app.reset_token(email, 1).await
    };
    let choose = |token: &str, password: &str| {
        let body = json!({"token": token, "password": password});
        app.post("/api/auth/password-reset/confirm/", body).header("idempotency-key", "k")
    };
    let token = forgot(&ann.email).await;
    let asked = choose(&token, OTHER).send().await.expect(202);
    refresh(&app, &ann.refresh).await.expect(401);
    // The same request asks the same again; another's password isn't asked for anything.
    let again = choose(&token, OTHER).send().await.expect(202);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    choose(&token, "another long phrase").send().await.expect(422);
    complete(&app, &asked.text("/mfa_token"), "000000").await.expect(422);
    complete(&app, &again.text("/mfa_token"), &factor.code()).await.expect(200);

    // Who typed another's e-mail, and set up a factor of their own.
    let stranger = app.unconfirmed_firm().await.owner;
    stranger.with_factor().await;
    let token = forgot(&stranger.email).await;
    let body = json!({"token": token, "password": OTHER});
    let mine = app.post("/api/auth/password-reset/confirm/", body).send().await.expect(200);
    assert_eq!(with_tokens(&stranger, &mine).get("/api/auth/mfa/").await.expect(200).json["totp_since"], Value::Null);
}

#[tokio::test]
async fn an_invitation_and_another_firm_take_the_code_of_the_login_that_there_is() {
    let app = TestApp::unlimited().await;
    let (north, south) = (app.firm().await, app.firm().await);
    let ann = &north.owner;
    let factor = ann.with_factor().await;
    let body = json!({"name": "Ann", "email": ann.email, "role": "manager"});
    let invited = south.owner.post("/api/auth/users/", body).await.expect(201).id();
    let token = south.link(&invited, &ann.email, 1);
    let accept = |code: Option<&str>| {
        let body = json!({"token": token, "password": PASSWORD, "code": code});
        app.post("/api/auth/activate/", body).header("idempotency-key", "k")
    };
    assert_eq!(accept(None).send().await.expect(422).fields(), ["code"]);
    assert_eq!(accept(Some("000000")).send().await.expect(422).fields(), ["code"]);
    let code = factor.code();
    let first = accept(Some(&code)).send().await.expect(200);
    assert_eq!(accept(Some(&code)).send().await.expect(200).json, first.json);
    // Who has the key and the password has no code by that.
    accept(None).send().await.expect(422);
    accept(Some(&factor.code_in(0))).send().await.expect(422);

    factor.wait();
    let sign_up = |code: Option<&str>| {
        let body = json!({"firm_name": "East", "name": "Ann", "email": ann.email, "password": PASSWORD, "code": code});
        app.post("/api/auth/register/", body)
    };
    assert_eq!(sign_up(None).send().await.expect(422).fields(), ["code"]);
    sign_up(Some(&code)).send().await.expect(422);
    sign_up(Some(&factor.code())).send().await.expect(201);

    // An e-mail that nobody has proven is taken over, factor and all.
    let stranger = app.unconfirmed_firm().await.owner;
    stranger.with_factor().await;
    let body = json!({"name": "Bo", "email": stranger.email, "role": "manager"});
    let invited = south.owner.post("/api/auth/users/", body).await.expect(201).id();
    let body = json!({"token": south.link(&invited, &stranger.email, 1), "password": OTHER});
    app.post("/api/auth/activate/", body).send().await.expect(200);
}

#[tokio::test]
async fn a_firm_asks_a_second_factor_of_its_people_who_set_it_up_at_the_next_sign_in() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (bo, portal) = (firm.member(Role::Consultant).await, firm.portal().await.user.clone());
    demand(&firm).await;
    // Who is signed in stays so; a client's people are asked nothing.
    assert_eq!(bo.get("/api/auth/mfa/").await.expect(200).json["required"], true);
    assert_eq!(portal.get("/api/auth/mfa/").await.expect(200).json["required"], false);
    login(&app, &portal.email).await.expect(200);

    let asked = login(&app, &bo.email).await.expect(202);
    assert_eq!(asked.json["set_up"], true);
    let token = asked.text("/mfa_token");
    complete(&app, &token, "123456").await.expect(409);
    let set_up = app.post("/api/auth/login/mfa/totp/", json!({"mfa_token": token})).send().await.expect(200);
    let factor = Factor::of(&app, &set_up);
    complete(&app, &token, "000000").await.expect(422);
    let done = complete(&app, &token, &factor.code()).await.expect(200);
    let codes = done.json["recovery_codes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 10);
    let bo = with_tokens(&bo, &done);
    let again = complete(&app, &bo.challenge().await, codes[3].as_str().unwrap()).await.expect(200);
    assert_eq!(again.json["recovery_codes"], Value::Null);
    // It stays as long as the firm asks it.
    bo.delete("/api/auth/mfa/totp/").await.expect(409);

    // Who joins sets it up before they are let in.
    let (address, body) = (email("cy"), |address: &str| json!({"name": "Cy", "email": address, "role": "billing"}));
    let invited = firm.owner.post("/api/auth/users/", body(&address)).await.expect(201).id();
    let activate = json!({"token": firm.link(&invited, &address, 1), "password": PASSWORD});
    let asked = app.post("/api/auth/activate/", activate).send().await.expect(202).text("/mfa_token");
    let set_up = app.post("/api/auth/login/mfa/totp/", json!({"mfa_token": asked})).send().await.expect(200);
    complete(&app, &asked, &Factor::of(&app, &set_up).code()).await.expect(200);

    // Nor does anybody come in from another firm without.
    let elsewhere = app.firm().await;
    let body = json!({"name": "Olga", "email": elsewhere.owner.email, "role": "manager"});
    let invited = firm.owner.post("/api/auth/users/", body).await.expect(201).id();
    let activate = json!({"token": firm.link(&invited, &elsewhere.owner.email, 1), "password": PASSWORD});
    app.post("/api/auth/activate/", activate).send().await.expect(202);
    let switched = elsewhere.owner.post("/api/auth/switch/", json!({"membership": invited})).await.expect(403);
    assert_eq!(switched.text("/type"), "urn:consultantpro:problem:mfa-required");
    elsewhere.owner.with_factor().await;
    elsewhere.owner.post("/api/auth/switch/", json!({"membership": invited})).await.expect(200);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_under_its_key_to_who_shows_the_same_code() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    demand(&firm).await;
    let token = firm.owner.challenge().await;
    let send = |path: &str, body: &Value| app.post(path, body.clone()).header("idempotency-key", path);
    let set_up = async || send("/api/auth/login/mfa/totp/", &json!({"mfa_token": token})).send().await.expect(200);
    let first = set_up().await;
    assert_eq!(set_up().await.json, first.json);
    let factor = Factor::of(&app, &first);
    let done = send("/api/auth/login/mfa/", &json!({"mfa_token": token, "code": factor.code()})).send().await.expect(200);
    let again = send("/api/auth/login/mfa/", &json!({"mfa_token": token, "code": factor.code_in(0)})).send().await.expect(200);
    assert_eq!(again.json, done.json);
    assert!(again.json["recovery_codes"].is_array());
    send("/api/auth/login/mfa/", &json!({"mfa_token": token, "code": factor.code_in(30)})).send().await.expect(422);
    // What is set up is in use: it isn't shown again.
    send("/api/auth/login/mfa/totp/", &json!({"mfa_token": token})).send().await.expect(409);

    let ann = with_tokens(&firm.owner, &done);
    let renew = || ann.call(http::Method::POST, "/api/auth/mfa/recovery-codes/").header("idempotency-key", "renew");
    let renewed = renew().send().await.expect(200);
    assert_eq!(renew().send().await.expect(200).json, renewed.json);
    ann.post("/api/auth/mfa/recovery-codes/", json!({})).await.expect(200);
    renew().send().await.expect(409);
}

#[tokio::test]
async fn a_factor_that_is_set_up_at_a_sign_in_ends_what_was_signed_in_without_one() {
    let app = TestApp::unlimited().await;
    let (north, strict) = (app.firm().await, app.firm().await);
    demand(&strict).await;
    let body = json!({"name": "Olga", "email": north.owner.email, "role": "manager"});
    let invited = strict.owner.post("/api/auth/users/", body).await.expect(201).id();
    let activate = json!({"token": strict.link(&invited, &north.owner.email, 1), "password": PASSWORD});
    let token = app.post("/api/auth/activate/", activate).send().await.expect(202).text("/mfa_token");
    // Somebody who knows the password alone, in the firm that asks no more.
    let thief = &north.owner;
    let set_up = app.post("/api/auth/login/mfa/totp/", json!({"mfa_token": token})).send().await.expect(200);
    complete(&app, &token, &Factor::of(&app, &set_up).code()).await.expect(200);
    thief.post("/api/auth/switch/", json!({"membership": invited})).await.expect(401);
    thief.post("/api/auth/mfa/recovery-codes/", json!({})).await.expect(401);
    refresh(&app, &thief.refresh).await.expect(401);
}

#[tokio::test]
async fn who_has_a_key_or_a_token_guesses_no_more_codes_than_others() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let firm = app.firm().await;
    let (ann, bo) = (firm.owner.clone(), firm.member(Role::Consultant).await);
    let factor = ann.with_factor().await;
    let (token, code) = (ann.challenge().await, factor.code());
    let again = |code: &str| {
        let call = app.post("/api/auth/login/mfa/", json!({"mfa_token": token, "code": code}));
        call.header("idempotency-key", "k").from(std::net::IpAddr::from([192, 0, 2, 7]))
    };
    again(&code).send().await.expect(200);
    // As far as the ten minutes go in which a code is asked for; who failed waits.
    for n in 0..15 {
        wait_to_guess(&app, n);
        again(&format!("{n:06}")).send().await.expect(422);
    }
    again(&code).send().await.expect(429);

    // Nor does who has somebody's token, while something waits for its first code.
    let set_up = bo.post("/api/auth/mfa/totp/", json!({"current_password": PASSWORD})).await.expect(200);
    let first = |code: &str| {
        let call = bo.call(http::Method::POST, "/api/auth/mfa/totp/confirm/").json(json!({"code": code}));
        call.from(std::net::IpAddr::from([192, 0, 2, 8]))
    };
    for n in 0..15 {
        wait_to_guess(&app, n);
        first(&format!("{n:06}")).send().await.expect(422);
    }
    first(&Factor::of(&app, &set_up).code()).send().await.expect(429);
}
