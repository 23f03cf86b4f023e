//! Time that takes back other time: as it was charged, once, and undone by deleting it.

use domain::access::Role;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::{
    billed_time::{bill, invoice_of},
    event_log::assert_all_chains_hold,
    invoices::{act, line},
    outbox::mails_to,
};

/// What takes back the time `entry`.
async fn reverse(firm: &Firm<'_>, entry: &str) -> Answer {
    firm.owner.post(format!("/api/projects/time-entries/{entry}/reverse/"), json!({})).await
}

/// The invoice to `client` that charges the time `entry` and nothing else, sent.
async fn charge(firm: &Firm<'_>, client: &str, entry: &str) -> String {
    let invoice = bill(firm, client, &[entry]).await.expect(201).id();
    act(firm, &invoice, "send", json!({})).await.expect(200);
    invoice
}

/// An invoice to `client` that charges 800.00 and gives back what `reversal` takes back.
async fn give_back(firm: &Firm<'_>, client: &str, reversal: &str) -> Answer {
    let body = json!({"client": client, "line_items": [line("1", "800")], "time_entries": [reversal]});
    firm.owner.post("/api/finance/invoices/", body).await
}

#[tokio::test]
async fn a_reversal_gives_back_on_the_next_invoice_what_was_billed() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    charge(&firm, &client, &entry).await;
    let back = reverse(&firm, &entry).await.expect(201).id();
    assert_eq!(bill(&firm, &client, &[&back]).await.expect(422).fields(), ["line_items"], "less than nothing alone");
    let next = give_back(&firm, &client, &back).await.expect(201);
    assert_eq!((next.text("/total"), next.text("/line_items/1/amount")), ("300.00".into(), "-500.00".into()));
}

