//! Invoices: drafted, sent under numbers without gaps, taken back.

use chrono::TimeDelta;
use domain::access::Role;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::steps::{column, day, results, signed_in_again};

/// How many invoices are sent, so many at a time.
const SENT: (usize, usize) = (200, 16);

pub(crate) fn address(line1: &str) -> Value {
    json!({"line1": line1, "line2": null, "postal_code": "111 22", "city": "Stockholm", "region": null, "country": "SE"})
}

pub(crate) async fn client(firm: &Firm<'_>) -> String {
    let body =
        json!({"company_name": "Acme Corp", "email": "ann@acme.example", "address": address("Storgatan 1"), "vat_id": "SE556000461501"});
    firm.owner.post("/api/clients/clients/", body).await.expect(201).id()
}

pub(crate) fn line(quantity: &str, unit_price: &str) -> Value {
    json!({"description": "Workshop", "quantity": quantity, "unit_price": unit_price})
}

/// A draft to `client` of so much.
pub(crate) async fn draft_to(firm: &Firm<'_>, client: &str, amount: &str) -> Answer {
    let body = json!({"client": client, "line_items": [line("1", amount)]});
    firm.owner.post("/api/finance/invoices/", body).await.expect(201)
}

/// Do `action` to the invoice `id`.
pub(crate) async fn act(firm: &Firm<'_>, id: &str, action: &str, body: Value) -> Answer {
    firm.owner.post(format!("/api/finance/invoices/{id}/{action}/"), body).await
}

/// An invoice to `client` of so much, sent.
pub(crate) async fn sent_to(firm: &Firm<'_>, client: &str, amount: &str) -> Answer {
    let id = draft_to(firm, client, amount).await.id();
    act(firm, &id, "send", json!({})).await.expect(200)
}

/// The sums of an invoice.
pub(crate) fn sums(invoice: &Answer) -> [String; 4] {
    ["/total", "/amount_paid", "/amount_credited", "/amount_due"].map(|field| invoice.text(field))
}

#[tokio::test]
async fn a_draft_says_what_it_comes_to_and_whom_it_is_for() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let study = json!({"description": "Study", "quantity": 2.5, "unit_price": "200", "tax_rate": "19"});
    let travel = json!({"description": "Travel", "quantity": "1", "unit_price": 100.50});
    let body = json!({"client": client, "line_items": [study, travel], "discount": {"percent": "10"}, "reference": "PO-1", "notes": "x"});
    let draft = firm.owner.post("/api/finance/invoices/", body).await.expect(201);
    assert_eq!(draft.json["number"], Value::Null);
    let shown = ["/status", "/currency", "/subtotal", "/discount_amount", "/tax", "/total", "/amount_paid", "/amount_due", "/notes"]
        .map(|field| draft.text(field));
    assert_eq!(shown, ["draft", "EUR", "600.50", "60.05", "85.50", "625.95", "0.00", "625.95", "x"]);
    let addressed = ["/company_name", "/email", "/address/line1", "/vat_id", "/buyer/address/city", "/line_items/0/amount"]
        .map(|field| draft.text(field));
    assert_eq!(addressed, ["Acme Corp", "ann@acme.example", "Storgatan 1", "SE556000461501", "Stockholm", "500.00"]);
    assert_eq!(draft.json["seller"], Value::Null);
    let tax = json!({"category": "standard", "rate": "19", "name": "Tax 19%", "reason": null, "base": "450.00", "amount": "85.50"});
    let none = json!({"category": "outside_scope", "rate": "0", "name": "Outside the scope of tax", "reason": null, "base": "90.45", "amount": "0.00"});
    assert_eq!(draft.json["taxes"], json!([tax, none]));

    let path = format!("/api/finance/invoices/{}/", draft.id());
    let body = json!({"discount": {"amount": "0.50"}, "line_items": [line("3", "0.335")], "reference": null, "company_name": "Acme Ltd"});
    let changed = firm.owner.patch(&path, body).await.expect(200);
    let shown = ["/subtotal", "/discount_amount", "/total", "/company_name"].map(|field| changed.text(field));
    assert_eq!(shown, ["1.01", "0.50", "0.51", "Acme Ltd"]);
    assert_eq!((&changed.json["reference"], &changed.json["discount"]), (&Value::Null, &json!({"percent": null, "amount": "0.50"})));
    firm.owner.delete(&path).await.expect(204);
    firm.owner.get(&path).await.expect(404);
}

