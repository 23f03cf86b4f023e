//! Time entries: what they cost, who may change them and until when, and that no minute of them is lost.

use domain::access::Role;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp, User};

use crate::{
    projects::{budget, project, shown},
    steps::{column, together},
    tasks::task,
};

const ENTRIES: &str = "/api/projects/time-entries/";

async fn log(user: &User<'_>, project: &str, settings: Value) -> Answer {
    let mut body = json!({"project": project, "hours": "2.5"});
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    user.post(ENTRIES, body).await
}

async fn act(user: &User<'_>, entry: &str, action: &str, body: Value) -> Answer {
    user.post(format!("{ENTRIES}{entry}/{action}/"), body).await
}

/// An invoice that bills `entry`, sent.
async fn invoiced(firm: &Firm<'_>, entry: &Answer) -> String {
    let body = json!({"client": entry.text("/client"), "time_entries": [entry.id()]});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    invoice
}

#[tokio::test]
async fn two_and_a_half_hours_at_200_cost_500() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let project = project(&firm, json!({})).await;
    let entry = log(&firm.owner, &project.id(), json!({"description": "Interviews"})).await.expect(201);
    let texts = ["/hours", "/billed_hours", "/hourly_rate", "/billed_amount", "/currency", "/status", "/user", "/client"];
    let (owner, client) = (firm.owner.id.as_str(), project.text("/client"));
    assert_eq!(texts.map(|field| entry.text(field)), ["2.50", "2.50", "200.00", "500.00", "EUR", "open", owner, &client]);
    assert_eq!((&entry.json["minutes"], &entry.json["invoice"]), (&json!(150), &Value::Null));
    assert_eq!(entry.text("/date"), app.clock.now().date_naive().to_string());
}

#[tokio::test]
async fn the_rate_is_that_of_the_entry_the_task_the_person_the_project_or_the_firm_on_that_day() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let today = app.clock.now().date_naive();
    let ago = |days| (today - chrono::TimeDelta::days(days)).to_string();
    let raised = |before: &str, since: &str| json!([{"hourly_rate": before}, {"from": ago(10), "hourly_rate": since}]);
    firm.owner.patch("/api/auth/firm/", json!({"hourly_rates": raised("100", "110")})).await.expect(200);
    let bare = project(&firm, json!({"hourly_rate": null})).await.id();
    let rated = project(&firm, json!({"hourly_rate": null, "rates": raised("200", "210")})).await.id();
    let since = project(&firm, json!({"hourly_rate": null, "rates": [{"from": ago(10), "hourly_rate": "205"}]})).await.id();
    let (person, another) = (firm.member(Role::Consultant).await, firm.member(Role::Consultant).await);
    for (person, rates) in [(&person, raised("300", "310")), (&another, json!([]))] {
        let body = json!({"user": person.id, "rates": rates});
        firm.owner.post(format!("/api/projects/projects/{rated}/add-member/"), body).await.expect(200);
    }
    let task = task(&firm, &rated, json!({"hourly_rate": "400"})).await.id();
    let free = self::task(&firm, &rated, json!({})).await.id();
    for (user, project, settings, before, after) in [
        (&firm.owner, &rated, json!({"user": person.id, "task": task, "hourly_rate": "500"}), "500.00", "500.00"),
        (&person, &rated, json!({"task": task}), "400.00", "400.00"),
        (&person, &rated, json!({"task": free}), "300.00", "310.00"),
        (&another, &rated, json!({}), "200.00", "210.00"),
        (&firm.owner, &rated, json!({"user": person.id}), "300.00", "310.00"),
        (&firm.owner, &since, json!({}), "100.00", "205.00"),
        (&person, &bare, json!({}), "100.00", "110.00"),
    ] {
        for (days, rate) in [(11, before), (10, after), (0, after)] {
            let mut settings = settings.clone();
            settings["date"] = ago(days).into();
            let entry = log(user, project, settings.clone()).await.expect(201);
            assert_eq!(entry.text("/hourly_rate"), rate, "{settings}, {days} days ago");
        }
    }
    // What was logged keeps its rate.
    let entry = log(&firm.owner, &bare, json!({})).await.expect(201);
    firm.owner.patch("/api/auth/firm/", json!({"hourly_rates": []})).await.expect(200);
    let moved = firm.owner.patch(format!("{ENTRIES}{}/", entry.id()), json!({"date": ago(20)})).await.expect(200);
    assert_eq!(moved.text("/hourly_rate"), "110.00");
    assert_eq!(log(&firm.owner, &bare, json!({})).await.expect(422).fields(), ["hourly_rate"]);
    let free = log(&firm.owner, &bare, json!({"billable": false})).await.expect(201);
    assert_eq!((&free.json["hourly_rate"], free.text("/billed_amount")), (&Value::Null, "0.00".into()));
    let path = format!("{ENTRIES}{}/", free.id());
    assert_eq!(firm.owner.patch(&path, json!({"billable": true})).await.expect(422).fields(), ["hourly_rate"]);
    firm.owner.patch(&path, json!({"billable": true, "hourly_rate": "90"})).await.expect(200);
    // What an hour costs isn't for who works it to say; what they read they can write back.
    log(&person, &rated, json!({"hourly_rate": "999"})).await.expect(403);
    let (title, of_task) = (json!({"project": rated, "title": "Cheap", "hourly_rate": "1"}), format!("/api/projects/tasks/{task}/"));
    person.post("/api/projects/tasks/", title).await.expect(403);
    for rate in [json!("999"), Value::Null] {
        person.patch(&of_task, json!({"hourly_rate": rate})).await.expect(403);
    }
    person.patch(&of_task, json!({"hourly_rate": "400", "title": "Interviews"})).await.expect(200);
    let own = log(&person, &rated, json!({})).await.expect(201);
    let path = format!("{ENTRIES}{}/", own.id());
    person.patch(&path, json!({"hourly_rate": "999"})).await.expect(403);
    person.patch(&path, json!({"hourly_rate": own.text("/hourly_rate"), "hours": 2})).await.expect(200);
}

