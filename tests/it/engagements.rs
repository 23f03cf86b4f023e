//! Engagements: what the firm is doing for a client, version after version.

use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::steps::{column, results, together};

/// One with a client of its own.
async fn engagement(firm: &Firm<'_>, more: Value) -> Answer {
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let mut body = json!({"client": client, "title": "Retainer"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    firm.owner.post("/api/clients/engagements/", body).await.expect(201)
}

#[tokio::test]
async fn a_renewal_is_the_next_version_and_names_the_one_before() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let terms = json!({"value": "24000", "start_date": "2027-01-01", "end_date": "2027-12-31", "notes": "By the hour"});
    let first = engagement(&firm, terms).await;
    assert_eq!((first.json["version"].clone(), first.json["previous"].clone()), (json!(1), Value::Null));
    let path = format!("/api/clients/engagements/{}/", first.id());
    let second = firm.owner.post(format!("{path}renew/"), json!({})).await.expect(201);
    assert_eq!((second.json["version"].clone(), second.text("/previous")), (json!(2), first.id()));
    assert_eq!((second.text("/status"), second.text("/start_date")), ("active".into(), "2028-01-01".into()));
    for field in ["client", "title", "value", "currency"] {
        assert_eq!(second.json[field], first.json[field], "{field}");
    }
    assert_eq!(firm.owner.get(&path).await.expect(200).text("/status"), "renewed");
    firm.owner.patch(&path, json!({"title": "Other"})).await.expect(409);
    for action in ["renew", "complete"] {
        firm.owner.post(format!("{path}{action}/"), json!({})).await.expect(409);
    }
    let third = firm.owner.post(format!("/api/clients/engagements/{}/renew/", second.id()), json!({})).await.expect(201);
    assert_eq!((third.json["version"].clone(), third.text("/previous")), (json!(3), second.id()));
    let client = first.text("/client");
    assert_eq!(results(&firm.owner.get(format!("/api/clients/engagements/?client={client}")).await.expect(200)).len(), 3);
    assert_eq!(column(&firm.owner.get("/api/clients/engagements/?status=active").await.expect(200), "id"), [third.id()]);
}

#[tokio::test]
async fn sixteen_renewals_at_once_make_one_next_version() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let path = format!("/api/clients/engagements/{}/renew/", engagement(&firm, json!({})).await.id());
    let answers = together((0..16).map(|_| firm.owner.call(Method::POST, &path).json(json!({}))).collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 15);
    assert_eq!(results(&firm.owner.get("/api/clients/engagements/").await.expect(200)).len(), 2);
}

#[tokio::test]
async fn an_engagement_is_archived_once_it_is_over() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let path = format!("/api/clients/engagements/{}/", engagement(&firm, json!({})).await.id());
    firm.owner.delete(&path).await.expect(409);
    assert_eq!(firm.owner.post(format!("{path}complete/"), json!({})).await.expect(200).text("/status"), "completed");
    firm.owner.patch(&path, json!({"title": "Other"})).await.expect(409);
    firm.owner.post(format!("{path}renew/"), json!({})).await.expect(409);
    firm.owner.delete(&path).await.expect(204);
    assert!(firm.owner.get(&path).await.expect(200).json["archived_at"].is_string());
    assert!(results(&firm.owner.get("/api/clients/engagements/").await.expect(200)).is_empty());
    assert_eq!(results(&firm.owner.get("/api/clients/engagements/?archived=true").await.expect(200)).len(), 1);
}

#[tokio::test]
async fn an_engagement_ends_no_sooner_than_it_begins() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let begun = engagement(&firm, json!({"start_date": "2027-03-01", "end_date": "2027-03-01"})).await;
    let path = format!("/api/clients/engagements/{}/", begun.id());
    for body in [json!({"end_date": "2027-02-28"}), json!({"start_date": "2027-03-02"})] {
        assert_eq!(firm.owner.patch(&path, body).await.expect(422).fields(), ["end_date"]);
    }
    assert_eq!(firm.owner.get(&path).await.expect(200).json, begun.json);
    let body = json!({"client": begun.text("/client"), "title": "T", "start_date": "2027-03-02", "end_date": "2027-03-01"});
    assert_eq!(firm.owner.post("/api/clients/engagements/", body).await.expect(422).fields(), ["end_date"]);
    firm.owner.patch(&path, json!({"start_date": null, "end_date": "2026-01-01"})).await.expect(200);
}

#[tokio::test]
async fn the_value_is_changed_with_its_currency() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let path = format!("/api/clients/engagements/{}/", engagement(&firm, json!({})).await.id());
    let patch = |body| firm.owner.patch(&path, body);
    assert_eq!(patch(json!({"currency": "USD"})).await.expect(422).fields(), ["currency"]);
    let valued = patch(json!({"value": "12.5"})).await.expect(200);
    assert_eq!((valued.text("/value"), valued.text("/currency")), ("12.50".into(), "EUR".into()));
    let valued = patch(json!({"value": "12", "currency": "JPY"})).await.expect(200);
    assert_eq!((valued.text("/value"), valued.text("/currency")), ("12".into(), "JPY".into()));
    assert!(patch(json!({"value": null})).await.expect(200).json["value"].is_null());
}
