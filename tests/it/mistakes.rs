//! What a person mistypes about money can be undone, and shows.

use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::{
    event_log::assert_all_chains_hold,
    invoices::{act, client, sent_to, sums},
    outbox::mails_to,
    steps::{column, day},
    stripe_events::Bill,
};

async fn pay(firm: &Firm<'_>, invoice: &str, amount: &str) -> Answer {
    act(firm, invoice, "record-payment", json!({"amount": amount, "method": "bank_transfer"})).await.expect(200)
}

/// Reverse the payment at `place` of `invoice`.
async fn reverse(firm: &Firm<'_>, invoice: &Answer, place: usize) -> Answer {
    let payment = invoice.text(&format!("/payments/{place}/id"));
    act(firm, &invoice.id(), "reverse-payment", json!({"payment": payment, "reason": "Recorded twice"})).await
}

async fn credit(firm: &Firm<'_>, id: &str) -> Answer {
    firm.owner.get(format!("/api/finance/credits/{id}/")).await.expect(200)
}

#[tokio::test]
async fn a_payment_that_was_recorded_twice_is_reversed_with_the_credit_that_it_made() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let invoice = sent_to(&firm, &client, "100").await.id();
    pay(&firm, &invoice, "100").await;
    let twice = pay(&firm, &invoice, "100").await;
    let made = twice.text("/payments/1/credit");
    let once = reverse(&firm, &twice, 1).await.expect(200);
    assert_eq!((sums(&once), once.text("/status")), (["100.00", "100.00", "0.00", "0.00"].map(str::to_owned), "paid".into()));
    let shown = ["/payments/1/applied", "/payments/1/reversal_reason"].map(|field| once.text(field));
    assert_eq!((shown, once.json["payments"][1]["reversed_at"].is_string()), (["0.00", "Recorded twice"].map(str::to_owned), true));
    let gone = credit(&firm, &made).await;
    assert_eq!(["/remaining", "/withdrawn", "/overdrawn"].map(|field| gone.text(field)), ["0.00", "100.00", "0.00"]);
    reverse(&firm, &once, 1).await.expect(409);

    let open = reverse(&firm, &once, 0).await.expect(200);
    assert_eq!((open.text("/status"), open.text("/amount_due")), ("sent".into(), "100.00".into()));
    let history = firm.owner.get(format!("/api/finance/invoices/{invoice}/history/")).await.expect(200);
    assert_eq!(column(&history, "event")[..2], ["invoice.payment_reversed"; 2]);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn a_reversed_payment_whose_credit_was_used_leaves_it_owed_and_one_from_credit_gives_it_back() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let first = sent_to(&firm, &client, "100").await.id();
    let over = pay(&firm, &first, "150").await;
    let made = over.text("/payments/0/credit");
    let second = sent_to(&firm, &client, "50").await.id();
    let paid = act(&firm, &second, "apply-credit", json!({"credit": made})).await.expect(200);
    reverse(&firm, &over, 0).await.expect(200);
    let owed = credit(&firm, &made).await;
    assert_eq!((owed.text("/status"), owed.text("/overdrawn")), ("overdrawn".into(), "50.00".into()));
    let open = reverse(&firm, &paid, 0).await.expect(200);
    assert_eq!((open.text("/status"), open.text("/amount_due")), ("sent".into(), "50.00".into()));
    let even = credit(&firm, &made).await;
    assert_eq!(["/status", "/remaining", "/overdrawn"].map(|field| even.text(field)), ["used", "0.00", "0.00"]);
    assert!(even.json["uses"][0]["given_back_at"].is_string());
}

#[tokio::test]
async fn what_a_client_who_is_gone_owes_by_a_credit_is_given_up_and_settled_by_money_that_comes_after_all() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let over = pay(&firm, &sent_to(&firm, &client, "100").await.id(), "150").await;
    let made = over.text("/payments/0/credit");
    let second = sent_to(&firm, &client, "50").await.id();
    act(&firm, &second, "apply-credit", json!({"credit": made})).await.expect(200);
    reverse(&firm, &over, 0).await.expect(200);
    act(&firm, &over.id(), "mark-uncollectible", json!({})).await.expect(200);
    let archive = || firm.owner.delete(format!("/api/clients/clients/{client}/"));
    let told = archive().await.expect(409).text("/detail");
    assert!(told.contains(&format!("the credit {made}")), "{told}");
    let give_up = |action: &str, body| firm.owner.post(format!("/api/finance/credits/{made}/{action}/"), body);
    give_up("reverse-write-off", json!({})).await.expect(409);
    let given_up = give_up("mark-uncollectible", json!({"reason": "Bankrupt"})).await.expect(200);
    assert_eq!(["/status", "/overdrawn", "/write_off_reason"].map(|field| given_up.text(field)), ["uncollectible", "50.00", "Bankrupt"]);
    give_up("mark-uncollectible", json!({})).await.expect(409);
    archive().await.expect(204);
    // Expected again, it would be open below what is archived.
    give_up("reverse-write-off", json!({})).await.expect(409);
    firm.owner.post(format!("/api/clients/clients/{client}/restore/"), json!({})).await.expect(200);
    give_up("reverse-write-off", json!({})).await.expect(200);
    give_up("mark-uncollectible", json!({})).await.expect(200);
    app.deliver().await;
    pay(&firm, &second, "70").await;
    app.deliver().await;
    app.deliver().await;
    let settled = credit(&firm, &made).await;
    assert_eq!(["/status", "/overdrawn"].map(|field| settled.text(field)), ["used", "0.00"]);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn what_is_no_payment_of_the_invoice_or_was_made_at_stripe_is_not_reversed() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    bill.after(&[local::stripe::Action::Pay]).await;
    app.pump_stripe().await;
    let paid = bill.shown().await;
    assert_eq!(reverse(&firm, &paid, 0).await.expect(422).fields(), ["payment"]);
    let other = sent_to(&firm, &client(&firm).await, "1").await.id();
    let body = json!({"payment": paid.text("/payments/0/id"), "reason": "Wrong"});
    assert_eq!(act(&firm, &other, "reverse-payment", body).await.expect(422).fields(), ["payment"]);
    let nameless = act(&firm, &bill.id, "reverse-payment", json!({"payment": paid.text("/payments/0/id")})).await.expect(400);
    assert_eq!(nameless.fields(), ["reason"]);
    assert_eq!(bill.shown().await.json, paid.json);
}

