//! Credit notes: what of an invoice is taken back.

use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::{
    invoices::{act, client, draft_to, sent_to, sums},
    steps::{column, together},
};

/// A credit note of so much of the first line, without tax.
async fn note(firm: &Firm<'_>, invoice: &str, amount: &str, out_of_band: Option<&str>) -> Answer {
    note_of(firm, invoice, json!([{"line": 0, "amount": amount}]), out_of_band).await
}

async fn note_of(firm: &Firm<'_>, invoice: &str, lines: Value, out_of_band: Option<&str>) -> Answer {
    let body = json!({"invoice": invoice, "lines": lines, "reason": "Too much", "out_of_band_amount": out_of_band});
    firm.owner.post("/api/finance/credit-notes/", body).await
}

fn parts(note: &Answer) -> [String; 5] {
    ["/amount", "/tax", "/amount_reduced", "/amount_credited", "/amount_out_of_band"].map(|field| note.text(field))
}

#[tokio::test]
async fn a_credit_note_lowers_what_is_due_and_gives_back_what_was_paid() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let line = json!({"description": "Study", "quantity": "1", "unit_price": "100", "tax_rate": "20"});
    let invoice = firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": [line]})).await.expect(201).id();
    act(&firm, &invoice, "send", json!({})).await.expect(200);
    act(&firm, &invoice, "record-payment", json!({"amount": "100", "method": "cash"})).await.expect(200);
    let show = async || firm.owner.get(format!("/api/finance/invoices/{invoice}/")).await.expect(200);

    let first = note(&firm, &invoice, "41.67", Some("10")).await.expect(201);
    assert_eq!(first.text("/number"), "CRN-000001");
    assert_eq!(parts(&first), ["50.00", "8.33", "20.00", "20.00", "10.00"]);
    let shown = show().await;
    assert_eq!((sums(&shown), shown.text("/status")), (["120.00", "100.00", "20.00", "0.00"].map(str::to_owned), "paid".into()));
    let credit = firm.owner.get(format!("/api/finance/credits/{}/", first.text("/credit"))).await.expect(200);
    assert_eq!((credit.text("/amount"), credit.text("/credit_note")), ("20.00".into(), first.id()));

    assert_eq!(note(&firm, &invoice, "58.34", None).await.expect(422).fields(), ["lines[0].amount"]);
    let rest = note(&firm, &invoice, "58.33", Some("70")).await.expect(201);
    assert_eq!(parts(&rest), ["70.00", "11.67", "0.00", "0.00", "70.00"]);
    assert_eq!((&rest.json["credit"], show().await.text("/credit_noted")), (&Value::Null, "120.00".into()));
    for filter in [format!("invoice={invoice}"), format!("client={client}")] {
        let page = firm.owner.get(format!("/api/finance/credit-notes/?{filter}")).await.expect(200);
        assert_eq!(column(&page, "number"), ["CRN-000002", "CRN-000001"]);
    }
    firm.owner.get(format!("/api/finance/credit-notes/?invoice={invoice}&client={client}")).await.expect(422);
}

#[tokio::test]
async fn credit_notes_that_can_not_be_right_take_no_number() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let client_id = client(&firm).await;
    let invoice = sent_to(&firm, &client_id, "100").await.id();
    let foreign = sent_to(&other, &client(&other).await, "100").await.id();
    for (invoice, amount, out_of_band, field) in [
        (&foreign, "1", None, "invoice"),
        (&invoice, "0", None, "lines[0]"),
        (&invoice, "-1", None, "lines[0].amount"),
        (&invoice, "0.001", None, "lines[0].amount"),
        (&invoice, "100.01", None, "lines[0].amount"),
        (&invoice, "100", Some("0.01"), "out_of_band_amount"),
        (&invoice, "100", Some("-1"), "out_of_band_amount"),
    ] {
        assert_eq!(note(&firm, invoice, amount, out_of_band).await.expect(422).fields(), [field], "{amount} {out_of_band:?}");
    }
    for refunded in ["0.01", "-1"] {
        let body = json!({"invoice": invoice, "reason": "Too much", "refunded_amount": refunded});
        assert_eq!(firm.owner.post("/api/finance/credit-notes/", body).await.expect(422).fields(), ["refunded_amount"], "{refunded}");
    }
    let void = sent_to(&firm, &client_id, "100").await.id();
    act(&firm, &void, "void", json!({})).await.expect(200);
    for locked in [draft_to(&firm, &client_id, "100").await.id(), void] {
        note(&firm, &locked, "1", None).await.expect(409);
    }
    let whole = note(&firm, &invoice, "100", None).await.expect(201);
    assert_eq!((whole.text("/number"), whole.text("/amount_reduced")), ("CRN-000001".into(), "100.00".into()));
}

