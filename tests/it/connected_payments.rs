//! What is paid into firms' own accounts: by whom, where, and what of it is believed. Nobody's event changes what is another firm's.

use domain::{
    Percent,
    payment_account::{Mode, Taking},
};
use http::Method;
use local::stripe::{Action, Move, sign};
use serde_json::{Value, json};
use tests::{
    CONNECT_ENDPOINT, CONNECT_SECRET, ENDPOINT, Firm, OLD_CONNECT_SECRET, PASSWORD, PostOffice, TestApp, WEBHOOK_SECRET, email, hand,
};

use crate::{
    connect::{SETTINGS, connect, settings},
    event_log::assert_all_chains_hold,
    invoices::sums,
    stripe_events::{Bill, altered, kind, paid_event},
};

/// In which account `event` happened.
pub(crate) fn of_account(event: &str) -> Option<String> {
    serde_json::from_str::<Value>(event).unwrap()["account"].as_str().map(str::to_owned)
}

const UNAVAILABLE: &str = "urn:consultantpro:problem:payments-unavailable";

/// What asking for a page to pay the invoice `id` is refused with: by the portal and by the invoice's link.
async fn unpayable(firm: &Firm<'_>, id: &str) -> String {
    let portal = firm.portal().await.user.get(format!("/api/clients/invoices/{id}/payment-link/")).await.expect(409);
    let token = firm.guest_link(id, 1);
    let guest = firm.app.call(Method::POST, format!("/api/guest/invoices/{token}/checkout/")).send().await.expect(409);
    assert_eq!([portal.text("/type"), guest.text("/type")], [UNAVAILABLE, UNAVAILABLE]);
    assert_eq!(portal.text("/detail"), guest.text("/detail"));
    portal.text("/detail")
}

/// Have the outbox do what follows, and `stripe-events` what it was told to.
async fn follow(app: &TestApp, post: &PostOffice) {
    app.stripe.ready().await;
    app.deliver_by(post).await;
    app.pump_stripe().await;
    app.deliver_by(post).await;
}

#[tokio::test]
async fn an_invoice_is_paid_into_the_firms_account_and_what_becomes_of_it_is_heard_from_there() {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let account = settings(&firm).await.text("/account");
    let bill = Bill::of(&firm, "500").await;
    let session = bill.after(&[Action::Pay]).await;
    let events = app.stand_in.take_events();
    assert!(events.iter().all(|event| of_account(event) == Some(account.clone())));
    app.apply_stripe(&events).await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
    for (action, stands) in [
        (Action::Refund(Some(10_000)), ["paid", "500.00", "0.00", "100.00"]),
        (Action::Dispute, ["paid", "500.00", "0.00", "100.00"]),
        (Action::Lose, ["sent", "100.00", "400.00", "100.00"]),
    ] {
        app.stand_in.press(&session, action).unwrap();
        app.pump_stripe().await;
        assert_eq!(bill.stands().await[3], stands[3], "{action:?}");
    }
    assert_ne!(settings(&other).await.text("/account"), account);
    assert_eq!(app.stand_in.fees(&account), Vec::<i64>::new());
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn a_firm_that_takes_no_payments_says_why() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.unconnected_firm().await, PostOffice::open().await);
    let bill = Bill::of(&firm, "500").await;
    assert!(unpayable(&firm, &bill.id).await.contains("hasn't set them up"));
    connect(&firm.owner).await.expect(200);
    assert!(unpayable(&firm, &bill.id).await.contains("hasn't finished"));
    let account = settings(&firm).await.text("/account");
    for (step, why) in [(Move::Restrict, Some("Stripe doesn't let")), (Move::Complete, None), (Move::Reject, Some("Stripe doesn't let"))] {
        app.stand_in.step(&account, step).unwrap();
        app.pump_stripe().await;
        match why {
            Some(why) => assert!(unpayable(&firm, &bill.id).await.contains(why), "{step:?}"),
            None => assert!(bill.session().await.starts_with("cs_")),
        }
    }
    app.deliver_by(&post).await;
    let mails = post.mails_to(&firm.owner.email);
    let told: Vec<_> = mails.iter().filter(|mail| mail.subject == "A client couldn't pay you online").collect();
    assert!(told.len() == 1 && told[0].text.contains("INV-000001"), "once for each invoice");
    // Before its events come.
    app.stand_in.step(&account, Move::Complete).unwrap();
    app.pump_stripe().await;
    let other = Bill::of(&firm, "300").await;
    app.stand_in.step(&account, Move::Deauthorize).unwrap();
    assert!(unpayable(&firm, &other.id).await.contains("isn't connected any more"));
}

