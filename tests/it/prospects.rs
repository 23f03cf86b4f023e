//! Prospects: how far a sale is, and how a prospect becomes a client.

use http::Method;
use serde_json::{Value, json};
use tests::TestApp;

use crate::steps::{column, results, together};

#[tokio::test]
async fn a_prospect_is_entered_at_a_stage_that_is_no_end() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let enter = |body: Value| owner.post("/api/crm/prospects/", body);
    let prospect = enter(json!({"company_name": "Acme Corp", "estimated_value": "0.5", "currency": "KWD", "stage": "negotiation"})).await;
    let prospect = prospect.expect(201);
    assert_eq!((prospect.text("/estimated_value"), prospect.text("/currency")), ("0.500".into(), "KWD".into()));
    assert_eq!(prospect.text("/stage"), "negotiation");
    assert_eq!(enter(json!({"company_name": "Acme Corp"})).await.expect(201).text("/stage"), "discovery");
    for stage in ["won", "lost", "asleep"] {
        assert_eq!(enter(json!({"company_name": "Acme Corp", "stage": stage})).await.expect(422).fields(), ["stage"]);
    }
    assert_eq!(enter(json!({"contact_name": "Ann"})).await.expect(422).fields(), ["company_name"]);
    assert_eq!(results(&owner.get("/api/crm/prospects/").await.expect(200)).len(), 2);
}

#[tokio::test]
async fn a_prospect_is_lost_for_a_reason_and_can_be_taken_up_again() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let prospect = firm.prospect().await;
    let path = format!("/api/crm/prospects/{prospect}/");
    let go = |body: Value| firm.owner.post(format!("{path}move/"), body);
    assert_eq!(go(json!({"to": "lost"})).await.expect(422).fields(), ["reason"]);
    firm.owner.delete(&path).await.expect(409);
    let lost = go(json!({"to": "lost", "reason": "Chose another firm"})).await.expect(200);
    assert_eq!((lost.text("/stage"), lost.text("/lost_reason")), ("lost".into(), "Chose another firm".into()));
    assert_eq!(column(&firm.owner.get("/api/crm/prospects/?stage=lost").await.expect(200), "id"), [&prospect]);
    let body = json!({"prospect": prospect, "total_value": "1"});
    firm.owner.post("/api/crm/proposals/", body.clone()).await.expect(409);

    let again = go(json!({"to": "proposal"})).await.expect(200);
    assert!(again.json["lost_reason"].is_null());
    firm.owner.post("/api/crm/proposals/", body).await.expect(201);
    assert_eq!(go(json!({"to": "won"})).await.expect(422).fields(), ["to"]);
}

#[tokio::test]
async fn an_amount_is_changed_in_its_currency_and_to_another_only_with_its_value() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let path = format!("/api/crm/prospects/{}/", firm.prospect().await);
    let value = async |body: Value| {
        let prospect = firm.owner.patch(&path, body).await.expect(200);
        (prospect.json["estimated_value"].clone(), prospect.json["currency"].clone())
    };
    assert_eq!(value(json!({"estimated_value": "65000.5"})).await, (json!("65000.50"), json!("EUR")));
    assert_eq!(value(json!({"estimated_value": 7, "currency": "JPY"})).await, (json!("7"), json!("JPY")));
    assert_eq!(firm.owner.patch(&path, json!({"currency": "USD"})).await.expect(422).fields(), ["currency"]);
    assert_eq!(firm.owner.patch(&path, json!({"estimated_value": "7.5"})).await.expect(422).fields(), ["estimated_value"]);
    assert_eq!(value(json!({"estimated_value": null})).await, (Value::Null, Value::Null));
}

#[tokio::test]
async fn a_prospect_becomes_one_client_whose_contact_may_enter_the_portal() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let prospect = firm.prospect().await;
    let path = format!("/api/crm/prospects/{prospect}/convert/");
    let answers = together((0..16).map(|_| firm.owner.call(Method::POST, &path).json(json!({}))).collect()).await;
    let client = answers.iter().find(|answer| answer.status == 201).unwrap();
    assert_eq!(client.header("location"), Some(format!("/api/clients/clients/{}/", client.id()).as_str()));
    assert_eq!((client.text("/prospect"), client.text("/company_name")), (prospect.clone(), "Acme Corp".into()));
    assert_eq!((client.text("/portal_user/client"), client.text("/portal_user/status")), (client.id(), "invited".into()));
    assert_eq!(client.json["portal_user"]["email"], client.json["email"]);
    for again in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(again.clone().expect(200).json, client.json);
    }
    for list in ["/api/clients/clients/", "/api/clients/portal-users/"] {
        assert_eq!(results(&firm.owner.get(list).await.expect(200)).len(), 1, "{list}");
    }
    let won = firm.owner.get(format!("/api/crm/prospects/{prospect}/")).await.expect(200);
    assert_eq!((won.text("/stage"), won.text("/client")), ("won".into(), client.id()));
}

#[tokio::test]
async fn a_prospect_without_an_e_mail_becomes_a_client_without_a_portal_user() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let prospect = owner.post("/api/crm/prospects/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let path = format!("/api/crm/prospects/{prospect}/convert/");
    let client = owner.post(&path, json!({})).await.expect(201);
    assert!(client.json["portal_user"].is_null());
    assert_eq!(owner.post(&path, json!({})).await.expect(200).json, client.json);
    assert!(results(&owner.get("/api/clients/portal-users/").await.expect(200)).is_empty());
}

#[tokio::test]
async fn a_won_prospect_is_not_changed_any_more_and_can_be_archived() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let prospect = firm.prospect().await;
    let path = format!("/api/crm/prospects/{prospect}/");
    firm.owner.post(format!("{path}convert/"), json!({})).await.expect(201);
    let before = firm.owner.get(&path).await.expect(200);
    firm.owner.patch(&path, json!({"phone": "1"})).await.expect(409);
    firm.owner.post(format!("{path}move/"), json!({"to": "lost", "reason": "No"})).await.expect(409);
    firm.owner.post("/api/crm/proposals/", json!({"prospect": prospect, "total_value": "1"})).await.expect(409);
    let after = firm.owner.get(&path).await.expect(200);
    assert_eq!((after.header("etag"), &after.json), (before.header("etag"), &before.json));
    firm.owner.delete(&path).await.expect(204);
    assert!(results(&firm.owner.get("/api/crm/prospects/").await.expect(200)).is_empty());
    assert_eq!(column(&firm.owner.get("/api/crm/prospects/?archived=true").await.expect(200), "id"), [&prospect]);
}

#[tokio::test]
async fn a_prospect_made_of_a_lead_has_the_leads_names() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let enter = |body: Value| firm.owner.post("/api/crm/prospects/", body);
    let lead = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp", "phone": "1"})).await.expect(201).id();
    let foreign = other.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    assert_eq!(enter(json!({"lead": lead, "company_name": "Beta"})).await.expect(422).fields(), ["company_name"]);
    assert_eq!(enter(json!({"lead": foreign})).await.expect(422).fields(), ["lead"]);
    let prospect = enter(json!({"lead": lead, "contact_name": "Ann Lee"})).await.expect(201);
    let fields = ["/lead", "/company_name", "/contact_name", "/phone"].map(|field| prospect.text(field));
    assert_eq!(fields, [lead.as_str(), "Acme Corp", "Ann Lee", "1"]);
    assert_eq!(firm.owner.get(format!("/api/crm/leads/{lead}/")).await.expect(200).text("/prospect"), prospect.id());
    assert_eq!(other.owner.get(format!("/api/crm/leads/{foreign}/")).await.expect(200).text("/status"), "new");
}