#[tokio::test]
async fn an_invoice_whose_time_other_time_takes_back_is_not_void_before_that_is_deleted() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let path = |entry: &str| format!("/api/projects/time-entries/{entry}/");
    let before = firm.owner.get(path(&entry)).await.expect(200);
    let used =
        async || firm.owner.get(format!("/api/projects/projects/{}/", before.text("/project"))).await.expect(200).text("/used_hours");
    let invoice = charge(&firm, &client, &entry).await;
    let reversal = reverse(&firm, &entry).await.expect(201).id();
    app.project().await;
    assert_eq!(used().await, "0.00");
    act(&firm, &invoice, "void", json!({})).await.expect(409);

    // What takes it back is on an invoice that is out, and stays there.
    let credits = give_back(&firm, &client, &reversal).await.expect(201).id();
    act(&firm, &credits, "send", json!({})).await.expect(200);
    firm.owner.delete(path(&reversal)).await.expect(409);
    act(&firm, &invoice, "void", json!({})).await.expect(409);
    act(&firm, &credits, "void", json!({})).await.expect(200);
    app.deliver().await;

    // It is taken back itself, by who may take back time: then the time is as it was, and the invoice can be void.
    let consultant = firm.member(Role::Consultant).await;
    consultant.delete(path(&reversal)).await.expect(403);
    firm.owner.delete(path(&reversal)).await.expect(204);
    let charged = firm.owner.get(path(&entry)).await.expect(200);
    assert_eq!((charged.text("/invoice"), &charged.json["reversed_by"]), (invoice.clone(), &Value::Null));
    app.project().await;
    assert_eq!(used().await, "2.50");
    act(&firm, &invoice, "void", json!({})).await.expect(200);
    app.deliver().await;
    assert_eq!(invoice_of(&firm, &entry).await, Value::Null);
    firm.owner.delete(path(&entry)).await.expect(204);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn what_takes_back_time_gives_back_what_was_charged_and_nothing_else() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    firm.owner.patch("/api/auth/firm/", json!({"default_tax_rate": "19"})).await.expect(200);
    let (client, entry) = firm.time().await;
    let invoice = bill(&firm, &client, &[&entry]).await.expect(201).id();
    assert_eq!(act(&firm, &invoice, "send", json!({})).await.expect(200).text("/total"), "595.00");
    let reversal = reverse(&firm, &entry).await.expect(201).id();
    firm.owner.patch("/api/auth/firm/", json!({"default_tax_rate": "7"})).await.expect(200);
    let workshop = json!({"description": "Workshop", "quantity": "1", "unit_price": "800"});
    let with = |more: Value| {
        let mut body = json!({"client": client, "line_items": [workshop]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        firm.owner.post("/api/finance/invoices/", body)
    };
    let priced = json!({"description": "Less", "quantity": "-1", "unit_price": "900", "tax_rate": "0", "time_entry": reversal});
    for (body, field) in [
        (json!({"time_entries": [reversal], "discount": {"percent": "10"}}), "discount"),
        (json!({"line_items": [workshop, priced]}), "line_items[1].time_entry"),
    ] {
        assert_eq!(with(body.clone()).await.expect(422).fields(), [field], "{body}");
    }
    let draft = with(json!({"time_entries": [reversal]})).await.expect(201);
    assert_eq!((draft.text("/line_items/1/tax_rate"), draft.text("/total")), ("19".into(), "261.00".into()));
    let path = format!("/api/finance/invoices/{}/", draft.id());
    let mut lines = draft.json["line_items"].clone();
    for line in lines.as_array_mut().unwrap() {
        for shown in ["amount", "tax_amount"] {
            line.as_object_mut().unwrap().remove(shown);
        }
    }
    for (field, value) in [("quantity", "-3"), ("quantity", "2.5"), ("unit_price", "1"), ("tax_rate", "20")] {
        let mut other = lines.clone();
        other[1][field] = value.into();
        let refused = firm.owner.patch(&path, json!({"line_items": other})).await.expect(422);
        assert_eq!(refused.fields(), [format!("line_items[1].{field}")], "{value}");
    }
    firm.owner.patch(&path, json!({"discount": {"amount": "1"}})).await.expect(422);
    firm.owner.patch(&path, json!({"line_items": lines})).await.expect(200);
    // What is wrong with the line of an entry is told of the entry: here the reason why there is no tax.
    let again = firm.time_for(&client).await;
    let exempt = json!({"description": "Study", "quantity": "2.5", "unit_price": "200", "tax_category": "exempt", "tax_reason": "Training",
        "time_entry": again});
    let charged = firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": [exempt]})).await.expect(201).id();
    act(&firm, &charged, "send", json!({})).await.expect(200);
    let back = reverse(&firm, &again).await.expect(201).id();
    let other = json!({"description": "Course", "quantity": "1", "unit_price": "900", "tax_category": "exempt"});
    let body = json!({"line_items": [other], "time_entries": [back]});
    assert_eq!(with(body.clone()).await.expect(422).fields(), ["time_entries[0]"]);
    let discounted = with(json!({"discount": {"percent": "10"}})).await.expect(201).id();
    let added = act(&firm, &discounted, "add-time", json!({"time_entries": [back]})).await.expect(422);
    assert_eq!(added.fields(), ["time_entries"]);
    // Other time isn't billed as less than nothing, when it is put on an invoice or later.
    let entry = firm.time_for(&client).await;
    let negative = json!({"description": "Study", "quantity": "-1", "unit_price": "1", "time_entry": entry});
    assert_eq!(with(json!({"line_items": [workshop, negative]})).await.expect(422).fields(), ["line_items[1].quantity"]);
    let draft = with(json!({"time_entries": [entry]})).await.expect(201).id();
    let refused = firm.owner.patch(format!("/api/finance/invoices/{draft}/"), json!({"line_items": [workshop, negative]})).await;
    assert_eq!(refused.expect(422).fields(), ["line_items[1].quantity"]);
}

#[tokio::test]
async fn what_a_line_charged_is_taken_back_once_by_other_time_or_by_a_credit_note() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let note = |body: Value| firm.owner.post("/api/finance/credit-notes/", body);
    let sent = async |settings: Value| {
        let (client, entry) = firm.time().await;
        let mut body = json!({"client": client, "time_entries": [entry]});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
        act(&firm, &invoice, "send", json!({})).await.expect(200);
        (invoice, entry)
    };
    // What a credit note took back, other time doesn't.
    let (invoice, entry) = sent(json!({})).await;
    note(json!({"invoice": invoice, "lines": [{"line": 0, "amount": "1"}], "reason": "Less"})).await.expect(201);
    let told = reverse(&firm, &entry).await.expect(409).text("/detail");
    assert!(told.contains("credit note of all that is left of that line"), "{told}");
    // Nor the other way round.
    let (invoice, entry) = sent(json!({})).await;
    reverse(&firm, &entry).await.expect(201);
    note(json!({"invoice": invoice, "lines": [{"line": 0, "amount": "1"}], "reason": "Less"})).await.expect(422);
    note(json!({"invoice": invoice, "reason": "All"})).await.expect(422);
    reverse(&firm, &entry).await.expect(409);
    // What was charged otherwise than it was logged is taken back by a note, as it was charged.
    let (_, entry) = sent(json!({"discount": {"percent": "90"}})).await;
    reverse(&firm, &entry).await.expect(409);
    let (client, entry) = firm.time().await;
    let priced = json!({"description": "Interviews", "quantity": "1", "unit_price": "10", "time_entry": entry});
    let invoice = firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": [priced]})).await.expect(201).id();
    act(&firm, &invoice, "send", json!({})).await.expect(200);
    reverse(&firm, &entry).await.expect(409);
}

