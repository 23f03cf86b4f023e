//! Signing up, in and out, and how a session goes on.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use domain::access::Role;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, PASSWORD, TestApp, email};

use crate::steps::{login, refresh, together, with_tokens};

#[tokio::test]
async fn signing_up_makes_a_firm_and_its_owner_who_is_signed_in() {
    let app = TestApp::new().await;
    let email = email("founder");
    let body = json!({"firm_name": "North", "name": "Olga", "email": email, "password": PASSWORD,
        "currency": "SEK", "time_zone": "Europe/Stockholm"});
    let signed_up = app.post("/api/auth/register/", body).send().await.expect(201);
    assert_eq!(signed_up.text("/user/email"), email);
    assert_eq!(signed_up.text("/firm/currency"), "SEK");
    assert_eq!(signed_up.text("/firm/time_zone"), "Europe/Stockholm");
    assert!(!String::from_utf8_lossy(&signed_up.body).contains(PASSWORD));

    let me = app.get("/api/auth/me/").bearer(&signed_up.text("/access")).send().await.expect(200);
    assert_eq!(me.text("/user/id"), signed_up.text("/user/id"));
    assert_eq!(me.text("/firm/id"), signed_up.text("/firm/id"));
    assert_eq!(me.text("/role"), "owner");
    assert!(me.json["permissions"].as_array().unwrap().contains(&json!("firm.manage")));
}

#[tokio::test]
async fn an_e_mail_signs_up_once_however_it_is_written() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let body = json!({"firm_name": "South", "name": "Eve", "email": firm.owner.email.to_uppercase(), "password": "another password"});
    app.post("/api/auth/register/", body).send().await.expect(409);

    let other = json!({"username": firm.owner.email, "password": "another password"});
    app.post("/api/auth/login/", other).send().await.expect(401);
    let tokens = login(&app, &firm.owner.email).await.expect(200);
    let me = app.get("/api/auth/me/").bearer(&tokens.text("/access")).send().await.expect(200);
    assert_eq!(me.text("/firm/id"), firm.id);
}

#[tokio::test]
async fn the_same_e_mail_signs_up_once_in_sixteen_requests_at_once() {
    let app = TestApp::new().await;
    let body = json!({"firm_name": "North", "name": "Olga", "email": email("founder"), "password": PASSWORD});
    let answers = together((0..16).map(|_| app.post("/api/auth/register/", body.clone())).collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 15);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_e_mail_are_answered_alike() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let try_in = async |username: &str, password: &str| {
        let body = json!({"username": username, "password": password});
        let mut refused = app.post("/api/auth/login/", body).header("x-request-id", "the-same").send().await.expect(401);
        assert!(refused.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer")));
        refused.headers.remove("date");
        (refused.json, refused.headers)
    };
    let wrong = try_in(&owner.email, "correct horse batterz").await;
    assert_eq!(try_in(&email("nobody"), PASSWORD).await, wrong);
    assert_eq!(try_in("no e-mail at all", PASSWORD).await, wrong);
    assert_eq!(try_in(&owner.email, "").await, wrong);
    login(&app, &owner.email).await.expect(200);
}

#[tokio::test]
async fn a_used_refresh_token_gives_the_same_successor_for_half_a_minute() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let next = refresh(&app, &owner.refresh).await.expect(200);
    assert_ne!(next.text("/refresh"), owner.refresh);
    assert_ne!(next.text("/access"), owner.access);
    with_tokens(&owner, &next).get("/api/auth/me/").await.expect(200);

    app.clock.advance(TimeDelta::seconds(25));
    assert_eq!(refresh(&app, &owner.refresh).await.expect(200).json, next.json);
    refresh(&app, &next.text("/refresh")).await.expect(200);
}

#[tokio::test]
async fn many_exchanges_of_one_refresh_token_at_once_give_one_successor() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let calls = (0..16).map(|_| app.post("/api/auth/refresh/", json!({"refresh": owner.refresh}))).collect();
    let answers = together(calls).await;
    for answer in &answers {
        assert_eq!(answer.clone().expect(200).json, answers[0].json);
    }
    refresh(&app, &answers[0].text("/refresh")).await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_used_again_later_ends_the_session_for_whoever_holds_its_tokens() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let next = refresh(&app, &owner.refresh).await.expect(200);
    app.clock.advance(TimeDelta::seconds(31));
    let refused = refresh(&app, &owner.refresh).await.expect(401);
    assert!(refused.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer")));
    refresh(&app, &next.text("/refresh")).await.expect(401);
    // Nor has whoever holds the last access token any access: at once where the firm is changed, within a minute elsewhere.
    let change = app.call(Method::PATCH, "/api/auth/firm/").bearer(&next.text("/access"));
    change.json(json!({"payment_terms_days": 14})).send().await.expect(401);
    login(&app, &owner.email).await.expect(200);
}

