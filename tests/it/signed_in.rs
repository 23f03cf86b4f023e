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
    // A day later it has new tokens: from where, and when.
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
        other.get("/api/auth/sessions/").await;
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
