//! Stripe's events, applied: what was paid, refunded or disputed shows on the invoice, however the events come.

use local::stripe::Action;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::{
    event_log::assert_all_chains_hold,
    invoices::{act, sent_to},
    outbox::mails_to,
    steps::{column, results},
};

/// An invoice that was sent to the client of the firm's portal user.
pub(crate) struct Bill<'f, 'a> {
    firm: &'f Firm<'a>,
    pub(crate) id: String,
}

impl<'f, 'a> Bill<'f, 'a> {
    /// One of so much.
    pub(crate) async fn of(firm: &'f Firm<'a>, amount: &str) -> Self {
        let client = firm.portal().await.client.clone();
        Self { firm, id: sent_to(firm, &client, amount).await.id() }
    }

    /// The session of the page on which it can be paid now.
    pub(crate) async fn session(&self) -> String {
        let link = self.firm.portal().await.user.get(format!("/api/clients/invoices/{}/payment-link/", self.id)).await.expect(200);
        link.text("/url").trim_end_matches('/').rsplit('/').next().unwrap().to_owned()
    }

    /// The session, after all this happened about it.
    pub(crate) async fn after(&self, actions: &[Action]) -> String {
        let session = self.session().await;
        actions.iter().for_each(|action| self.firm.app.stand_in.press(&session, *action).unwrap());
        session
    }

    pub(crate) async fn shown(&self) -> Answer {
        self.firm.owner.get(format!("/api/finance/invoices/{}/", self.id)).await.expect(200)
    }

    /// Where it stands, what was paid, what is due, what was refunded.
    pub(crate) async fn stands(&self) -> [String; 4] {
        let shown = self.shown().await;
        ["/status", "/amount_paid", "/amount_due", "/amount_refunded"].map(|field| shown.text(field))
    }

    async fn history(&self) -> Vec<String> {
        let history = self.firm.owner.get(format!("/api/finance/invoices/{}/history/?ordering=created", self.id)).await.expect(200);
        column(&history, "event").into_iter().map(str::to_owned).collect()
    }

    /// How much each of the client's credits was, and how much is left of it.
    pub(crate) async fn credits(&self) -> Vec<[String; 2]> {
        let client = self.firm.portal().await.client.clone();
        let page = self.firm.owner.get(format!("/api/finance/credits/?client={client}&ordering=created")).await.expect(200);
        results(&page).iter().map(|credit| ["amount", "remaining"].map(|field| credit[field].as_str().unwrap().to_owned())).collect()
    }

    pub(crate) async fn act(&self, action: &str, body: Value) {
        act(self.firm, &self.id, action, body).await.expect(200);
    }
}

/// What `event` is about.
pub(crate) fn kind(event: &str) -> String {
    serde_json::from_str::<Value>(event).unwrap()["type"].as_str().unwrap().to_owned()
}

/// `event` with `change` made to it, as another event.
pub(crate) fn altered(event: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut event: Value = serde_json::from_str(event).unwrap();
    event["id"] = format!("evt_{:016x}", rand::random::<u64>()).into();
    change(&mut event);
    event.to_string()
}

/// The event that a session was paid, of those that wait.
pub(crate) fn paid_event(app: &TestApp) -> String {
    app.stand_in.take_events().into_iter().find(|event| kind(event) == "checkout.session.completed").unwrap()
}

#[tokio::test]
async fn who_pays_on_stripes_page_has_paid_the_invoice_and_gets_a_receipt() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    let email = bill.shown().await.text("/email");
    bill.after(&[Action::Pay]).await;
    app.pump_stripe().await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
    let shown = bill.shown().await;
    assert_eq!(["/payments/0/amount", "/payments/0/method"].map(|field| shown.text(field)), ["500.00", "stripe"]);
    assert_eq!(
        bill.history().await,
        ["created", "sent", "checkout_prepared", "checkout_opened", "paid"].map(|name| format!("invoice.{name}"))
    );
    let history = firm.owner.get(format!("/api/finance/invoices/{}/history/", bill.id)).await.expect(200);
    assert_eq!(history.text("/results/0/actor"), "system:stripe");
    let portal = firm.portal().await.user.get(format!("/api/clients/invoices/{}/", bill.id)).await.expect(200);
    assert_eq!(portal.text("/status"), "paid");
    app.deliver().await;
    let mails = mails_to(&email).await;
    assert!(
        mails.iter().any(|mail| mail.subject.contains("INV-000001") && mail.text.contains("EUR 500.00") && mail.text.contains("online"))
    );
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn an_event_takes_one_read_and_one_transaction_and_a_duplicate_one_read() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    bill.after(&[Action::Pay]).await;
    let paid = [paid_event(&app)];
    let asked = |app: &TestApp| app.meter.take().into_iter().map(|call| call.operation).collect::<Vec<_>>();
    asked(&app);
    app.apply_stripe(&paid).await;
    let calls = app.meter.take();
    assert_eq!(calls.iter().map(|call| call.operation.as_str()).collect::<Vec<_>>(), ["BatchGetItem", "TransactWriteItems"]);
    app.apply_stripe(&paid).await;
    assert_eq!(asked(&app), ["BatchGetItem"]);
}

