//! Time on invoices: billed as it was logged, on one invoice at most, free again when that goes away.

use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::{
    invoices::{act, client, draft_to, line, sums},
    steps::{column, together},
};

/// An invoice to `client` that is to bill these time entries.
pub(crate) async fn bill(firm: &Firm<'_>, client: &str, entries: &[&str]) -> Answer {
    firm.owner.post("/api/finance/invoices/", json!({"client": client, "time_entries": entries})).await
}

/// The invoice that the time entry names.
pub(crate) async fn invoice_of(firm: &Firm<'_>, entry: &str) -> Value {
    firm.owner.get(format!("/api/projects/time-entries/{entry}/")).await.expect(200).json["invoice"].clone()
}

/// A time entry of so many hours on a new project of `client`, set up as `settings` says.
async fn logged(firm: &Firm<'_>, client: &str, settings: Value, hours: &str) -> Answer {
    let mut body = json!({"client": client, "name": "Study", "hourly_rate": "200"});
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let project = firm.owner.post("/api/projects/projects/", body).await.expect(201).id();
    firm.owner.post("/api/projects/time-entries/", json!({"project": project, "hours": hours})).await.expect(201)
}

#[tokio::test]
async fn from_time_to_money() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let shown = firm.owner.get(format!("/api/projects/time-entries/{entry}/")).await.expect(200);
    assert_eq!((shown.text("/billed_amount"), &shown.json["invoice"]), ("500.00".into(), &Value::Null));
    let body = json!({"client": client, "project": shown.text("/project"), "time_entries": [entry]});
    let draft = firm.owner.post("/api/finance/invoices/", body).await.expect(201);
    assert_eq!((draft.text("/status"), &draft.json["number"]), ("draft".into(), &Value::Null));
    assert_eq!(
        ["/subtotal", "/tax", "/total", "/amount_paid", "/amount_due"].map(|field| draft.text(field)),
        ["500.00", "0.00", "500.00", "0.00", "500.00"]
    );
    let billed =
        ["/description", "/quantity", "/unit_price", "/amount", "/time_entry"].map(|field| draft.text(&format!("/line_items/0{field}")));
    assert_eq!(billed, ["Interviews", "2.5", "200", "500.00", &entry]);
    assert_eq!(invoice_of(&firm, &entry).await, draft.id());
    let sent = act(&firm, &draft.id(), "send", json!({})).await.expect(200);
    assert_eq!((sent.text("/number"), sent.text("/status")), ("INV-000001".into(), "sent".into()));
    let body = json!({"amount": "500.00", "method": "bank_transfer"});
    let paid = act(&firm, &sent.id(), "record-payment", body).await.expect(200);
    assert_eq!((paid.text("/status"), sums(&paid)), ("paid".into(), ["500.00", "500.00", "0.00", "0.00"].map(str::to_owned)));
}

#[tokio::test]
async fn what_is_billed_is_what_the_time_costs_to_the_cent() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let mut entries = Vec::new();
    let mut cents = 0;
    for hours in ["0.3333", "0.0167", "1.1", "7.77", "2.5"] {
        let entry = logged(&firm, &client, json!({"hourly_rate": "133.37"}), hours).await;
        cents += entry.text("/billed_amount").replace('.', "").parse::<u32>().unwrap();
        entries.push(entry.id());
    }
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    let draft = bill(&firm, &client, &entries).await.expect(201);
    assert_eq!(draft.text("/total").replace('.', ""), cents.to_string());
}

