//! Pages that DynamoDB cuts by size, at a megabyte: they are shorter, and what isn't on them is on the next.

use serde_json::{Value, json};
use tests::{Firm, Metered, TestApp, User};

use crate::steps::{link, results};

/// What is on each page from `first` on, by following `follow`; in the order of the list. And the last page's address.
/// Each page of a list takes one request; one of a history as many as it is megabytes long down to the page.
async fn walk(app: &TestApp, user: &User<'_>, first: &str, follow: &str) -> (Vec<Vec<Value>>, String) {
    let (mut pages, mut at) = (Vec::new(), first.to_owned());
    loop {
        app.meter.take();
        let page = user.get(&at).await.expect(200);
        let reads = app.meter.take().into_iter().filter(|Metered { operation, .. }| operation == "Query").count();
        assert!(reads == 1 || (at.contains("/history/") && reads <= 2), "{at}: {reads}");
        pages.push(results(&page).to_vec());
        match link(&page, follow) {
            Some(next) => at = next,
            None => break,
        }
        assert!(pages.len() < 100, "no end of it");
    }
    if follow == "previous" {
        pages.reverse();
    }
    (pages, at)
}

/// That walking over the list at `path` meets `expected`, which are its rows' `name`, newest first, once each: forth and
/// back, newest and oldest first, although no page has `limit` of them.
async fn assert_all_are_met(app: &TestApp, user: &User<'_>, path: &str, limit: usize, name: &str, expected: &[Value]) {
    for ordering in ["-created", "created"] {
        let mut expected = expected.to_vec();
        if ordering == "created" {
            expected.reverse();
        }
        let met = |pages: &[Vec<Value>]| pages.iter().flatten().map(|row| row[name].clone()).collect::<Vec<_>>();
        let join = if path.contains('?') { '&' } else { '?' };
        let (forth, last) = walk(app, user, &format!("{path}{join}limit={limit}&ordering={ordering}"), "next").await;
        assert!(forth.len() > 1 && forth.iter().all(|page| !page.is_empty() && page.len() < limit), "{path} isn't cut by size");
        assert_eq!(met(&forth), expected, "{path}, {ordering}");
        let (back, first) = walk(app, user, &last, "previous").await;
        assert_eq!(met(&back), expected, "{path}, {ordering}, back");
        // Forth again from where walking back ended: nothing was lost on the way.
        assert_eq!(met(&walk(app, user, &first, "next").await.0), expected, "{path}, {ordering}, forth again");
    }
}

/// The path of a contract titled “Audit”, of 50,000 letters, all of which were changed so often.
pub(crate) async fn long_contract(firm: &Firm<'_>, edits: u8) -> String {
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let body = json!({"client": client, "title": "Audit", "terms": "a".repeat(50_000)});
    let contract = firm.owner.post("/api/crm/contracts/", body).await.expect(201).id();
    let path = format!("/api/crm/contracts/{contract}/");
    for edit in 0..edits {
        let terms = char::from(b'b' + edit).to_string().repeat(50_000);
        firm.owner.patch(&path, json!({"terms": terms})).await.expect(200);
    }
    path
}

#[tokio::test]
async fn the_history_of_a_long_contract_is_shown_to_its_first_event() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let path = long_contract(&firm, 14).await;
    let sequences: Vec<_> = (1..=15).rev().map(Value::from).collect();
    assert_all_are_met(&app, &firm.owner, &format!("{path}history/"), 50, "sequence", &sequences).await;
}

#[tokio::test]
async fn a_task_shows_all_of_its_comments_however_long() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let project = firm.owner.post("/api/projects/projects/", json!({"client": client, "name": "Study"})).await.expect(201).id();
    let task = firm.owner.post("/api/projects/tasks/", json!({"project": project, "title": "Interviews"})).await.expect(201).id();
    let mut ids = Vec::new();
    for _ in 0..60 {
        app.clock.advance(chrono::TimeDelta::milliseconds(1));
        let body = json!({"task": task, "comment": "🦀".repeat(5_000)});
        ids.insert(0, Value::from(firm.owner.post("/api/clients/comments/", body).await.expect(201).id()));
    }
    assert_all_are_met(&app, &firm.owner, &format!("/api/clients/comments/?task={task}"), 60, "id", &ids).await;
}

#[tokio::test]
async fn time_entries_are_all_listed_however_much_is_told_of_each() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let body = json!({"client": client, "name": "Study", "hourly_rate": "200.00", "requires_approval": true});
    let project = firm.owner.post("/api/projects/projects/", body).await.expect(201).id();
    let (description, reason) = ("🦀".repeat(2_000), "🦀".repeat(1_000));
    let mut ids = Vec::new();
    for _ in 0..100 {
        app.clock.advance(chrono::TimeDelta::milliseconds(1));
        let body = json!({"project": project, "hours": "0.1", "description": description});
        let entry = firm.owner.post("/api/projects/time-entries/", body).await.expect(201).id();
        let path = format!("/api/projects/time-entries/{entry}");
        firm.owner.post(format!("{path}/submit/"), json!({})).await.expect(200);
        firm.owner.post(format!("{path}/reject/"), json!({"reason": reason})).await.expect(200);
        ids.insert(0, Value::from(entry));
    }
    assert_all_are_met(&app, &firm.owner, &format!("/api/projects/time-entries/?project={project}"), 100, "id", &ids).await;
}

/// Put copies of the item at `(pk, sk)` beside it, whose sort keys are `sks`; each takes up a third of a megabyte.
fn crowd(app: &TestApp, (pk, sk): (&str, &str), sks: &[&str]) {
    let item = app.records()[&(pk.to_owned(), sk.to_owned())].clone();
    for sk in sks {
        let mut copy = item.clone();
        (copy["sk"], copy["padding"]) = (json!({"S": sk}), json!({"S": "a".repeat(350_000)}));
        let put = json!({"TableName": app.template.table.name, "Item": copy});
        app.dynamo.database().put_item(serde_json::from_value(put).unwrap()).unwrap();
    }
}

#[tokio::test]
async fn a_login_knows_all_of_its_memberships_however_many() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let email = domain::Email::new(&firm.owner.email).unwrap();
    let id = app.store.login_of(&email).await.unwrap().unwrap();
    let login = format!("LOGIN#{id}");
    let joined = app.records().into_keys().find(|(pk, sk)| *pk == login && sk.starts_with("@MEMBER#")).unwrap().1;
    crowd(&app, (&login, &joined), &["@MEMBER#0", "@MEMBER#1", "@MEMBER#2", "@MEMBER#3"]);
    assert_eq!(app.store.credentials(id).await.unwrap().unwrap().joined.len(), 5);
    // Of more than DynamoDB gives with one request, too.
    let joined =
        domain::login::Joined { firm: firm.id.parse().unwrap(), subject: firm.owner.id.clone(), client: None, since: app.clock.now() };
    assert_eq!(app.store.memberships(&vec![joined; 250]).await.unwrap().len(), 250);
}

#[tokio::test]
async fn a_project_shows_its_hours_however_much_lies_beside_it() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (_, entry) = firm.time().await;
    let project = firm.owner.get(format!("/api/projects/time-entries/{entry}/")).await.expect(200).text("/project");
    app.project().await;
    let pk = format!("F#{}#PROJECT#{project}", firm.id);
    crowd(&app, (&pk, "@"), &["@A", "@B", "@C", "@D"]);
    let shown = firm.owner.get(format!("/api/projects/projects/{project}/")).await.expect(200);
    assert_eq!(shown.text("/used_hours"), "2.50");
}