#[tokio::test]
async fn the_token_before_the_last_ends_the_session_at_once() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let second = refresh(&app, &owner.refresh).await.expect(200);
    let third = refresh(&app, &second.text("/refresh")).await.expect(200);
    refresh(&app, &owner.refresh).await.expect(401);
    refresh(&app, &third.text("/refresh")).await.expect(401);
}

#[tokio::test]
async fn reuse_ends_one_session_and_no_other_of_the_same_person() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let other = login(&app, &owner.email).await.expect(200);
    refresh(&app, &owner.refresh).await.expect(200);
    app.clock.advance(TimeDelta::seconds(31));
    refresh(&app, &owner.refresh).await.expect(401);
    refresh(&app, &other.text("/refresh")).await.expect(200);
}

#[tokio::test]
async fn who_logged_out_has_no_session_any_more() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    for _ in 0..2 {
        app.post("/api/auth/logout/", json!({"refresh": owner.refresh})).send().await.expect(204);
    }
    refresh(&app, &owner.refresh).await.expect(401);
    app.post("/api/auth/logout/", json!({"refresh": "nonsense"})).send().await.expect(401);
    app.post("/api/auth/logout/", json!({"refresh": owner.access})).send().await.expect(401);
}

#[tokio::test]
async fn a_refresh_token_is_taken_for_seven_days_and_each_new_one_anew() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    app.clock.advance(TimeDelta::days(7) - TimeDelta::minutes(1));
    let next = refresh(&app, &owner.refresh).await.expect(200).text("/refresh");
    app.clock.advance(TimeDelta::days(7) - TimeDelta::minutes(1));
    let last = refresh(&app, &next).await.expect(200).text("/refresh");
    app.clock.advance(TimeDelta::days(7));
    refresh(&app, &last).await.expect(401);
}

#[tokio::test]
async fn a_new_role_counts_from_the_next_refresh_on_and_a_token_with_the_old_one_ends() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let consultant = firm.member(Role::Consultant).await;
    let proposal = firm.proposal().await;
    let send = format!("/api/crm/proposals/{proposal}/send/");
    consultant.post(&send, json!({})).await.expect(403);

    firm.owner.patch(format!("/api/auth/users/{}/", consultant.id), json!({"role": "manager"})).await.expect(200);
    let refused = consultant.post(&send, json!({})).await.expect(401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    let manager = with_tokens(&consultant, &refresh(&app, &consultant.refresh).await.expect(200));
    manager.post(&send, json!({})).await.expect(200);
    let signed_in = with_tokens(&consultant, &login(&app, &consultant.email).await.expect(200));
    assert_eq!(signed_in.get("/api/auth/me/").await.expect(200).text("/role"), "manager");
}

#[tokio::test]
async fn who_was_deactivated_can_neither_refresh_nor_sign_in() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let manager = firm.member(Role::Manager).await;
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", manager.id), json!({})).await.expect(200);
    refresh(&app, &manager.refresh).await.expect(401);
    let refused = login(&app, &manager.email).await.expect(401);
    let unknown = login(&app, &email("nobody")).await.expect(401);
    assert_eq!(refused.json["detail"], unknown.json["detail"]);
}

#[tokio::test]
async fn who_was_shut_out_or_may_do_less_is_answered_so_within_a_minute_and_by_another_process_at_once() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let manager = firm.member(Role::Manager).await;
    let client = firm.portal().await.client.clone();
    let (payer, gone) =
        (firm.colleague(&client, json!({"see": true, "pay": true})).await, firm.colleague(&client, json!({"see": true})).await);
    let elsewhere = app.environment();
    let all = [&manager, &payer, &gone];
    // As busy as they are, they have leased more than they use.
    for user in all {
        for _ in 0..9 {
            user.get("/api/auth/me/").await.expect(200);
        }
    }
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", manager.id), json!({})).await.expect(200);
    firm.owner.patch(format!("/api/clients/portal-users/{}/", payer.id), json!({"rights": {"pay": false}})).await.expect(200);
    firm.owner.post(format!("/api/clients/portal-users/{}/deactivate/", gone.id), json!({})).await.expect(200);
    for user in all {
        user.call(Method::GET, "/api/auth/me/").by(&elsewhere).send().await.expect(401);
    }
    app.clock.advance(TimeDelta::minutes(1));
    for user in all {
        app.meter.take();
        for _ in 0..5 {
            let refused = user.get("/api/auth/me/").await.expect(401);
            assert_eq!(refused.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
        }
        // Whoever comes on and on with such a token is told without the table being asked again.
        assert!(app.meter.take().len() <= 2);
    }
    for (user, status) in [(&manager, 401), (&payer, 200), (&gone, 401)] {
        refresh(&app, &user.refresh).await.expect(status);
    }
}

