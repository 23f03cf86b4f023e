//! Our side of Stripe against the stand-in: sessions opened once however often they are asked for, payments read as
//! they stand, events that Stripe's own library reads too.

use domain::Money;
use local::stripe::{Action, StandIn, Switches, sign};
use payments::{
    Dispute, Order, PaymentError, Payments, Status,
    event::{Kind, parse},
};

fn money(amount: &str, currency: &str) -> Money {
    Money::new("amount", amount.parse().unwrap(), currency.parse().unwrap()).unwrap()
}

fn order(key: &str, amount: Money) -> Order {
    Order {
        key: key.to_owned(),
        account: None,
        methods: None,
        fee: None,
        reference: "inv_1".to_owned(),
        metadata: vec![("firm".to_owned(), "firm_1".to_owned()), ("invoice".to_owned(), "inv_1".to_owned())],
        amount,
        description: "Invoice INV-000001 & more".to_owned(),
        email: Some(domain::Email::new("grace@acme.example").unwrap()),
        success_url: "https://app.example/invoices/inv_1?paid=1".to_owned(),
        cancel_url: "https://app.example/invoices/inv_1".to_owned(),
    }
}

async fn both() -> (StandIn, Payments) {
    let stand_in = StandIn::start(None).await.unwrap();
    let payments = Payments::new("sk_test_local", Some(stand_in.url())).unwrap();
    (stand_in, payments)
}

/// Open a session for `amount` and pay it; its payment.
async fn paid(stand_in: &StandIn, payments: &Payments, amount: Money) -> String {
    let opened = payments.open_checkout(&order("paid", amount)).await.unwrap();
    stand_in.press(&opened.session, Action::Pay).unwrap();
    let kinds = stand_in.take_events().into_iter().map(|event| parse(&event).unwrap().kind);
    let payment = |kind| if let Kind::CheckoutPaid { payment_intent, .. } = kind { Some(payment_intent) } else { None };
    kinds.filter_map(payment).next().unwrap()
}

#[tokio::test]
async fn a_session_is_opened_once_for_a_key_and_says_what_was_ordered() {
    let (stand_in, payments) = both().await;
    let order = order("inv:inv_1:v50000:a1", money("500.00", "USD"));
    let opened = payments.open_checkout(&order).await.unwrap();
    assert_eq!(payments.open_checkout(&order).await.unwrap(), opened);
    assert!(opened.url.ends_with(&format!("/pay/{}/", opened.session)) && opened.expires_at.timestamp() > 0);
    stand_in.press(&opened.session, Action::Pay).unwrap();
    let events: Vec<_> = stand_in.take_events().iter().map(|event| parse(event).unwrap()).collect();
    let Kind::CheckoutPaid { checkout, payment_intent } = &events[2].kind else { panic!("{events:?}") };
    assert_eq!((checkout.session.as_str(), checkout.amount), (opened.session.as_str(), order.amount));
    assert_eq!((checkout.reference.as_deref(), checkout.metadata["firm"].as_str()), (Some("inv_1"), "firm_1"));
    let state = payments.payment(None, payment_intent).await.unwrap();
    assert_eq!((state.status, state.received, state.livemode), (Status::Succeeded, order.amount, false));
    assert_eq!(state.metadata["invoice"], "inv_1");
}

#[tokio::test]
async fn another_order_with_the_same_key_is_refused() {
    let (_stand_in, payments) = both().await;
    payments.open_checkout(&order("key", money("1", "USD"))).await.unwrap();
    let refused = payments.open_checkout(&order("key", money("2", "USD"))).await.unwrap_err();
    assert!(matches!(&refused, PaymentError::Refused(why) if why.contains("idempotent")), "{refused:?}");
}

#[tokio::test]
async fn a_lost_answer_or_a_refusal_for_a_moment_ends_in_one_session() {
    let (stand_in, payments) = both().await;
    for switches in [Switches { lose: 2, ..Switches::default() }, Switches { refuse: 3, ..Switches::default() }] {
        stand_in.switch(switches);
        payments.open_checkout(&order("key", money("500", "SEK"))).await.unwrap();
    }
    let listed = reqwest::get(format!("{}?format=json", stand_in.url())).await.unwrap().json::<serde_json::Value>().await.unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed:#}");
}

#[tokio::test]
async fn an_outcome_that_stays_unknown_is_not_a_refusal() {
    let (stand_in, payments) = both().await;
    stand_in.switch(Switches { lose: 100, ..Switches::default() });
    let unknown = payments.open_checkout(&order("key", money("500", "SEK"))).await.unwrap_err();
    assert!(matches!(unknown, PaymentError::Unavailable(_)), "{unknown:?}");
    let nowhere = Payments::new("sk_test_local", Some("http://127.0.0.1:1")).unwrap();
    assert!(matches!(nowhere.payment(None, "pi_1").await, Err(PaymentError::Unavailable(_))));
    let locked_out = Payments::new("sk_other", Some(stand_in.url())).unwrap();
    assert!(matches!(locked_out.payment(None, "pi_1").await, Err(PaymentError::KeyRefused(_))), "our key is no business of the payer's");
    stand_in.switch(Switches::default());
    assert!(matches!(payments.payment(None, "pi_1").await, Err(PaymentError::Refused(_))));
    assert!(matches!(payments.payment(None, "../refunds").await, Err(PaymentError::Refused(_))));
}

