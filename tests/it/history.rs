//! What happened to a record, as callers read it.

use domain::access::Role;
use http::Method;
use serde_json::{Value, json};
use tests::{TestApp, catalog, email};

use crate::{
    page_sizes::long_contract,
    steps::{column, link, results},
};

#[tokio::test]
async fn a_records_history_tells_who_did_what_when_and_what_it_changed() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let consultant = firm.member(Role::Consultant).await;
    let create = firm.owner.call(Method::POST, "/api/crm/leads/").header("x-request-id", "request-1");
    let lead = create.json(json!({"company_name": "Acme Corp", "notes": "Warm"})).send().await.expect(201);
    let path = format!("/api/crm/leads/{}/", lead.id());
    let patch = consultant.call(Method::PATCH, &path).header("x-request-id", "request-2").json(json!({"phone": "1", "notes": null}));
    let patched = patch.send().await.expect(200);
    firm.owner.post(format!("{path}move/"), json!({"to": "qualified"})).await.expect(200);
    firm.owner.delete(&path).await.expect(204);

    let page = firm.owner.get(format!("{path}history/")).await.expect(200);
    assert_eq!(column(&page, "event"), ["lead.archived", "lead.moved", "lead.updated", "lead.created"]);
    let sequences: Vec<_> = results(&page).iter().map(|event| event["sequence"].clone()).collect();
    assert_eq!(sequences, [json!(4), json!(3), json!(2), json!(1)]);
    let (created, updated) = (&results(&page)[3], &results(&page)[2]);
    assert_eq!((&created["actor"], &created["request_id"]), (&json!(firm.owner.id), &json!("request-1")));
    assert_eq!((&updated["actor"], &updated["request_id"]), (&json!(consultant.id), &json!("request-2")));
    assert_eq!((&created["at"], &updated["at"]), (&lead.json["created_at"], &patched.json["updated_at"]));
    assert!(created["source_address"].as_str().is_some_and(|address| address.starts_with("10.")));
    assert_eq!(created["changes"]["notes"], json!({"before": null, "after": "Warm"}));
    assert_eq!(updated["changes"]["notes"], json!({"before": "Warm", "after": null}));
    assert_eq!(results(&page)[1]["changes"], json!({"status": {"before": "new", "after": "qualified"}}));
    let hashes: std::collections::BTreeSet<_> = column(&page, "hash").into_iter().collect();
    assert_eq!(hashes.len(), 4);
}

#[tokio::test]
async fn a_history_is_read_from_its_beginning_or_end_page_by_page() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let lead = owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    for number in 2..=12 {
        owner.patch(format!("/api/crm/leads/{lead}/"), json!({"phone": number.to_string()})).await.expect(200);
    }
    let sequences = |page: &tests::Answer| results(page).iter().map(|event| event["sequence"].as_u64().unwrap()).collect::<Vec<_>>();
    for (ordering, expected) in [("created", (1..=12).collect::<Vec<_>>()), ("-created", (1..=12).rev().collect())] {
        let (mut seen, mut last) = (Vec::new(), String::new());
        let mut at = Some(format!("/api/crm/leads/{lead}/history/?limit=5&ordering={ordering}"));
        while let Some(path) = at {
            let page = owner.get(&path).await.expect(200);
            seen.extend(sequences(&page));
            (at, last) = (link(&page, "next"), path);
        }
        assert_eq!(seen, expected);
        let before = link(&owner.get(&last).await.expect(200), "previous").unwrap();
        assert_eq!(sequences(&owner.get(before).await.expect(200)), expected[5..10]);
    }
}

#[tokio::test]
async fn what_was_refused_is_no_part_of_history() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let lead = owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let path = format!("/api/crm/leads/{lead}/");
    owner.patch(&path, json!({"email": "no address"})).await.expect(422);
    owner.call(Method::PATCH, &path).json(json!({"phone": "1"})).header("if-match", "\"7-x\"").send().await.expect(412);
    owner.post(format!("{path}move/"), json!({"to": "converted"})).await.expect(422);
    owner.get(&path).await.expect(200);
    assert_eq!(column(&owner.get(format!("{path}history/")).await.expect(200), "event"), ["lead.created"]);
}

#[tokio::test]
async fn a_deleted_draft_is_gone_and_its_history_stays() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    let path = format!("/api/crm/proposals/{proposal}/");
    firm.owner.patch(&path, json!({"title": "Study"})).await.expect(200);
    firm.owner.delete(&path).await.expect(204);
    firm.owner.get(&path).await.expect(404);
    let page = firm.owner.get(format!("{path}history/")).await.expect(200);
    assert_eq!(column(&page, "event"), ["proposal.deleted", "proposal.updated", "proposal.created"]);
    assert_eq!(results(&page)[0]["changes"]["title"], json!({"before": "Study", "after": null}));
}

#[tokio::test]
async fn the_history_of_nothing_or_of_another_firms_record_is_not_found() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let foreign = other.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let own = firm.prospect().await;
    for id in [foreign.as_str(), "lead_01kanar9g00000000000000007", "nonsense", &own] {
        firm.owner.get(format!("/api/crm/leads/{id}/history/")).await.expect(404);
    }
}

