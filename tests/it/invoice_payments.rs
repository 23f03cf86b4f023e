//! What is paid on invoices, and the client's credit that comes of what is too much.

use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::{
    invoices::{act, client, draft_to, sent_to, sums},
    steps::{column, day, together},
};

async fn pay(firm: &Firm<'_>, id: &str, amount: &str) -> Answer {
    act(firm, id, "record-payment", json!({"amount": amount, "method": "bank_transfer"})).await
}

#[tokio::test]
async fn an_invoice_is_paid_when_the_last_of_it_is() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let invoice = sent_to(&firm, &client(&firm).await, "500").await.id();
    let body = json!({"amount": "200.00", "method": "check", "reference": "No. 7", "date": day(&app, 0)});
    let part = act(&firm, &invoice, "record-payment", body).await.expect(200);
    assert_eq!((sums(&part), part.text("/status")), (["500.00", "200.00", "0.00", "300.00"].map(str::to_owned), "sent".into()));
    let payment = ["/amount", "/applied", "/method", "/reference", "/date"].map(|field| part.text(&format!("/payments/0{field}")));
    assert_eq!(payment, ["200.00", "200.00", "check", "No. 7", &day(&app, 0)]);
    let paid = pay(&firm, &invoice, "300").await.expect(200);
    assert_eq!((sums(&paid), paid.text("/status")), (["500.00", "500.00", "0.00", "0.00"].map(str::to_owned), "paid".into()));
    assert_eq!(paid.json["payments"].as_array().unwrap().len(), 2);
    let history = firm.owner.get(format!("/api/finance/invoices/{invoice}/history/?ordering=created")).await.expect(200);
    assert_eq!(column(&history, "event"), ["invoice.created", "invoice.sent", "invoice.payment_recorded", "invoice.paid"]);
}

#[tokio::test]
async fn payments_that_can_not_be_right_change_nothing() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let invoice = sent_to(&firm, &client, "500").await;
    let said = |field: &str, value: Value| {
        let mut body = json!({"amount": "1.00", "method": "cash"});
        body[field] = value;
        body
    };
    for (body, field) in [
        (said("amount", json!("0")), "amount"),
        (said("amount", json!(-1)), "amount"),
        (said("amount", json!("0.001")), "amount"),
        (said("amount", json!("1000000000001")), "amount"),
        (said("currency", json!("USD")), "currency"),
        (said("currency", json!("Euro")), "currency"),
        (said("method", json!("stripe")), "method"),
        (said("method", json!("credit")), "method"),
        (said("date", json!(day(&app, 3))), "date"),
        (said("date", json!("2020-01-31")), "date"),
        (said("reference", json!("")), "reference"),
    ] {
        let refused = act(&firm, &invoice.id(), "record-payment", body.clone()).await.expect(422);
        assert_eq!(refused.fields(), [field], "{body}");
    }
    for (body, field) in
        [(json!({"method": "cash"}), "amount"), (said("amount", json!(true)), "amount"), (said("client", json!("x")), "client")]
    {
        assert_eq!(act(&firm, &invoice.id(), "record-payment", body).await.expect(400).fields(), [field]);
    }
    assert_eq!(firm.owner.get(format!("/api/finance/invoices/{}/", invoice.id())).await.expect(200).json, invoice.json);

    let draft = draft_to(&firm, &client, "500").await;
    pay(&firm, &draft.id(), "1").await.expect(409);
    assert_eq!(firm.owner.get(format!("/api/finance/invoices/{}/", draft.id())).await.expect(200).json, draft.json);
}

#[tokio::test]
async fn money_for_an_invoice_that_is_paid_or_void_becomes_credit_by_whichever_way_it_came() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let void = sent_to(&firm, &client, "500").await.id();
    act(&firm, &void, "void", json!({})).await.expect(200);
    let paid = sent_to(&firm, &client, "500").await.id();
    pay(&firm, &paid, "500").await.expect(200);
    for (invoice, status) in [(void, "void"), (paid, "paid")] {
        let again = pay(&firm, &invoice, "500").await.expect(200);
        assert_eq!((again.text("/status"), again.text("/amount_due")), (status.into(), "0.00".into()));
        let last = again.json["payments"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["applied"], &last["credited"]), (&json!("0.00"), &json!("500.00")));
    }
    let credits = firm.owner.get(format!("/api/finance/credits/?client={client}")).await.expect(200);
    assert_eq!(column(&credits, "remaining"), ["500.00", "500.00"]);
}

#[tokio::test]
async fn a_currency_without_decimals_takes_none() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let line = json!({"description": "Study", "quantity": "1.5", "unit_price": "333"});
    let body = json!({"client": client(&firm).await, "currency": "JPY", "line_items": [line]});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201);
    assert_eq!(invoice.text("/total"), "500");
    act(&firm, &invoice.id(), "send", json!({})).await.expect(200);
    assert_eq!(pay(&firm, &invoice.id(), "0.5").await.expect(422).fields(), ["amount"]);
    assert_eq!(pay(&firm, &invoice.id(), "500").await.expect(200).text("/status"), "paid");
}

#[tokio::test]
async fn two_payments_at_once_are_both_kept_and_what_is_too_much_is_credit() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let invoice = sent_to(&firm, &client, "500").await.id();
    let path = format!("/api/finance/invoices/{invoice}/record-payment/");
    let body = json!({"amount": "300", "method": "cash"});
    let calls = (0..2).map(|_| firm.owner.call(http::Method::POST, &path).json(body.clone())).collect();
    let answers = together(calls).await;
    let kept = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(kept, 2, "neither sees the invoice paid before it");
    let shown = firm.owner.get(format!("/api/finance/invoices/{invoice}/")).await.expect(200);
    assert_eq!((shown.text("/status"), shown.text("/amount_due")), ("paid".into(), "0.00".into()));
    let credits = firm.owner.get(format!("/api/finance/credits/?client={client}")).await.expect(200);
    assert_eq!(column(&credits, "amount"), ["100.00"]);
}