#[tokio::test]
async fn time_that_is_not_the_clients_or_not_ready_is_refused_by_its_field() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let mine = client(&firm).await;
    let (_, others) = firm.time().await;
    let (foreign_client, foreign) = other.time().await;
    let entry = firm.time_for(&mine).await;
    let dollars = logged(&firm, &mine, json!({"currency": "USD"}), "1").await.id();
    let project = firm.owner.get(format!("/api/projects/time-entries/{dollars}/")).await.expect(200).text("/project");
    let foreign_project = other.owner.get(format!("/api/projects/time-entries/{foreign}/")).await.expect(200).text("/project");
    let others_project = firm.owner.get(format!("/api/projects/time-entries/{others}/")).await.expect(200).text("/project");
    let priced = |entry: &str| json!([{"description": "Study", "quantity": 1, "unit_price": 1, "time_entry": entry}]);
    for (body, field) in [
        (json!({"client": mine, "time_entries": [others]}), "time_entries[0]"),
        (json!({"client": mine, "time_entries": [foreign]}), "time_entries[0]"),
        (json!({"client": mine, "line_items": priced(&others)}), "line_items[0].time_entry"),
        (json!({"client": mine, "line_items": priced(&foreign)}), "line_items[0].time_entry"),
        (json!({"client": foreign_client, "time_entries": [foreign]}), "client"),
        (json!({"client": mine, "time_entries": [entry, entry]}), "time_entries[1]"),
        (json!({"client": mine, "time_entries": [entry], "line_items": priced(&entry)}), "time_entries[0]"),
        (json!({"client": mine, "time_entries": [entry, dollars]}), "time_entries[1]"),
        (json!({"client": mine, "time_entries": [entry], "currency": "USD"}), "time_entries[0]"),
        (json!({"client": mine, "time_entries": [entry], "project": project, "currency": "EUR"}), "time_entries[0]"),
        (json!({"client": mine, "project": others_project}), "project"),
        (json!({"client": mine, "project": foreign_project}), "project"),
    ] {
        assert_eq!(firm.owner.post("/api/finance/invoices/", body.clone()).await.expect(422).fields(), [field], "{body}");
    }
    let unapproved = logged(&firm, &mine, json!({"requires_approval": true}), "1").await.id();
    assert_eq!(bill(&firm, &mine, &[&entry, &unapproved]).await.expect(409).fields(), ["time_entries[1]"]);
    for action in ["submit", "approve"] {
        firm.owner.post(format!("/api/projects/time-entries/{unapproved}/{action}/"), json!({})).await.expect(200);
    }
    bill(&firm, &mine, &[&unapproved]).await.expect(201);
    bill(&firm, &mine, &[&unapproved]).await.expect(409);
    assert_eq!(invoice_of(&firm, &entry).await, Value::Null);
}

#[tokio::test]
async fn a_time_entry_is_on_one_invoice_however_many_want_it_at_once() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let draft = draft_to(&firm, &client, "1").await.id();
    let (create, add) = ("/api/finance/invoices/".to_owned(), format!("/api/finance/invoices/{draft}/add-time/"));
    let calls = (0..12).map(|place| match place % 2 {
        0 => firm.owner.call(Method::POST, &create).json(json!({"client": client, "time_entries": [entry]})),
        _ => firm.owner.call(Method::POST, &add).json(json!({"time_entries": [entry]})),
    });
    let answers = together(calls.collect()).await;
    let billing: Vec<_> = answers.iter().filter(|answer| answer.status.is_success()).collect();
    assert_eq!(billing.len(), 1);
    assert!(answers.iter().all(|answer| answer.status.is_success() || matches!(answer.status.as_u16(), 409 | 422)));
    assert_eq!(invoice_of(&firm, &entry).await, billing[0].id());
    let page = firm.owner.get(format!("/api/finance/invoices/?client={client}")).await.expect(200);
    let mut lines = 0;
    for id in column(&page, "id") {
        let shown = firm.owner.get(format!("/api/finance/invoices/{id}/")).await.expect(200);
        lines += shown.json["line_items"].as_array().unwrap().iter().filter(|line| line["time_entry"] == entry.as_str()).count();
    }
    assert_eq!(lines, 1);
}

