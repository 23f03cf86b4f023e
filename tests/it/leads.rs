//! Leads: what the pattern of all resources does.

use http::Method;
use serde_json::{Value, json};
use tests::TestApp;

use crate::steps::{column, results, together};

#[tokio::test]
async fn a_lead_is_entered_shown_changed_and_archived() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let body = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": "ann@acme.example", "source": "website", "notes": "Met at the fair"});
    let created = owner.post("/api/crm/leads/", body).await.expect(201);
    let path = format!("/api/crm/leads/{}/", created.id());
    assert_eq!(created.header("location"), Some(path.as_str()));
    assert_eq!(created.text("/status"), "new");

    let shown = owner.get(&path).await.expect(200);
    assert_eq!(shown.json, created.json);
    let tag = shown.header("etag").unwrap().to_owned();
    owner.call(Method::GET, &path).header("if-none-match", &tag).send().await.expect(304);

    let changed = owner.call(Method::PATCH, &path).json(json!({"phone": "+46 8 1", "notes": null})).header("if-match", &tag).send().await;
    assert_eq!(changed.clone().expect(200).text("/phone"), "+46 8 1");
    assert!(changed.json["notes"].is_null());
    owner.call(Method::PATCH, &path).json(json!({"phone": null})).header("if-match", &tag).send().await.expect(412);

    owner.delete(&path).await.expect(204);
    assert_eq!(owner.get("/api/crm/leads/").await.expect(200).json["results"], json!([]));
    assert_eq!(owner.get("/api/crm/leads/?archived=true").await.expect(200).json["results"].as_array().unwrap().len(), 1);
    assert!(owner.get(&path).await.expect(200).json["archived_at"].is_string());
    owner.patch(&path, json!({"phone": "1"})).await.expect(409);
}

#[tokio::test]
async fn a_second_lead_with_an_e_mail_is_refused_naming_the_first() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let enter = |company: &str, email: &str| firm.owner.post("/api/crm/leads/", json!({"company_name": company, "email": email}));
    let first = enter("Acme Corp", "ann@acme.example").await.expect(201).id();
    for email in ["ann@acme.example", " Ann@ACME.example "] {
        let refused = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme", "email": email})).await.expect(409);
        assert_eq!(refused.text("/existing"), first);
    }
    enter("Beta", "bea@beta.example").await.expect(201);
    other.owner.post("/api/crm/leads/", json!({"company_name": "Acme", "email": "ann@acme.example"})).await.expect(201);
    for _ in 0..2 {
        firm.owner.post("/api/crm/leads/", json!({"company_name": "No e-mail"})).await.expect(201);
    }
}

#[tokio::test]
async fn a_duplicate_is_taken_where_it_is_meant_and_holds_nothing() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let body = json!({"company_name": "Acme Corp", "email": "ann@acme.example"});
    let first = owner.post("/api/crm/leads/", body.clone()).await.expect(201).id();
    let meant = json!({"company_name": "Acme Retail", "email": "ann@acme.example", "allow_duplicate": true});
    let duplicate = owner.post("/api/crm/leads/", meant).await.expect(201);
    assert_eq!(duplicate.text("/email"), "ann@acme.example");
    assert_eq!(owner.post("/api/crm/leads/", body.clone()).await.expect(409).text("/existing"), first);
    owner.delete(format!("/api/crm/leads/{}/", duplicate.id())).await.expect(204);
    assert_eq!(owner.post("/api/crm/leads/", body).await.expect(409).text("/existing"), first);
}

#[tokio::test]
async fn an_e_mail_is_taken_as_long_as_one_of_the_leads_that_have_it_lives() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let enter = |allow_duplicate: bool| {
        let body = json!({"company_name": "Acme Corp", "email": "ann@acme.example", "allow_duplicate": allow_duplicate});
        owner.post("/api/crm/leads/", body)
    };
    let first = enter(true).await.expect(201).id();
    assert_eq!(enter(false).await.expect(409).text("/existing"), first);
    let second = enter(true).await.expect(201).id();
    owner.delete(format!("/api/crm/leads/{first}/")).await.expect(204);
    assert_eq!(enter(false).await.expect(409).text("/existing"), second);
    owner.delete(format!("/api/crm/leads/{second}/")).await.expect(204);
    let third = enter(false).await.expect(201).id();

    // What comes out of the archive has its e-mail again, beside who took it meanwhile.
    owner.post(format!("/api/crm/leads/{first}/restore/"), json!({})).await.expect(200);
    owner.delete(format!("/api/crm/leads/{third}/")).await.expect(204);
    assert_eq!(enter(false).await.expect(409).text("/existing"), first);
}

#[tokio::test]
async fn an_e_mail_is_free_again_once_its_lead_is_archived_or_has_another() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let enter = || owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp", "email": "ann@acme.example"}));
    let first = enter().await.expect(201).id();
    owner.delete(format!("/api/crm/leads/{first}/")).await.expect(204);

    let second = enter().await.expect(201).id();
    let path = format!("/api/crm/leads/{second}/");
    owner.patch(&path, json!({"email": "bea@acme.example"})).await.expect(200);
    let third = enter().await.expect(201).id();

    let before = owner.get(&path).await.expect(200);
    let refused = owner.patch(&path, json!({"email": "ann@acme.example", "phone": "1"})).await.expect(409);
    assert_eq!(refused.text("/existing"), third);
    assert_eq!(owner.get(&path).await.expect(200).json, before.json);

    owner.patch(format!("/api/crm/leads/{third}/"), json!({"email": null})).await.expect(200);
    owner.patch(&path, json!({"email": "ann@acme.example"})).await.expect(200);
    assert_eq!(enter().await.expect(409).text("/existing"), second);
}

