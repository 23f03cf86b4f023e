//! Projects: whom they are for, who is on them, and how they stand to their budgets.

use domain::access::Role;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::steps::{column, day};

/// A client of its own.
async fn client(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp", "email": "ann@acme.example"})).await.expect(201).id()
}

/// A project for a client of its own, set up as `settings` says; at 200 an hour.
pub(crate) async fn project(firm: &Firm<'_>, settings: Value) -> Answer {
    let mut body = json!({"client": client(firm).await, "name": "Market study", "hourly_rate": "200"});
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    firm.owner.post("/api/projects/projects/", body).await.expect(201)
}

/// The project as it stands, its time added up.
pub(crate) async fn shown(firm: &Firm<'_>, project: &str) -> Answer {
    firm.app.project().await;
    firm.owner.get(format!("/api/projects/projects/{project}/")).await.expect(200)
}

async fn act(firm: &Firm<'_>, project: &str, action: &str, body: Value) -> Answer {
    firm.owner.post(format!("/api/projects/projects/{project}/{action}/"), body).await
}

/// What is used and left of the budgets.
pub(crate) fn budget(project: &Answer) -> [Option<&str>; 4] {
    ["used_hours", "used_amount", "left_hours", "left_amount"].map(|field| project.json[field].as_str())
}

#[tokio::test]
async fn a_project_is_as_it_was_set_up_or_as_usual() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let usual = project(&firm, json!({})).await;
    let texts = ["/status", "/currency", "/hourly_rate", "/manager", "/billing_rounding", "/used_hours", "/used_amount"];
    let owner = firm.owner.id.as_str();
    assert_eq!(texts.map(|field| usual.text(field)), ["active", "EUR", "200.00", owner, "nearest", "0.00", "0.00"]);
    assert_eq!((&usual.json["billing_increment"], &usual.json["requires_approval"]), (&json!(1), &json!(false)));
    assert_eq!(usual.json["rates"], json!([{"from": null, "hourly_rate": "200.00"}]));
    assert_eq!(usual.header("location"), Some(format!("/api/projects/projects/{}/", usual.id()).as_str()));

    let manager = firm.member(Role::Manager).await;
    let rates = json!([{"from": "2030-01-01", "hourly_rate": "250"}, {"hourly_rate": 195.5}]);
    let said = json!({
        "hourly_rate": null, "rates": rates, "currency": "SEK", "budget_hours": "100.5", "budget_amount": 20000, "billing_increment": 15,
        "billing_rounding": "up", "requires_approval": true, "manager": manager.id, "start_date": "2027-01-04", "end_date": "2027-01-04",
    });
    let said = project(&firm, said).await;
    assert_eq!(["/hourly_rate", "/currency", "/manager"].map(|field| said.text(field)), ["195.50", "SEK", &manager.id]);
    assert_eq!(said.json["rates"], json!([{"from": null, "hourly_rate": "195.50"}, {"from": "2030-01-01", "hourly_rate": "250.00"}]));
    assert_eq!(budget(&said), [Some("0.00"), Some("0.00"), Some("100.50"), Some("20000.00")]);
    assert_eq!(said.json["forecast_hours"], Value::Null, "it hasn't begun");
}

#[tokio::test]
async fn without_a_rate_of_its_own_a_project_has_the_firms_also_where_its_own_are_still_to_come() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    for rates in [json!([{"from": "2199-01-01", "hourly_rate": "250"}]), json!([{"hourly_rate": "250"}])] {
        let path = format!("/api/projects/projects/{}/", project(&firm, json!({"hourly_rate": null, "rates": rates})).await.id());
        let cleared = firm.owner.patch(&path, json!({"hourly_rate": null})).await.expect(200);
        assert_eq!((&cleared.json["hourly_rate"], &cleared.json["rates"]), (&Value::Null, &json!([])));
    }
}

