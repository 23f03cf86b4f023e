//! Contracts: what was agreed with a client.

use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::steps::{column, day, together};

/// A draft with a client of its own.
async fn draft(firm: &Firm<'_>) -> Answer {
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    firm.owner.post("/api/crm/contracts/", json!({"client": client, "title": "Audit"})).await.expect(201)
}

#[tokio::test]
async fn a_contract_carries_out_what_its_client_accepted() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    let path = format!("/api/crm/proposals/{proposal}/");
    firm.owner.patch(&path, json!({"terms": "30 days"})).await.expect(200);
    let accepted = firm.owner.post(format!("{path}accept/"), json!({})).await.expect(200);
    let body = json!({"client": accepted.text("/client/id"), "proposal": proposal});
    let contract = firm.owner.post("/api/crm/contracts/", body.clone()).await.expect(201);
    assert_eq!((contract.text("/number"), contract.text("/status")), ("CON-000001".into(), "draft".into()));
    assert_eq!((contract.text("/proposal"), contract.text("/client")), (proposal, accepted.text("/client/id")));
    let taken = ["/title", "/value", "/currency", "/terms"].map(|field| contract.text(field));
    assert_eq!(taken, ["Market study", "50000.00", "EUR", "30 days"]);

    let mut said = body;
    said.as_object_mut().unwrap().extend([("title".to_owned(), json!("Part one")), ("value".to_owned(), json!(20000))]);
    let contract = firm.owner.post("/api/crm/contracts/", said).await.expect(201);
    let said = ["/number", "/title", "/value", "/terms"].map(|field| contract.text(field));
    assert_eq!(said, ["CON-000002", "Part one", "20000.00", "30 days"]);
}

#[tokio::test]
async fn a_contract_needs_a_proposal_that_its_client_has_accepted() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let accepted = firm.accepted().await;
    let foreign = other.accepted().await;
    let open = firm.proposal().await;
    let somebody_else = firm.accepted().await.text("/client/id");
    let (client, proposal) = (accepted.text("/client/id"), accepted.text("/proposal/id"));
    for (client, proposal, field) in [
        (&client, &open, "proposal"),
        (&somebody_else, &proposal, "proposal"),
        (&client, &foreign.text("/proposal/id"), "proposal"),
        (&foreign.text("/client/id"), &proposal, "client"),
    ] {
        let refused = firm.owner.post("/api/crm/contracts/", json!({"client": client, "proposal": proposal})).await.expect(422);
        assert_eq!(refused.fields(), [field]);
    }
    let refused = firm.owner.post("/api/crm/contracts/", json!({"client": client})).await.expect(422);
    assert_eq!(refused.fields(), ["title"]);
    // None of these took a number.
    let contract = firm.owner.post("/api/crm/contracts/", json!({"client": client, "proposal": proposal})).await.expect(201);
    assert_eq!(contract.text("/number"), "CON-000001");
}

