//! An invoice by the link in its mails: whoever has it sees what is printed on it and can pay it, as long as the link works.

use chrono::TimeDelta;
use domain::access::Role;
use http::Method;
use local::stripe::{Action, Switches};
use serde_json::{Value, json};
use tests::{Answer, Firm, PostOffice, TestApp, email};

use crate::{
    event_log::assert_all_chains_hold,
    invoices::act,
    steps::{column, together, wait_for_the_hour},
};

/// The token of the link in a mail.
fn token_in(text: &str) -> String {
    let (_, rest) = text.split_once("/guest/invoices/").unwrap_or_else(|| panic!("no link in {text}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

/// An invoice of 500.00 to the client of the firm's portal user, which isn't sent.
async fn draft(firm: &Firm<'_>) -> String {
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "500.00"});
    let body = json!({
        "client": firm.portal().await.client, "line_items": [line], "reference": "PO-4711", "memo": "Thanks!", "notes": "Bo pays late",
    });
    firm.owner.post("/api/finance/invoices/", body).await.expect(201).id()
}

/// The same, sent; and the token of its link.
async fn sent(firm: &Firm<'_>) -> (String, String) {
    let id = draft(firm).await;
    act(firm, &id, "send", json!({})).await.expect(200);
    let token = firm.guest_link(&id, 1);
    (id, token)
}

async fn show(app: &TestApp, token: &str) -> Answer {
    app.get(format!("/api/guest/invoices/{token}/")).send().await
}

async fn checkout(app: &TestApp, token: &str) -> Answer {
    app.call(Method::POST, format!("/api/guest/invoices/{token}/checkout/")).send().await
}

/// The session of the page at `url`.
fn session(url: &str) -> String {
    url.trim_end_matches('/').rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn who_has_the_mail_sees_the_invoice_pays_it_without_a_log_in_and_sees_that_it_is_paid() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let billing = email("billing");
    let client = firm.portal().await.client.clone();
    firm.owner.patch(format!("/api/clients/clients/{client}/"), json!({"billing_email": billing})).await.expect(200);
    let (id, _) = sent(&firm).await;
    app.stripe.ready().await;
    app.deliver_by(&post).await;
    let token = token_in(&post.mails_to(&billing)[0].text);

    let shown = show(&app, &token).await.expect(200);
    assert_eq!(["/number", "/status", "/amount_due"].map(|field| shown.text(field)), ["INV-000001", "sent", "500.00"]);
    let page = checkout(&app, &token).await.expect(200);
    app.stand_in.press(&session(&page.text("/url")), Action::Pay).unwrap();
    app.pump_stripe().await;
    let shown = show(&app, &token).await.expect(200);
    assert_eq!(["/status", "/amount_paid", "/amount_due"].map(|field| shown.text(field)), ["paid", "500.00", "0.00"]);
    assert_eq!(["/payments/0/amount", "/payments/0/method"].map(|field| shown.text(field)), ["500.00", "stripe"]);
    checkout(&app, &token).await.expect(409);

    app.deliver_by(&post).await;
    let receipt = post.mails_to(&billing).pop().unwrap();
    assert!(receipt.subject.starts_with("Receipt") && token_in(&receipt.text) == token, "{receipt:?}");
    let history = firm.owner.get(format!("/api/finance/invoices/{id}/history/?ordering=created")).await.expect(200);
    let happened: Vec<_> = column(&history, "event").into_iter().zip(column(&history, "actor")).skip(2).collect();
    let expected = [("invoice.checkout_prepared", "guest"), ("invoice.checkout_opened", "guest"), ("invoice.paid", "system:stripe")];
    assert_eq!(happened, expected);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn no_more_is_shown_than_is_printed_on_the_invoice() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let contact = json!({"phone": "+46 8 123 456", "cc": [email("cc")], "billing_email": email("billing"), "contact_name": "Ann Lee"});
    firm.owner.patch(format!("/api/clients/clients/{client}/"), contact).await.expect(200);
    let body = json!({"client": client, "time_entries": [entry], "notes": "Bo pays late", "memo": "Thanks!"});
    let id = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    act(&firm, &id, "send", json!({})).await.expect(200);
    let payment = |reference: &str| json!({"amount": "100.00", "method": "cash", "reference": reference});
    let wrong = act(&firm, &id, "record-payment", payment("Another client's")).await.expect(200).text("/payments/0/id");
    act(&firm, &id, "reverse-payment", json!({"payment": wrong, "reason": "Another client's"})).await.expect(200);
    act(&firm, &id, "record-payment", payment("Till 7")).await.expect(200);

    let staff = firm.owner.get(format!("/api/finance/invoices/{id}/")).await.expect(200);
    let shown = show(&app, &firm.guest_link(&id, 1)).await.expect(200);
    assert_eq!(
        (shown.text("/memo"), shown.text("/contact_name"), shown.text("/amount_due")),
        ("Thanks!".into(), "Ann Lee".into(), "400.00".into())
    );
    assert_eq!(shown.json["payments"].as_array().unwrap().len(), 1);
    let text = String::from_utf8_lossy(&shown.body);
    let own = ["/email", "/billing_email", "/cc/0", "/phone", "/notes", "/client", "/line_items/0/time_entry", "/payments/1/id"];
    let secrets =
        own.map(|field| staff.text(field)).into_iter().chain([firm.id.clone(), id, entry, "Another client".into(), "Till 7".into()]);
    let told: Vec<String> = secrets.filter(|secret| text.contains(secret.as_str())).collect();
    assert_eq!(told, Vec::<String>::new(), "{:#}", shown.json);

    // That the firm has given it up isn't for them either.
    act(&firm, &staff.id(), "mark-uncollectible", json!({"reason": "Bankrupt"})).await.expect(200);
    let shown = show(&app, &firm.guest_link(&staff.id(), 1)).await.expect(200);
    assert!(shown.text("/status") == "sent" && !String::from_utf8_lossy(&shown.body).contains("Bankrupt"), "{:#}", shown.json);
}

#[tokio::test]
async fn a_link_that_is_guessed_altered_or_of_something_else_leads_nowhere() {
    let (app, other) = (TestApp::unlimited().await, TestApp::unlimited().await);
    let (firm, foreign) = (app.firm().await, app.firm().await);
    let (id, token) = sent(&firm).await;
    let drafted = draft(&firm).await;
    let elsewhere = other.links.token(&secrets::Showing { firm: firm.id.parse().unwrap(), invoice: id.parse().unwrap(), number: 1 });
    let user = firm.owner.post("/api/auth/users/", json!({"name": "Bo", "email": email("bo"), "role": "billing"})).await.expect(201);
    let invitation = firm.link(&user.id(), &user.text("/email"), 1);
    let (before, last) = token.split_at(token.len() - 1);
    let altered = format!("{before}{}", if last == "A" { "B" } else { "A" });
    let bad = [
        "x",
        "nonsense-nonsense",
        &altered,
        before,
        &format!("{token}A"),
        &token.to_uppercase(),
        &elsewhere,
        &invitation,
        &firm.owner.access,
        // A number that it doesn't have yet, what isn't sent, and another firm's.
        &firm.guest_link(&id, 2),
        &firm.guest_link(&id, 0),
        &firm.guest_link(&drafted, 1),
        &foreign.guest_link(&id, 1),
        &id,
    ];
    let moment = app.moment();
    let mut answers: Vec<Value> = Vec::new();
    for bad in bad {
        for answer in [show(&app, bad).await.expect(404), checkout(&app, bad).await.expect(404)] {
            let mut problem = answer.json;
            problem.as_object_mut().unwrap().remove("request_id");
            answers.push(problem);
        }
    }
    assert_eq!(app.changed_since(&moment), []);
    answers.dedup();
    assert_eq!(answers.len(), 1, "what is told differs: {answers:#?}");
    show(&app, &token).await.expect(200);
    // Nor does it let anybody in elsewhere.
    app.get("/api/auth/me/").bearer(&token).send().await.expect(401);
    app.post("/api/auth/activate/", json!({"token": token, "password": tests::PASSWORD})).send().await.expect(422);
}

#[tokio::test]
async fn a_link_is_revoked_by_staff_and_renewed_by_sending_the_invoice_again() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let (id, first) = sent(&firm).await;
    let page = checkout(&app, &first).await.expect(200);
    app.stripe.ready().await;
    app.deliver_by(&post).await;

    let billing = firm.member(Role::Billing).await;
    firm.member(Role::Consultant).await.post(format!("/api/finance/invoices/{id}/revoke-link/"), json!({})).await.expect(403);
    let revoked = billing.post(format!("/api/finance/invoices/{id}/revoke-link/"), json!({})).await.expect(200);
    assert!(revoked.json["guest_link"]["revoked_at"].is_string(), "{:#}", revoked.json);
    billing.post(format!("/api/finance/invoices/{id}/revoke-link/"), json!({})).await.expect(409);
    show(&app, &first).await.expect(404);
    checkout(&app, &first).await.expect(404);
    // The page to pay that it led to is closed, by way of the queue.
    app.deliver_by(&post).await;
    app.pump_stripe().await;
    assert!(app.stand_in.press(&session(&page.text("/url")), Action::Pay).is_err());

    let resent = billing.post(format!("/api/finance/invoices/{id}/resend/"), json!({})).await.expect(200);
    assert_eq!(resent.json["guest_link"], json!({"number": 2, "revoked_at": null}));
    let second = firm.guest_link(&id, 2);
    show(&app, &first).await.expect(404);
    show(&app, &second).await.expect(200);
    app.deliver_by(&post).await;
    let mails = post.mails_to(&resent.text("/email"));
    let links: Vec<String> = mails.iter().filter(|mail| mail.subject.starts_with("Invoice")).map(|mail| token_in(&mail.text)).collect();
    assert_eq!(links, [first.clone(), second.clone()]);

    billing.post(format!("/api/finance/invoices/{id}/resend/"), json!({})).await.expect(200);
    show(&app, &second).await.expect(404);
    let drafted = draft(&firm).await;
    for action in ["revoke-link", "resend"] {
        act(&firm, &drafted, action, json!({})).await.expect(409);
    }
    // In a portal it is as before.
    firm.portal().await.user.get(format!("/api/clients/invoices/{id}/")).await.expect(200);
}

