//! Credit notes: what of an invoice is taken back.

use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::{
    invoices::{act, client, draft_to, sent_to, sums},
    steps::{column, together},
};

async fn note(firm: &Firm<'_>, invoice: &str, amount: &str, refunded: Option<&str>) -> Answer {
    let body = json!({"invoice": invoice, "amount": amount, "reason": "Too much", "refunded_amount": refunded});
    firm.owner.post("/api/finance/credit-notes/", body).await
}

fn parts(note: &Answer) -> [String; 5] {
    ["/amount", "/tax", "/amount_reduced", "/amount_credited", "/amount_refunded"].map(|field| note.text(field))
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

    let first = note(&firm, &invoice, "50", Some("10")).await.expect(201);
    assert_eq!(first.text("/number"), "CRN-000001");
    assert_eq!(parts(&first), ["50.00", "8.33", "20.00", "20.00", "10.00"]);
    let shown = show().await;
    assert_eq!((sums(&shown), shown.text("/status")), (["120.00", "100.00", "20.00", "0.00"].map(str::to_owned), "paid".into()));
    let credit = firm.owner.get(format!("/api/finance/credits/{}/", first.text("/credit"))).await.expect(200);
    assert_eq!((credit.text("/amount"), credit.text("/credit_note")), ("20.00".into(), first.id()));

    assert_eq!(note(&firm, &invoice, "70.01", None).await.expect(422).fields(), ["amount"]);
    let rest = note(&firm, &invoice, "70", Some("70")).await.expect(201);
    assert_eq!(parts(&rest), ["70.00", "11.67", "0.00", "0.00", "70.00"]);
    assert_eq!((&rest.json["credit"], show().await.text("/credit_noted")), (&Value::Null, "120.00".into()));
    for filter in [format!("invoice={invoice}"), format!("client={client}")] {
        let page = firm.owner.get(format!("/api/finance/credit-notes/?{filter}")).await.expect(200);
        assert_eq!(column(&page, "number"), ["CRN-000002", "CRN-000001"]);
    }
    firm.owner.get(format!("/api/finance/credit-notes/?invoice={invoice}&client={client}")).await.expect(400);
}

#[tokio::test]
async fn credit_notes_that_can_not_be_right_take_no_number() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let client_id = client(&firm).await;
    let invoice = sent_to(&firm, &client_id, "100").await.id();
    let foreign = sent_to(&other, &client(&other).await, "100").await.id();
    for (invoice, amount, refunded, field) in [
        (&foreign, "1", None, "invoice"),
        (&invoice, "0", None, "amount"),
        (&invoice, "-1", None, "amount"),
        (&invoice, "0.001", None, "amount"),
        (&invoice, "100.01", None, "amount"),
        (&invoice, "100", Some("0.01"), "refunded_amount"),
        (&invoice, "100", Some("-1"), "refunded_amount"),
    ] {
        assert_eq!(note(&firm, invoice, amount, refunded).await.expect(422).fields(), [field], "{amount} {refunded:?}");
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
    let body = json!({"invoice": invoice, "amount": "30", "reason": "Too much"});
    let calls = (0..8).map(|_| firm.owner.call(http::Method::POST, "/api/finance/credit-notes/").json(body.clone())).collect();
    let answers = together(calls).await;
    let mut numbers: Vec<_> = answers.iter().filter(|answer| answer.status == 201).map(|answer| answer.text("/number")).collect();
    numbers.sort();
    assert_eq!(numbers, ["CRN-000001", "CRN-000002", "CRN-000003"]);
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 422)));
    let shown = firm.owner.get(format!("/api/finance/invoices/{invoice}/")).await.expect(200);
    assert_eq!(shown.text("/amount_due"), "10.00");
}
