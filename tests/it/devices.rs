//! Where somebody signed in before they are known, so that no stranger who fails as them keeps them out.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::access::Role;
use serde_json::{Value, json};
use tests::{Answer, Call, PASSWORD, TestApp, User, WEB_ORIGIN};

use crate::steps::{login, wait_for_the_hour, wait_to_guess};

fn sign_in<'a>(app: &'a TestApp, user: &User<'_>, password: &str, device: &str) -> Call<'a> {
    app.post("/api/auth/login/", json!({"username": user.email, "password": password, "device": device}))
}

/// Strangers fail to sign in as `user` as often as they may in an hour, and from the address from which the app is called.
async fn lock_out(app: &TestApp, user: &User<'_>) {
    for n in 0..20 {
        wait_to_guess(app, n);
        let body = json!({"username": user.email, "password": "a wrong long phrase"});
        app.post("/api/auth/login/", body).from(IpAddr::from(rand::random::<u32>().to_be_bytes())).send().await.expect(401);
        let refused = app.post("/api/auth/login/", json!({"username": format!("{n}@example.com"), "password": PASSWORD})).send().await;
        assert!([401, 429].contains(&refused.status.as_u16()));
    }
}

fn cookie(answer: &Answer, name: &str) -> String {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap());
    cookies.into_iter().find(|set| set.starts_with(&format!("{name}="))).unwrap().to_owned()
}

#[tokio::test]
async fn where_they_signed_in_before_somebody_is_let_in_whatever_strangers_do() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let (ann, bo) = (app.firm().await.owner, app.firm().await.owner);
    let device = login(&app, &ann.email).await.expect(200).text("/device");
    lock_out(&app, &ann).await;
    login(&app, &ann.email).await.expect(429);
    // Nor is one known that is somebody else's, altered, or none.
    sign_in(&app, &bo, PASSWORD, &device).send().await.expect(429);
    for wrong in [format!("{device}A"), device.to_uppercase(), "x".to_owned(), login_device_of(&app, &bo).await] {
        sign_in(&app, &ann, PASSWORD, &wrong).send().await.expect(429);
    }
    sign_in(&app, &ann, PASSWORD, &device).send().await.expect(200);
    // What is guessed there is counted for it alone, and no more of it is than of a stranger's.
    wait_for_the_hour(&app);
    for n in 0..20 {
        wait_to_guess(&app, n);
        sign_in(&app, &ann, "a wrong long phrase", &device).send().await.expect(401);
    }
    sign_in(&app, &ann, PASSWORD, &device).send().await.expect(429);
    let again = login(&app, &ann.email).await.expect(200).text("/device");
    sign_in(&app, &ann, PASSWORD, &again).send().await.expect(200);
    // It is known for a year.
    wait_for_the_hour(&app);
    let is_counted = |address: &str| app.counted().into_iter().any(|(key, _)| format!("{key:?}").contains(address));
    for (days, address, counts) in [(364, "192.0.2.8", false), (2, "192.0.2.9", true)] {
        app.clock.advance(TimeDelta::days(days));
        sign_in(&app, &ann, "a wrong long phrase", &again).from(address.parse().unwrap()).send().await.expect(401);
        assert_eq!(is_counted(address), counts, "{address}");
    }
}

async fn login_device_of(app: &TestApp, user: &User<'_>) -> String {
    let body = json!({"username": user.email, "password": PASSWORD});
    app.post("/api/auth/login/", body).from(IpAddr::from([192, 0, 2, 77])).send().await.expect(200).text("/device")
}

#[tokio::test]
async fn a_browser_is_known_by_a_cookie_which_outlives_its_session() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let ann = app.firm().await.member(Role::Consultant).await;
    let page = |cookie: &str| {
        let body = json!({"username": ann.email, "password": PASSWORD, "session": "cookie"});
        app.post("/api/auth/login/", body).header("origin", WEB_ORIGIN).header("cookie", cookie)
    };
    let signed_in = page("theme=dark").send().await.expect(200);
    assert_eq!(signed_in.json["device"], Value::Null);
    let (device, attributes) = cookie(&signed_in, "device").split_once("; ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(attributes, "Max-Age=31536000; Path=/api/auth/; HttpOnly; Secure; SameSite=Strict");
    let session = cookie(&signed_in, "refresh_token").split(';').next().unwrap().to_owned();
    let out = app.post("/api/auth/logout/", json!({})).header("origin", WEB_ORIGIN).header("cookie", &format!("{session}; {device}"));
    let out = out.send().await.expect(204);
    assert_eq!(out.headers.get_all("set-cookie").iter().count(), 1, "the device stays");
    lock_out(&app, &ann).await;
    page("theme=dark").send().await.expect(429);
    page(&device).send().await.expect(200);
}

#[tokio::test]
async fn who_knew_the_password_before_is_a_stranger_once_it_is_another() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let ann = app.firm().await.owner;
    let (before, switched) = (login(&app, &ann.email).await.expect(200).text("/device"), app.firm().await.owner);
    app.post("/api/auth/password-reset/", json!({"email": ann.email})).send().await.expect(202);
    let reset = json!({"token": app.reset_token(&ann.email, 1).await, "password": "harbour lane lighthouse"});
    let own = app.post("/api/auth/password-reset/confirm/", reset).send().await.expect(200).text("/device");
    lock_out(&app, &ann).await;
    sign_in(&app, &ann, "harbour lane lighthouse", &before).send().await.expect(429);
    sign_in(&app, &ann, "harbour lane lighthouse", &own).send().await.expect(200);
    // Nor does somebody's token make devices known, of which each would have a count of its own.
    let membership = json!({"membership": switched.id});
    assert_eq!(switched.post("/api/auth/switch/", membership).await.expect(200).json["device"], Value::Null);
}