#[tokio::test]
async fn the_firms_rates_are_not_for_projects_in_another_currency() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    firm.owner.patch("/api/auth/firm/", json!({"hourly_rates": [{"hourly_rate": "100"}]})).await.expect(200);
    let foreign = project(&firm, json!({"hourly_rate": null, "currency": "SEK"})).await.id();
    assert_eq!(log(&firm.owner, &foreign, json!({})).await.expect(422).fields(), ["hourly_rate"]);
    // Nor does what was in euros become dollars.
    let refused = firm.owner.patch("/api/auth/firm/", json!({"currency": "USD"})).await.expect(422);
    assert_eq!(refused.fields(), ["currency"]);
    firm.owner.patch("/api/auth/firm/", json!({"currency": "USD", "hourly_rates": [{"hourly_rate": "120"}]})).await.expect(200);
}

#[tokio::test]
async fn what_is_billed_is_rounded_as_the_project_says_and_what_was_worked_is_not() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let cases = [
        (15, "up", "0.02", 1, "0.25", "50.00"),
        (15, "up", "0.25", 15, "0.25", "50.00"),
        (15, "up", "0.26", 16, "0.50", "100.00"),
        (15, "nearest", "0.35", 21, "0.25", "50.00"),
        (15, "nearest", "0.38", 23, "0.50", "100.00"),
        (6, "nearest", "0.05", 3, "0.10", "20.00"),
        (60, "down", "1.99", 119, "1.00", "200.00"),
        (60, "down", "0.99", 59, "0.00", "0.00"),
        (1, "up", "0.3333", 20, "0.33", "66.67"),
        (1, "up", "24", 1440, "24.00", "4800.00"),
    ];
    let days = (1..).map(|back| (app.clock.now().date_naive() - chrono::Days::new(back)).to_string());
    for ((increment, rounding, hours, minutes, billed, amount), date) in cases.into_iter().zip(days) {
        let project = project(&firm, json!({"billing_increment": increment, "billing_rounding": rounding})).await.id();
        let entry = log(&firm.owner, &project, json!({"hours": hours, "date": date})).await.expect(201);
        assert_eq!(entry.json["minutes"], minutes, "{hours}");
        let shown = ["/billed_hours", "/billed_amount"].map(|field| entry.text(field));
        assert_eq!(shown, [billed, amount], "{hours} to {increment} {rounding}");
        // Another rounding of the project's is for what is logged from then on.
        firm.owner.patch(format!("/api/projects/projects/{project}/"), json!({"billing_increment": 1})).await.expect(200);
        let edited = firm.owner.patch(format!("{ENTRIES}{}/", entry.id()), json!({"description": "Calls"})).await.expect(200);
        assert_eq!(edited.text("/billed_amount"), amount);
    }
}