#[tokio::test]
async fn contracts_are_numbered_in_order_without_gaps_however_many_come_at_once() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let first = draft(&firm).await;
    let body = json!({"client": first.text("/client"), "title": "Audit"});
    let calls = (0..16).map(|_| firm.owner.call(Method::POST, "/api/crm/contracts/").json(body.clone())).collect();
    let mut numbers: Vec<_> = together(calls).await.into_iter().map(|answer| answer.expect(201).text("/number")).collect();
    numbers.sort();
    assert_eq!(numbers, (2..=17).map(|number| format!("CON-{number:06}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_contract_is_signed_put_in_force_and_fulfilled_in_this_order() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let contract = draft(&firm).await;
    let path = format!("/api/crm/contracts/{}/", contract.id());
    let act = |action: &str, body: Value| firm.owner.post(format!("{path}{action}/"), body);
    for action in ["activate", "complete"] {
        act(action, json!({})).await.expect(409);
    }
    act("terminate", json!({"reason": "Too early"})).await.expect(409);
    assert_eq!(act("sign", json!({})).await.expect(400).fields(), ["signed_by"]);
    let future = json!({"signed_by": "Ann Lee", "signed_on": day(&app, 3)});
    assert_eq!(act("sign", future).await.expect(422).fields(), ["signed_on"]);
    assert_eq!(firm.owner.get(&path).await.expect(200).json, contract.json);

    let signed = act("sign", json!({"signed_by": "Ann Lee", "signed_on": day(&app, 0)})).await.expect(200);
    let shown = ["/status", "/signed_by", "/signed_on"].map(|field| signed.text(field));
    assert_eq!(shown, ["signed", "Ann Lee", &day(&app, 0)]);
    act("sign", json!({"signed_by": "Bea"})).await.expect(409);
    firm.owner.patch(&path, json!({"title": "Other"})).await.expect(409);
    firm.owner.delete(&path).await.expect(409);
    act("complete", json!({})).await.expect(409);
    assert_eq!(act("activate", json!({})).await.expect(200).text("/status"), "active");
    firm.owner.delete(&path).await.expect(409);
    assert_eq!(act("complete", json!({})).await.expect(200).text("/status"), "completed");
    act("terminate", json!({"reason": "Too late"})).await.expect(409);
    firm.owner.delete(&path).await.expect(204);
    assert!(firm.owner.get(&path).await.expect(200).json["archived_at"].is_string());
}

#[tokio::test]
async fn ending_a_contract_early_needs_a_reason() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    for active in [false, true] {
        let path = format!("/api/crm/contracts/{}/", draft(&firm).await.id());
        firm.owner.post(format!("{path}sign/"), json!({"signed_by": "Ann Lee"})).await.expect(200);
        if active {
            firm.owner.post(format!("{path}activate/"), json!({})).await.expect(200);
        }
        assert_eq!(firm.owner.post(format!("{path}terminate/"), json!({})).await.expect(400).fields(), ["reason"]);
        let ended = firm.owner.post(format!("{path}terminate/"), json!({"reason": "Bankrupt"})).await.expect(200);
        assert_eq!((ended.text("/status"), ended.text("/reason")), ("terminated".into(), "Bankrupt".into()));
        firm.owner.post(format!("{path}complete/"), json!({})).await.expect(409);
    }
}

#[tokio::test]
async fn a_draft_is_changed_and_deleted_and_its_number_is_not_given_again() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let contract = draft(&firm).await;
    let path = format!("/api/crm/contracts/{}/", contract.id());
    let body = json!({"value": "100.50", "currency": "USD", "start_date": "2027-01-01", "end_date": "2027-12-31", "terms": "Text"});
    let changed = firm.owner.patch(&path, body).await.expect(200);
    let shown = ["/value", "/currency", "/start_date", "/end_date", "/terms"].map(|field| changed.text(field));
    assert_eq!(shown, ["100.50", "USD", "2027-01-01", "2027-12-31", "Text"]);
    assert_eq!(firm.owner.patch(&path, json!({"end_date": "2026-12-31"})).await.expect(422).fields(), ["end_date"]);
    firm.owner.patch(&path, json!({"start_date": null, "end_date": "2026-12-31"})).await.expect(200);
    firm.owner.delete(&path).await.expect(204);
    firm.owner.get(&path).await.expect(404);
    assert_eq!(draft(&firm).await.text("/number"), "CON-000002");
}

#[tokio::test]
async fn contracts_are_listed_by_client_and_by_status() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (first, second) = (draft(&firm).await, draft(&firm).await);
    firm.owner.post(format!("/api/crm/contracts/{}/sign/", second.id()), json!({"signed_by": "Ann"})).await.expect(200);
    for (filter, found) in [
        (format!("client={}", first.text("/client")), vec![first.id()]),
        ("status=draft".to_owned(), vec![first.id()]),
        ("status=signed".to_owned(), vec![second.id()]),
        ("status=active".to_owned(), vec![]),
    ] {
        let page = firm.owner.get(format!("/api/crm/contracts/?{filter}")).await.expect(200);
        assert_eq!(column(&page, "id"), found, "{filter}");
    }
}