#[tokio::test]
async fn nobodys_event_changes_what_is_another_firms() {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let [account, others] = [settings(&firm).await.text("/account"), settings(&other).await.text("/account")];
    let (bill, foreign) = (Bill::of(&firm, "500").await, Bill::of(&other, "500").await);
    app.stripe.ready().await;
    let (session, _) = (bill.after(&[Action::Pay]).await, foreign.after(&[Action::Pay]).await);
    let events = app.stand_in.take_events();
    let of =
        |account: &str| events.iter().find(|event| kind(event).ends_with("completed") && of_account(event).as_deref() == Some(account));
    let (paid, theirs) = (of(&account).unwrap(), of(&others).unwrap());
    let before = app.records();
    let with = |event: &str, account: Value| altered(event, |event| event["account"] = account);
    // A firm names in its own account whose invoice it likes.
    let claims = |event: &String| {
        altered(event, |event| {
            event["data"]["object"]["metadata"] = serde_json::from_str::<Value>(paid).unwrap()["data"]["object"]["metadata"].clone();
        })
    };
    let ignored = vec![
        with(paid, others.clone().into()),
        with(paid, "acct_1NobodyKnows".into()),
        claims(theirs),
        // What it does there for its other business.
        altered(paid, |event| event["data"]["object"]["metadata"] = json!({})),
        altered(paid, |event| event["livemode"] = true.into()),
        altered(paid, |event| {
            event["type"] = "charge.refunded".into();
            event["account"] = "acct_1NobodyKnows".into();
        }),
    ];
    let pages = ["checkout.session.expired", "checkout.session.async_payment_failed"]
        .map(|kind| altered(&with(paid, others.clone().into()), |event| event["type"] = kind.into()));
    app.apply_stripe(&[ignored, pages.to_vec()].concat()).await;
    assert_eq!(app.records(), before);
    assert_eq!(app.stripe.dead_letters().await, Vec::<String>::new(), "a firm can ring no alarm of ours");
    // Money in our own account that names it is looked at by somebody.
    let ours = altered(paid, |event| drop(event.as_object_mut().unwrap().remove("account")));
    assert_eq!(hand(&app.stripe_events(), [("ours", ours.as_str())]).await, Vec::<String>::new());
    assert_eq!((app.records(), app.stripe.take_dead_letters().await), (before, vec![ours]));

    app.apply_stripe(std::slice::from_ref(paid)).await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
    // Nor can what was refunded there be refunded here.
    app.stand_in.press(&session, Action::Refund(None)).unwrap();
    let refunds: Vec<_> = app.stand_in.take_events().iter().map(|event| with(event, others.clone().into())).collect();
    app.stripe.ready().await;
    hand(&app.stripe_events(), refunds.iter().map(|event| (event.as_str(), event.as_str()))).await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
}

#[tokio::test]
async fn each_endpoint_takes_what_is_signed_for_it_alone() {
    let app = TestApp::unlimited().await;
    app.stripe.ready().await;
    let event = json!({"id": "evt_1", "object": "event", "account": "acct_1", "type": "payout.paid"}).to_string();
    let deliver = async |path: &str, secret: &str| {
        let signature = sign(secret, app.clock.now().timestamp(), event.as_bytes());
        app.stripe_delivery_to(path, &event).header("stripe-signature", &signature).send().await.status.as_u16()
    };
    for (path, secret, status) in [
        (CONNECT_ENDPOINT, CONNECT_SECRET, 200),
        (CONNECT_ENDPOINT, OLD_CONNECT_SECRET, 200),
        (CONNECT_ENDPOINT, WEBHOOK_SECRET, 400),
        (ENDPOINT, CONNECT_SECRET, 400),
        (ENDPOINT, WEBHOOK_SECRET, 200),
    ] {
        assert_eq!(deliver(path, secret).await, status, "{path} {secret}");
    }
    // Renewed while it is used; and where there is none so far, Stripe tries again until there is.
    app.vault.set("stripe-webhooks", Some(&json!({"current": WEBHOOK_SECRET, "connect": {"current": "whsec_new"}}).to_string()));
    app.clock.advance(chrono::TimeDelta::seconds(30));
    assert_eq!(deliver(CONNECT_ENDPOINT, "whsec_new").await, 200);
    app.vault.set("stripe-webhooks", Some(&json!({"current": WEBHOOK_SECRET}).to_string()));
    app.clock.advance(chrono::TimeDelta::minutes(6));
    assert_eq!(deliver(CONNECT_ENDPOINT, "whsec_new").await, 503);
}