#[tokio::test]
async fn who_may_do_again_what_they_might_before_is_let_in_by_new_tokens_at_once_and_by_none_from_before() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = firm.portal().await.client.clone();
    let payer = firm.colleague(&client, json!({"see": true, "pay": true})).await;
    let path = format!("/api/clients/portal-users/{}/", payer.id);
    let may_pay = |pay: bool| firm.owner.patch(&path, json!({"rights": {"pay": pay}}));
    may_pay(false).await.expect(200);
    payer.get("/api/auth/me/").await.expect(401);
    app.clock.advance(TimeDelta::seconds(1));
    may_pay(true).await.expect(200);
    let again = with_tokens(&payer, &login(&app, &payer.email).await.expect(200));
    for _ in 0..5 {
        again.get("/api/auth/me/").await.expect(200);
    }
    // Shut out and let in again: what was in another's hands before stays worth nothing.
    firm.owner.post(format!("{path}deactivate/"), json!({})).await.expect(200);
    app.clock.advance(TimeDelta::minutes(1));
    firm.owner.post(format!("{path}invite/"), json!({})).await.expect(200);
    let back = firm.activated(&payer.id, &payer.email, 2).await;
    for _ in 0..5 {
        back.get("/api/auth/me/").await.expect(200);
    }
    app.clock.advance(TimeDelta::minutes(1));
    for old in [&payer, &again] {
        old.get("/api/auth/me/").await.expect(401);
        back.get("/api/auth/me/").await.expect(200);
    }
}

#[tokio::test]
async fn a_firm_keeps_an_owner_and_who_is_none_any_more_makes_none() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let other = firm.member(Role::Owner).await;
    let calls = [(&firm.owner, &other), (&other, &firm.owner)]
        .map(|(by, whom)| by.call(Method::POST, format!("/api/auth/users/{}/deactivate/", whom.id)).json(json!({})));
    let answers = together(calls.into()).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);

    // Nor does the lease that an environment still has for somebody let them act on people.
    let firm = app.firm().await;
    let demoted = firm.member(Role::Owner).await;
    for _ in 0..9 {
        demoted.get("/api/auth/me/").await.expect(200);
    }
    firm.owner.patch(format!("/api/auth/users/{}/", demoted.id), json!({"role": "billing"})).await.expect(200);
    demoted.get("/api/auth/me/").await.expect(200);
    let back = json!({"name": "Me again", "email": email("again"), "role": "owner"});
    demoted.post("/api/auth/users/", back).await.expect(401);
    demoted.patch("/api/auth/firm/", json!({"name": "Mine"})).await.expect(401);
}

#[tokio::test]
async fn who_belongs_to_two_firms_has_one_password_and_says_into_which_to_sign_in() {
    let app = TestApp::new().await;
    let (first, second) = (app.firm().await, app.firm().await);
    let (olga, stranger) = (&first.owner.email, app.firm().await.id);
    let body = json!({"name": "Olga", "email": olga, "role": "billing"});
    let invited = second.owner.post("/api/auth/users/", body).await.expect(201).id();
    let token = second.link(&invited, olga, 1);

    let wrong = app.post("/api/auth/activate/", json!({"token": token, "password": "another password"})).send().await.expect(422);
    assert_eq!(wrong.fields(), ["password"]);
    app.post("/api/auth/activate/", json!({"token": token, "password": PASSWORD})).send().await.expect(200);

    let into = async |firm: Option<&str>| {
        let mut body = json!({"username": olga, "password": PASSWORD});
        if let Some(firm) = firm {
            body["firm"] = json!(firm);
        }
        app.post("/api/auth/login/", body).send().await
    };
    for (firm, role) in [(&first.id, "owner"), (&second.id, "billing")] {
        let tokens = into(Some(firm)).await.expect(200);
        let me = app.get("/api/auth/me/").bearer(&tokens.text("/access")).send().await.expect(200);
        assert_eq!((me.text("/firm/id"), me.text("/role")), (firm.clone(), role.to_owned()));
    }
    into(None).await.expect(200);
    into(Some(&stranger)).await.expect(401);

    second.owner.post(format!("/api/auth/users/{invited}/deactivate/"), json!({})).await.expect(200);
    into(Some(&second.id)).await.expect(401);
    into(Some(&first.id)).await.expect(200);
}