#[tokio::test]
async fn sixteen_leads_with_one_e_mail_at_once_become_one() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let body = json!({"company_name": "Acme Corp", "email": "ann@acme.example"});
    let calls = (0..16).map(|_| owner.call(Method::POST, "/api/crm/leads/").json(body.clone())).collect();
    let answers = together(calls).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused.clone().expect(409).text("/existing"), made[0].id());
    }
    assert_eq!(results(&owner.get("/api/crm/leads/").await.expect(200)).len(), 1);
}

#[tokio::test]
async fn a_lead_goes_where_its_seller_moves_it_and_unqualified_needs_a_reason() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let lead = owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let go = |body: Value| owner.post(format!("/api/crm/leads/{lead}/move/"), body);
    for to in ["contacted", "qualified", "new"] {
        assert_eq!(go(json!({"to": to})).await.expect(200).text("/status"), to);
    }
    assert_eq!(go(json!({"to": "unqualified"})).await.expect(422).fields(), ["reason"]);
    assert_eq!(go(json!({"to": "unqualified", "reason": " "})).await.expect(422).fields(), ["reason"]);
    let unqualified = go(json!({"to": "unqualified", "reason": "No budget"})).await.expect(200);
    assert_eq!((unqualified.text("/status"), unqualified.text("/reason")), ("unqualified".into(), "No budget".into()));
    assert_eq!(column(&owner.get("/api/crm/leads/?status=unqualified").await.expect(200), "id"), [&lead]);
    assert!(results(&owner.get("/api/crm/leads/?status=new").await.expect(200)).is_empty());
    assert_eq!(go(json!({"to": "converted"})).await.expect(422).fields(), ["to"]);
    assert!(go(json!({"to": "qualified"})).await.expect(200).json["reason"].is_null());
}

#[tokio::test]
async fn a_lead_becomes_one_prospect_that_names_it() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let body = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": "ann@acme.example", "notes": "Met at the fair"});
    let lead = owner.post("/api/crm/leads/", body).await.expect(201).id();
    let convert = || owner.call(Method::POST, format!("/api/crm/leads/{lead}/convert/")).json(json!({"estimated_value": 50000}));

    let prospect = convert().send().await.expect(201);
    assert_eq!(prospect.header("location"), Some(format!("/api/crm/prospects/{}/", prospect.id()).as_str()));
    assert_eq!((prospect.text("/lead"), prospect.text("/stage")), (lead.clone(), "discovery".into()));
    assert_eq!((prospect.text("/estimated_value"), prospect.text("/currency")), ("50000.00".into(), "EUR".into()));
    assert_eq!((prospect.text("/company_name"), prospect.text("/email")), ("Acme Corp".into(), "ann@acme.example".into()));

    let converted = owner.get(format!("/api/crm/leads/{lead}/")).await.expect(200);
    assert_eq!((converted.text("/status"), converted.text("/prospect")), ("converted".into(), prospect.id()));
    for answer in together((0..4).map(|_| convert()).collect()).await {
        assert_eq!(answer.expect(200).json, prospect.json);
    }
    assert_eq!(owner.post("/api/crm/prospects/", json!({"lead": lead})).await.expect(200).json, prospect.json);
    assert_eq!(results(&owner.get("/api/crm/prospects/").await.expect(200)).len(), 1);

    owner.patch(format!("/api/crm/leads/{lead}/"), json!({"phone": "1"})).await.expect(409);
    owner.post(format!("/api/crm/leads/{lead}/move/"), json!({"to": "new"})).await.expect(409);
}

#[tokio::test]
async fn sixteen_conversions_of_a_lead_at_once_make_one_prospect() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let lead = owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let path = format!("/api/crm/leads/{lead}/convert/");
    let answers = together((0..16).map(|_| owner.call(Method::POST, &path).json(json!({}))).collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in &answers {
        assert!(answer.status.is_success(), "{:#}", answer.json);
        assert_eq!(answer.json, answers[0].json);
    }
    assert_eq!(results(&owner.get("/api/crm/prospects/").await.expect(200)).len(), 1);
}

#[tokio::test]
async fn what_is_known_better_at_conversion_counts_and_a_blank_overwrites_nothing() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let known = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": "ann@acme.example", "phone": "1", "notes": "Warm"});
    let lead = owner.post("/api/crm/leads/", known).await.expect(201).id();
    let path = format!("/api/crm/leads/{lead}/convert/");
    assert_eq!(owner.post(&path, json!({"contact_name": " ", "email": ""})).await.expect(422).fields(), ["contact_name", "email"]);
    let better = json!({"contact_name": null, "email": null, "notes": null, "phone": "2", "stage": "negotiation"});
    let prospect = owner.post(&path, better).await.expect(201);
    let fields = ["/contact_name", "/email", "/notes", "/phone", "/stage"].map(|field| prospect.text(field));
    assert_eq!(fields, ["Ann Lee", "ann@acme.example", "Warm", "2", "negotiation"]);
}

#[tokio::test]
async fn a_lead_that_was_archived_is_read_but_not_written() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let lead = owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let path = format!("/api/crm/leads/{lead}/");
    owner.delete(&path).await.expect(204);
    let before = owner.get(&path).await.expect(200);
    owner.delete(&path).await.expect(409);
    owner.patch(&path, json!({"phone": "1"})).await.expect(409);
    owner.post(format!("{path}move/"), json!({"to": "qualified"})).await.expect(409);
    owner.post(format!("{path}convert/"), json!({})).await.expect(409);
    let after = owner.get(&path).await.expect(200);
    assert_eq!((after.header("etag"), &after.json), (before.header("etag"), &before.json));
    assert!(results(&owner.get("/api/crm/prospects/").await.expect(200)).is_empty());
}