#[tokio::test]
async fn a_firm_that_disconnects_has_its_pages_closed_and_hears_on_of_what_was_paid() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let account = settings(&firm).await.text("/account");
    let (open, paid, debited) = (Bill::of(&firm, "500").await, Bill::of(&firm, "200").await, Bill::of(&firm, "300").await);
    let page = open.session().await;
    let refundable = paid.after(&[Action::Pay]).await;
    let pending = debited.after(&[Action::PayLater]).await;
    app.pump_stripe().await;
    let ended = firm.owner.post(format!("{SETTINGS}disconnect/"), json!({})).await.expect(200);
    assert_eq!((ended.text("/disconnected_by"), &ended.json["charges_enabled"]), ("firm".to_owned(), &json!(false)));
    firm.owner.post(format!("{SETTINGS}disconnect/"), json!({})).await.expect(409);
    assert!(unpayable(&firm, &open.id).await.contains("isn't connected any more"));
    follow(&app, &post).await;
    assert!(app.stand_in.press(&page, Action::Pay).is_err(), "the page is closed");
    assert!(post.mails_to(&firm.owner.email).iter().any(|mail| mail.subject.ends_with("was disconnected")));

    // Another account; what was on its way into the old one arrives there.
    connect(&firm.owner).await.expect(200);
    let other = settings(&firm).await.text("/account");
    assert_ne!(other, account);
    app.stand_in.step(&other, Move::Complete).unwrap();
    app.pump_stripe().await;
    app.stand_in.press(&pending, Action::Arrive).unwrap();
    app.stand_in.press(&refundable, Action::Refund(None)).unwrap();
    let events = app.stand_in.take_events();
    assert!(events.iter().all(|event| of_account(event) == Some(account.clone())));
    app.apply_stripe(&events).await;
    assert_eq!(debited.stands().await, ["paid", "300.00", "0.00", "0.00"]);
    assert_eq!(paid.stands().await, ["paid", "200.00", "0.00", "200.00"]);
    open.after(&[Action::Pay]).await;
    let event = paid_event(&app);
    assert_eq!(of_account(&event), Some(other));
    app.apply_stripe(&[event]).await;
    assert_eq!(open.stands().await, ["paid", "500.00", "0.00", "0.00"]);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn a_page_that_is_paid_in_the_second_in_which_the_firm_disconnects_pays_the_invoice() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let bill = Bill::of(&firm, "500").await;
    let page = bill.session().await;
    firm.owner.post(format!("{SETTINGS}disconnect/"), json!({})).await.expect(200);
    app.stand_in.press(&page, Action::Pay).unwrap();
    follow(&app, &post).await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
}

#[tokio::test]
async fn a_page_that_is_opened_while_the_firm_disconnects_is_closed() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let bill = Bill::of(&firm, "500").await;
    follow(&app, &post).await;
    // The attempt is written down, and Stripe isn't asked for its page yet.
    let mut held = app.meter.hold("TransactWriteItems");
    let (page, ()) = tokio::join!(bill.session(), async {
        held.reached().await;
        firm.owner.post(format!("{SETTINGS}disconnect/"), json!({})).await.expect(200);
        follow(&app, &post).await;
        held.release();
    });
    follow(&app, &post).await;
    assert!(app.stand_in.press(&page, Action::Pay).is_err());
    assert_eq!(bill.stands().await, ["sent", "0.00", "500.00", "0.00"]);
    assert!(unpayable(&firm, &bill.id).await.contains("isn't connected any more"));
}