#[tokio::test]
async fn time_that_can_not_be_is_refused_by_the_name_of_its_field() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let ours = project(&firm, json!({})).await.id();
    let (theirs, another) = (project(&other, json!({})).await.id(), project(&firm, json!({})).await.id());
    let (their_task, another_task) = (task(&other, &theirs, json!({})).await.id(), task(&firm, &another, json!({})).await.id());
    let entry = log(&firm.owner, &ours, json!({})).await.expect(201).id();
    let today = app.clock.now().date_naive();
    let days = |days| (today + chrono::TimeDelta::days(days)).to_string();
    let before = app.moment();
    for (settings, field) in [
        (json!({"hours": 0}), "hours"),
        (json!({"hours": "0.001"}), "hours"),
        (json!({"hours": -1}), "hours"),
        (json!({"hours": "24.01"}), "hours"),
        (json!({"hours": "24.0001"}), "hours"),
        (json!({"hours": "1000000000000"}), "hours"),
        (json!({"hours": "1e3"}), "hours"),
        (json!({"hours": "2,5"}), "hours"),
        (json!({"hours": "NaN"}), "hours"),
        (json!({"hours": "1.00001"}), "hours"),
        (json!({"date": days(2)}), "date"),
        (json!({"date": days(-3 * 366 - 3)}), "date"),
        (json!({"date": "1899-12-31"}), "date"),
        (json!({"date": "2199-12-31"}), "date"),
        (json!({"date": "2026-02-30"}), "date"),
        (json!({"hourly_rate": "-1"}), "hourly_rate"),
        (json!({"hourly_rate": "0.005"}), "hourly_rate"),
        (json!({"hourly_rate": "1000000000000", "hours": 24}), "hourly_rate"),
        (json!({"task": their_task}), "task"),
        (json!({"task": another_task}), "task"),
    ] {
        assert_eq!(log(&firm.owner, &ours, settings.clone()).await.expect(422).fields(), [field], "{settings}");
        let patched = firm.owner.patch(format!("{ENTRIES}{entry}/"), settings.clone()).await;
        assert_eq!(patched.expect(422).fields(), [field], "{settings}");
    }
    let client = firm.owner.get(format!("/api/projects/projects/{ours}/")).await.expect(200).text("/client");
    for (settings, status, field) in [
        (json!({"project": theirs}), 422, "project"),
        (json!({"project": client}), 422, "project"),
        (json!({"user": other.owner.id}), 422, "user"),
        (json!({"hours": true}), 400, "hours"),
        (json!({"hours": null}), 400, "hours"),
        (json!({"billed_amount": "1"}), 400, "billed_amount"),
        (json!({"invoice": null}), 400, "invoice"),
    ] {
        assert_eq!(log(&firm.owner, &ours, settings.clone()).await.expect(status).fields(), [field], "{settings}");
    }
    assert_eq!(app.changed_since(&before), [], "what was refused changed something");
}