#[tokio::test]
async fn money_given_back_by_hand_comes_out_of_the_credit() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let invoice = sent_to(&firm, &client(&firm).await, "100").await.id();
    let made = pay(&firm, &invoice, "150").await.text("/payments/0/credit");
    let refund = async |body: Value| firm.owner.post(format!("/api/finance/credits/{made}/refund/"), body).await;
    for (body, field) in [
        (json!({"amount": "50.01"}), "amount"),
        (json!({"amount": "0"}), "amount"),
        (json!({"amount": "0.001"}), "amount"),
        (json!({"date": day(&app, 3)}), "date"),
    ] {
        assert_eq!(refund(body.clone()).await.expect(422).fields(), [field], "{body}");
    }
    let part = refund(json!({"amount": "20", "reason": "Asked for", "reference": "CR 17", "date": day(&app, 0)})).await.expect(200);
    assert_eq!(["/status", "/remaining", "/refunded"].map(|field| part.text(field)), ["open", "30.00", "20.00"]);
    let shown = ["/refunds/0/amount", "/refunds/0/reason", "/refunds/0/reference"].map(|field| part.text(field));
    assert_eq!(shown, ["20.00", "Asked for", "CR 17"]);
    let all = refund(json!({})).await.expect(200);
    assert_eq!(["/status", "/remaining", "/refunded"].map(|field| all.text(field)), ["used", "0.00", "50.00"]);
    refund(json!({})).await.expect(409);
    let history = firm.owner.get(format!("/api/finance/credits/{made}/history/")).await.expect(200);
    assert_eq!(column(&history, "event"), ["credit.refunded", "credit.refunded", "credit.created"]);
}

#[tokio::test]
async fn money_that_was_not_given_back_after_all_is_there_again_once() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let invoice = sent_to(&firm, &client(&firm).await, "100").await.id();
    let made = pay(&firm, &invoice, "150").await.text("/payments/0/credit");
    let path = format!("/api/finance/credits/{made}/");
    firm.owner.post(format!("{path}refund/"), json!({"amount": "20"})).await.expect(200);
    let given = firm.owner.post(format!("{path}refund/"), json!({"amount": "30"})).await.expect(200);
    let body = json!({"refund": given.text("/refunds/0/id"), "reason": "The transfer came back"});
    let back = firm.owner.post(format!("{path}reverse-refund/"), body.clone()).await.expect(200);
    assert_eq!(["/status", "/remaining", "/refunded"].map(|field| back.text(field)), ["open", "20.00", "30.00"]);
    let shown = (back.text("/refunds/0/reversal_reason"), back.json["refunds"][0]["reversed_at"].is_string());
    assert_eq!(shown, ("The transfer came back".to_owned(), true));
    assert!(back.json["refunds"][1]["reversed_at"].is_null());
    firm.owner.post(format!("{path}reverse-refund/"), body.clone()).await.expect(409);
    let other = pay(&firm, &invoice, "10").await.text("/payments/1/credit");
    let foreign = firm.owner.post(format!("/api/finance/credits/{other}/reverse-refund/"), body).await.expect(422);
    assert_eq!(foreign.fields(), ["refund"]);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn each_of_many_payments_at_once_has_one_receipt_and_one_that_shall_have_none_has_none() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    let email = bill.shown().await.text("/email");
    let path = format!("/api/finance/invoices/{}/record-payment/", bill.id);
    let body = |amount: u32| json!({"amount": amount, "method": "cash", "send_receipt": amount != 7});
    let calls = (1..=8).map(|amount| firm.owner.call(http::Method::POST, &path).json(body(amount))).collect();
    let answers = crate::steps::together(calls).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    app.deliver().await;
    let mails = mails_to(&email).await;
    for amount in 1..=8 {
        let receipts = mails.iter().filter(|mail| mail.subject.contains("Receipt") && mail.text.contains(&format!("EUR {amount}.00")));
        assert_eq!(receipts.count(), usize::from(amount != 7), "{amount}");
    }
}