#[tokio::test]
async fn what_is_on_its_way_into_an_account_that_was_replaced_holds_up_no_invoice_once_that_is_lost() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let account = settings(&firm).await.text("/account");
    let debited = Bill::of(&firm, "300").await;
    debited.after(&[Action::PayLater]).await;
    app.pump_stripe().await;
    firm.owner.post(format!("{SETTINGS}disconnect/"), json!({})).await.expect(200);
    connect(&firm.owner).await.expect(200);
    follow(&app, &post).await;
    assert!(debited.shown().await.json["pending_payment"].is_object(), "it may still arrive");
    app.stand_in.step(&account, Move::Deauthorize).unwrap();
    app.pump_stripe().await;
    follow(&app, &post).await;
    assert_eq!(debited.shown().await.json["pending_payment"], Value::Null);
    assert_ne!(settings(&firm).await.text("/account"), account);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn what_is_on_its_way_into_an_account_of_which_nothing_more_is_heard_holds_up_no_invoice() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let account = settings(&firm).await.text("/account");
    let (open, debited) = (Bill::of(&firm, "500").await, Bill::of(&firm, "300").await);
    open.session().await;
    debited.after(&[Action::PayLater]).await;
    app.pump_stripe().await;
    assert!(debited.shown().await.json["pending_payment"].is_object());
    app.stand_in.step(&account, Move::Deauthorize).unwrap();
    let told = app.stand_in.take_events();
    // Twice, and beside one of before.
    app.apply_stripe(&[told.clone(), told].concat()).await;
    assert_eq!(settings(&firm).await.text("/disconnected_by"), "stripe");
    follow(&app, &post).await;
    assert_eq!(debited.shown().await.json["pending_payment"], Value::Null);
    let mails = post.mails_to(&firm.owner.email);
    assert_eq!(mails.iter().filter(|mail| mail.subject.ends_with("disconnected at Stripe")).count(), 1);
    assert!(unpayable(&firm, &debited.id).await.contains("isn't connected any more"));

    connect(&firm.owner).await.expect(200);
    let other = settings(&firm).await.text("/account");
    app.stand_in.step(&other, Move::Complete).unwrap();
    app.pump_stripe().await;
    for bill in [&open, &debited] {
        bill.after(&[Action::Pay]).await;
        app.pump_stripe().await;
        assert_eq!((sums(&bill.shown().await)[3].as_str(), bill.stands().await[0].as_str()), ("0.00", "paid"));
    }
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn a_page_offers_the_ways_to_pay_that_the_firm_chose_and_another_is_opened_once_it_chooses_others() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    let first = bill.session().await;
    let choose = async |methods: Value| firm.owner.patch(SETTINGS, json!({"payment_methods": methods})).await.expect(200);
    choose(json!(["card", "sepa_debit"])).await;
    let second = bill.session().await;
    assert_ne!(second, first);
    assert_eq!(bill.session().await, second);
    assert_eq!((app.stand_in.allowed(&first), app.stand_in.allowed(&second)), (vec![], vec!["card".to_owned(), "sepa_debit".to_owned()]));
    // The invoice is in euros.
    choose(json!(["us_bank_account"])).await;
    assert!(unpayable(&firm, &bill.id).await.contains("none of the ways to pay"));
    choose(Value::Null).await;
    assert!(app.stand_in.allowed(&bill.session().await).is_empty());
}

#[tokio::test]
async fn a_fee_is_taken_of_what_is_paid_into_a_firms_account_if_the_installation_says_so() {
    let fee: Percent = serde_json::from_value(json!("1.5")).unwrap();
    let app = TestApp::taking(Taking { mode: Mode::Connect, fee }).await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "123.45").await;
    bill.after(&[Action::Pay]).await;
    app.pump_stripe().await;
    assert_eq!(bill.stands().await, ["paid", "123.45", "0.00", "0.00"]);
    assert_eq!(app.stand_in.fees(&settings(&firm).await.text("/account")), [185]);
}

#[tokio::test]
async fn one_firm_is_paid_into_the_installations_own_account_where_that_is_the_mode() {
    let app = TestApp::taking(Taking::OWN).await;
    let firm = app.firm().await;
    let shown = settings(&firm).await;
    assert_eq!(
        (shown.text("/mode"), &shown.json["account"], &shown.json["charges_enabled"]),
        ("own".to_owned(), &Value::Null, &json!(true))
    );
    connect(&firm.owner).await.expect(409);
    firm.owner.post(format!("{SETTINGS}disconnect/"), json!({})).await.expect(409);
    let body = json!({"firm_name": "South", "name": "Bo Ek", "email": email("bo"), "password": PASSWORD});
    let refused = app.post("/api/auth/register/", body).send().await.expect(403);
    assert_eq!(refused.text("/type"), "urn:consultantpro:problem:registration-closed");
    let bill = Bill::of(&firm, "500").await;
    bill.after(&[Action::Pay]).await;
    let paid = paid_event(&app);
    assert_eq!(of_account(&paid), None);
    let before = app.records();
    app.apply_stripe(&[altered(&paid, |event| event["account"] = "acct_1".into())]).await;
    assert_eq!(app.records(), before);
    app.apply_stripe(&[paid]).await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
}