#[tokio::test]
async fn time_is_logged_on_active_projects_only() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let id = project(&firm, json!({})).await.id();
    for to in ["on_hold", "completed"] {
        firm.owner.post(format!("/api/projects/projects/{id}/move/"), json!({"to": to})).await.expect(200);
        let told = format!("The project is {}; time is logged on an active one.", to.replace('_', " "));
        assert_eq!(log(&firm.owner, &id, json!({})).await.expect(409).text("/detail"), told);
    }
    firm.owner.delete(format!("/api/projects/projects/{id}/")).await.expect(204);
    assert_eq!(log(&firm.owner, &id, json!({})).await.expect(422).fields(), ["project"]);
}

#[tokio::test]
async fn others_time_is_for_those_who_manage_work() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let project = project(&firm, json!({})).await.id();
    let (mine, another) = (firm.member(Role::Consultant).await, firm.member(Role::Consultant).await);
    let manager = firm.member(Role::Manager).await;
    let own = log(&mine, &project, json!({})).await.expect(201).id();
    let path = format!("{ENTRIES}{own}/");
    log(&mine, &project, json!({"user": another.id})).await.expect(403);
    log(&mine, &project, json!({"user": mine.id})).await.expect(201);
    let theirs = log(&manager, &project, json!({"user": mine.id})).await.expect(201);
    assert_eq!(theirs.text("/user"), mine.id);
    another.patch(&path, json!({"hours": 1})).await.expect(403);
    another.delete(&path).await.expect(403);
    act(&another, &own, "submit", json!({})).await.expect(403);
    act(&mine, &own, "approve", json!({})).await.expect(403);
    manager.patch(&path, json!({"hours": 1})).await.expect(200);
    mine.patch(&path, json!({"hours": 2})).await.expect(200);
    act(&mine, &own, "submit", json!({})).await.expect(200);
    act(&manager, &own, "approve", json!({})).await.expect(200);
    assert_eq!(another.get(&path).await.expect(200).text("/status"), "approved", "all work is there to see");
    mine.delete(format!("{ENTRIES}{}/", theirs.id())).await.expect(204);
}

#[tokio::test]
async fn what_is_locked_says_why() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let id = project(&firm, json!({"requires_approval": true})).await.id();
    let entry = log(&firm.owner, &id, json!({})).await.expect(201);
    let path = format!("{ENTRIES}{}/", entry.id());
    let refused = async |why: &str| {
        for answer in [firm.owner.patch(&path, json!({"hours": 1})).await, firm.owner.delete(&path).await] {
            assert_eq!(answer.expect(409).text("/detail"), why);
        }
    };
    let does = async |action: &str, status: u16| act(&firm.owner, &entry.id(), action, json!({})).await.expect(status);
    does("approve", 409).await;
    does("submit", 200).await;
    does("submit", 409).await;
    let same = firm.owner.patch(&path, json!({"hours": "2.5"})).await.expect(200);
    assert_eq!(same.text("/status"), "submitted", "nothing was changed");
    let edited = firm.owner.patch(&path, json!({"hours": "2"})).await.expect(200);
    assert_eq!(edited.text("/status"), "open", "what was submitted isn't what it is now");
    does("submit", 200).await;
    does("approve", 200).await;
    refused("The time is approved; it has to be handed back before it can be changed.").await;
    let back = act(&firm.owner, &entry.id(), "reject", json!({"reason": "Which interviews?"})).await.expect(200);
    assert_eq!((back.text("/status"), back.text("/rejection")), ("open".into(), "Which interviews?".into()));
    let again = does("submit", 200).await;
    assert_eq!(again.json["rejection"], Value::Null);
    let approved = does("approve", 200).await;
    let invoice = invoiced(&firm, &approved).await;
    refused(&format!(
        "The time is on the invoice {invoice}: take it off a draft; where it was sent, reverse the time, or issue a credit note."
    ))
    .await;
    act(&firm.owner, &entry.id(), "reject", json!({"reason": "Too late"})).await.expect(409);
    let listed = firm.owner.get(format!("{ENTRIES}?status=invoiced")).await.expect(200);
    assert_eq!(column(&listed, "id"), [entry.id()]);
}