#[tokio::test]
async fn what_stripe_could_not_take_is_refused_before_it_is_asked() {
    let nowhere = Payments::new("sk_test_local", Some("http://127.0.0.1:1")).unwrap();
    for (amount, currency) in [("0", "USD"), ("1.234", "KWD"), ("1", "IQD")] {
        let refused = nowhere.open_checkout(&order("key", money(amount, currency))).await;
        assert!(matches!(refused, Err(PaymentError::Refused(_))), "{amount} {currency}: {refused:?}");
    }
    let keyless = nowhere.open_checkout(&order("", money("1", "USD"))).await;
    assert!(matches!(keyless, Err(PaymentError::Refused(_))));
}

#[tokio::test]
async fn refunds_add_up_and_a_dispute_is_won_or_lost() {
    for (currency, amount, part, rest) in [("USD", "500.00", 20_000, "200.00"), ("JPY", "500", 200, "200"), ("ISK", "500", 20_000, "200")] {
        let (stand_in, payments) = both().await;
        let payment = paid(&stand_in, &payments, money(amount, currency)).await;
        let session = payments.open_checkout(&order("paid", money(amount, currency))).await.unwrap().session;
        stand_in.press(&session, Action::Refund(Some(part))).unwrap();
        assert_eq!(payments.payment(None, &payment).await.unwrap().refunded, money(rest, currency));
        stand_in.press(&session, Action::Refund(None)).unwrap();
        let state = payments.payment(None, &payment).await.unwrap();
        assert_eq!((state.refunded, state.received, state.dispute), (money(amount, currency), money(amount, currency), None));
        stand_in.press(&session, Action::Dispute).unwrap();
        assert_eq!(payments.payment(None, &payment).await.unwrap().dispute, Some(Dispute::Open));
        let (action, end) = if currency == "USD" { (Action::Lose, Dispute::Lost) } else { (Action::Win, Dispute::Won) };
        stand_in.press(&session, action).unwrap();
        assert_eq!(payments.payment(None, &payment).await.unwrap().dispute, Some(end));
        let about = stand_in.take_events().into_iter().map(|event| parse(&event).unwrap().kind);
        assert!(about.into_iter().all(|kind| kind == Kind::PaymentChanged { payment_intent: payment.clone() }));
    }
}

#[tokio::test]
async fn money_by_bank_comes_later_or_not_at_all() {
    let (stand_in, payments) = both().await;
    for (end, status) in [(Action::Arrive, Status::Succeeded), (Action::Bounce, Status::Other("requires_payment_method".to_owned()))] {
        let opened = payments.open_checkout(&order(&format!("{end:?}"), money("500", "EUR"))).await.unwrap();
        stand_in.press(&opened.session, Action::PayLater).unwrap();
        let pending = stand_in.take_events();
        assert!(matches!(parse(&pending[0]).unwrap().kind, Kind::CheckoutPending(_)));
        stand_in.press(&opened.session, end).unwrap();
        let ended = parse(stand_in.take_events().last().unwrap()).unwrap().kind;
        assert!(matches!((&status, &ended), (Status::Succeeded, Kind::CheckoutPaid { .. }) | (Status::Other(_), Kind::CheckoutFailed(_))));
        let listed = reqwest::get(format!("{}?format=json", stand_in.url())).await.unwrap().json::<serde_json::Value>().await.unwrap();
        let payment = listed[0]["payment"]["id"].as_str().unwrap();
        let received = if status == Status::Succeeded { money("500", "EUR") } else { money("0", "EUR") };
        let state = payments.payment(None, payment).await.unwrap();
        assert_eq!((state.status, state.received), (status, received));
    }
}

#[tokio::test]
async fn every_event_of_the_stand_in_is_one_for_stripes_own_library_signature_and_all() {
    let (stand_in, payments) = both().await;
    let sessions = ["a", "b", "c", "d"].map(|key| (key, order(key, money("500", "USD"))));
    for (key, order) in &sessions {
        let session = payments.open_checkout(order).await.unwrap().session;
        let actions: &[Action] = match *key {
            "a" => &[Action::Pay, Action::Refund(Some(1)), Action::Dispute, Action::Win],
            "b" => &[Action::PayLater, Action::Arrive, Action::Dispute, Action::Lose],
            "c" => &[Action::PayLater, Action::Bounce],
            _ => &[Action::Expire],
        };
        actions.iter().for_each(|action| stand_in.press(&session, *action).unwrap());
    }
    let events = stand_in.take_events();
    assert!(events.len() >= 15, "{}", events.len());
    for event in events {
        let read = stripe_webhook::Webhook::construct_event_with_timestamp(&event, &sign("whsec_1", 7, event.as_bytes()), "whsec_1", 7);
        let read = read.unwrap_or_else(|error| panic!("{error}: {event}"));
        assert_eq!(read.id.as_str(), parse(&event).unwrap().id);
    }
}