#[tokio::test]
async fn what_was_taken_back_says_so_and_takes_no_money() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (id, token) = sent(&firm).await;
    act(&firm, &id, "void", json!({"reason": "Sent to the wrong client"})).await.expect(200);
    let shown = show(&app, &token).await.expect(200);
    assert_eq!(["/status", "/amount_due"].map(|field| shown.text(field)), ["void", "0.00"]);
    assert!(!String::from_utf8_lossy(&shown.body).contains("wrong client"));
    let refused = checkout(&app, &token).await.expect(409);
    assert!(refused.text("/detail").contains("void"));
}

#[tokio::test]
async fn there_is_one_page_to_pay_however_often_it_is_asked_for_and_whatever_is_lost() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (id, token) = sent(&firm).await;
    app.stand_in.switch(Switches { lose: 100, ..Switches::default() });
    checkout(&app, &token).await.expect(503);
    app.stand_in.switch(Switches::default());
    let path = format!("/api/guest/invoices/{token}/checkout/");
    let pages = together((0..6).map(|_| app.call(Method::POST, &path)).collect()).await;
    let urls: Vec<String> = pages.into_iter().map(|page| page.expect(200).text("/url")).collect();
    assert!(urls.iter().all(|url| *url == urls[0]), "{urls:?}");
    let keyed = app.call(Method::POST, &path).header("idempotency-key", "again").send().await.expect(200);
    assert_eq!(keyed.text("/url"), urls[0]);

    // From a page of the portal one comes back to the portal, so who is signed in gets another, and then it is the good one.
    let portal = firm.portal().await.user.call(Method::POST, format!("/api/clients/invoices/{id}/payment-link/")).send().await.expect(200);
    assert_ne!(portal.text("/url"), urls[0]);
    app.stripe.ready().await;
    app.deliver_by(&PostOffice::open().await).await;
    app.pump_stripe().await;
    assert!(app.stand_in.press(&session(&urls[0]), Action::Pay).is_err());
    app.stand_in.press(&session(&portal.text("/url")), Action::Pay).unwrap();
    app.pump_stripe().await;
    assert_eq!(show(&app, &token).await.expect(200).text("/status"), "paid");
}

