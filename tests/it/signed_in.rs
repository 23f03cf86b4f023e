//! Where somebody is signed in, which they see and end.

use chrono::TimeDelta;
use serde_json::json;
use tests::{PASSWORD, TestApp, User};

use crate::steps::{refresh, results, with_tokens};

/// `user`, signed in anew with the program `device`.
async fn by_device<'a>(app: &TestApp, user: &User<'a>, device: &str) -> User<'a> {
    let body = json!({"username": user.email, "password": PASSWORD});
    let answer = app.post("/api/auth/login/", body).header("user-agent", device).send().await.expect(200);
    with_tokens(user, &answer)
}

#[tokio::test]
async fn somebody_sees_where_they_are_signed_in_and_ends_one_of_it() {
    let app = TestApp::unlimited().await;
    let (here, stranger) = (app.firm().await.owner, app.firm().await.owner);
    app.clock.advance(TimeDelta::minutes(1));
    let phone = by_device(&app, &here, "Phone/1.0").await;
    let sessions = here.get("/api/auth/sessions/").await.expect(200);
    let [newest, first] = results(&sessions) else { panic!("{:#}", sessions.json) };
    assert_eq!((first["current"].as_bool(), newest["current"].as_bool()), (Some(true), Some(false)));
    assert!(newest["address"].is_string() && first["client"].is_null());
    // A minute later it has new tokens: from where, and when.
    app.clock.advance(TimeDelta::minutes(1));
    let again = app.post("/api/auth/refresh/", json!({"refresh": phone.refresh})).header("user-agent", "Phone/2.0").send().await;
    let phone = with_tokens(&phone, &again.expect(200));
    let sessions = here.get("/api/auth/sessions/").await.expect(200);
    let newest = &results(&sessions)[0];
    assert_eq!(newest["device"], "Phone/2.0");
    assert!(newest["last_used"].as_str() > newest["started_at"].as_str());

    let path = format!("/api/auth/sessions/{}/", newest["id"].as_str().unwrap());
    stranger.delete(path.clone()).await.expect(404);
    for _ in 0..2 {
        let here = with_tokens(&here, &refresh(&app, &here.refresh).await.expect(200));
        here.delete(path.clone()).await.expect(204);
    }
    refresh(&app, &phone.refresh).await.expect(401);
    app.clock.advance(TimeDelta::seconds(25));
    let here = with_tokens(&here, &refresh(&app, &here.refresh).await.expect(200));
    app.clock.advance(TimeDelta::seconds(61));
    phone.get("/api/auth/me/").await.expect(401);
    assert_eq!(results(&here.get("/api/auth/sessions/").await.expect(200)).len(), 1);
}

#[tokio::test]
async fn somebody_signs_out_everywhere_else() {
    let app = TestApp::unlimited().await;
    let here = app.firm().await.owner;
    let others = [by_device(&app, &here, "Phone").await, by_device(&app, &here, "Tablet").await];
    here.delete("/api/auth/sessions/").await.expect(204);
    for other in &others {
        refresh(&app, &other.refresh).await.expect(401);
    }
    let here = with_tokens(&here, &refresh(&app, &here.refresh).await.expect(200));
    app.clock.advance(TimeDelta::seconds(61));
    for other in &others {
        other.get("/api/auth/me/").await.expect(401);
    }
    let sessions = here.get("/api/auth/sessions/").await.expect(200);
    assert_eq!((results(&sessions).len(), &results(&sessions)[0]["current"]), (1, &json!(true)));
    // It goes on, as do those that begin from now on.
    let phone = by_device(&app, &here, "Phone").await;
    for session in [&here, &phone] {
        refresh(&app, &session.refresh).await.expect(200);
    }
}