#[tokio::test]
async fn an_invoice_that_is_sent_keeps_who_sold_and_who_bought_as_they_were() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let here = json!({"name": "North", "address": address("Kungsgatan 1"), "tax_number": "556703-7485", "vat_id": "SE 556703748501"});
    firm.owner.patch("/api/auth/firm/", here).await.expect(200);
    let client = client(&firm).await;
    let draft = draft_to(&firm, &client, "100").await.id();
    let path = format!("/api/finance/invoices/{draft}/");
    let sent = act(&firm, &draft, "send", json!({})).await.expect(200);
    let shown = ["/seller/name", "/seller/address/line1", "/seller/vat_id", "/buyer/name", "/buyer/address/line1", "/buyer/vat_id"];
    let parties = shown.map(|field| sent.text(field));
    assert_eq!(parties, ["North", "Kungsgatan 1", "SE556703748501", "Acme Corp", "Storgatan 1", "SE556000461501"]);
    firm.owner.patch("/api/auth/firm/", json!({"name": "South", "address": null, "vat_id": null})).await.expect(200);
    firm.owner.patch(format!("/api/clients/clients/{client}/"), json!({"company_name": "Acme Ltd", "address": null})).await.expect(200);
    let later = firm.owner.get(&path).await.expect(200);
    assert_eq!(shown.map(|field| later.text(field)), parties);
}

#[tokio::test]
async fn the_tax_of_a_rate_is_rounded_once_and_what_is_not_taxed_says_why() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let half = json!({"description": "Call", "quantity": 1, "unit_price": "0.50", "tax_rate": "25"});
    let reverse = json!({"description": "Study", "quantity": 1, "unit_price": "100", "tax_category": "reverse_charge"});
    let exempt = json!({"description": "Course", "quantity": 1, "unit_price": "10", "tax_category": "exempt", "tax_reason": "Training"});
    let lines = json!([half, half, reverse, exempt]);
    let client = client(&firm).await;
    let draft = firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": lines})).await.expect(201);
    assert_eq!((draft.text("/tax"), draft.text("/line_items/0/tax_amount")), ("0.25".into(), "0.13".into()));
    let told: Vec<_> = draft.json["taxes"].as_array().unwrap().iter().map(|tax| (tax["base"].clone(), tax["reason"].clone())).collect();
    let usual = "Reverse charge: the customer accounts for the tax.";
    assert_eq!(told, [(json!("1.00"), json!(null)), (json!("100.00"), json!(usual)), (json!("10.00"), json!("Training"))]);
    for (tax, field) in [
        (json!({"tax_category": "standard"}), "line_items[1].tax_rate"),
        (json!({"tax_category": "standard", "tax_rate": "0"}), "line_items[1].tax_rate"),
        (json!({"tax_category": "exempt", "tax_rate": "19"}), "line_items[1].tax_rate"),
        (json!({"tax_rate": "19", "tax_reason": "x"}), "line_items[1].tax_reason"),
        (json!({"tax_category": "exempt", "tax_reason": "x"}), "line_items[1].tax_reason"),
    ] {
        let mut line = json!({"description": "Call", "quantity": 1, "unit_price": "1"});
        line.as_object_mut().unwrap().extend(tax.as_object().unwrap().clone());
        let refused = firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": [exempt, line]})).await.expect(422);
        assert_eq!(refused.fields(), [field], "{tax}");
    }
}

#[tokio::test]
async fn drafts_beyond_reason_are_refused_by_the_field_that_is_wrong() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let (to, foreign) = (client(&firm).await, client(&other).await);
    let long = json!({"description": "x".repeat(500), "quantity": 1, "unit_price": 1});
    for (body, field) in [
        (json!({"client": foreign}), "client"),
        (json!({"client": to, "line_items": [line("1", "1"), line("1000000000000", "1000000000000")]}), "line_items[1]"),
        (json!({"client": to, "line_items": [line("1", "600000000000"), line("1", "600000000000")]}), "line_items"),
        (json!({"client": to, "line_items": [line("1", "100"), line("-2", "100")]}), "line_items"),
        (json!({"client": to, "line_items": vec![line("1", "1"); 201]}), "line_items"),
        (json!({"client": to, "line_items": vec![long; 101]}), "line_items"),
        (json!({"client": to, "line_items": [line("0.00001", "1")]}), "line_items[0].quantity"),
        (json!({"client": to, "line_items": [line("1", "-1")]}), "line_items[0].unit_price"),
        (
            json!({"client": to, "line_items": [{"description": "x", "quantity": 1, "unit_price": 1, "tax_rate": 101}]}),
            "line_items[0].tax_rate",
        ),
        (json!({"client": to, "line_items": [line("1", "1")], "discount": {"amount": "1.01"}}), "discount"),
        (json!({"client": to, "discount": {"amount": "0.001"}}), "discount"),
        (json!({"client": to, "discount": {"amount": "0", "percent": "0"}}), "discount"),
        (json!({"client": to, "issue_date": day(&app, 3)}), "issue_date"),
        (json!({"client": to, "issue_date": "1999-12-31"}), "issue_date"),
        (json!({"client": to, "issue_date": day(&app, 0), "due_date": "2020-01-31"}), "due_date"),
        (json!({"client": to, "due_date": "2198-01-31"}), "due_date"),
        (json!({"client": to, "due_date": "2999-01-31"}), "due_date"),
    ] {
        assert_eq!(firm.owner.post("/api/finance/invoices/", body.clone()).await.expect(422).fields(), [field], "{body}");
    }
    for (body, field) in [
        (json!({"client": to, "total": "1.00"}), "total"),
        (json!({"client": to, "status": "paid"}), "status"),
        (json!({"client": to, "number": "INV-000009"}), "number"),
        (json!({"client": to, "line_items": [{"description": "x", "quantity": 1}]}), "line_items[0].unit_price"),
    ] {
        assert_eq!(firm.owner.post("/api/finance/invoices/", body.clone()).await.expect(400).fields(), [field], "{body}");
    }
    assert_eq!(results(&firm.owner.get("/api/finance/invoices/").await.expect(200)).len(), 0);
}

