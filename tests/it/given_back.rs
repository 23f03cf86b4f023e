//! Money that goes back is counted once, whichever way it goes and whatever it paid meanwhile.

use local::stripe::Action;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::{
    event_log::assert_all_chains_hold,
    invoices::{act, sent_to},
    outbox::mails_to,
    steps::column,
    stripe_events::Bill,
};

async fn note(firm: &Firm<'_>, invoice: &str, amount: &str) -> Answer {
    firm.owner
        .post("/api/finance/credit-notes/", json!({"invoice": invoice, "lines": [{"line": 0, "amount": amount}], "reason": "Cancelled"}))
        .await
}

async fn credit(firm: &Firm<'_>, id: &str) -> Answer {
    firm.owner.get(format!("/api/finance/credits/{id}/")).await.expect(200)
}

#[tokio::test]
async fn what_was_refunded_at_stripe_is_in_the_credit_note_and_makes_no_credit() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "100").await;
    bill.after(&[Action::Pay, Action::Refund(None)]).await;
    app.pump_stripe().await;
    let noted = note(&firm, &bill.id, "100").await.expect(201);
    let parts = ["/amount_reduced", "/amount_credited", "/amount_refunded"].map(|field| noted.text(field));
    assert_eq!((parts, &noted.json["credit"]), (["0.00", "0.00", "100.00"].map(str::to_owned), &Value::Null));
    assert_eq!(bill.credits().await, Vec::<[String; 2]>::new());
    assert_eq!(bill.stands().await, ["paid", "100.00", "0.00", "100.00"]);
}