#[tokio::test]
async fn the_session_that_stays_keeps_no_other_alive_however_busy_it_is() {
    let app = TestApp::unlimited().await;
    let here = app.firm().await.owner;
    app.clock.advance(TimeDelta::minutes(5));
    let phone = by_device(&app, &here, "Phone").await;
    app.clock.advance(TimeDelta::minutes(5));
    here.delete("/api/auth/sessions/").await.expect(204);
    for _ in 0..3 {
        app.clock.advance(TimeDelta::seconds(61));
        // The older token first, which leases for all.
        for _ in 0..4 {
            here.get("/api/auth/me/").await.expect(200);
        }
        phone.get("/api/auth/me/").await.expect(401);
    }
}

#[tokio::test]
async fn who_was_signed_out_ends_no_other_session() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let thief = by_device(&app, &owner, "Thief").await;
    let sessions = owner.get("/api/auth/sessions/").await.expect(200);
    let mine = results(&sessions).iter().find(|session| session["current"] == true).unwrap()["id"].as_str().unwrap().to_owned();
    thief.get("/api/auth/me/").await.expect(200);
    owner.delete("/api/auth/sessions/").await.expect(204);
    // Their token is still taken for a moment, for what isn't looked up.
    thief.delete(format!("/api/auth/sessions/{mine}/")).await.expect(401);
    thief.delete("/api/auth/sessions/").await.expect(401);
    thief.post("/api/auth/switch/", json!({"membership": owner.id})).await.expect(401);
    thief.post("/api/auth/reauthenticate/", json!({"current_password": PASSWORD})).await.expect(401);
    refresh(&app, &owner.refresh).await.expect(200);
}

#[tokio::test]
async fn somebody_signs_out_here_by_the_list_too() {
    let app = TestApp::unlimited().await;
    let here = app.firm().await.owner;
    let id = here.get("/api/auth/sessions/").await.expect(200).text("/results/0/id");
    here.delete(format!("/api/auth/sessions/{id}/")).await.expect(204);
    refresh(&app, &here.refresh).await.expect(401);
    app.clock.advance(TimeDelta::seconds(61));
    here.get("/api/auth/me/").await.expect(401);
}

#[tokio::test]
async fn who_signs_in_beside_a_change_of_the_password_is_out_with_the_one_before() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    // The change has read what it begins from when somebody signs in, a second later, who knows the password of before.
    let mut held = app.meter.hold("BatchGetItem");
    let body = json!({"current_password": PASSWORD, "new_password": "harbour lane lighthouse"});
    let (changed, thief) = tokio::join!(owner.post("/api/auth/password/", body), async {
        held.reached().await;
        app.clock.advance(TimeDelta::seconds(2));
        let thief = by_device(&app, &owner, "Thief").await;
        held.release();
        thief
    });
    changed.expect(204);
    refresh(&app, &thief.refresh).await.expect(401);
    app.clock.advance(TimeDelta::seconds(61));
    thief.get("/api/auth/me/").await.expect(401);
    refresh(&app, &owner.refresh).await.expect(200);
}

#[tokio::test]
async fn who_signs_in_in_the_second_of_a_change_is_signed_in() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    for _ in 0..3 {
        owner.delete("/api/auth/sessions/").await.expect(204);
        by_device(&app, &owner, "Phone").await.get("/api/auth/me/").await.expect(200);
    }
    // Nor does it take away a session of its second that another is ended whose tokens are older.
    app.clock.advance(TimeDelta::seconds(61));
    let sessions = owner.get("/api/auth/sessions/").await.expect(200);
    let phone = results(&sessions).iter().find(|session| session["current"] == false).unwrap();
    owner.delete(format!("/api/auth/sessions/{}/", phone["id"].as_str().unwrap())).await.expect(204);
    by_device(&app, &owner, "Tablet").await.get("/api/auth/me/").await.expect(200);
}

#[tokio::test]
async fn a_portal_user_looks_after_what_they_sign_in_with_too() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let portal = &firm.portal().await.user;
    let sessions = portal.get("/api/auth/sessions/").await.expect(200);
    assert!(results(&sessions)[0]["client"].is_string());
    let body = json!({"current_password": PASSWORD, "new_password": "harbour lane lighthouse"});
    portal.post("/api/auth/password/", body).await.expect(204);
    portal.delete("/api/auth/sessions/").await.expect(204);
}