#[tokio::test]
async fn events_that_come_again_or_out_of_order_change_nothing_more() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    bill.after(&[Action::Pay, Action::Refund(Some(12_000)), Action::Refund(Some(8_000))]).await;
    let mut events = app.stand_in.take_events();
    events.reverse();
    app.apply_stripe(&events[..1]).await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "200.00"], "the refund knows of the payment");
    let settled = bill.shown().await.json;
    for _ in 0..2 {
        app.apply_stripe(&events).await;
        events.reverse();
    }
    // The session that it was paid with is known only once its own event came.
    assert_eq!(bill.shown().await.json["payments"], settled["payments"]);
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "200.00"]);
    let again: Vec<_> = events.iter().map(|event| altered(event, |_| {})).collect();
    let before = bill.shown().await.json;
    app.apply_stripe(&again).await;
    assert_eq!(bill.shown().await.json, before, "other events of the same payment");
    assert_eq!(bill.history().await.iter().filter(|event| *event == "invoice.paid").count(), 1);
}

#[tokio::test]
async fn a_refund_shows_and_leaves_the_invoice_paid() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    let session = bill.after(&[Action::Pay]).await;
    for (refund, refunded) in [(Some(20_000), "200.00"), (None, "500.00")] {
        app.stand_in.press(&session, Action::Refund(refund)).unwrap();
        app.pump_stripe().await;
        assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", refunded]);
    }
    assert_eq!(bill.history().await.iter().filter(|event| *event == "invoice.refunded").count(), 2);
}

#[tokio::test]
async fn a_dispute_shows_and_reopens_the_invoice_only_if_it_is_lost() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    for (end, dispute, stands) in
        [(Action::Win, "won", ["paid", "500.00", "0.00", "0.00"]), (Action::Lose, "lost", ["sent", "0.00", "500.00", "0.00"])]
    {
        let bill = Bill::of(&firm, "500").await;
        let session = bill.after(&[Action::Pay, Action::Dispute]).await;
        app.pump_stripe().await;
        assert_eq!(bill.shown().await.text("/payments/0/dispute"), "open");
        assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
        app.stand_in.press(&session, end).unwrap();
        app.pump_stripe().await;
        assert_eq!((bill.shown().await.text("/payments/0/dispute"), bill.stands().await), (dispute.to_owned(), stands.map(str::to_owned)));
        if end == Action::Lose {
            assert_eq!(bill.history().await.last().unwrap(), "invoice.reopened");
            bill.after(&[Action::Pay]).await;
            app.pump_stripe().await;
            assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"], "and it can be paid again");
        }
    }
}

#[tokio::test]
async fn money_that_isnt_due_any_more_becomes_credit_and_a_refund_comes_out_of_that() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    let session = bill.session().await;
    bill.act("record-payment", json!({"amount": "200", "method": "bank_transfer"})).await;
    app.stand_in.press(&session, Action::Pay).unwrap();
    app.pump_stripe().await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
    assert_eq!(bill.credits().await, [["200.00", "200.00"]]);
    for (refund, left) in [(5_000, "150.00"), (30_000, "0.00")] {
        app.stand_in.press(&session, Action::Refund(Some(refund))).unwrap();
        app.pump_stripe().await;
        assert_eq!(bill.credits().await, [["200.00", left]]);
    }
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "350.00"]);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn money_for_an_invoice_that_is_void_or_archived_becomes_credit_as_a_whole() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    let session = bill.session().await;
    bill.act("void", json!({})).await;
    firm.owner.delete(format!("/api/finance/invoices/{}/", bill.id)).await.expect(204);
    app.stand_in.press(&session, Action::Pay).unwrap();
    app.pump_stripe().await;
    assert_eq!(bill.stands().await, ["void", "0.00", "0.00", "0.00"]);
    assert_eq!(bill.credits().await, [["500.00", "500.00"]]);
    let listed = firm.owner.get("/api/finance/invoices/?status=void").await.expect(200);
    assert_eq!(column(&listed, "id"), [bill.id.as_str()], "it is looked at again");
    assert_eq!(bill.history().await.iter().filter(|event| *event == "invoice.archived").count(), 1);
    crate::event_log::assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn a_page_that_expired_gives_way_to_another() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    let expired = bill.after(&[Action::Expire]).await;
    app.pump_stripe().await;
    assert_eq!(bill.history().await.last().unwrap(), "invoice.checkout_expired");
    let session = bill.after(&[Action::Pay]).await;
    assert_ne!(session, expired);
    app.pump_stripe().await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
}

