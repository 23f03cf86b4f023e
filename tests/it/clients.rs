//! Clients: whom the firm works for.

use http::Method;
use serde_json::json;
use tests::{TestApp, email};

use crate::steps::{column, results};

#[tokio::test]
async fn a_client_is_entered_shown_and_changed() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let body = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": "Ann@Acme.example",
        "industry": "Retail", "address": {"line1": " Road 1 ", "city": "Town", "country": "SE"}, "tax_number": "556000-4615", "vat_id": "se 556000461501"});
    let created = owner.post("/api/clients/clients/", body).await.expect(201);
    let path = format!("/api/clients/clients/{}/", created.id());
    assert_eq!(created.header("location"), Some(path.as_str()));
    let shown = ["/email", "/address/line1", "/address/country", "/vat_id"].map(|field| created.text(field));
    assert_eq!(shown, ["ann@acme.example", "Road 1", "SE", "SE556000461501"]);
    assert!(created.json["prospect"].is_null());
    let shown = owner.get(&path).await.expect(200);
    assert_eq!(shown.json, created.json);

    let tag = shown.header("etag").unwrap();
    let patch = |body| owner.call(Method::PATCH, &path).json(body).header("if-match", tag).send();
    let changed = patch(json!({"website": "https://acme.example", "industry": null})).await.expect(200);
    assert_eq!((changed.text("/website"), changed.json["industry"].is_null()), ("https://acme.example".into(), true));
    assert_eq!(changed.json["contact_name"], created.json["contact_name"]);
    patch(json!({"industry": "Mining"})).await.expect(412);
    assert_eq!(owner.get(&path).await.expect(200).json, changed.json);
}

#[tokio::test]
async fn a_client_that_is_archived_stays_readable_with_what_belongs_to_it_and_gets_no_more() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let accepted = firm.accepted().await;
    let (client, proposal) = (accepted.text("/client/id"), accepted.text("/proposal/id"));
    let contract = firm.owner.post("/api/crm/contracts/", json!({"client": client, "proposal": proposal})).await.expect(201).id();
    let path = format!("/api/clients/clients/{client}/");
    for (action, body) in [("sign", json!({"signed_by": "Ann Lee"})), ("activate", json!({})), ("complete", json!({}))] {
        firm.owner.post(format!("/api/crm/contracts/{contract}/{action}/"), body).await.expect(200);
    }
    firm.owner.post(format!("/api/clients/engagements/{}/complete/", accepted.text("/engagement/id")), json!({})).await.expect(200);
    firm.owner.delete(&path).await.expect(204);
    assert!(firm.owner.get(&path).await.expect(200).json["archived_at"].is_string());
    assert!(results(&firm.owner.get("/api/clients/clients/").await.expect(200)).is_empty());
    assert_eq!(column(&firm.owner.get("/api/clients/clients/?archived=true").await.expect(200), "id"), [&client]);
    firm.owner.get(format!("/api/crm/contracts/{contract}/")).await.expect(200);
    firm.owner.get(format!("/api/clients/engagements/{}/", accepted.text("/engagement/id"))).await.expect(200);
    assert_eq!(results(&firm.owner.get(format!("{path}portal-users/")).await.expect(200)).len(), 1);

    let person = json!({"name": "Bea", "email": email("bea")});
    firm.owner.post(format!("{path}portal-users/"), person).await.expect(409);
    firm.owner.patch(&path, json!({"phone": "1"})).await.expect(409);
    for (list, body) in [
        ("/api/clients/portal-users/", json!({"client": client, "name": "Bea", "email": email("bea")})),
        ("/api/clients/engagements/", json!({"client": client, "title": "More"})),
        ("/api/crm/contracts/", json!({"client": client, "title": "More"})),
    ] {
        let refused = firm.owner.post(list, body).await;
        assert!(matches!(refused.status.as_u16(), 409 | 422), "{list}: {:#}", refused.json);
        assert_eq!(results(&firm.owner.get(list).await.expect(200)).len(), 1, "{list}");
    }
}

#[tokio::test]
async fn two_clients_may_have_one_e_mail() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    for company in ["Acme Corp", "Acme Retail"] {
        owner.post("/api/clients/clients/", json!({"company_name": company, "email": "ann@acme.example"})).await.expect(201);
    }
}
