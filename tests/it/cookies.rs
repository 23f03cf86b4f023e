//! Sessions of browsers, whose refresh token is in a cookie that no script reads.

use chrono::TimeDelta;
use domain::access::Role;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, PASSWORD, TestApp, User, WEB_ORIGIN, email};

use crate::steps::{login, refresh, together, with_tokens};

/// `POST path` by a page of the web app, with this cookie.
async fn page_posts(app: &TestApp, path: &str, body: Value, cookie: &str) -> Answer {
    app.post(path, body).header("origin", WEB_ORIGIN).header("cookie", cookie).send().await
}

/// Sign in as `user` on a page of the web app.
async fn sign_in(app: &TestApp, user: &User<'_>) -> Answer {
    let body = json!({"username": user.email, "password": PASSWORD, "session": "cookie"});
    page_posts(app, "/api/auth/login/", body, "theme=dark").await
}

/// The cookie that `answer` sets, as the browser sends it.
fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browsers_session_goes_on_by_its_cookie_and_ends_with_it() {
    let app = TestApp::unlimited().await;
    let ann = app.firm().await.owner;
    let signed_in = sign_in(&app, &ann).await.expect(200);
    assert_eq!(signed_in.json["refresh"], Value::Null);
    let set = signed_in.header("set-cookie").unwrap();
    let (cookie, attributes) = set.split_once("; ").unwrap();
    assert!(cookie.starts_with("refresh_token=eyJ"));
    assert_eq!(attributes, "Max-Age=604800; Path=/api/auth/; HttpOnly; Secure; SameSite=Strict");
    ann.get("/api/auth/me/").await.expect(200);

    let again = page_posts(&app, "/api/auth/refresh/", json!({}), &format!("theme=dark; {cookie}; other=1")).await.expect(200);
    assert!(again.json["access"].is_string() && again.json["refresh"].is_null());
    let next = cookie_of(&again);
    assert_ne!(next, cookie);
    // The one that was used is refused half a minute later, and its reuse ends the session, as any token's does.
    let out = page_posts(&app, "/api/auth/logout/", json!({}), &next).await.expect(204);
    assert_eq!(out.header("set-cookie"), Some("refresh_token=; Max-Age=0; Path=/api/auth/; HttpOnly; Secure; SameSite=Strict"));
    page_posts(&app, "/api/auth/refresh/", json!({}), &next).await.expect(401);

    let next = cookie_of(&sign_in(&app, &ann).await.expect(200));
    page_posts(&app, "/api/auth/refresh/", json!({}), &next).await.expect(200);
    app.clock.advance(TimeDelta::seconds(31));
    page_posts(&app, "/api/auth/refresh/", json!({}), &next).await.expect(401);
}

#[tokio::test]
async fn a_cookie_counts_for_pages_of_the_web_app_alone() {
    let app = TestApp::unlimited().await;
    let ann = app.firm().await.owner;
    let cookie = cookie_of(&sign_in(&app, &ann).await.expect(200));
    for path in ["/api/auth/refresh/", "/api/auth/logout/"] {
        let call = || app.post(path, json!({})).header("cookie", &cookie);
        call().send().await.expect(403);
        for origin in
            ["https://evil.example", "null", "", "https://app.consultantpro.example.evil.example", "http://app.consultantpro.example"]
        {
            call().header("origin", origin).send().await.expect(403);
        }
        // Nor does anything else show a session.
        for none in ["refresh_token=", "refresh_token=x", "refresh_tokens=eyJ"] {
            let status = page_posts(&app, path, json!({}), none).await.status.as_u16();
            assert_eq!(status, 401, "{none}");
        }
        app.post(path, json!({})).header("origin", WEB_ORIGIN).send().await.expect(401);
    }
    // A cookie is no access token.
    app.get("/api/auth/me/").header("origin", WEB_ORIGIN).header("cookie", &cookie).send().await.expect(401);
    // Nor does a page of somebody else's have one set.
    let body = json!({"username": ann.email, "password": PASSWORD, "session": "cookie"});
    let strange = app.post("/api/auth/login/", body).header("origin", "https://evil.example").send().await.expect(403);
    assert_eq!(strange.header("set-cookie"), None);
    page_posts(&app, "/api/auth/refresh/", json!({}), &cookie).await.expect(200);
    // What the body says goes before it, as before; another way than these there isn't.
    let tokens = login(&app, &ann.email).await.expect(200);
    let by_body = page_posts(&app, "/api/auth/refresh/", json!({"refresh": tokens.text("/refresh")}), &cookie).await.expect(200);
    assert!(by_body.json["refresh"].is_string() && by_body.header("set-cookie").is_none());
    let body = json!({"username": ann.email, "password": PASSWORD, "session": "local_storage"});
    assert_eq!(app.post("/api/auth/login/", body).send().await.expect(422).fields(), ["session"]);
}