#[tokio::test]
async fn time_of_a_line_that_is_credited_as_a_whole_can_be_billed_again() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let other = firm.time_for(&client).await;
    let invoice = bill(&firm, &client, &[&entry, &other]).await.expect(201).id();
    act(&firm, &invoice, "send", json!({})).await.expect(200);
    let note = async |lines: Value| {
        let body = json!({"invoice": invoice, "lines": lines, "reason": "Wrong hours"});
        firm.owner.post("/api/finance/credit-notes/", body).await.expect(201);
        app.deliver().await;
        (invoice_of(&firm, &entry).await, invoice_of(&firm, &other).await)
    };
    assert_eq!(note(json!([{"line": 0, "quantity": "1"}])).await, (json!(invoice), json!(invoice)));
    assert_eq!(note(json!([{"line": 0}])).await, (Value::Null, json!(invoice)));
    firm.owner.patch(format!("/api/projects/time-entries/{entry}/"), json!({"hours": "1"})).await.expect(200);
    let next = bill(&firm, &client, &[&entry]).await.expect(201).id();
    // The next note on the first leaves that alone.
    assert_eq!(note(json!([{"line": 1}])).await, (json!(next), Value::Null));
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn a_credit_note_takes_back_what_takes_back_time_as_a_whole_and_it_can_be_billed_again() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let charging = charge(&firm, &client, &entry).await;
    let back = reverse(&firm, &entry).await.expect(201).id();
    let invoice = give_back(&firm, &client, &back).await.expect(201).id();
    act(&firm, &invoice, "send", json!({})).await.expect(200);
    let note = |lines: Value| {
        let body = json!({"invoice": invoice, "lines": lines, "reason": "Less"});
        firm.owner.post("/api/finance/credit-notes/", body)
    };
    assert_eq!(note(json!([{"line": 0, "amount": "501"}, {"line": 1, "quantity": "1"}])).await.expect(422).fields(), ["lines[1].line"]);
    assert_eq!(note(json!([{"line": 0, "amount": "1"}, {"line": 1}])).await.expect(422).fields(), ["lines"], "less than nothing");
    assert_eq!(note(json!([{"line": 0}])).await.expect(422).fields(), ["lines"], "more than the invoice comes to");
    assert_eq!(note(json!([{"line": 0, "amount": "100"}])).await.expect(201).text("/amount"), "100.00");
    assert_eq!(note(Value::Null).await.expect(201).text("/amount"), "200.00");
    app.deliver().await;
    assert_eq!(invoice_of(&firm, &back).await, Value::Null);
    // It gives back what it gave back before, on another invoice; or it is deleted, and the time is charged as before.
    assert_eq!(give_back(&firm, &client, &back).await.expect(201).text("/total"), "300.00");
    act(&firm, &charging, "void", json!({})).await.expect(409);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn time_that_was_charged_at_nothing_can_be_billed_again() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let free = json!({"client": client, "time_entries": [entry], "discount": {"percent": "100"}});
    let invoice = firm.owner.post("/api/finance/invoices/", free).await.expect(201).id();
    assert_eq!(act(&firm, &invoice, "send", json!({})).await.expect(200).text("/status"), "paid");
    reverse(&firm, &entry).await.expect(409);
    let note = || firm.owner.post("/api/finance/credit-notes/", json!({"invoice": invoice, "reason": "It was to be charged"}));
    assert_eq!(note().await.expect(201).text("/amount"), "0.00");
    let told = act(&firm, &invoice, "void", json!({})).await.expect(409).text("/detail");
    assert!(told.contains("credited"), "{told}");
    assert_eq!(note().await.expect(422).fields(), ["lines"]);
    app.deliver().await;
    // The client is told of the invoice, and of no note of nothing.
    let to = firm.owner.get(format!("/api/clients/clients/{client}/")).await.expect(200).text("/email");
    assert_eq!(mails_to(&to).await.len(), 1);
    // Or the invoice is void, which says the same of all of it. Of none nothing could be taken back.
    let of = |quantity: &str, price: &str| {
        let line = json!({"description": "Interviews", "quantity": quantity, "unit_price": price, "time_entry": entry});
        firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": [line]}))
    };
    assert_eq!(of("0", "200").await.expect(422).fields(), ["line_items[0].quantity"]);
    let none = of("2.5", "0").await.expect(201).id();
    assert_eq!(act(&firm, &none, "send", json!({})).await.expect(200).text("/status"), "paid");
    act(&firm, &none, "void", json!({})).await.expect(200);
    app.deliver().await;
    assert_eq!(bill(&firm, &client, &[&entry]).await.expect(201).text("/total"), "500.00");
}