#[tokio::test]
async fn who_came_by_a_link_is_named_in_their_own_history() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let bo = email("bo");
    let invited = firm.owner.post("/api/auth/users/", json!({"name": "Bo", "email": bo, "role": "billing"})).await.expect(201).id();
    firm.activated(&invited, &bo, 1).await;
    let page = firm.owner.get(format!("/api/auth/users/{invited}/history/")).await.expect(200);
    assert_eq!(column(&page, "event"), ["user.activated", "user.invited"]);
    assert_eq!(column(&page, "actor"), [&invited, &firm.owner.id]);
    assert!(!String::from_utf8_lossy(&page.body).contains("argon2"));
}

#[tokio::test]
async fn each_record_that_a_yes_makes_or_changes_has_an_event_of_it() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    let accept = firm.owner.call(Method::POST, format!("/api/crm/proposals/{proposal}/accept/")).header("x-request-id", "the-yes");
    let yes = accept.json(json!({})).send().await.expect(200);
    for (path, event) in [
        (format!("/api/crm/proposals/{proposal}/"), "proposal.accepted"),
        (format!("/api/clients/clients/{}/", yes.text("/client/id")), "client.created"),
        (format!("/api/clients/portal-users/{}/", yes.text("/portal_user/id")), "portal_user.invited"),
        (format!("/api/clients/engagements/{}/", yes.text("/engagement/id")), "engagement.created"),
    ] {
        let page = firm.owner.get(format!("{path}history/")).await.expect(200);
        let newest: &Value = &results(&page)[0];
        assert_eq!((&newest["event"], &newest["request_id"]), (&json!(event), &json!("the-yes")));
        assert_eq!(newest["actor"], json!(firm.owner.id));
    }
}

#[tokio::test]
async fn a_history_tells_of_what_callers_see_and_of_nothing_else() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let histories = catalog().into_iter().filter(|row| row.operation.ends_with("_history"));
    let mut told = 0;
    for row in histories {
        let given = row.given(&firm).await;
        let history = row.rightful(&firm, &given).send().await.expect(200);
        let path = row.described().path_of(given.named.as_deref());
        let shown = firm.owner.get(path.strip_suffix("history/").unwrap()).await.expect(200);
        for event in results(&history) {
            for field in event["changes"].as_object().unwrap().keys() {
                assert!(shown.json.get(field).is_some(), "{}: {} tells of {field}", row.operation, event["event"]);
                told += 1;
            }
        }
    }
    assert!(told > 100, "only {told} changes were told");
}

#[tokio::test]
async fn an_address_is_told_to_those_who_run_the_firm() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let lead = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    for (role, told) in [(Role::Owner, true), (Role::Manager, true), (Role::Consultant, false)] {
        let reader = firm.member(role).await;
        let history = reader.get(format!("/api/crm/leads/{lead}/history/")).await.expect(200);
        assert_eq!(results(&history)[0]["source_address"].is_string(), told, "{role:?}");
    }
}

#[tokio::test]
async fn whatever_is_archived_can_be_restored_as_it_was() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut restored = 0;
    for row in catalog().into_iter().filter(|row| row.described().path.ends_with("{id}/restore/")) {
        let given = row.given(&firm).await;
        let path = row.described().path_of(given.named.as_deref());
        let path = path.strip_suffix("restore/").unwrap();
        let archived = firm.owner.get(path).await.expect(200);
        assert!(archived.json["archived_at"].is_string(), "{}", row.operation);
        let answer = row.rightful(&firm, &given).send().await.expect(200);
        assert!(answer.json["archived_at"].is_null(), "{}", row.operation);
        let (mut before, mut after) = (archived.json.clone(), firm.owner.get(path).await.expect(200).json);
        for volatile in ["archived_at", "updated_at"] {
            (before[volatile], after[volatile]) = (Value::Null, Value::Null);
        }
        assert_eq!(before, after, "{}", row.operation);
        // Again: it is there, and stays.
        assert_eq!(row.rightful(&firm, &given).send().await.expect(200).json, answer.json, "{}", row.operation);
        restored += 1;
    }
    assert!(restored >= 10, "only {restored} kinds of record can be restored");
}

#[tokio::test]
async fn a_history_that_is_read_while_its_record_changes_is_that_of_the_record_as_it_is_then() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    // More than a megabyte of events: they are read first, and the record with a request of its own.
    let path = long_contract(&firm, 12).await;
    for (method, body, expected) in [
        (Method::PATCH, json!({"title": "Review"}), json!({"title": {"before": "Audit", "after": "Review"}})),
        (Method::DELETE, Value::Null, json!({"before": "Review", "after": null})),
    ] {
        let mut hold = app.meter.hold("Query");
        let reading = firm.owner.get(format!("{path}history/?limit=2"));
        let changing = async {
            hold.reached().await;
            let call = firm.owner.call(method.clone(), &path);
            let call = if body.is_null() { call } else { call.json(body.clone()) };
            assert!(call.send().await.status.is_success());
            hold.release();
        };
        let (page, ()) = tokio::join!(reading, changing);
        let page = page.expect(200);
        let [newest, before] = results(&page) else { panic!("{:#}", page.json) };
        let changes = &newest["changes"];
        assert_eq!(if method == Method::PATCH { changes } else { &changes["title"] }, &expected);
        let fields: Vec<_> = before["changes"].as_object().unwrap().keys().collect();
        assert_eq!(fields, [if method == Method::PATCH { "terms" } else { "title" }], "it shows no more than its own event did");
    }
}
