//! Stripe's events when something goes wrong: what can't be applied, what isn't what was asked for, who dies in between,
//! who is faster. Nothing is lost or doubled.

use std::time::Duration;

use http::Method;
use local::stripe::Action;
use payments::{Order, Payments};
use serde_json::{Value, json};
use tests::{Fault, Firm, Meter, STRIPE_KEY, TestApp, hand, hand_received};

use crate::{
    event_log::assert_all_chains_hold,
    invoices::sums,
    steps::together,
    stripe_events::{Bill, altered, kind, paid_event},
};

/// Events that can never be applied, of a payment of the invoice `bill`.
pub(crate) fn poison(paid: &str, foreign: &str) -> Vec<String> {
    let session = |change: fn(&mut Value)| altered(paid, |event| change(&mut event["data"]["object"]));
    let foreign = foreign.to_owned();
    vec![
        "not json".to_owned(),
        // In our own account, into which it isn't to be paid.
        altered(paid, |event| drop(event.as_object_mut().unwrap().remove("account"))),
        session(|session| session["metadata"]["invoice"] = "inv_00000000000000000000000000".into()),
        altered(paid, |event| event["data"]["object"]["metadata"]["invoice"] = foreign.into()),
        session(|session| session["payment_intent"] = Value::Null),
        session(|session| session["currency"] = "zzz".into()),
        altered(paid, |event| {
            event["type"] = "charge.refunded".into();
            event["data"]["object"] = json!({"payment_intent": "pi_of_nobody"});
        }),
    ]
}

#[tokio::test]
async fn what_can_never_be_applied_changes_nothing_holds_up_nothing_and_is_put_with_the_dead_letters_at_once() {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let (bill, foreign) = (Bill::of(&firm, "500").await, Bill::of(&other, "500").await);
    bill.after(&[Action::Pay]).await;
    let paid = paid_event(&app);
    let poison = poison(&paid, &foreign.id);
    let before = app.records();
    app.stripe.ready().await;
    for event in &poison {
        app.stripe_event(event).send().await.expect(200);
    }
    assert_eq!(app.stripe.deliver_to(&app.stripe_events()).await, 0, "none comes back");
    assert_eq!(app.records(), before);
    let sorted = |mut bodies: Vec<String>| {
        bodies.sort();
        bodies
    };
    assert_eq!(sorted(app.stripe.dead_letters().await), sorted(poison.clone()));

    app.stripe.redrive().await;
    app.stripe_event(&paid).send().await.expect(200);
    app.stripe.deliver_to(&app.stripe_events()).await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"], "what is good gets through beside it");
    assert_eq!(sorted(app.stripe.dead_letters().await), sorted(poison));
}

#[tokio::test]
async fn what_failed_too_often_is_applied_when_it_is_put_back_after_its_cause_is_gone() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    bill.after(&[Action::Pay, Action::Refund(None)]).await;
    app.stripe.ready().await;
    for event in app.stand_in.take_events() {
        app.stripe_event(&event).send().await.expect(200);
    }
    let mut events = app.stripe_events();
    events.store = app.store_without_patience();
    app.meter.crash(0, Fault::Lost);
    app.stripe.deliver_to(&events).await;
    app.meter.heal();
    assert_eq!(bill.stands().await, ["sent", "0.00", "500.00", "0.00"]);
    assert_eq!((app.stripe.messages().await.len(), app.stripe.dead_letters().await.len()), (0, 3));
    app.stripe.redrive().await;
    assert_eq!(app.stripe.deliver_to(&events).await, 0);
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "500.00"]);
    assert_eq!(app.stripe.dead_letters().await, Vec::<String>::new());
}

/// Open a page for `order`'s currency past the product, and pay on it; the event of it.
async fn paid_past_us(app: &TestApp, firm: &Firm<'_>, invoice: &str, amount: &str, currency: &str) -> String {
    let metadata = [("firm", firm.id.as_str()), ("invoice", invoice)];
    let order = Order {
        key: "by hand".to_owned(),
        account: Some(firm.account().await),
        methods: None,
        fee: None,
        reference: invoice.to_owned(),
        metadata: metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        amount: domain::Money::new("amount", amount.parse().unwrap(), currency.parse().unwrap()).unwrap(),
        description: "Invoice".to_owned(),
        email: None,
        success_url: "https://app.example/".to_owned(),
        cancel_url: "https://app.example/".to_owned(),
    };
    let opened = Payments::new(STRIPE_KEY, Some(app.stand_in.url())).unwrap().open_checkout(&order).await.unwrap();
    app.stand_in.press(&opened.session, Action::Pay).unwrap();
    paid_event(app)
}

#[tokio::test]
async fn an_amount_that_isnt_what_was_asked_for_counts_as_what_stripe_really_has() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    bill.after(&[Action::Pay]).await;
    let paid = paid_event(&app);
    for amount in [1, 99_999_999] {
        let forged = altered(&paid, |event| event["data"]["object"]["amount_total"] = amount.into());
        app.apply_stripe(&[forged]).await;
        assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
    }
    let bill = Bill::of(&firm, "500").await;
    app.apply_stripe(&[paid_past_us(&app, &firm, &bill.id, "510", "EUR").await]).await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"], "a page that the invoice doesn't remember");
    assert_eq!(bill.credits().await, [["10.00", "10.00"]]);
}

