use serde_json::{Value, json};

use super::*;

/// A Checkout Session as Stripe shows it, with `change` made to it.
fn session(change: Value) -> Value {
    let mut session = json!({
        "id": "cs_test_1", "object": "checkout.session", "amount_subtotal": 50_000, "amount_total": 50_000,
        "automatic_tax": {"enabled": false, "liability": null, "status": null}, "client_reference_id": "inv_1", "created": 1_790_000_000,
        "currency": "usd", "custom_fields": [], "custom_text": {}, "expires_at": 1_790_086_400, "livemode": false,
        "metadata": {"firm": "firm_1", "invoice": "inv_1"}, "mode": "payment", "payment_intent": "pi_1",
        "payment_method_types": ["card"], "payment_status": "paid", "shipping_options": [], "status": "complete", "url": null,
    });
    session.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    session
}

fn event(name: &str, object: Value) -> String {
    json!({
        "id": "evt_1", "object": "event", "api_version": "2026-09-30.endive", "created": 1_790_000_100, "livemode": false,
        "pending_webhooks": 1, "request": {"id": null, "idempotency_key": null}, "type": name, "data": {"object": object},
    })
    .to_string()
}

fn kind(name: &str, object: Value) -> Kind {
    parse(&event(name, object)).unwrap().kind
}

#[test]
fn a_session_is_paid_once_the_money_is_there() {
    let read = parse(&event("checkout.session.completed", session(json!({})))).unwrap();
    assert_eq!((read.id.as_str(), read.created.timestamp(), read.livemode), ("evt_1", 1_790_000_100, false));
    let Kind::CheckoutPaid { checkout, payment_intent } = read.kind else { panic!("{:?}", read.kind) };
    assert_eq!((payment_intent.as_str(), checkout.session.as_str()), ("pi_1", "cs_test_1"));
    assert_eq!(checkout.amount.to_string(), "USD 500.00");
    assert_eq!(checkout.reference.as_deref(), Some("inv_1"));
    assert_eq!(checkout.metadata["firm"], "firm_1");

    let unpaid = || session(json!({"payment_status": "unpaid"}));
    assert!(matches!(kind("checkout.session.completed", unpaid()), Kind::CheckoutPending(_)));
    assert!(matches!(kind("checkout.session.async_payment_failed", unpaid()), Kind::CheckoutFailed(_)));
    assert!(matches!(kind("checkout.session.async_payment_succeeded", session(json!({}))), Kind::CheckoutPaid { .. }));
    let expired = session(json!({"payment_status": "unpaid", "payment_intent": null, "status": "expired"}));
    assert!(matches!(kind("checkout.session.expired", expired), Kind::CheckoutExpired(_)));
    let whole = session(json!({"payment_intent": {"id": "pi_2", "object": "payment_intent"}}));
    assert!(matches!(kind("checkout.session.completed", whole), Kind::CheckoutPaid { payment_intent, .. } if payment_intent == "pi_2"));
}

#[test]
fn refunds_and_disputes_name_the_payment_that_changed() {
    let changed = Kind::PaymentChanged { payment_intent: "pi_1".to_owned() };
    for name in [
        "charge.refunded",
        "charge.refund.updated",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    ] {
        assert_eq!(kind(name, json!({"id": "x_1", "payment_intent": "pi_1"})), changed, "{name}");
        assert_eq!(kind(name, json!({"id": "x_1", "payment_intent": null})), Kind::Ignored(name.to_owned()), "{name}");
    }
}

#[test]
fn what_does_not_concern_us_is_ignored_whatever_it_is() {
    for (name, object) in [
        ("payment_intent.succeeded", json!({"id": "pi_1"})),
        ("a.type.of.the.future", json!(7)),
        ("checkout.session.completed", session(json!({"mode": "subscription", "payment_intent": null}))),
        ("checkout.session.completed", session(json!({"payment_status": "no_payment_required", "payment_intent": null}))),
    ] {
        assert_eq!(kind(name, object), Kind::Ignored(name.to_owned()));
    }
}

#[test]
fn what_can_not_be_read_is_an_error() {
    for body in [
        String::new(),
        "{}".to_owned(),
        "[]".to_owned(),
        "not json".to_owned(),
        event("checkout.session.completed", json!({})),
        event("checkout.session.completed", session(json!({"payment_intent": null}))),
        event("checkout.session.completed", session(json!({"currency": "zzz"}))),
        event("checkout.session.completed", session(json!({"amount_total": null}))),
        event("charge.refunded", json!("ch_1")),
    ] {
        assert!(parse(&body).is_err(), "{body}");
    }
}

#[test]
fn the_samples_are_events_for_stripes_own_library_too() {
    for name in ["checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.expired"] {
        let body = event(name, session(json!({})));
        let header = stripe_webhook::Webhook::generate_test_header(&body, "whsec_test", Some(1_790_000_100));
        let read = stripe_webhook::Webhook::construct_event_with_timestamp(&body, &header, "whsec_test", 1_790_000_100);
        assert_eq!(read.unwrap().type_.as_str(), name);
    }
}

#[test]
fn an_event_of_an_account_says_so_and_what_happens_to_one_names_it() {
    let of = |name: &str, account: Value, object: Value| {
        let mut event: Value = serde_json::from_str(&event(name, object)).unwrap();
        event["account"] = account;
        parse(&event.to_string())
    };
    let account: AccountId = "acct_1".parse().unwrap();
    let paid = of("checkout.session.completed", "acct_1".into(), session(json!({}))).unwrap();
    assert_eq!(paid.account, Some(account.clone()));
    let whole = json!({"id": "acct_1", "object": "account", "charges_enabled": true});
    assert_eq!(of("account.updated", "acct_1".into(), whole.clone()).unwrap().kind, Kind::AccountChanged(account.clone()));
    let application = json!({"id": "ca_1", "object": "application"});
    assert_eq!(of("account.application.deauthorized", "acct_1".into(), application).unwrap().kind, Kind::AccountLost(account));
    // Our own.
    assert!(matches!(of("account.updated", Value::Null, whole.clone()).unwrap().kind, Kind::Ignored(_)));
    assert!(of("account.updated", "acct_/../1".into(), whole).is_err());
}