#[tokio::test]
async fn what_is_invoiced_is_taken_back_once_by_another_entry() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let settings = json!({"billing_increment": 60, "billing_rounding": "up", "budget_hours": "10", "budget_amount": "2000"});
    let id = project(&firm, settings).await.id();
    let task = task(&firm, &id, json!({})).await.id();
    let entry = log(&firm.owner, &id, json!({"task": task})).await.expect(201);
    act(&firm.owner, &entry.id(), "reverse", json!({})).await.expect(409);
    invoiced(&firm, &entry).await;
    let reversal = act(&firm.owner, &entry.id(), "reverse", json!({})).await.expect(201);
    let texts = ["/status", "/hours", "/billed_hours", "/billed_amount", "/hourly_rate", "/reverses"];
    assert_eq!(texts.map(|field| reversal.text(field)), ["approved", "-2.50", "-3.00", "-600.00", "200.00", &entry.id()]);
    let reversed = firm.owner.get(format!("{ENTRIES}{}/", entry.id())).await.expect(200);
    assert_eq!((reversed.text("/status"), reversed.text("/reversed_by")), ("invoiced".into(), reversal.id()));
    assert_eq!(budget(&shown(&firm, &id).await), [Some("0.00"), Some("0.00"), Some("10.00"), Some("2000.00")]);
    assert_eq!(firm.owner.get(format!("/api/projects/tasks/{task}/")).await.expect(200).text("/logged_hours"), "0.00");
    act(&firm.owner, &entry.id(), "reverse", json!({})).await.expect(409);
    act(&firm.owner, &reversal.id(), "reverse", json!({})).await.expect(409);
    act(&firm.owner, &reversal.id(), "reject", json!({"reason": "No"})).await.expect(409);
    firm.owner.patch(format!("{ENTRIES}{}/", reversal.id()), json!({"hours": 1})).await.expect(409);
    // The time as it should have been, and what takes back the other, go on the next invoice together.
    let anew = log(&firm.owner, &id, json!({"hours": "4"})).await.expect(201);
    let body = json!({"client": anew.text("/client"), "time_entries": [reversal.id(), anew.id()]});
    assert_eq!(firm.owner.post("/api/finance/invoices/", body).await.expect(201).text("/total"), "200.00");
    firm.owner.delete(format!("{ENTRIES}{}/", reversal.id())).await.expect(409);
}

#[tokio::test]
async fn what_is_used_follows_every_change_of_the_time() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let id = project(&firm, json!({"budget_hours": "10", "budget_amount": "2000"})).await.id();
    let (first, second) = (task(&firm, &id, json!({})).await.id(), task(&firm, &id, json!({})).await.id());
    let stands = async |used: [&str; 2], hours: [&str; 2]| {
        let shown = shown(&firm, &id).await;
        assert_eq!(budget(&shown)[..2], used.map(Some));
        for (task, hours) in [&first, &second].into_iter().zip(hours) {
            assert_eq!(firm.owner.get(format!("/api/projects/tasks/{task}/")).await.expect(200).text("/logged_hours"), hours);
        }
    };
    let entry = log(&firm.owner, &id, json!({"task": first})).await.expect(201).id();
    stands(["2.50", "500.00"], ["2.50", "0.00"]).await;
    let patch = async |body: Value| firm.owner.patch(format!("{ENTRIES}{entry}/"), body).await.expect(200);
    patch(json!({"hours": "1", "task": second})).await;
    stands(["1.00", "200.00"], ["0.00", "1.00"]).await;
    patch(json!({"hourly_rate": "300"})).await;
    stands(["1.00", "300.00"], ["0.00", "1.00"]).await;
    patch(json!({"billable": false})).await;
    stands(["1.00", "0.00"], ["0.00", "1.00"]).await;
    patch(json!({"billable": true, "task": null})).await;
    stands(["1.00", "300.00"], ["0.00", "0.00"]).await;
    let key = || firm.owner.call(Method::POST, ENTRIES).json(json!({"project": id, "hours": 2})).header("idempotency-key", "twice");
    assert_eq!(key().send().await.expect(201).id(), key().send().await.expect(201).id());
    stands(["3.00", "700.00"], ["0.00", "0.00"]).await;
    firm.owner.delete(format!("{ENTRIES}{entry}/")).await.expect(204);
    stands(["2.00", "400.00"], ["0.00", "0.00"]).await;
}