#[tokio::test]
async fn what_is_refunded_at_stripe_after_a_credit_note_comes_out_of_its_credit() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "100").await;
    let session = bill.after(&[Action::Pay]).await;
    app.pump_stripe().await;
    note(&firm, &bill.id, "100").await.expect(201);
    assert_eq!(bill.credits().await, [["100.00", "100.00"]]);
    for (refund, left) in [(Some(3_000), "70.00"), (None, "0.00")] {
        app.stand_in.press(&session, Action::Refund(refund)).unwrap();
        app.pump_stripe().await;
        assert_eq!(bill.credits().await, [["100.00", left]]);
    }
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn a_bank_that_takes_back_what_paid_another_invoice_leaves_it_owed_until_the_next_money_settles_it() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "100").await;
    let client = firm.portal().await.client.clone();
    let session = bill.session().await;
    bill.act("record-payment", json!({"amount": "100", "method": "bank_transfer"})).await;
    app.stand_in.press(&session, Action::Pay).unwrap();
    app.pump_stripe().await;
    let id = bill.shown().await.text("/payments/1/credit");
    let other = sent_to(&firm, &client, "100").await.id();
    act(&firm, &other, "apply-credit", json!({"credit": id})).await.expect(200);

    [Action::Dispute, Action::Lose].iter().for_each(|action| app.stand_in.press(&session, *action).unwrap());
    app.pump_stripe().await;
    let owed = credit(&firm, &id).await;
    let shown = ["/status", "/amount", "/remaining", "/overdrawn", "/withdrawn"].map(|field| owed.text(field));
    assert_eq!(shown, ["overdrawn", "100.00", "0.00", "100.00", "100.00"]);
    let listed = firm.owner.get("/api/finance/credits/?status=overdrawn").await.expect(200);
    assert_eq!(column(&listed, "id"), [id.as_str()]);
    act(&firm, &sent_to(&firm, &client, "1").await.id(), "apply-credit", json!({"credit": id})).await.expect(409);

    // Two payments of more than was due: the first settles some of it, the second the rest.
    for (paid, owed, left) in [("40", "60.00", "0.00"), ("110", "0.00", "50.00")] {
        let next = sent_to(&firm, &client, "1").await.id();
        let amount = format!("{}.00", paid.parse::<u32>().unwrap() + 1);
        let paid = act(&firm, &next, "record-payment", json!({"amount": amount, "method": "cash"})).await.expect(200);
        app.deliver().await;
        assert_eq!(credit(&firm, &id).await.text("/overdrawn"), owed);
        let from = credit(&firm, &paid.text("/payments/0/credit")).await;
        assert_eq!((from.text("/remaining"), from.text("/uses/0/credit")), (left.into(), id.clone()));
    }
    let settled = credit(&firm, &id).await;
    assert_eq!((settled.text("/status"), settled.json["settlements"].as_array().unwrap().len()), ("used".into(), 2));
    let history = firm.owner.get(format!("/api/finance/credits/{id}/history/?ordering=created")).await.expect(200);
    let events = ["created", "used", "overdrawn", "settled", "settled"].map(|name| format!("credit.{name}"));
    assert_eq!(column(&history, "event"), events);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn what_a_credit_note_took_back_is_not_due_again_when_the_money_that_had_paid_it_is_gone() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = firm.portal().await.client.clone();
    // Recorded by mistake: the credit that came of it was none.
    let invoice = sent_to(&firm, &client, "100").await.id();
    let paid = act(&firm, &invoice, "record-payment", json!({"amount": "100", "method": "bank_transfer"})).await.expect(200);
    let noted = note(&firm, &invoice, "100").await.expect(201).text("/credit");
    let reversal = json!({"payment": paid.text("/payments/0/id"), "reason": "Another client's"});
    let reversed = act(&firm, &invoice, "reverse-payment", reversal).await.expect(200);
    let stands = |shown: &Answer| ["/status", "/amount_paid", "/amount_due", "/amount_credited"].map(|field| shown.text(field));
    assert_eq!(stands(&reversed), ["paid", "0.00", "0.00", "100.00"]);
    let gone = credit(&firm, &noted).await;
    assert_eq!(["/amount", "/remaining"].map(|field| gone.text(field)), ["100.00", "0.00"]);
    let again = json!({"amount": "100", "reason": "Give it back"});
    firm.owner.post(format!("/api/finance/credits/{noted}/refund/"), again).await.expect(409);

    // The bank took it back, and the credit had paid another invoice: the client owes that.
    let (bill, other) = (Bill::of(&firm, "100").await, sent_to(&firm, &client, "100").await.id());
    let session = bill.after(&[Action::Pay]).await;
    app.pump_stripe().await;
    let noted = note(&firm, &bill.id, "100").await.expect(201).text("/credit");
    act(&firm, &other, "apply-credit", json!({"credit": noted})).await.expect(200);
    for action in [Action::Dispute, Action::Lose] {
        app.stand_in.press(&session, action).unwrap();
        app.pump_stripe().await;
    }
    assert_eq!(bill.stands().await, ["paid", "0.00", "0.00", "0.00"]);
    assert_eq!(credit(&firm, &noted).await.text("/overdrawn"), "100.00");
    // What a note said was to be refunded, and the bank took.
    let bill = Bill::of(&firm, "100").await;
    let session = bill.after(&[Action::Pay]).await;
    app.pump_stripe().await;
    let body = json!({"invoice": bill.id, "reason": "Cancelled", "refunded_amount": "100"});
    firm.owner.post("/api/finance/credit-notes/", body).await.expect(201);
    for action in [Action::Dispute, Action::Lose] {
        app.stand_in.press(&session, action).unwrap();
        app.pump_stripe().await;
    }
    assert_eq!(bill.stands().await, ["paid", "0.00", "0.00", "0.00"]);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn what_is_refunded_of_one_payment_comes_out_of_what_was_paid_twice() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    for refund_first in [false, true] {
        let bill = Bill::of(&firm, "120").await;
        let session = bill.after(&[Action::Pay]).await;
        app.pump_stripe().await;
        let refund = async || {
            app.stand_in.press(&session, Action::Refund(None)).unwrap();
            app.pump_stripe().await;
        };
        if refund_first {
            refund().await;
        }
        bill.act("record-payment", json!({"amount": "120", "method": "bank_transfer"})).await;
        if !refund_first {
            refund().await;
        }
        let paid = bill.shown().await;
        let twice = credit(&firm, &paid.text("/payments/1/credit")).await;
        assert_eq!(["/amount", "/remaining", "/withdrawn"].map(|field| twice.text(field)), ["120.00", "0.00", "120.00"], "{refund_first}");
        assert_eq!(bill.stands().await, ["paid", "120.00", "0.00", "120.00"]);

        // All of the invoice is taken back, and then the second payment turns out not to have come.
        let noted = note(&firm, &bill.id, "120").await.expect(201);
        assert_eq!(credit(&firm, &noted.text("/credit")).await.text("/remaining"), "120.00");
        bill.act("reverse-payment", json!({"payment": paid.text("/payments/1/id"), "reason": "It was another client's"})).await;
        assert_eq!(credit(&firm, &noted.text("/credit")).await.text("/remaining"), "0.00");
        assert_eq!(bill.stands().await, ["paid", "120.00", "0.00", "120.00"]);
    }
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn what_was_paid_twice_pays_the_invoice_when_the_first_payment_is_gone() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    // Recorded twice, and the first of them is reversed.
    let bill = Bill::of(&firm, "100").await;
    for _ in 0..2 {
        bill.act("record-payment", json!({"amount": "100", "method": "bank_transfer"})).await;
    }
    let payment = bill.shown().await.text("/payments/0/id");
    bill.act("reverse-payment", json!({"payment": payment, "reason": "Recorded twice"})).await;
    app.deliver().await;
    assert_eq!(bill.stands().await[..3], ["paid", "100.00", "0.00"]);
    assert_eq!(bill.credits().await, [["100.00", "0.00"]]);
    // Who takes that back wants the credit to be there, and pays the invoice from it without telling the client.
    let payment = bill.shown().await.text("/payments/2/id");
    bill.act("reverse-payment", json!({"payment": payment, "reason": "The client wants it back"})).await;
    app.deliver().await;
    assert_eq!(bill.stands().await[..3], ["sent", "0.00", "100.00"]);
    let (id, email) = (bill.shown().await.text("/payments/1/credit"), bill.shown().await.text("/email"));
    let before = mails_to(&email).await.len();
    bill.act("apply-credit", json!({"credit": id, "send_receipt": false})).await;
    app.deliver().await;
    assert_eq!((bill.stands().await[0].as_str(), mails_to(&email).await.len()), ("paid", before));
    // By card and by transfer, and the payer's bank takes the first back.
    let bill = Bill::of(&firm, "50").await;
    let session = bill.after(&[Action::Pay]).await;
    app.pump_stripe().await;
    bill.act("record-payment", json!({"amount": "50", "method": "bank_transfer"})).await;
    [Action::Dispute, Action::Lose].iter().for_each(|action| app.stand_in.press(&session, *action).unwrap());
    app.pump_stripe().await;
    app.deliver().await;
    assert_eq!(bill.stands().await[..3], ["paid", "50.00", "0.00"]);
    assert_eq!(bill.credits().await, [["100.00", "0.00"], ["50.00", "0.00"]]);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn what_was_too_much_of_a_payment_and_pays_its_invoice_is_due_again_once_it_went_back() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    for refund_first in [false, true] {
        let bill = Bill::of(&firm, "100").await;
        let session = bill.after(&[Action::PayLater]).await;
        app.pump_stripe().await;
        bill.act("record-payment", json!({"amount": "30", "method": "cash"})).await;
        app.stand_in.press(&session, Action::Arrive).unwrap();
        app.pump_stripe().await;
        let steps = if refund_first { [true, false] } else { [false, true] };
        for refund in steps {
            if refund {
                app.stand_in.press(&session, Action::Refund(None)).unwrap();
                app.pump_stripe().await;
            } else {
                let payment = bill.shown().await.text("/payments/0/id");
                bill.act("reverse-payment", json!({"payment": payment, "reason": "Another client's"})).await;
            }
            app.deliver().await;
        }
        assert_eq!(bill.stands().await, ["sent", "70.00", "30.00", "100.00"], "{refund_first}");
        assert!(bill.credits().await.iter().all(|credit| credit[1] == "0.00"));
        assert_eq!(bill.shown().await.text("/refunds_unexplained"), "70.00");
        // Money that comes now pays that, once; what is more explains what was refunded.
        bill.act("record-payment", json!({"amount": "31", "method": "bank_transfer"})).await;
        app.deliver().await;
        assert_eq!(bill.stands().await[..3], ["paid", "100.00", "0.00"]);
        assert_eq!(bill.shown().await.text("/refunds_unexplained"), "69.00");
        let overdrawn = firm.owner.get("/api/finance/credits/?status=overdrawn").await.expect(200);
        assert_eq!(overdrawn.json["results"].as_array().unwrap().len(), 0, "{refund_first}");
    }
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn credit_that_was_taken_back_from_an_invoice_stays_where_it_is_until_it_is_refunded() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "100").await;
    bill.act("record-payment", json!({"amount": "40", "method": "bank_transfer"})).await;
    let session = bill.after(&[Action::Pay]).await;
    app.pump_stripe().await;
    bill.act("record-payment", json!({"amount": "100", "method": "bank_transfer"})).await;
    let reverse = async |place: usize| {
        let payment = bill.shown().await.text(&format!("/payments/{place}/id"));
        bill.act("reverse-payment", json!({"payment": payment, "reason": "Another client's"})).await;
        app.deliver().await;
    };
    reverse(0).await;
    assert_eq!(bill.stands().await[..3], ["paid", "100.00", "0.00"]);
    reverse(3).await;
    assert_eq!(bill.stands().await[..3], ["sent", "60.00", "40.00"]);
    let press = async |action: Action| {
        app.stand_in.press(&session, action).unwrap();
        app.pump_stripe().await;
        app.deliver().await;
    };
    press(Action::Dispute).await;
    assert_eq!(
        (bill.stands().await, bill.credits().await),
        (["sent", "60.00", "40.00", "0.00"].map(str::to_owned), vec![["100.00".to_owned(), "100.00".to_owned()]])
    );
    press(Action::Win).await;
    // What is refunded comes out of it.
    press(Action::Refund(None)).await;
    assert_eq!(
        (bill.stands().await, bill.credits().await),
        (["sent", "60.00", "40.00", "60.00"].map(str::to_owned), vec![["100.00".to_owned(), "40.00".to_owned()]])
    );
}

#[tokio::test]
async fn what_was_given_up_is_again_when_what_paid_it_is_gone() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bill = Bill::of(&firm, "100").await;
    bill.act("mark-uncollectible", json!({"reason": "Bankrupt"})).await;
    bill.act("record-payment", json!({"amount": "100", "method": "cash"})).await;
    let payment = bill.shown().await.text("/payments/0/id");
    bill.act("reverse-payment", json!({"payment": payment, "reason": "Another client's"})).await;
    assert_eq!(bill.stands().await[0], "uncollectible");
    // That was a mistake, which is taken back before or after it is paid.
    bill.act("record-payment", json!({"amount": "100", "method": "cash"})).await;
    bill.act("reverse-write-off", json!({})).await;
    assert_eq!(bill.stands().await[0], "paid");
    act(&firm, &bill.id, "reverse-write-off", json!({})).await.expect(409);
    let payment = bill.shown().await.text("/payments/1/id");
    bill.act("reverse-payment", json!({"payment": payment, "reason": "Another client's"})).await;
    assert_eq!(bill.stands().await[0], "sent");
}