#[tokio::test]
async fn money_in_another_currency_waits_for_somebody_to_look_at_it() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    let event = paid_past_us(&app, &firm, &bill.id, "500", "USD").await;
    let before = app.records();
    app.stripe.ready().await;
    assert_eq!(hand(&app.stripe_events(), [("message", event.as_str())]).await, Vec::<String>::new());
    assert_eq!((app.records(), app.stripe.dead_letters().await), (before, vec![event]));
}

#[tokio::test]
async fn what_failed_comes_back_after_as_long_as_the_function_says() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    bill.after(&[Action::Pay]).await;
    app.stripe.ready().await;
    app.stripe_event(&paid_event(&app)).send().await.expect(200);
    let mut events = app.stripe_events();
    events.store = app.store_without_patience();
    app.meter.crash(0, Fault::Lost);
    // Otherwise it would be back after this second.
    let received = app.stripe.receive(1).await;
    let failed = hand_received(&events, &received).await;
    app.meter.heal();
    assert_eq!(failed, [received[0].message_id().unwrap()]);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!((app.stripe.receive(1).await.len(), app.stripe.messages().await.len()), (0, 1));
}

#[tokio::test]
async fn what_can_not_be_set_aside_comes_back() {
    let app = TestApp::unlimited().await;
    app.stripe.ready().await;
    app.stripe.meter.crash(0, Fault::Lost);
    let batch = || [("first", "not json"), ("second", "no json either")];
    assert_eq!(hand(&app.stripe_events(), batch()).await, ["first", "second"]);
    app.stripe.meter.heal();
    assert_eq!(hand(&app.stripe_events(), batch()).await, Vec::<String>::new());
    assert_eq!(app.stripe.take_dead_letters().await.len(), 2);
}

#[tokio::test]
async fn whichever_call_a_worker_dies_at_the_next_one_finishes() {
    let app = TestApp::restless().await;
    let firm = app.firm().await;
    for fault in [Fault::Lost, Fault::Unanswered] {
        for n in 0.. {
            let bill = Bill::of(&firm, "500").await;
            let session = bill.session().await;
            bill.act("record-payment", json!({"amount": "200", "method": "cash"})).await;
            for action in [Action::Pay, Action::Refund(Some(5_000))] {
                app.stand_in.press(&session, action).unwrap();
            }
            let events = app.stand_in.take_events();
            let batch = || events.iter().map(|event| (event.as_str(), event.as_str()));
            app.meter.crash(n, fault);
            let worker = app.stripe_events();
            tokio::select! { _ = hand(&worker, batch()) => {}, () = app.meter.struck() => {} }
            let struck = app.meter.heal();
            app.apply_stripe(&events).await;
            assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "50.00"], "{fault:?} at {n}");
            assert_eq!(bill.credits().await.last().unwrap(), &["200.00", "150.00"], "{fault:?} at {n}");
            if !struck {
                assert!(n > 4, "{n} calls");
                break;
            }
        }
    }
}

#[tokio::test]
async fn whoever_changes_the_invoice_meanwhile_is_waited_for() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    bill.after(&[Action::Pay, Action::Refund(Some(1_000)), Action::Refund(Some(2_000))]).await;
    let events = app.stand_in.take_events();
    let path = format!("/api/finance/invoices/{}/record-payment/", bill.id);
    let pay = || firm.owner.call(Method::POST, &path).json(json!({"amount": "10", "method": "cash"}));
    let workers = [app.stripe_events(), app.stripe_events(), app.stripe_events()];
    let all =
        futures::future::join_all(workers.iter().map(|worker| hand(worker, events.iter().map(|event| (event.as_str(), event.as_str())))));
    let (failed, _) = tokio::join!(all, together((0..4).map(|_| pay()).collect()));
    if failed.iter().any(|failed| !failed.is_empty()) {
        app.apply_stripe(&events).await;
    }
    let shown = bill.shown().await;
    assert_eq!((sums(&shown)[3].as_str(), shown.text("/amount_refunded")), ("0.00", "30.00".to_owned()));
    let stripes = shown.json["payments"].as_array().unwrap().iter().filter(|payment| payment["method"] == "stripe").count();
    assert_eq!(stripes, 1);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn a_stripe_that_can_not_be_asked_is_asked_again_later() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    bill.after(&[Action::Pay, Action::Refund(None)]).await;
    let events = app.stand_in.take_events();
    let origin = app.stand_in.url().trim_end_matches("/_local/stripe/");
    let stripe = Meter::before(origin).await;
    let mut worker = app.stripe_events();
    worker.payments = Payments::new(STRIPE_KEY, Some(&format!("{}/_local/stripe/", stripe.url()))).unwrap().into();
    stripe.crash(0, Fault::Lost);
    let failed = hand(&worker, events.iter().map(|event| (kind(event).leak() as &str, event.as_str()))).await;
    assert_eq!(failed, ["refund.created", "charge.refunded"], "what needs no answer of Stripe's is applied");
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
    stripe.heal();
    assert_eq!(hand(&worker, events.iter().map(|event| (event.as_str(), event.as_str()))).await, Vec::<String>::new());
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "500.00"]);
}