#[tokio::test]
async fn sending_gives_it_a_number_and_days_and_locks_it() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let empty = firm.owner.post("/api/finance/invoices/", json!({"client": client})).await.expect(201).id();
    assert_eq!(act(&firm, &empty, "send", json!({})).await.expect(422).fields(), ["line_items"]);
    let invoice = sent_to(&firm, &client, "100").await;
    let shown = ["/number", "/status", "/issue_date", "/due_date"].map(|field| invoice.text(field));
    assert_eq!(shown, ["INV-000001", "sent", &day(&app, 0), &day(&app, 30)]);
    let path = format!("/api/finance/invoices/{}/", invoice.id());
    for body in [json!({"memo": "x"}), json!({"line_items": []}), json!({"due_date": day(&app, 60)})] {
        firm.owner.patch(&path, body).await.expect(409);
    }
    firm.owner.delete(&path).await.expect(409);
    act(&firm, &invoice.id(), "send", json!({})).await.expect(409);
    assert_eq!(firm.owner.get(&path).await.expect(200).json, invoice.json);
    let free = sent_to(&firm, &client, "0").await;
    assert_eq!((free.text("/number"), free.text("/status")), ("INV-000002".into(), "paid".into()));
}

#[tokio::test]
async fn an_invoice_that_reaches_nobody_is_not_sent_unless_somebody_takes_it_there() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Paper Ltd"})).await.expect(201).id();
    let draft = draft_to(&firm, &client, "100").await.id();
    assert_eq!(act(&firm, &draft, "send", json!({})).await.expect(422).fields(), ["email"]);
    let path = format!("/api/finance/invoices/{draft}/");
    assert_eq!(firm.owner.get(&path).await.expect(200).text("/status"), "draft");
    let sent = act(&firm, &draft, "send", json!({"sent_by": "hand"})).await.expect(200);
    assert_eq!((sent.text("/sent_by"), sent.text("/number")), ("hand".into(), "INV-000001".into()));
    // Who has an e-mail gets no mail either, if it is said to be sent by hand.
    let email = tests::email("paper");
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Paper Ltd", "email": email})).await.expect(201).id();
    let [by_mail, by_hand] = [draft_to(&firm, &client, "100").await.id(), draft_to(&firm, &client, "100").await.id()];
    act(&firm, &by_hand, "send", json!({"sent_by": "hand"})).await.expect(200);
    let sent = act(&firm, &by_mail, "send", json!({})).await.expect(200);
    assert_eq!(sent.text("/sent_by"), "mail");
    app.deliver().await;
    let mails = crate::outbox::mails_to(&email).await;
    assert!(matches!(mails.as_slice(), [mail] if mail.subject.contains(&sent.text("/number"))), "{}", mails.len());
}

