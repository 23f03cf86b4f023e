//! What comes back later: retries after a while, people who were let in again, records that were archived.

use chrono::TimeDelta;
use domain::access::Role;
use http::Method;
use serde_json::json;
use tests::{PASSWORD, TestApp};

#[tokio::test]
async fn strangers_who_choose_the_same_key_do_not_meet() {
    let app = TestApp::new().await;
    let body = |name: &str| json!({"firm_name": name, "name": name, "email": tests::email(name), "password": PASSWORD});
    for address in ["192.0.2.1", "192.0.2.2"] {
        let call = app.post("/api/auth/register/", body("stranger")).header("idempotency-key", "1").from(address.parse().unwrap());
        call.send().await.expect(201);
    }
}

#[tokio::test]
async fn a_refresh_that_is_repeated_under_its_key_gives_the_same_tokens_however_late() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let refresh =
        |key: &'static str| app.post("/api/auth/refresh/", json!({"refresh": owner.refresh})).header("idempotency-key", key).send();
    let first = refresh("mine").await.expect(200);
    app.clock.advance(TimeDelta::minutes(30));
    assert_eq!(refresh("mine").await.expect(200).json, first.json);
    refresh("another").await.expect(401);
    refresh("mine").await.expect(401);
}

#[tokio::test]
async fn who_was_shut_out_and_let_in_again_has_to_sign_in_again() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let member = firm.member(Role::Manager).await;
    let path = format!("/api/auth/users/{}", member.id);
    firm.owner.post(format!("{path}/deactivate/"), json!({})).await.expect(200);
    firm.owner.post(format!("{path}/invite/"), json!({})).await.expect(200);
    app.clock.advance(TimeDelta::seconds(1));
    let again = firm.activated(&member.id, &member.email, 2).await;
    app.post("/api/auth/refresh/", json!({"refresh": member.refresh})).send().await.expect(401);
    app.post("/api/auth/refresh/", json!({"refresh": again.refresh})).send().await.expect(200);
}

#[tokio::test]
async fn what_was_converted_or_accepted_says_so_after_it_was_archived_too() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let lead = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let convert = format!("/api/crm/leads/{lead}/convert/");
    let prospect = firm.owner.post(&convert, json!({})).await.expect(201);
    firm.owner.delete(format!("/api/crm/leads/{lead}/")).await.expect(204);
    assert_eq!(firm.owner.post(&convert, json!({})).await.expect(200).id(), prospect.id());

    let accepted = firm.accepted().await;
    let path = format!("/api/crm/proposals/{}/", accepted.text("/proposal/id"));
    firm.owner.delete(&path).await.expect(204);
    let again = firm.owner.post(format!("{path}accept/"), json!({})).await.expect(200);
    assert_eq!(again.text("/client/id"), accepted.text("/client/id"));
}

#[tokio::test]
async fn a_proposal_that_is_accepted_after_its_prospect_was_converted_by_hand_names_the_portal_user_of_then() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    let prospect = firm.owner.get(format!("/api/crm/proposals/{proposal}/")).await.text("/prospect");
    let converted = firm.owner.post(format!("/api/crm/prospects/{prospect}/convert/"), json!({})).await.expect(201);
    let accepted = firm.owner.post(format!("/api/crm/proposals/{proposal}/accept/"), json!({})).await.expect(200);
    assert_eq!(accepted.text("/client/id"), converted.id());
    assert_eq!(accepted.text("/portal_user/id"), converted.text("/portal_user/id"));
}

#[tokio::test]
async fn a_patch_that_changes_nothing_makes_no_version_and_no_event() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let lead = owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp", "phone": "1"})).await.expect(201);
    let path = format!("/api/crm/leads/{}/", lead.id());
    for body in [json!({}), json!({"phone": "1"})] {
        let same = owner.patch(&path, body).await.expect(200);
        assert_eq!((&same.json, same.header("etag")), (&lead.json, lead.header("etag")));
    }
    owner.patch(&path, json!({"phone": "2"})).await.expect(200);
    let history = owner.call(Method::GET, format!("{path}history/")).send().await.expect(200);
    assert_eq!(history.json["results"].as_array().unwrap().len(), 2);
    assert_eq!(history.json["results"][0]["changes"], json!({"phone": {"before": "1", "after": "2"}}));
}