#[tokio::test]
async fn time_goes_on_a_draft_and_off_it_and_edits_leave_it() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let (first, second) = (firm.time_for(&client).await, firm.time_for(&client).await);
    let draft = draft_to(&firm, &client, "100").await.id();
    let path = format!("/api/finance/invoices/{draft}/");
    let added = act(&firm, &draft, "add-time", json!({"time_entries": [first, second]})).await.expect(200);
    assert_eq!(added.text("/total"), "1100.00");
    assert_eq!((invoice_of(&firm, &first).await, invoice_of(&firm, &second).await), (json!(draft), json!(draft)));
    let third = firm.time_for(&client).await;
    for (entries, field) in [(vec![&third, &first], "time_entries[1]"), (vec![], "time_entries"), (vec![&first; 41], "time_entries")] {
        assert_eq!(act(&firm, &draft, "add-time", json!({"time_entries": entries})).await.expect(422).fields(), [field]);
    }
    // The price of time can be changed, but which time is billed can't.
    let dearer = json!({"description": "Study", "quantity": 1, "unit_price": 900, "time_entry": first});
    let same = json!({"description": "Study", "quantity": 1, "unit_price": 100, "time_entry": second});
    let edited = firm.owner.patch(&path, json!({"line_items": [same, dearer]})).await.expect(200);
    assert_eq!(edited.text("/total"), "1000.00");
    for lines in [json!([line("1", "1")]), json!([same]), json!([same, dearer, dearer])] {
        assert_eq!(firm.owner.patch(&path, json!({"line_items": lines})).await.expect(422).fields(), ["line_items"]);
    }
    firm.owner.delete(format!("/api/projects/time-entries/{first}/")).await.expect(409);
    firm.owner.patch(format!("/api/projects/time-entries/{first}/"), json!({"hours": 1})).await.expect(409);

    let removed = act(&firm, &draft, "remove-time", json!({"time_entries": [first]})).await.expect(200);
    assert_eq!(removed.text("/total"), "100.00");
    assert_eq!((invoice_of(&firm, &first).await, invoice_of(&firm, &second).await), (Value::Null, json!(draft)));
    let gone = act(&firm, &draft, "remove-time", json!({"time_entries": [second, first]})).await.expect(422);
    assert_eq!(gone.fields(), ["time_entries[1]"]);
    act(&firm, &draft, "send", json!({})).await.expect(200);
    act(&firm, &draft, "add-time", json!({"time_entries": [first]})).await.expect(409);
    act(&firm, &draft, "remove-time", json!({"time_entries": [second]})).await.expect(409);
    assert_eq!((invoice_of(&firm, &first).await, invoice_of(&firm, &second).await), (Value::Null, json!(draft)));
}

#[tokio::test]
async fn what_is_more_than_one_transaction_takes_is_refused_and_can_be_done_in_parts() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    // Each comes to be unbilled on a project of its own, which may not be archived then.
    let mut entries = Vec::new();
    for _ in 0..40 {
        entries.push(logged(&firm, &client, json!({}), "0.1").await.id());
    }
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    let draft = bill(&firm, &client, &entries).await.expect(201).id();
    let before = app.moment();
    let told = act(&firm, &draft, "remove-time", json!({"time_entries": entries})).await.expect(422).text("/detail");
    assert!(told.contains("in parts"), "{told}");
    assert_eq!(app.changed_since(&before), []);
    for part in [&entries[..20], &entries[20..]] {
        act(&firm, &draft, "remove-time", json!({"time_entries": part})).await.expect(200);
    }
}

#[tokio::test]
async fn forty_entries_go_on_at_once() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let project =
        firm.owner.post("/api/projects/projects/", json!({"client": client, "name": "Study", "hourly_rate": "200"})).await.expect(201).id();
    let mut entries = Vec::new();
    for place in 0..41 {
        let date = (app.clock.now().date_naive() - chrono::Days::new(place / 20)).to_string();
        let body = json!({"project": project, "hours": 1, "date": date});
        entries.push(firm.owner.post("/api/projects/time-entries/", body).await.expect(201).id());
    }
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    assert_eq!(bill(&firm, &client, &entries).await.expect(422).fields(), ["time_entries"]);
    let body = json!({"client": client, "project": project, "time_entries": &entries[..40]});
    let call = firm.owner.call(Method::POST, "/api/finance/invoices/").json(body).header("idempotency-key", "once");
    let draft = call.send().await.expect(201);
    assert_eq!(draft.text("/total"), "8000.00");
    let added = act(&firm, &draft.id(), "add-time", json!({"time_entries": [entries[40]]})).await.expect(200);
    assert_eq!(added.text("/total"), "8200.00");
}

#[tokio::test]
async fn time_of_a_draft_that_is_deleted_or_an_invoice_that_is_void_can_be_billed_again() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let draft = bill(&firm, &client, &[&entry]).await.expect(201).id();
    firm.owner.delete(format!("/api/finance/invoices/{draft}/")).await.expect(204);
    app.deliver().await;
    assert_eq!(invoice_of(&firm, &entry).await, Value::Null);
    let invoice = bill(&firm, &client, &[&entry]).await.expect(201).id();
    act(&firm, &invoice, "send", json!({})).await.expect(200);
    act(&firm, &invoice, "void", json!({})).await.expect(200);
    app.deliver().await;
    assert_eq!(invoice_of(&firm, &entry).await, Value::Null);
    bill(&firm, &client, &[&entry]).await.expect(201);
}