/// What the access token in `answer` says.
fn claims(answer: &Answer) -> Value {
    let payload = answer.text("/access").split('.').nth(1).unwrap().to_owned();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_refresh_that_is_repeated_gives_the_same_successor_with_the_role_or_rights_of_now() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let manager = firm.member(Role::Manager).await;
    let client = firm.portal().await.client.clone();
    let payer = firm.colleague(&client, json!({"see": true, "pay": true})).await;
    let (as_manager, as_payer) = (refresh(&app, &manager.refresh).await.expect(200), refresh(&app, &payer.refresh).await.expect(200));
    assert_eq!(claims(&as_manager)["role"], "manager");
    assert_eq!(claims(&as_payer)["scope"], "see comment pay");

    firm.owner.patch(format!("/api/auth/users/{}/", manager.id), json!({"role": "consultant"})).await.expect(200);
    firm.owner.patch(format!("/api/clients/portal-users/{}/", payer.id), json!({"rights": {"pay": false}})).await.expect(200);
    let (as_consultant, as_onlooker) = (refresh(&app, &manager.refresh).await.expect(200), refresh(&app, &payer.refresh).await.expect(200));
    assert_eq!(claims(&as_consultant)["role"], "consultant");
    assert!(!claims(&as_consultant)["scope"].as_str().unwrap().contains("sales.close"));
    assert_eq!(claims(&as_onlooker)["scope"], "see comment");
    assert_eq!(as_consultant.text("/refresh"), as_manager.text("/refresh"));
    assert_eq!(as_onlooker.text("/refresh"), as_payer.text("/refresh"));

    firm.owner.post(format!("/api/auth/users/{}/deactivate/", manager.id), json!({})).await.expect(200);
    refresh(&app, &manager.refresh).await.expect(401);
}

#[tokio::test]
async fn a_log_in_that_is_sent_again_gives_what_the_session_has_now_and_nothing_once_it_is_over() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let manager = firm.member(Role::Manager).await;
    let log_in = |key: &'static str| {
        app.post("/api/auth/login/", json!({"username": manager.email, "password": PASSWORD})).header("idempotency-key", key).send()
    };
    let first = log_in("rotated").await.expect(200);
    let rotated = refresh(&app, &first.text("/refresh")).await.expect(200);
    let again = log_in("rotated").await.expect(200);
    assert_eq!(again.text("/refresh"), rotated.text("/refresh"));
    firm.owner.patch(format!("/api/auth/users/{}/", manager.id), json!({"role": "consultant"})).await.expect(200);
    assert_eq!(claims(&log_in("rotated").await.expect(200))["role"], "consultant");

    let ended = log_in("ended").await.expect(200);
    app.post("/api/auth/logout/", json!({"refresh": ended.text("/refresh")})).send().await.expect(204);
    let refused = log_in("ended").await.expect(401);
    assert!(refused.json.get("access").is_none());
    log_in("anew").await.expect(200);

    // The same of who signs up.
    let body = json!({"firm_name": "South", "name": "Sue", "email": email("sue"), "password": PASSWORD});
    let sign_up = || app.post("/api/auth/register/", body.clone()).header("idempotency-key", "sue").send();
    let signed_up = sign_up().await.expect(201);
    app.post("/api/auth/logout/", json!({"refresh": signed_up.text("/refresh")})).send().await.expect(204);
    sign_up().await.expect(401);
}

#[tokio::test]
async fn tokens_are_not_to_be_stored_by_anybody_on_their_way() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let bo = email("bo");
    let invited = firm.owner.post("/api/auth/users/", json!({"name": "Bo", "email": bo, "role": "billing"})).await.expect(201).id();
    for (path, body) in [
        ("register", json!({"firm_name": "South", "name": "Sue", "email": email("sue"), "password": PASSWORD})),
        ("login", json!({"username": firm.owner.email, "password": PASSWORD})),
        ("activate", json!({"token": firm.link(&invited, &bo, 1), "password": PASSWORD})),
        ("refresh", json!({"refresh": firm.owner.refresh})),
    ] {
        for _ in 0..2 {
            let answer = app.post(format!("/api/auth/{path}/"), body.clone()).header("idempotency-key", path).send().await;
            assert!(answer.status.is_success() && answer.text("/access").len() > 100, "{path}: {}", answer.json);
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        }
    }
}