#[tokio::test]
async fn numbers_have_no_gap_and_no_double_however_many_are_sent_at_once() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let (many, at_once) = SENT;
    let draft = async |_| draft_to(&firm, &client, "100").await.id();
    let drafts: Vec<String> = stream::iter(0..many).map(draft).buffer_unordered(at_once).collect().await;
    let send = async |id: String| act(&firm, &id, "send", json!({})).await.expect(200).text("/number");
    let mut numbers: Vec<String> = stream::iter(drafts).map(send).buffer_unordered(at_once).collect().await;
    numbers.sort();
    assert_eq!(numbers, (1..=many).map(|number| format!("INV-{number:06}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_void_invoice_keeps_its_number_and_one_that_is_paid_for_can_not_be_voided() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let draft = draft_to(&firm, &client, "100").await.id();
    act(&firm, &draft, "void", json!({})).await.expect(409);
    act(&firm, &draft, "mark-uncollectible", json!({})).await.expect(409);
    let invoice = sent_to(&firm, &client, "100").await.id();
    let voided = act(&firm, &invoice, "void", json!({"reason": "Wrong client"})).await.expect(200);
    assert_eq!(["/number", "/status", "/reason"].map(|field| voided.text(field)), ["INV-000001", "void", "Wrong client"]);
    for (action, body) in [("void", json!({})), ("send", json!({})), ("mark-uncollectible", json!({}))] {
        act(&firm, &invoice, action, body).await.expect(409);
    }
    let next = sent_to(&firm, &client, "100").await;
    assert_eq!(next.text("/number"), "INV-000002");
    act(&firm, &next.id(), "record-payment", json!({"amount": "1", "method": "cash"})).await.expect(200);
    act(&firm, &next.id(), "void", json!({})).await.expect(409);
    act(&firm, &next.id(), "reverse-write-off", json!({})).await.expect(409);
    act(&firm, &next.id(), "mark-uncollectible", json!({"reason": "Bankrupt"})).await.expect(200);
    let reopened = act(&firm, &next.id(), "reverse-write-off", json!({})).await.expect(200);
    assert_eq!((reopened.text("/status"), &reopened.json["reason"]), ("sent".into(), &Value::Null));
    assert!(reopened.json["next_reminder"].is_string());
    act(&firm, &next.id(), "mark-uncollectible", json!({"reason": "Bankrupt"})).await.expect(200);
    let late = act(&firm, &next.id(), "record-payment", json!({"amount": "99", "method": "cash"})).await.expect(200);
    assert_eq!(late.text("/status"), "paid");
    // What is over is archived and stays readable.
    for over in [invoice, next.id()] {
        let path = format!("/api/finance/invoices/{over}/");
        firm.owner.delete(&path).await.expect(204);
        assert!(firm.owner.get(&path).await.expect(200).json["archived_at"].is_string());
        // Money that comes in after all is recorded however it comes: it is credit, and takes the invoice out of the archive.
        let late = act(&firm, &over, "record-payment", json!({"amount": "5", "method": "cash"})).await.expect(200);
        assert!(late.json["archived_at"].is_null() && late.json["payments"].as_array().unwrap().last().unwrap()["credit"].is_string());
    }
}

#[tokio::test]
async fn invoices_are_listed_by_client_and_by_how_they_stand() {
    let app = TestApp::new().await;
    let mut firm = app.firm().await;
    let (first, second) = (client(&firm).await, client(&firm).await);
    let draft = draft_to(&firm, &first, "1").await.id();
    let sent = sent_to(&firm, &second, "1").await.id();
    for (filter, found) in [
        (format!("client={first}"), vec![&draft]),
        (format!("client={second}"), vec![&sent]),
        ("status=draft".to_owned(), vec![&draft]),
        ("status=sent".to_owned(), vec![&sent]),
        ("status=overdue".to_owned(), vec![]),
    ] {
        let page = firm.owner.get(format!("/api/finance/invoices/?{filter}")).await.expect(200);
        assert_eq!(column(&page, "id"), found, "{filter}");
    }
    firm.owner.get("/api/finance/invoices/?status=late").await.expect(400);
    firm.owner.get(format!("/api/finance/invoices/?status=sent&client={first}")).await.expect(422);
    // Overdue follows from the day, before anything marks it.
    app.clock.advance(TimeDelta::days(32));
    firm.owner = signed_in_again(&app, &firm.owner).await;
    let invoice = firm.owner.get(format!("/api/finance/invoices/{sent}/")).await.expect(200);
    assert_eq!((invoice.json["overdue"].as_bool(), invoice.text("/status")), (Some(true), "sent".into()));
    let listed = firm.owner.get("/api/finance/invoices/?status=sent").await.expect(200);
    assert_eq!(results(&listed)[0]["overdue"], true);
}

#[tokio::test]
async fn consultants_see_no_invoices() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let consultant = firm.member(Role::Consultant).await;
    for path in ["invoices", "credit-notes", "credits"] {
        consultant.get(format!("/api/finance/{path}/")).await.expect(403);
    }
    let billing = firm.member(Role::Billing).await;
    let draft =
        billing.post("/api/finance/invoices/", json!({"client": client(&firm).await, "line_items": [line("1", "1")]})).await.expect(201);
    billing.post(format!("/api/finance/invoices/{}/send/", draft.id()), json!({})).await.expect(200);
}
