//! Clients' credit: of what was paid too much, for other invoices.

use serde_json::{Value, json};
use tests::{Firm, TestApp};

use crate::{
    invoices::{act, client, draft_to, sent_to, sums},
    steps::{column, together},
};

/// An invoice of 100.00 to `client` that was paid with so much, and the credit that came of it.
async fn overpaid(firm: &Firm<'_>, client: &str, with: &str) -> (String, String) {
    let invoice = sent_to(firm, client, "100").await.id();
    let paid = act(firm, &invoice, "record-payment", json!({"amount": with, "method": "cash"})).await.expect(200);
    (invoice, paid.text("/payments/0/credit"))
}

#[tokio::test]
async fn what_is_paid_too_much_pays_another_invoice() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let (invoice, credit) = overpaid(&firm, &client, "250").await;
    let path = format!("/api/finance/credits/{credit}/");
    let shown = firm.owner.get(&path).await.expect(200);
    assert_eq!(["/status", "/amount", "/remaining", "/invoice"].map(|field| shown.text(field)), ["open", "150.00", "150.00", &invoice]);
    assert_eq!(shown.json["uses"], json!([]));

    let other = sent_to(&firm, &client, "120").await.id();
    let part = act(&firm, &other, "apply-credit", json!({"credit": credit, "amount": "20"})).await.expect(200);
    assert_eq!((sums(&part), part.text("/status")), (["120.00", "20.00", "0.00", "100.00"].map(str::to_owned), "sent".into()));
    assert_eq!((part.text("/payments/0/method"), part.text("/payments/0/credit")), ("credit".into(), credit.clone()));
    let paid = act(&firm, &other, "apply-credit", json!({"credit": credit})).await.expect(200);
    assert_eq!(paid.text("/status"), "paid");
    let shown = firm.owner.get(&path).await.expect(200);
    assert_eq!((shown.text("/remaining"), shown.text("/uses/1/invoice")), ("30.00".into(), other));
    let third = sent_to(&firm, &client, "120").await.id();
    let used = act(&firm, &third, "apply-credit", json!({"credit": credit})).await.expect(200);
    assert_eq!(used.text("/amount_due"), "90.00");
    assert_eq!(firm.owner.get(&path).await.expect(200).text("/status"), "used");
    act(&firm, &third, "apply-credit", json!({"credit": credit})).await.expect(409);
    let history = firm.owner.get(format!("{path}history/?ordering=created")).await.expect(200);
    assert_eq!(column(&history, "event"), ["credit.created", "credit.used", "credit.used", "credit.used"]);
    for (filter, found) in [("status=used", vec![credit.as_str()]), ("status=open", vec![]), (&format!("client={client}"), vec![&credit])] {
        assert_eq!(column(&firm.owner.get(format!("/api/finance/credits/?{filter}")).await.expect(200), "id"), found);
    }
}

#[tokio::test]
async fn credit_that_can_not_pay_an_invoice_changes_nothing() {
    let app = TestApp::new().await;
    let (firm, foreign) = (app.firm().await, app.firm().await);
    let (mine, other) = (client(&firm).await, client(&firm).await);
    let (_, credit) = overpaid(&firm, &mine, "150").await;
    let (_, others) = overpaid(&firm, &other, "150").await;
    let (_, foreigners) = overpaid(&foreign, &client(&foreign).await, "150").await;
    let invoice = sent_to(&firm, &mine, "40").await.id();
    let line = json!({"description": "Study", "quantity": "1", "unit_price": "333"});
    let dollars =
        firm.owner.post("/api/finance/invoices/", json!({"client": mine, "currency": "USD", "line_items": [line]})).await.expect(201).id();
    act(&firm, &dollars, "send", json!({})).await.expect(200);
    let apply = async |invoice: &str, credit: &str, amount: Value| {
        act(&firm, invoice, "apply-credit", json!({"credit": credit, "amount": amount})).await
    };
    for (invoice, credit, amount, field) in [
        (&invoice, &others, json!(null), "credit"),
        (&invoice, &foreigners, json!(null), "credit"),
        (&dollars, &credit, json!(null), "credit"),
        (&invoice, &credit, json!("40.01"), "amount"),
        (&invoice, &credit, json!("0"), "amount"),
        (&invoice, &credit, json!("0.001"), "amount"),
        (&invoice, &credit, json!("-1"), "amount"),
    ] {
        assert_eq!(apply(invoice, credit, amount).await.expect(422).fields(), [field]);
    }
    let draft = draft_to(&firm, &mine, "40").await.id();
    apply(&draft, &credit, json!(null)).await.expect(409);
    assert_eq!(firm.owner.get(format!("/api/finance/credits/{credit}/")).await.expect(200).text("/remaining"), "50.00");
}

#[tokio::test]
async fn credit_is_spent_once_however_many_want_it_at_once() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let (_, credit) = overpaid(&firm, &client, "150").await;
    let mut calls = Vec::new();
    for _ in 0..8 {
        let path = format!("/api/finance/invoices/{}/apply-credit/", sent_to(&firm, &client, "20").await.id());
        calls.push(firm.owner.call(http::Method::POST, path).json(json!({"credit": credit})));
    }
    let answers = together(calls).await;
    let paid: u32 = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .map(|answer| u32::from(answer.text("/amount_paid") == "20.00") * 20 + u32::from(answer.text("/amount_paid") == "10.00") * 10)
        .sum();
    assert_eq!((paid, answers.iter().filter(|answer| answer.status == 409).count()), (50, 5));
    assert_eq!(firm.owner.get(format!("/api/finance/credits/{credit}/")).await.expect(200).text("/remaining"), "0.00");
}