#[tokio::test]
async fn a_page_is_expired_at_stripe_when_something_else_is_due() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let cash = json!({"amount": "100", "method": "cash"});
    for (action, body) in [("record-payment", cash.clone()), ("void", json!({}))] {
        let bill = Bill::of(&firm, "500").await;
        let old = bill.session().await;
        bill.act(action, body).await;
        app.deliver().await;
        app.pump_stripe().await;
        assert!(app.stand_in.press(&old, Action::Pay).is_err(), "{action}");
        assert_eq!(bill.history().await.last().unwrap(), "invoice.checkout_expired");
        if action == "record-payment" {
            bill.after(&[Action::Pay]).await;
            app.pump_stripe().await;
            assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
        }
    }
    let bill = Bill::of(&firm, "500").await;
    let old = bill.session().await;
    let note = json!({"invoice": bill.id, "lines": [{"line": 0, "amount": "20"}], "reason": "Less"});
    firm.owner.post("/api/finance/credit-notes/", note).await.expect(201);
    app.deliver().await;
    app.pump_stripe().await;
    assert!(app.stand_in.press(&old, Action::Pay).is_err());
    // One that is for what is due stays.
    let new = bill.session().await;
    bill.act("mark-uncollectible", json!({})).await;
    app.deliver().await;
    app.pump_stripe().await;
    assert_eq!(bill.session().await, new);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn a_page_that_is_paid_in_the_second_in_which_it_is_expired_makes_credit_and_holds_up_nothing() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    let session = bill.session().await;
    bill.act("record-payment", json!({"amount": "500", "method": "bank_transfer"})).await;
    app.deliver().await;
    app.stand_in.press(&session, Action::Pay).unwrap();
    app.pump_stripe().await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
    assert_eq!(bill.credits().await, [["500.00", "500.00"]]);
    // Nor does an outage: it is tried again.
    let other = Bill::of(&firm, "500").await;
    let old = other.session().await;
    other.act("record-payment", json!({"amount": "1", "method": "cash"})).await;
    app.deliver().await;
    app.stand_in.switch(local::stripe::Switches { refuse: 4, ..Default::default() });
    app.stripe.ready().await;
    assert_eq!(app.stripe.deliver_to(&app.stripe_events()).await, 1);
    assert!(app.stand_in.press(&old, Action::Pay).is_err());
}

#[tokio::test]
async fn money_that_is_on_its_way_counts_when_it_arrives_and_where_it_bounces_there_is_another_page() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "500").await;
    let bounced = bill.after(&[Action::PayLater]).await;
    app.pump_stripe().await;
    assert_eq!(bill.stands().await, ["sent", "0.00", "500.00", "0.00"]);
    let link = format!("/api/clients/invoices/{}/payment-link/", bill.id);
    let refused = firm.portal().await.user.get(&link).await.expect(409);
    assert!(refused.text("/detail").contains("on its way"), "nobody pays twice while it is");
    let shown = bill.shown().await;
    assert_eq!((shown.text("/pending_payment/amount"), &shown.json["next_reminder"]), ("500.00".into(), &Value::Null));
    app.stand_in.press(&bounced, Action::Bounce).unwrap();
    app.pump_stripe().await;
    assert_eq!(bill.stands().await, ["sent", "0.00", "500.00", "0.00"]);
    let arrives = bill.after(&[Action::PayLater, Action::Arrive]).await;
    assert_ne!(arrives, bounced);
    app.pump_stripe().await;
    assert_eq!(bill.stands().await, ["paid", "500.00", "0.00", "0.00"]);
    assert_eq!(bill.shown().await.json["pending_payment"], Value::Null);
    let events = ["checkout_pending", "checkout_failed", "checkout_pending"].map(|name| format!("invoice.{name}"));
    let pages: Vec<_> = bill.history().await.into_iter().filter(|event| events.contains(event)).collect();
    assert_eq!(pages[..2], events[..2]);
}

#[tokio::test]
async fn what_does_not_concern_us_is_done_and_changes_nothing() {
    let app = TestApp::unlimited().await;
    let before = app.records();
    let event =
        |kind: &str, object: Value| json!({"id": "evt_1", "created": 1, "livemode": false, "type": kind, "data": {"object": object}});
    let subscription = json!({"id": "cs_1", "mode": "subscription", "payment_status": "paid"});
    let strangers = json!({"id": "cs_1", "mode": "payment", "payment_status": "unpaid", "amount_total": 1, "currency": "eur"});
    let events = [
        event("payout.paid", json!({"id": "po_1"})),
        event("a.type.of.the.future", json!(7)),
        event("checkout.session.completed", subscription),
        event("checkout.session.expired", strangers),
    ];
    app.apply_stripe(&events.map(|event| event.to_string())).await;
    assert_eq!(app.records(), before);
}