#[tokio::test]
async fn what_comes_of_a_browsers_session_comes_as_a_cookie_too() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bo = firm.member(Role::Manager).await;
    let page = sign_in(&app, &bo).await.expect(200);
    let mut bo = bo.clone();
    bo.access = page.text("/access");
    let answers = [
        bo.post("/api/auth/reauthenticate/", json!({"current_password": PASSWORD})).await.expect(200),
        bo.post("/api/auth/switch/", json!({"membership": bo.id})).await.expect(200),
    ];
    for answer in &answers {
        assert!(answer.json["refresh"].is_null());
        page_posts(&app, "/api/auth/refresh/", json!({}), &cookie_of(answer)).await.expect(200);
    }
    // The second step of a sign-in comes as the first asked, and of the web app's pages alone.
    let factor = bo.with_factor().await;
    let asked = sign_in(&app, &bo).await.expect(202);
    assert_eq!(asked.header("set-cookie"), None);
    let body = json!({"mfa_token": asked.text("/mfa_token"), "code": factor.code()});
    app.post("/api/auth/login/mfa/", body.clone()).send().await.expect(403);
    let done = page_posts(&app, "/api/auth/login/mfa/", body, "theme=dark").await.expect(200);
    page_posts(&app, "/api/auth/refresh/", json!({}), &cookie_of(&done)).await.expect(200);
}

#[tokio::test]
async fn signing_up_joining_and_choosing_another_password_begin_a_browsers_session_too() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let body = json!({"firm_name": "South", "name": "Al", "email": email("al"), "password": PASSWORD, "session": "cookie"});
    let call = || app.post("/api/auth/register/", body.clone()).header("idempotency-key", "k").header("origin", WEB_ORIGIN);
    let first = call().send().await.expect(201);
    // A lost answer is given again with the cookie.
    assert_eq!(cookie_of(&call().send().await.expect(201)), cookie_of(&first));
    let address = email("cy");
    let body = json!({"name": "Cy", "email": address, "role": "billing"});
    let invited = firm.owner.post("/api/auth/users/", body).await.expect(201).id();
    let body = json!({"token": firm.link(&invited, &address, 1), "password": PASSWORD, "session": "cookie"});
    let joined = page_posts(&app, "/api/auth/activate/", body, "").await.expect(200);
    app.post("/api/auth/password-reset/", json!({"email": address})).send().await.expect(202);
    let body = json!({"token": app.reset_token(&address, 1).await, "password": "harbour lane lighthouse", "session": "cookie"});
    let reset = page_posts(&app, "/api/auth/password-reset/confirm/", body, "").await.expect(200);
    page_posts(&app, "/api/auth/refresh/", json!({}), &cookie_of(&joined)).await.expect(401);
    for answer in [first, reset] {
        page_posts(&app, "/api/auth/refresh/", json!({}), &cookie_of(&answer)).await.expect(200);
    }
}

#[tokio::test]
async fn two_tabs_that_refresh_at_once_both_go_on() {
    let app = TestApp::unlimited().await;
    let ann = app.firm().await.owner;
    let cookie = cookie_of(&sign_in(&app, &ann).await.expect(200));
    let calls = (0..8).map(|_| app.post("/api/auth/refresh/", json!({})).header("origin", WEB_ORIGIN).header("cookie", &cookie));
    let answers = together(calls.collect()).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let cookies: std::collections::BTreeSet<_> = answers.iter().map(cookie_of).collect();
    assert_eq!(cookies.len(), 1);
    // A program's session beside it has nothing to do with it.
    let program = with_tokens(&ann, &login(&app, &ann.email).await.expect(200));
    refresh(&app, &program.refresh).await.expect(200);
    let preflight =
        app.call(Method::OPTIONS, "/api/auth/refresh/").header("origin", WEB_ORIGIN).header("access-control-request-method", "POST");
    preflight.send().await.expect(204);
}

#[tokio::test]
async fn who_signs_out_after_a_switch_leaves_no_session_that_nobody_holds() {
    let app = TestApp::unlimited().await;
    let ann = app.firm().await.owner;
    let page = sign_in(&app, &ann).await.expect(200);
    let mut there = ann.clone();
    there.access = page.text("/access");
    let switched = there.post("/api/auth/switch/", json!({"membership": ann.id})).await.expect(200);
    page_posts(&app, "/api/auth/logout/", json!({}), &cookie_of(&switched)).await.expect(204);
    for cookie in [cookie_of(&switched), cookie_of(&page)] {
        let over = page_posts(&app, "/api/auth/refresh/", json!({}), &cookie).await.expect(401);
        assert!(over.header("set-cookie").is_none_or(|cookie| cookie.starts_with("refresh_token=;")));
    }
    // What isn't taken is taken away, which no page can do.
    let forged = page_posts(&app, "/api/auth/logout/", json!({}), "refresh_token=x").await.expect(401);
    assert!(forged.header("set-cookie").unwrap().starts_with("refresh_token=; Max-Age=0;"));
}
