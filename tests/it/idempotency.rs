//! Idempotency keys: a POST that is sent again is done once.

use chrono::TimeDelta;
use domain::access::Role;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, PASSWORD, TestApp, User, email};

use crate::steps::{results, signed_in_again, together};

async fn post(user: &User<'_>, path: &str, key: &str, body: &Value) -> Answer {
    user.call(Method::POST, path).json(body.clone()).header("idempotency-key", key).send().await
}

async fn leads(user: &User<'_>) -> usize {
    results(&user.get("/api/crm/leads/").await.expect(200)).len()
}

/// That `second` is `first`, given again.
#[track_caller]
fn assert_replayed(first: &Answer, second: &Answer) {
    assert_eq!((second.status, &second.body), (first.status, &first.body));
    for name in ["etag", "location", "content-type"] {
        assert_eq!(second.header(name), first.header(name), "{name}");
    }
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
}

#[tokio::test]
async fn a_creation_sent_again_is_answered_again_and_done_once() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let body = json!({"company_name": "Acme Corp"});
    let first = post(&owner, "/api/crm/leads/", "key-1", &body).await.expect(201);
    let second = post(&owner, "/api/crm/leads/", "key-1", &body).await;
    assert_replayed(&first, &second);
    assert_eq!(leads(&owner).await, 1);

    // Even once the lead isn't what it was.
    owner.patch(format!("/api/crm/leads/{}/", first.id()), json!({"phone": "1"})).await.expect(200);
    assert_replayed(&first, &post(&owner, "/api/crm/leads/", "key-1", &body).await);
    assert_ne!(post(&owner, "/api/crm/leads/", "key-2", &body).await.expect(201).id(), first.id());
    assert_eq!(leads(&owner).await, 2);
}

#[tokio::test]
async fn an_action_sent_again_is_answered_again_and_done_once() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    let path = format!("/api/crm/proposals/{proposal}/send/");
    let first = post(&firm.owner, &path, "send", &json!({})).await.expect(200);
    assert_replayed(&first, &post(&firm.owner, &path, "send", &json!({})).await);
    post(&firm.owner, &path, "another", &json!({})).await.expect(409);
    let history = firm.owner.get(format!("/api/crm/proposals/{proposal}/history/")).await.expect(200);
    assert_eq!(results(&history).iter().filter(|event| event["event"] == "proposal.sent").count(), 1);

    // What was sent is accepted; sending it again under the first key still tells of the sending.
    let path_of_yes = format!("/api/crm/proposals/{proposal}/accept/");
    let yes = post(&firm.owner, &path_of_yes, "yes", &json!({})).await.expect(200);
    assert_replayed(&yes, &post(&firm.owner, &path_of_yes, "yes", &json!({})).await);
    assert_replayed(&first, &post(&firm.owner, &path, "send", &json!({})).await);
    assert_eq!(results(&firm.owner.get("/api/clients/clients/").await.expect(200)).len(), 1);
}

#[tokio::test]
async fn another_request_under_a_used_key_is_refused() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let lead = post(&firm.owner, "/api/crm/leads/", "key", &json!({"company_name": "Acme Corp"})).await.expect(201).id();
    for (path, body) in [
        ("/api/crm/leads/".to_owned(), json!({"company_name": "Acme Corp."})),
        ("/api/crm/leads/".to_owned(), json!({"company_name": "Acme Corp", "phone": "1"})),
        ("/api/crm/prospects/".to_owned(), json!({"company_name": "Acme Corp"})),
        ("/api/clients/clients/".to_owned(), json!({"company_name": "Acme Corp"})),
        (format!("/api/crm/leads/{lead}/convert/"), json!({})),
    ] {
        let refused = post(&firm.owner, &path, "key", &body).await.expect(422);
        assert_eq!(refused.header("content-type"), Some("application/problem+json"));
        assert_eq!(refused.fields(), ["Idempotency-Key"], "{path}");
    }
    assert_eq!(leads(&firm.owner).await, 1);
    for path in ["/api/crm/prospects/", "/api/clients/clients/"] {
        assert!(results(&firm.owner.get(path).await.expect(200)).is_empty(), "{path}");
    }
}

#[tokio::test]
async fn the_same_key_of_another_caller_is_another_key() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let manager = firm.member(Role::Manager).await;
    let mut made = Vec::new();
    for (user, name) in [(&firm.owner, "First"), (&manager, "Second"), (&other.owner, "Third")] {
        let lead = post(user, "/api/crm/leads/", "key", &json!({"company_name": name})).await.expect(201);
        assert_eq!(lead.text("/company_name"), name);
        assert_eq!(lead.header("idempotency-replayed"), None);
        made.push(lead.id());
    }
    made.dedup();
    assert_eq!(made.len(), 3);
    assert_eq!((leads(&firm.owner).await, leads(&other.owner).await), (2, 1));
}

