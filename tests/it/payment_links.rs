//! Where a client can pay: one page for what is due, however often it is asked for and whatever gets lost on the way.

use local::stripe::Switches;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

/// An invoice of 500.00 to the client of the firm's portal user.
async fn draft(firm: &Firm<'_>) -> String {
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "500.00"});
    let body = json!({"client": firm.portal().await.client, "line_items": [line]});
    firm.owner.post("/api/finance/invoices/", body).await.expect(201).id()
}

async fn sent(firm: &Firm<'_>) -> String {
    let invoice = draft(firm).await;
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    invoice
}

async fn link(firm: &Firm<'_>, invoice: &str) -> Answer {
    firm.portal().await.user.call(http::Method::POST, format!("/api/clients/invoices/{invoice}/payment-link/")).send().await
}

async fn pay(firm: &Firm<'_>, invoice: &str, amount: &str) {
    let body = json!({"amount": amount, "method": "bank_transfer"});
    firm.owner.post(format!("/api/finance/invoices/{invoice}/record-payment/"), body).await.expect(200);
}

#[tokio::test]
async fn the_link_is_the_same_as_long_as_as_much_is_due() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let invoice = sent(&firm).await;
    let first = link(&firm, &invoice).await.expect(200);
    assert!(first.text("/url").starts_with(app.stand_in.url()) && first.json["expires_at"].is_string());
    assert_eq!(link(&firm, &invoice).await.expect(200).json, first.json);
    let got = firm.portal().await.user.get(format!("/api/clients/invoices/{invoice}/payment-link/")).await.expect(200);
    assert_eq!(got.json, first.json);
    pay(&firm, &invoice, "100").await;
    let second = link(&firm, &invoice).await.expect(200);
    assert_ne!(second.text("/url"), first.text("/url"));
    pay(&firm, &invoice, "400").await;
    link(&firm, &invoice).await.expect(409);
}

#[tokio::test]
async fn a_draft_has_none_and_neither_has_another_clients_invoice_or_who_may_not_pay() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (draft, sent) = (draft(&firm).await, sent(&firm).await);
    link(&firm, &draft).await.expect(404);
    let other = firm.another_client().await;
    other.user.get(format!("/api/clients/invoices/{sent}/payment-link/")).await.expect(404);
    let looks = firm.colleague(&firm.portal().await.client, json!({"see": true})).await;
    looks.get(format!("/api/clients/invoices/{sent}/payment-link/")).await.expect(403);
    firm.owner.post(format!("/api/finance/invoices/{sent}/void/"), json!({})).await.expect(200);
    link(&firm, &sent).await.expect(409);
}

#[tokio::test]
async fn ten_links_a_minute_are_given_to_a_user() {
    let app = TestApp::new().await;
    crate::steps::wait_for_the_hour(&app);
    let firm = app.firm().await;
    let invoice = sent(&firm).await;
    for _ in 0..10 {
        link(&firm, &invoice).await.expect(200);
    }
    let refused = link(&firm, &invoice).await.expect(429);
    assert_eq!((refused.header("ratelimit-limit"), refused.header("retry-after").is_some()), (Some("10"), true));
    firm.portal().await.user.get(format!("/api/clients/invoices/{invoice}/")).await.expect(200);
    app.clock.advance(chrono::TimeDelta::minutes(1));
    link(&firm, &invoice).await.expect(200);
}

#[tokio::test]
async fn who_asks_many_times_at_once_gets_one_page() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let invoice = sent(&firm).await;
    firm.portal().await;
    let links = futures::future::join_all((0..8).map(|_| link(&firm, &invoice))).await;
    let urls: Vec<Value> = links.into_iter().map(|link| link.expect(200).json["url"].clone()).collect();
    assert!(urls.iter().all(|url| *url == urls[0]), "{urls:?}");
}

#[tokio::test]
async fn an_answer_of_stripes_that_gets_lost_leads_to_the_same_page_once_it_is_asked_again() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let invoice = sent(&firm).await;
    app.stand_in.switch(Switches { lose: 100, ..Switches::default() });
    link(&firm, &invoice).await.expect(503);
    app.stand_in.switch(Switches::default());
    let first = link(&firm, &invoice).await.expect(200);
    assert_eq!(link(&firm, &invoice).await.expect(200).json, first.json);
    let history = firm.owner.get(format!("/api/finance/invoices/{invoice}/history/")).await.expect(200);
    let prepared = history.json["results"].as_array().unwrap().iter().filter(|event| event["event"] == "invoice.checkout_prepared");
    assert_eq!(prepared.count(), 1);
}