#[tokio::test]
async fn notes_at_once_never_take_back_more_than_the_invoice() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let invoice = sent_to(&firm, &client(&firm).await, "100").await.id();
    let body = json!({"invoice": invoice, "lines": [{"line": 0, "amount": "30"}], "reason": "Too much"});
    let calls = (0..8).map(|_| firm.owner.call(http::Method::POST, "/api/finance/credit-notes/").json(body.clone())).collect();
    let answers = together(calls).await;
    let mut numbers: Vec<_> = answers.iter().filter(|answer| answer.status == 201).map(|answer| answer.text("/number")).collect();
    numbers.sort();
    assert_eq!(numbers, ["CRN-000001", "CRN-000002", "CRN-000003"]);
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 422)));
    let shown = firm.owner.get(format!("/api/finance/invoices/{invoice}/")).await.expect(200);
    assert_eq!(shown.text("/amount_due"), "10.00");
}

#[tokio::test]
async fn a_credit_note_has_the_tax_of_its_lines_and_one_of_all_the_rest_sums_up_exactly() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let line = |quantity: &str, price: &str, tax: &str| json!({"description": "Study", "quantity": quantity, "unit_price": price, "tax_rate": tax});
    let free = json!({"description": "Course", "quantity": "1", "unit_price": "80", "tax_category": "exempt"});
    let lines = json!([line("3", "33.33", "19"), line("1", "10", "7"), free]);
    let body = json!({"client": client(&firm).await, "line_items": lines, "discount": {"amount": "5"}});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    let sent = act(&firm, &invoice, "send", json!({})).await.expect(200);
    let part = note_of(&firm, &invoice, json!([{"line": 0, "quantity": "1"}, {"line": 2, "amount": "10.50"}]), None).await.expect(201);
    let shown = ["/lines/0/quantity", "/lines/0/tax_rate", "/lines/1/amount", "/lines/1/tax_category"].map(|field| part.text(field));
    assert_eq!(shown, ["1", "19", "10.50", "exempt"]);
    assert_eq!((part.text("/taxes/0/rate"), part.text("/taxes/1/reason")), ("19".into(), "This supply is exempt from tax.".into()));
    for (lines, field) in [
        (json!([{"line": 1}, {"line": 0, "quantity": "2.0001"}]), "lines[1].quantity"),
        (json!([{"line": 3}]), "lines[0].line"),
        (json!([{"line": 1}, {"line": 1}]), "lines[1].line"),
        (json!([{"line": 1, "quantity": "1", "amount": "1"}]), "lines[0].quantity"),
    ] {
        assert_eq!(note_of(&firm, &invoice, lines, None).await.expect(422).fields(), [field]);
    }
    let rest = note_of(&firm, &invoice, Value::Null, None).await.expect(201);
    let cents = |answer: &Answer, field: &str| answer.text(field).replace('.', "").parse::<i64>().unwrap();
    for (noted, invoiced) in [("/amount", "/total"), ("/tax", "/tax")] {
        assert_eq!(cents(&part, noted) + cents(&rest, noted), cents(&sent, invoiced));
    }
    note_of(&firm, &invoice, Value::Null, None).await.expect(422);
}