#[tokio::test]
async fn a_key_is_remembered_for_a_day() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let body = json!({"company_name": "Acme Corp"});
    let first = post(&owner, "/api/crm/leads/", "key", &body).await.expect(201);
    app.clock.advance(TimeDelta::hours(24) - TimeDelta::minutes(1));
    let owner = signed_in_again(&app, &owner).await;
    assert_replayed(&first, &post(&owner, "/api/crm/leads/", "key", &body).await);
    app.clock.advance(TimeDelta::minutes(1));
    let anew = post(&owner, "/api/crm/leads/", "key", &json!({"company_name": "Another"})).await.expect(201);
    assert_ne!(anew.id(), first.id());
    assert_replayed(&anew, &post(&owner, "/api/crm/leads/", "key", &json!({"company_name": "Another"})).await);
}

#[tokio::test]
async fn sixteen_requests_at_once_under_one_key_have_one_effect_and_one_answer() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    for (path, body, status) in [
        ("/api/crm/leads/".to_owned(), json!({"company_name": "Acme Corp", "email": "ann@acme.example"}), 201),
        (format!("/api/crm/proposals/{proposal}/accept/"), json!({"accepted_by": "Ann Lee"}), 200),
    ] {
        let call = |_| firm.owner.call(Method::POST, &path).json(body.clone()).header("idempotency-key", &path);
        let answers = together((0..16).map(call).collect()).await;
        for answer in &answers {
            assert_eq!(answer.clone().expect(status).body, answers[0].body, "{path}");
        }
        assert_eq!(answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count(), 1, "{path}");
    }
    for list in ["/api/crm/leads/", "/api/clients/clients/", "/api/clients/portal-users/", "/api/clients/engagements/"] {
        assert_eq!(results(&firm.owner.get(list).await.expect(200)).len(), 1, "{list}");
    }
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    post(&owner, "/api/crm/leads/", "key", &json!({"company_name": ""})).await.expect(422);
    post(&owner, "/api/crm/leads/", "key", &json!({"company_name": "Acme Corp"})).await.expect(201);
}

#[tokio::test]
async fn what_is_no_key_is_refused_and_what_is_no_post_has_none() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let body = json!({"company_name": "Acme Corp"});
    for key in ["", &"k".repeat(256), "nyckel-å"] {
        let refused = post(&owner, "/api/crm/leads/", key, &body).await.expect(400);
        assert_eq!(refused.fields(), ["Idempotency-Key"]);
    }
    assert_eq!(leads(&owner).await, 0);
    let lead = post(&owner, "/api/crm/leads/", &"k".repeat(255), &body).await.expect(201).id();
    let path = format!("/api/crm/leads/{lead}/");
    for phone in ["1", "2"] {
        let patch = owner.call(Method::PATCH, &path).json(json!({"phone": phone})).header("idempotency-key", "key");
        assert_eq!(patch.send().await.expect(200).text("/phone"), phone);
    }
}

#[tokio::test]
async fn signing_up_in_and_activating_give_the_same_tokens_to_the_same_key() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let bo = email("bo");
    let invited = firm.owner.post("/api/auth/users/", json!({"name": "Bo", "email": bo, "role": "billing"})).await.expect(201).id();
    let register = json!({"firm_name": "South", "name": "Sue", "email": email("sue"), "password": PASSWORD});
    let activate = json!({"token": firm.link(&invited, &bo, 1), "password": PASSWORD});
    let login = json!({"username": firm.owner.email, "password": PASSWORD});
    for (path, body, status, free) in
        [("/api/auth/register/", register, 201, 409), ("/api/auth/activate/", activate, 200, 409), ("/api/auth/login/", login, 200, 200)]
    {
        let send = |key: &str| app.post(path, body.clone()).header("idempotency-key", key).send();
        let first = send(path).await.expect(status);
        let second = send(path).await.expect(status);
        assert_eq!(second.json, first.json, "{path}");
        assert_eq!(second.header("idempotency-replayed"), Some("true"), "{path}");
        let other = send("another key").await.expect(free);
        assert_ne!(other.json["refresh"], first.json["refresh"], "{path}");
        let refresh = |token: String| app.post("/api/auth/refresh/", json!({"refresh": token})).send();
        refresh(first.text("/refresh")).await.expect(200);
    }
}