#[tokio::test]
async fn a_project_carries_out_a_contract_of_its_own_client_in_the_contracts_currency() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (ours, another) = (client(&firm).await, client(&firm).await);
    let body = json!({"client": ours, "title": "Study", "value": "9000", "currency": "SEK"});
    let contract = firm.owner.post("/api/crm/contracts/", body).await.expect(201).id();
    let body = json!({"client": another, "contract": contract, "name": "Market study"});
    assert_eq!(firm.owner.post("/api/projects/projects/", body).await.expect(422).fields(), ["contract"]);
    let body = json!({"client": ours, "contract": contract, "name": "Market study"});
    // A draft could be deleted, and the project would carry out nothing.
    assert_eq!(firm.owner.post("/api/projects/projects/", body.clone()).await.expect(422).fields(), ["contract"]);
    let draft = json!({"contract": contract});
    let without = firm.owner.post("/api/projects/projects/", json!({"client": ours, "name": "Market study"})).await.expect(201).id();
    assert_eq!(firm.owner.patch(format!("/api/projects/projects/{without}/"), draft).await.expect(422).fields(), ["contract"]);
    firm.owner.post(format!("/api/crm/contracts/{contract}/sign/"), json!({"signed_by": "Ann Lee"})).await.expect(200);
    let project = firm.owner.post("/api/projects/projects/", body).await.expect(201);
    assert_eq!((project.text("/contract"), project.text("/currency")), (contract.clone(), "SEK".into()));
    let other = self::project(&firm, json!({})).await.id();
    let refused = firm.owner.patch(format!("/api/projects/projects/{other}/"), json!({"contract": contract})).await.expect(422);
    assert_eq!(refused.fields(), ["contract"]);
}

#[tokio::test]
async fn what_makes_no_project_is_refused_by_the_name_of_its_field() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let rate = |from: &str| json!({"from": from, "hourly_rate": "1"});
    let twenty_one: Vec<_> = (1..=21).map(|day| rate(&format!("2027-01-{day:02}"))).collect();
    for (settings, field) in [
        (json!({"hourly_rate": "1", "rates": []}), "hourly_rate"),
        (json!({"hourly_rate": "150.005"}), "hourly_rate"),
        (json!({"rates": [{"hourly_rate": "150.005"}]}), "rates[0].hourly_rate"),
        (json!({"rates": [rate("2027-01-01"), rate("2027-01-01")]}), "rates"),
        (json!({"rates": twenty_one}), "rates"),
        (json!({"rates": [rate("1899-12-31")]}), "rates[0].from"),
        (json!({"budget_amount": "0.005"}), "budget_amount"),
        (json!({"budget_hours": "-1"}), "budget_hours"),
        (json!({"budget_hours": "1.00001"}), "budget_hours"),
        (json!({"billing_increment": 7}), "billing_increment"),
        (json!({"start_date": "2027-01-05", "end_date": "2027-01-04"}), "end_date"),
    ] {
        let mut body = json!({"client": client, "name": "Market study"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let refused = firm.owner.post("/api/projects/projects/", body.clone()).await.expect(422);
        assert_eq!(refused.fields(), [field], "{body}");
    }
    let archived = firm.owner.delete(format!("/api/clients/clients/{client}/")).await;
    archived.expect(204);
    let refused = firm.owner.post("/api/projects/projects/", json!({"client": client, "name": "Market study"})).await.expect(422);
    assert_eq!(refused.fields(), ["client"]);
}

#[tokio::test]
async fn a_project_that_is_over_changes_only_once_it_is_taken_up_again() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let id = project(&firm, json!({})).await.id();
    let path = format!("/api/projects/projects/{id}/");
    firm.owner.delete(&path).await.expect(409);
    assert_eq!(act(&firm, &id, "move", json!({"to": "completed"})).await.expect(200).text("/status"), "completed");
    let detail = |answer: Answer| answer.expect(409).text("/detail");
    assert_eq!(detail(firm.owner.patch(&path, json!({"name": "II"})).await), "The project is completed; make it active to change it.");
    assert_eq!(detail(act(&firm, &id, "move", json!({"to": "on_hold"})).await), "The project is completed; it can't become on hold.");
    act(&firm, &id, "add-member", json!({"user": firm.owner.id})).await.expect(409);
    let body = json!({"project": id, "title": "Interviews"});
    firm.owner.post("/api/projects/tasks/", body.clone()).await.expect(409);
    act(&firm, &id, "move", json!({"to": "active"})).await.expect(200);
    firm.owner.post("/api/projects/tasks/", body).await.expect(201);
    firm.owner.patch(&path, json!({"name": "II"})).await.expect(200);
    act(&firm, &id, "move", json!({"to": "cancelled"})).await.expect(200);
    firm.owner.delete(&path).await.expect(204);
    firm.owner.patch(&path, json!({"name": "III"})).await.expect(409);
    let archived = firm.owner.get("/api/projects/projects/?archived=true").await.expect(200);
    assert_eq!(column(&archived, "id"), [id]);
}