#[tokio::test]
async fn sums_past_any_sensible_amount_are_still_shown() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let id = project(&firm, json!({"budget_amount": "1"})).await.id();
    for _ in 0..2 {
        log(&firm.owner, &id, json!({"hours": "1", "hourly_rate": "1000000000000"})).await.expect(201);
    }
    assert_eq!(budget(&shown(&firm, &id).await)[1..], [Some("2000000000000.00"), None, Some("-1999999999999.00")]);
}

#[tokio::test]
async fn fifty_entries_logged_sixteen_at_a_time_are_all_in_the_sums() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let id = project(&firm, json!({"budget_hours": "100"})).await.id();
    let task = task(&firm, &id, json!({})).await.id();
    let today = app.clock.now().date_naive();
    let body = |tenths: u64| {
        let date = today - chrono::Days::new(tenths);
        json!({"project": id, "task": task, "date": date.to_string(), "hours": format!("{}.{}", tenths / 10, tenths % 10)})
    };
    let bodies: Vec<_> = (1..=50).map(body).collect();
    for bodies in bodies.chunks(16) {
        let calls = bodies.iter().map(|body| firm.owner.call(Method::POST, ENTRIES).json(body.clone())).collect();
        for answer in together(calls).await {
            answer.expect(201);
        }
    }
    // 0.1 + 0.2 + … + 5.0
    assert_eq!(budget(&shown(&firm, &id).await), [Some("127.50"), Some("25500.00"), Some("-27.50"), None]);
    assert_eq!(firm.owner.get(format!("/api/projects/tasks/{task}/")).await.expect(200).text("/logged_hours"), "127.50");
    let page = firm.owner.get(format!("{ENTRIES}?project={id}&limit=100")).await.expect(200);
    assert_eq!(column(&page, "id").len(), 50);
    let deletions =
        column(&page, "id").iter().map(|entry| firm.owner.call(Method::DELETE, format!("{ENTRIES}{entry}/"))).collect::<Vec<_>>();
    for answer in together(deletions).await {
        answer.expect(204);
    }
    assert_eq!(budget(&shown(&firm, &id).await)[..2], [Some("0.00"), Some("0.00")]);
    crate::event_log::assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn what_is_refused_when_time_is_logged_is_refused_when_it_is_changed() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let project = project(&firm, json!({})).await.id();
    let entry = log(&firm.owner, &project, json!({})).await.expect(201).id();
    firm.owner.post(format!("/api/projects/projects/{project}/move/"), json!({"to": "completed"})).await.expect(200);
    log(&firm.owner, &project, json!({})).await.expect(409);
    for change in [json!({"hours": "24"}), json!({"date": "2026-01-05"}), json!({"billable": false})] {
        firm.owner.patch(format!("{ENTRIES}{entry}/"), change).await.expect(409);
    }
    firm.owner.patch(format!("{ENTRIES}{entry}/"), json!({"description": "Interviews, and notes"})).await.expect(200);
    let gone = firm.member(Role::Consultant).await;
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", gone.id), json!({})).await.expect(200);
    firm.owner.post(format!("/api/projects/projects/{project}/move/"), json!({"to": "active"})).await.expect(200);
    assert_eq!(log(&firm.owner, &project, json!({"user": gone.id})).await.expect(422).fields(), ["user"]);
}