#[tokio::test]
async fn time_that_a_note_took_back_is_not_taken_back_by_other_time_too() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let project = json!({"client": firm.portal().await.client, "name": "Study", "hourly_rate": "0"});
    let project = firm.owner.post("/api/projects/projects/", project).await.expect(201).id();
    let log = async || firm.owner.post("/api/projects/time-entries/", json!({"project": project, "hours": "2"})).await.expect(201).id();
    let (first, second) = (log().await, log().await);
    let client = firm.portal().await.client.clone();
    let body = json!({"client": client, "line_items": [line("1", "80")], "time_entries": [first, second]});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    act(&firm, &invoice, "send", json!({})).await.expect(200);
    let note = json!({"invoice": invoice, "reason": "Less", "lines": [{"line": 1, "quantity": "1"}, {"line": 2}]});
    firm.owner.post("/api/finance/credit-notes/", note).await.expect(201);
    reverse(&firm, &first).await.expect(409);
    reverse(&firm, &second).await.expect(409);
    app.deliver().await;
    assert_eq!((invoice_of(&firm, &first).await, invoice_of(&firm, &second).await), (json!(invoice), Value::Null));
}

#[tokio::test]
async fn time_of_a_client_that_is_archived_is_not_let_go_by_a_credit_note() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let invoice = charge(&firm, &client, &entry).await;
    act(&firm, &invoice, "record-payment", json!({"amount": "500", "method": "cash"})).await.expect(200);
    let project = firm.owner.get(format!("/api/projects/time-entries/{entry}/")).await.expect(200).text("/project");
    firm.owner.post(format!("/api/projects/projects/{project}/move/"), json!({"to": "completed"})).await.expect(200);
    let path = format!("/api/clients/clients/{client}/");
    firm.owner.delete(&path).await.expect(204);
    // The money was given back, so no credit comes of it; but the time would be to be billed.
    let body = json!({"invoice": invoice, "reason": "Less", "out_of_band_amount": "500"});
    let told = firm.owner.post("/api/finance/credit-notes/", body.clone()).await.expect(409).text("/detail");
    assert!(told.contains("client is archived"), "{told}");
    firm.owner.post(format!("{path}restore/"), json!({})).await.expect(200);
    firm.owner.post("/api/finance/credit-notes/", body).await.expect(201);
}

#[tokio::test]
async fn what_is_not_charged_is_not_taken_back() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    // What is on a draft isn't charged: it is taken off.
    let draft = bill(&firm, &client, &[&entry]).await.expect(201).id();
    reverse(&firm, &entry).await.expect(409);
    firm.owner.delete(format!("/api/finance/invoices/{draft}/")).await.expect(204);
    reverse(&firm, &entry).await.expect(409);
    app.deliver().await;
    reverse(&firm, &entry).await.expect(409);
    // Nor is what an invoice charged that is void, before its time is free; and what is archived stays as it is.
    let invoice = charge(&firm, &client, &entry).await;
    act(&firm, &invoice, "void", json!({})).await.expect(200);
    reverse(&firm, &entry).await.expect(409);
    app.deliver().await;
    let invoice = charge(&firm, &client, &entry).await;
    act(&firm, &invoice, "record-payment", json!({"amount": "500", "method": "cash"})).await.expect(200);
    firm.owner.delete(format!("/api/finance/invoices/{invoice}/")).await.expect(204);
    reverse(&firm, &entry).await.expect(409);
}

#[tokio::test]
async fn what_takes_back_time_is_not_billed_in_the_moment_in_which_it_is_deleted() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let charging = charge(&firm, &client, &entry).await;
    let back = reverse(&firm, &entry).await.expect(201).id();
    let mut hold = app.meter.hold("BatchGetItem");
    let billing = give_back(&firm, &client, &back);
    let deleting = async {
        hold.reached().await;
        firm.owner.delete(format!("/api/projects/time-entries/{back}/")).await.expect(204);
        hold.release();
    };
    let (billed, ()) = tokio::join!(billing, deleting);
    assert_eq!(billed.expect(422).fields(), ["time_entries[0]"]);
    act(&firm, &charging, "void", json!({})).await.expect(200);
}