/// What is kept of a POST of `body` to `path` under a key by somebody who isn't signed in.
async fn kept(app: &TestApp, path: &str, body: &Value) -> Value {
    app.post(path, body.clone()).header("idempotency-key", path).send().await;
    let kept: Vec<_> = app.records().into_iter().filter(|((pk, _), _)| pk.contains("IDEMPOTENCY") && pk.ends_with(path)).collect();
    assert_eq!(kept.len(), 1, "{path}: {kept:?}");
    kept[0].1.clone()
}

#[tokio::test]
async fn what_is_kept_of_a_request_is_the_same_whatever_its_password_is() {
    let (email, mut requests) = (email("sue"), Vec::new());
    for password in ["correct horse battery", "harbour lane lighthouse"] {
        let app = TestApp::new().await;
        let register = json!({"firm_name": "South", "name": "Sue", "email": email, "password": password});
        let registered = kept(&app, "/api/auth/register/", &register).await;
        let logged_in = kept(&app, "/api/auth/login/", &json!({"username": email, "password": password})).await;
        for item in [&registered, &logged_in] {
            assert!(!item.to_string().contains(password));
        }
        requests.push([registered["request"].clone(), logged_in["request"].clone()]);
    }
    assert_eq!(requests[0], requests[1]);
    assert!(requests[0][0].is_object() && requests[0][0] != requests[0][1]);

    let app = TestApp::new().await;
    let firm = app.firm().await;
    let body = json!({"name": "Bo", "email": "bo@north.example", "role": "billing"});
    let invited = firm.owner.post("/api/auth/users/", body).await.expect(201).id();
    let activate = json!({"token": firm.link(&invited, "bo@north.example", 1), "password": "harbour lane lighthouse"});
    let activated = kept(&app, "/api/auth/activate/", &activate).await["request"]["S"].as_str().unwrap().to_owned();
    // Not the hash of all that was sent either, in any order.
    let sent = [b"POST /api/auth/activate/\n", activate.to_string().as_bytes()].map(<[u8]>::to_vec);
    assert_ne!(activated, domain::Digest::of(&[&sent[0], &sent[1]]).to_string());
}

#[tokio::test]
async fn another_password_under_a_used_key_is_another_request() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let bo = email("bo");
    let invited = firm.owner.post("/api/auth/users/", json!({"name": "Bo", "email": bo, "role": "billing"})).await.expect(201).id();
    let register = json!({"firm_name": "South", "name": "Sue", "email": email("sue"), "password": PASSWORD});
    let activate = json!({"token": firm.link(&invited, &bo, 1), "password": PASSWORD});
    let login = json!({"username": firm.owner.email, "password": PASSWORD});
    for (path, body, refused) in
        [("/api/auth/register/", register, 422), ("/api/auth/activate/", activate, 422), ("/api/auth/login/", login, 401)]
    {
        let send = |body: &Value| app.post(path, body.clone()).header("idempotency-key", path).send();
        let first = send(&body).await;
        assert!(first.status.is_success(), "{path}: {}", first.json);
        let mut guess = body.clone();
        guess["password"] = json!("another password");
        let answer = send(&guess).await.expect(refused);
        assert!(answer.json.get("access").is_none());
        assert_eq!(send(&body).await.json, first.json, "{path}");
    }
}

#[tokio::test]
async fn a_key_that_two_people_at_one_address_choose_gives_neither_the_others_tokens() {
    let app = TestApp::new().await;
    let (first, second) = (app.firm().await, app.firm().await);
    let login = |email: &str| app.post("/api/auth/login/", json!({"username": email, "password": PASSWORD})).header("idempotency-key", "1");
    login(&first.owner.email).send().await.expect(200);
    let refused = login(&second.owner.email).send().await.expect(422);
    assert_eq!(refused.fields(), ["Idempotency-Key"]);
}

#[tokio::test]
async fn what_was_done_is_answered_again_although_what_it_named_is_archived_since() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let campaign = owner.post("/api/crm/campaigns/", json!({"name": "Fair"})).await.expect(201).id();
    let body = json!({"company_name": "Acme Corp", "campaign": campaign});
    let first = post(&owner, "/api/crm/leads/", "key-1", &body).await.expect(201);
    owner.delete(format!("/api/crm/campaigns/{campaign}/")).await.expect(204);
    assert_replayed(&first, &post(&owner, "/api/crm/leads/", "key-1", &body).await);
    post(&owner, "/api/crm/leads/", "key-2", &body).await.expect(422);
}