#[tokio::test]
async fn people_join_a_project_once_each_and_leave_it() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let person = firm.member(Role::Consultant).await;
    let id = project(&firm, json!({})).await.id();
    act(&firm, &id, "add-member", json!({"user": person.id})).await.expect(200);
    let joined = act(&firm, &id, "add-member", json!({"user": person.id, "hourly_rate": "180"})).await.expect(200);
    assert_eq!(joined.json["members"], json!([{"user": person.id, "rates": [{"from": null, "hourly_rate": "180.00"}]}]));
    let refused = act(&firm, &id, "remove-member", json!({"user": firm.owner.id})).await.expect(422);
    assert_eq!(refused.fields(), ["user"]);
    let left = act(&firm, &id, "remove-member", json!({"user": person.id})).await.expect(200);
    assert_eq!(left.json["members"], json!([]));
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", person.id), json!({})).await.expect(200);
    let refused = act(&firm, &id, "add-member", json!({"user": person.id})).await.expect(422);
    assert_eq!(refused.fields(), ["user"]);
    let happened = firm.owner.get(format!("/api/projects/projects/{id}/history/?ordering=created")).await.expect(200);
    let events = ["project.created", "project.member_added", "project.member_added", "project.member_removed"];
    assert_eq!(column(&happened, "event"), events);
}

#[tokio::test]
async fn a_budget_tells_what_is_used_and_left_and_where_it_is_going() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    // Half of its days are over.
    let today = app.clock.now().date_naive();
    let days = |days| (today + chrono::TimeDelta::days(days)).to_string();
    let settings = json!({"budget_hours": "4", "budget_amount": "1000.00", "start_date": days(-30), "end_date": days(29)});
    let id = project(&firm, settings).await.id();
    let body = json!({"project": id, "hours": "2.5", "date": days(-1)});
    firm.owner.post("/api/projects/time-entries/", body).await.expect(201);
    let first = shown(&firm, &id).await;
    assert_eq!(budget(&first), [Some("2.50"), Some("500.00"), Some("1.50"), Some("500.00")]);
    let forecast: f64 = first.text("/forecast_hours").parse().unwrap();
    assert!((4.8..5.2).contains(&forecast), "{forecast}");

    let body = json!({"project": id, "hours": "3", "billable": false});
    firm.owner.post("/api/projects/time-entries/", body).await.expect(201);
    let over = shown(&firm, &id).await;
    assert_eq!(budget(&over), [Some("5.50"), Some("500.00"), Some("-1.50"), Some("500.00")]);
    assert_ne!(first.header("etag"), over.header("etag"), "what is shown isn't the same any more");
    let same = firm.owner.call(http::Method::PATCH, format!("/api/projects/projects/{id}/")).json(json!({"budget_hours": "8"}));
    let edited = same.header("if-match", first.header("etag").unwrap()).send().await.expect(200);
    assert_eq!(budget(&edited), [Some("5.50"), Some("500.00"), Some("2.50"), Some("500.00")], "logging time is no change of the project");
}

#[tokio::test]
async fn lists_are_filtered_by_client_or_status() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (first, second) = (project(&firm, json!({})).await, project(&firm, json!({"end_date": day(&app, 30)})).await);
    act(&firm, &second.id(), "move", json!({"to": "on_hold"})).await.expect(200);
    for (query, ids) in [
        ("", vec![second.id(), first.id()]),
        ("?status=on_hold", vec![second.id()]),
        ("?status=planned", vec![]),
        (&format!("?client={}", first.text("/client")), vec![first.id()]),
    ] {
        let page = firm.owner.get(format!("/api/projects/projects/{query}")).await.expect(200);
        assert_eq!(column(&page, "id"), ids, "{query}");
    }
    let both = format!("/api/projects/projects/?status=active&client={}", first.text("/client"));
    firm.owner.get(both).await.expect(422);
}