#[tokio::test]
async fn while_a_payment_is_on_its_way_it_says_so_and_takes_no_other() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (_, token) = sent(&firm).await;
    let page = checkout(&app, &token).await.expect(200);
    app.stand_in.press(&session(&page.text("/url")), Action::PayLater).unwrap();
    app.pump_stripe().await;
    let shown = show(&app, &token).await.expect(200);
    assert_eq!((shown.text("/pending_payment/amount"), shown.text("/amount_due")), ("500.00".to_owned(), "500.00".to_owned()));
    checkout(&app, &token).await.expect(409);
}

#[tokio::test]
async fn sixty_requests_a_minute_are_answered_to_an_address_and_ten_pages_to_pay_to_an_invoice() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let firm = app.firm().await;
    let (id, token) = sent(&firm).await;
    let guesses = ["guess", &token, "nothing"];
    for n in 0..60 {
        let status = if n % 3 == 1 { 200 } else { 404 };
        show(&app, guesses[n % 3]).await.expect(status);
    }
    let refused = show(&app, &token).await.expect(429);
    assert_eq!((refused.header("ratelimit-limit"), refused.header("retry-after").is_some()), (Some("60"), true));
    show(&app, "guess").await.expect(429);
    // Who calls from elsewhere, and who is signed in, goes on; and what strangers may do elsewhere isn't counted with it.
    app.get(format!("/api/guest/invoices/{token}/")).from([192, 0, 2, 7].into()).send().await.expect(200);
    firm.portal().await.user.get(format!("/api/clients/invoices/{id}/")).await.expect(200);
    app.post("/api/auth/password-reset/", json!({"email": email("nobody")})).send().await.expect(202);
    app.clock.advance(TimeDelta::minutes(1));
    for n in 0..10_u8 {
        let from = [192, 0, 2, n].into();
        app.call(Method::POST, format!("/api/guest/invoices/{token}/checkout/")).from(from).send().await.expect(200);
    }
    let refused = checkout(&app, &token).await.expect(429);
    assert_eq!(refused.header("ratelimit-limit"), Some("10"));
    show(&app, &token).await.expect(200);
}

#[tokio::test]
async fn counting_guests_takes_at_most_a_tenth_of_a_write_each() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (_, token) = sent(&firm).await;
    app.meter.take();
    for _ in 0..100 {
        show(&app, &token).await.expect(200);
    }
    let leases = app.meter.take().iter().filter(|call| call.operation == "UpdateItem").count();
    assert!((1..=10).contains(&leases), "{leases} leases for 100 requests");
}

#[tokio::test]
async fn no_token_is_kept_anywhere() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let (id, token) = sent(&firm).await;
    let pay = app.call(Method::POST, format!("/api/guest/invoices/{token}/checkout/")).header("idempotency-key", "a key");
    pay.send().await.expect(200);
    app.stripe.ready().await;
    app.deliver_by(&post).await;
    let resend = firm.owner.call(Method::POST, format!("/api/finance/invoices/{id}/resend/")).header("idempotency-key", "another");
    resend.send().await.expect(200);
    app.deliver_by(&post).await;
    let tokens = [token, firm.guest_link(&id, 2)];
    let kept: Vec<_> = app.items().into_iter().filter(|(_, item)| tokens.iter().any(|token| item.to_string().contains(token))).collect();
    assert!(kept.is_empty(), "{kept:#?}");
}
