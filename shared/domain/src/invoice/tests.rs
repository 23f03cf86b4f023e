//! What an invoice allows, and what comes of it.

use super::{
    Status::{Draft, Paid, Sent, Uncollectible, Void},
    lines::tests::line,
    *,
};
use crate::{
    Archive, Email, Id, Price, TimeZone,
    credit::{Credit, Origin},
    credit_note::{CreditNote, Ids, NewCreditNote},
    firm::Firm,
    timer::{Timer, TimerKind},
};

pub(crate) fn now() -> Time {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

/// The day that it is then, where the firm is.
pub(crate) fn today() -> Date {
    TimeZone::UTC.day(now())
}

pub(crate) fn id<K>(random: u128) -> Id<K> {
    Id::new(now(), random)
}

pub(crate) fn usd(minor: i64) -> Money {
    Money::from_minor("x", minor, Currency::USD).unwrap()
}

pub(crate) fn firm() -> Firm {
    let settings = serde_json::json!({
        "name": "North & Partners", "currency": "USD", "time_zone": "UTC", "payment_terms_days": 30, "reminder_days": [1, 7, 14],
    });
    serde_json::from_value(settings).unwrap()
}

pub(crate) fn draft(lines: Vec<LineItem>) -> Invoice {
    let email = Email::new("ann@acme.example").ok();
    let contact = Contact { company_name: SingleLine::new("Acme").unwrap(), contact_name: None, email, phone: None };
    Invoice { line_items: lines, ..Invoice::new(id(1), contact, Currency::USD) }.checked(today()).unwrap()
}

/// One of 100.00 and 20.00 of tax, sent.
fn sent() -> Invoice {
    draft(vec![line("1", "100", Some("20"))]).send(1, SentBy::Mail, &firm(), now()).unwrap().0
}

pub(crate) fn paying(amount: &str) -> NewPayment {
    NewPayment {
        amount: amount.parse().unwrap(),
        currency: None,
        means: ManualPaymentMethod::Cash,
        reference: None,
        date: today(),
        receipt: true,
    }
}

fn pay(invoice: &Invoice, amount: &str) -> Result<Booked, crate::Refusal> {
    invoice.record_payment(id(9), paying(amount), id(2), id(3), now(), today())
}

fn at(status: Status) -> Invoice {
    match status {
        Draft => draft(vec![line("1", "100", Some("20"))]),
        Sent => sent(),
        Paid => pay(&sent(), "120").unwrap().invoice.0,
        Void => sent().void(None).unwrap().0,
        Uncollectible => sent().mark_uncollectible(None).unwrap().0,
    }
}

fn credit_of(minor: i64) -> Credit {
    Credit::new(id(1), usd(minor), Origin::Overpayment { invoice: id(8), payment: id(7) })
}

/// A note of so much of the invoice's only line, with its tax of 20.
fn note(invoice: &Invoice, amount: &str, refunded: Option<&str>) -> Result<crate::credit_note::Issued, crate::Refusal> {
    let refunded = refunded.map(|price| price.parse().unwrap());
    let net = amount.parse::<Price>().unwrap().get() / rust_decimal::Decimal::new(12, 1);
    let line = NewNoteLine { line: 0, quantity: None, amount: Price::new(net.round_dp(2)).ok() };
    let new = NewCreditNote { lines: Some(vec![line]), refunded, reason: MultiLine::new("Too much").unwrap() };
    CreditNote::issue(1, invoice, new, Ids { invoice: id(9), note: id(4), credit: id(3) }, today())
}

fn received(amount: i64) -> Received {
    Received { payment_intent: "pi_1".into(), session: Some("cs_1".into()), amount: usd(amount), refunded: usd(0), dispute: None }
}

fn settle(invoice: &Invoice, received: &Received) -> Settled {
    invoice.settle(id(9), received, id(22), id(3), now(), today()).unwrap()
}

#[test]
fn every_state_allows_what_it_should_and_nothing_else() {
    let entry = id(11);
    // edit, add time, send, pay, apply credit, page to pay, credit note, void, give up, remove
    for (status, allowed) in [
        (Draft, "edit add send . . . . . . remove"),
        (Sent, ". . . pay credit page note void giveup ."),
        (Paid, ". . . pay . . note . . remove"),
        (Void, ". . . pay . . . . . remove"),
        (Uncollectible, ". . . pay credit page note void . remove"),
    ] {
        let invoice = at(status);
        assert_eq!(invoice.status, status);
        let billed = LineItem { time_entry: Some(entry), ..line("1", "1", None) };
        let did = [
            ("edit", invoice.edit(invoice.clone(), today()).is_ok()),
            ("add", invoice.add_time(vec![billed], today()).is_ok()),
            ("send", invoice.send(2, SentBy::Mail, &firm(), now()).is_ok()),
            ("pay", pay(&invoice, "1").is_ok()),
            ("credit", invoice.apply_credit(id(9), (id(3), &credit_of(100)), None, id(2), now(), today()).is_ok()),
            ("page", invoice.prepare_checkout(now()).is_ok()),
            ("note", note(&invoice, "1", None).is_ok()),
            ("void", invoice.void(None).is_ok()),
            ("giveup", invoice.mark_uncollectible(None).is_ok()),
            ("remove", invoice.archive().is_ok()),
        ];
        let did: Vec<_> = did.into_iter().map(|(name, ok)| if ok { name } else { "." }).collect();
        assert_eq!(did.join(" "), allowed, "{status:?}");
        // Whatever is refused is refused for the state, so that the caller gets a 409.
        if status == Draft {
            assert_eq!(pay(&invoice, "0").unwrap_err().why, crate::Why::State);
        }
    }
}

#[test]
fn sending_numbers_and_dates_it_by_the_firms_terms() {
    let late = Firm { time_zone: serde_json::from_value("Pacific/Auckland".into()).unwrap(), ..firm() };
    let invoice = draft(vec![line("1", "100", None)]).send(7, SentBy::Mail, &late, "2026-11-22T12:00:00Z".parse().unwrap()).unwrap().0;
    let day = |day: Option<Date>| day.unwrap().get().to_string();
    assert_eq!(
        (invoice.label().as_deref(), day(invoice.issue_date), day(invoice.due_date)),
        (Some("INV-000007"), "2026-11-23".into(), "2026-12-23".into())
    );
    let free = draft(vec![line("1", "0", None)]).send(8, SentBy::Mail, &firm(), now()).unwrap();
    assert_eq!((free.0.status, free.1), (Paid, Event::Sent));
    assert_eq!(draft(vec![]).send(9, SentBy::Mail, &firm(), now()).unwrap_err().field, Some("line_items"));
    let mut nowhere = draft(vec![line("1", "1", None)]);
    nowhere.contact.email = None;
    assert_eq!(nowhere.send(9, SentBy::Mail, &firm(), now()).unwrap_err().field, Some("email"));
    assert_eq!(nowhere.send(9, SentBy::Hand, &firm(), now()).unwrap().0.sent_by, Some(SentBy::Hand));
    let over = Invoice { due_date: "2026-11-20".parse().ok(), ..draft(vec![line("1", "1", None)]) };
    assert_eq!(over.send(9, SentBy::Mail, &firm(), now()).unwrap_err().field, Some("due_date"));
}

#[test]
fn days_beyond_reason_are_refused() {
    for (issued, due, field) in [
        (Some("2026-11-23"), None, "issue_date"),
        (Some("2020-01-01"), None, "issue_date"),
        (Some("2026-11-20"), Some("2026-11-19"), "due_date"),
        (None, Some("2026-11-20"), "due_date"),
        (None, Some("2031-01-01"), "due_date"),
    ] {
        let [issue_date, due_date] = [issued, due].map(|day| day.map(|day| day.parse().unwrap()));
        let refused = Invoice { issue_date, due_date, ..draft(vec![]) }.checked(today()).unwrap_err();
        assert_eq!(refused.field, Some(field), "{issued:?} {due:?}");
    }
}

#[test]
fn an_edit_leaves_the_time_entries_and_adding_and_removing_changes_them() {
    let billed = |entry| LineItem { time_entry: Some(id(entry)), ..line("2.5", "200", None) };
    let invoice = draft(vec![line("1", "100", None)]).add_time(vec![billed(11), billed(12)], today()).unwrap().0;
    assert_eq!(invoice.totals.total, usd(110_000));
    assert_eq!(invoice.add_time(vec![billed(11)], today()).unwrap_err().field, Some("time_entries"));
    let dearer = LineItem { unit_price: "300".parse().unwrap(), ..billed(11) };
    let edited = Invoice { line_items: vec![billed(12), dearer], ..invoice.clone() };
    assert_eq!(invoice.edit(edited, today()).unwrap().0.totals.total, usd(125_000));
    for line_items in [vec![billed(11)], vec![billed(11), billed(12), billed(13)], vec![billed(11), billed(11)]] {
        assert!(invoice.edit(Invoice { line_items, ..invoice.clone() }, today()).is_err());
    }
    let left = invoice.remove_time(&[id(11)], today()).unwrap().0;
    assert_eq!(left.time_entries().collect::<Vec<_>>(), [id(12)]);
    assert_eq!(left.remove_time(&[id(11)], today()).unwrap_err().field, Some("time_entries"));
}

#[test]
fn payments_that_can_not_be_right_are_refused() {
    let euros = NewPayment { currency: "EUR".parse().ok(), ..paying("1") };
    let tomorrow = NewPayment { date: "2026-11-24".parse().unwrap(), ..paying("1") };
    let long_ago = NewPayment { date: "2025-11-20".parse().unwrap(), ..paying("1") };
    for (new, field) in [(paying("0"), "amount"), (paying("0.001"), "amount"), (euros, "currency"), (tomorrow, "date"), (long_ago, "date")]
    {
        assert_eq!(sent().record_payment(id(9), new, id(2), id(3), now(), today()).unwrap_err().field, Some(field));
    }
    let many = (0..MOST_PAYMENTS).fold(sent(), |invoice, _| pay(&invoice, "0.01").unwrap().invoice.0);
    assert!(pay(&many, "0.01").is_err());
    assert_eq!(settle(&many, &received(11_900)).invoice.unwrap().1, Event::Paid, "what Stripe took is never refused");
}

#[test]
fn a_payment_that_was_recorded_twice_is_reversed_once() {
    let reason = || MultiLine::new("Recorded twice").unwrap();
    let twice = pay(&pay(&sent(), "120").unwrap().invoice.0, "50").unwrap();
    let (invoice, credit) = (twice.invoice.0, twice.credit.unwrap());
    let [first, second] = [0, 1].map(|place| Invoice { payments: vec![invoice.payments[place].clone()], ..invoice.clone() });
    let Reversed { invoice: (opened, event), withdrawn, given_back } = first.reverse_payment(id(2), reason(), now()).unwrap();
    assert_eq!((opened.status, event, opened.amount_due()), (Sent, Event::PaymentReversed, usd(12_000)));
    assert_eq!((withdrawn, given_back), (None, None));
    assert_eq!(opened.timers().len(), 2, "it is reminded of again");
    assert_eq!(opened.reverse_payment(id(2), reason(), now()).unwrap_err().why, crate::Why::State);
    assert_eq!(opened.reverse_payment(id(99), reason(), now()).unwrap_err().field, Some("payment"));
    let reversed = second.reverse_payment(id(2), reason(), now()).unwrap();
    assert_eq!(reversed.withdrawn, Some((id(3), usd(5_000))));
    assert!(credit.withdraw(usd(5_000)).unwrap().0.remaining.is_zero());

    let paid = settle(&sent(), &received(12_000)).invoice.unwrap().0;
    assert_eq!(paid.reverse_payment(id(22), reason(), now()).unwrap_err().field, Some("payment"), "Stripe's is refunded there");

    let Applied { invoice: (paid, _), credit: (spent, _) } =
        sent().apply_credit(id(9), (id(3), &credit), None, id(5), now(), today()).unwrap();
    let reversed = paid.reverse_payment(id(5), reason(), now()).unwrap();
    assert_eq!((reversed.given_back, reversed.invoice.0.amount_due()), (Some(id(3)), usd(12_000)));
    assert_eq!(spent.give_back(id(5), now()).0.remaining, usd(5_000));
}

#[test]
fn what_is_paid_too_much_becomes_credit_that_pays_another_invoice() {
    let part = pay(&sent(), "100").unwrap();
    assert_eq!((part.invoice.1, part.invoice.0.amount_due(), part.credit), (Event::PaymentRecorded, usd(2_000), None));
    let Booked { invoice: (invoice, event), credit } = pay(&part.invoice.0, "50").unwrap();
    assert_eq!((event, invoice.status, invoice.amount_due()), (Event::Paid, Paid, usd(0)));
    let credit = credit.unwrap();
    assert_eq!((credit.amount, credit.remaining), (usd(3_000), usd(3_000)));

    let Applied { invoice: (other, event), credit: (spent, _) } =
        sent().apply_credit(id(10), (id(3), &credit), None, id(5), now(), today()).unwrap();
    assert_eq!((event, other.amount_due(), spent.remaining), (Event::PaymentRecorded, usd(9_000), usd(0)));
    assert_eq!((spent.status(), other.payments[0].method), (crate::credit::Status::Used, Method::Credit));
    let apply = |credit: &Credit, amount: Option<&str>| {
        let amount = amount.map(|amount| amount.parse::<Price>().unwrap());
        sent().apply_credit(id(10), (id(3), credit), amount, id(5), now(), today()).map(|_| ()).unwrap_err()
    };
    assert_eq!(apply(&spent, None).why, crate::Why::State);
    assert_eq!(apply(&credit, Some("30.01")).field, Some("amount"));
    assert_eq!(apply(&credit, Some("0")).field, Some("amount"));
    assert_eq!(apply(&credit_of(1_000_000), Some("120.01")).field, Some("amount"));
    assert_eq!(apply(&Credit { client: id(99), ..credit.clone() }, None).field, Some("credit"));
}

#[test]
fn it_is_overdue_once_and_reminded_of_once_for_all_that_was_missed() {
    let invoice = sent();
    let timers = |invoice: &Invoice| invoice.timers().into_iter().map(|Timer { at, kind }| (at.to_string(), kind)).collect::<Vec<_>>();
    assert_eq!(
        timers(&invoice),
        [("2026-12-23 12:00:00 UTC".into(), TimerKind::InvoiceOverdue), ("2026-12-23 12:00:00 UTC".into(), TimerKind::InvoiceReminder)]
    );
    let before: Time = "2026-12-23T11:59:59Z".parse().unwrap();
    assert!(invoice.mark_overdue(before).is_none() && invoice.remind(before).is_none());
    let due: Time = "2026-12-23T12:00:00Z".parse().unwrap();
    let (overdue, event) = invoice.mark_overdue(due).unwrap();
    assert_eq!((event, overdue.state(), overdue.mark_overdue(due)), (Event::Overdue, "overdue", None));
    let (reminded, event) = overdue.remind(due).unwrap();
    assert_eq!((event, reminded.reminded), (Event::Reminded, 1));
    assert_eq!(timers(&reminded), [("2026-12-29 12:00:00 UTC".into(), TimerKind::InvoiceReminder)]);
    assert!(reminded.remind(due).is_none());
    let (caught_up, _) = overdue.remind("2027-02-01T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!((caught_up.reminded, timers(&caught_up)), (3, vec![]));
    for status in [Draft, Paid, Void, Uncollectible] {
        assert_eq!(at(status).timers(), []);
        assert!(at(status).mark_overdue(due).is_none() && at(status).remind(due).is_none());
    }
}

#[test]
fn nobody_is_reminded_of_days_before_it_was_sent() {
    let [issue_date, due_date] = ["2026-10-01", "2026-11-10"].map(|day| day.parse().ok());
    let backdated = Invoice { issue_date, due_date, ..draft(vec![line("1", "1", None)]) }.send(1, SentBy::Mail, &firm(), now()).unwrap().0;
    assert_eq!(backdated.reminded, 2);
    assert!(backdated.is_overdue(Date::anywhere_on_earth(now())) && backdated.mark_overdue(now()).is_some());
}

#[test]
fn a_page_to_pay_is_asked_for_once_until_another_amount_is_due() {
    let Link::New(stored, checkout) = sent().prepare_checkout(now()).unwrap() else { panic!("a new one") };
    assert_eq!(checkout.key(id(9)), format!("inv:{}:v12000:a1", id::<Invoice>(9)));
    let (invoice, _) = *stored;
    assert!(matches!(invoice.prepare_checkout(now()), Ok(Link::Prepared(again)) if again == checkout));
    let end = now() + chrono::TimeDelta::hours(24);
    let (invoice, _) = invoice.checkout_opened(1, "cs_1", "https://pay.example/1", end).unwrap();
    assert!(invoice.checkout_opened(1, "cs_1", "https://pay.example/1", end).is_none());
    assert!(matches!(invoice.prepare_checkout(now()), Ok(Link::Open(open)) if open.url.as_deref() == Some("https://pay.example/1")));
    let late = now() + chrono::TimeDelta::hours(23);
    assert!(matches!(invoice.prepare_checkout(late), Ok(Link::New(_, new)) if new.attempt == 2));
    let part = pay(&invoice, "20").unwrap().invoice.0;
    assert!(matches!(part.prepare_checkout(now()), Ok(Link::New(_, new)) if new.amount == usd(10_000)));
    let (expired, _) = invoice.checkout_expired("cs_1").unwrap();
    assert!(matches!(expired.prepare_checkout(now()), Ok(Link::New(..))));
    assert!(expired.checkout_expired("cs_1").is_none());
    let paid = settle(&invoice, &received(12_000)).invoice.unwrap().0;
    assert_eq!((paid.status, paid.checkout("cs_1").unwrap().state), (Paid, CheckoutState::Paid));
    assert!(paid.checkout_expired("cs_1").is_none(), "an event that came late");
}

#[test]
fn while_money_is_on_its_way_there_is_no_other_page_and_no_reminder() {
    let Link::New(stored, _) = sent().prepare_checkout(now()).unwrap() else { panic!("a new one") };
    let open = stored.0.checkout_opened(1, "cs_1", "https://pay.example/1", now() + chrono::TimeDelta::hours(24)).unwrap().0;
    let late = "2027-01-15T12:00:00Z".parse().unwrap();
    for (before, attempt) in [(&open, None), (&stored.0, Some(1))] {
        let (pending, event) = before.checkout_pending("cs_1", attempt, now()).unwrap();
        assert_eq!((event, pending.pending_checkout().map(|pending| pending.amount)), (Event::CheckoutPending, Some(usd(12_000))));
        assert_eq!(pending.prepare_checkout(now()).unwrap_err().why, crate::Why::State);
        assert!(pending.remind(late).is_none() && pending.timers().iter().all(|timer| timer.kind != TimerKind::InvoiceReminder));
        assert!(pending.checkout_pending("cs_1", attempt, now()).is_none());
        let (failed, event) = pending.checkout_failed("cs_1").unwrap();
        assert_eq!(event, Event::CheckoutFailed);
        assert!(matches!(failed.prepare_checkout(now()), Ok(Link::New(..))) && failed.remind(late).is_some());
        assert!(failed.checkout_pending("cs_1", attempt, now()).is_none(), "an event that came late");
        let paid = settle(&pending, &received(12_000)).invoice.unwrap().0;
        assert!(paid.pending_checkout().is_none() && paid.checkout_pending("cs_1", attempt, now()).is_none());
    }
}

#[test]
fn a_page_for_another_amount_than_is_due_is_stale() {
    let Link::New(stored, _) = sent().prepare_checkout(now()).unwrap() else { panic!("a new one") };
    let open = stored.0.checkout_opened(1, "cs_1", "https://pay.example/1", now() + chrono::TimeDelta::hours(24)).unwrap().0;
    assert_eq!(open.stale_checkouts().count(), 0);
    for changed in [
        pay(&open, "1").unwrap().invoice.0,
        pay(&open, "120").unwrap().invoice.0,
        note(&open, "12", None).unwrap().invoice.0,
        open.void(None).unwrap().0,
    ] {
        assert_eq!(changed.stale_checkouts().collect::<Vec<_>>(), ["cs_1"]);
        assert_eq!(changed.checkout_expired("cs_1").unwrap().0.stale_checkouts().count(), 0);
    }
    assert_eq!(open.mark_uncollectible(None).unwrap().0.stale_checkouts().count(), 0);
}

#[test]
fn what_stripe_says_again_changes_nothing() {
    let first = settle(&sent(), &received(12_000));
    let (paid, event) = first.invoice.unwrap();
    assert_eq!((event, paid.status, first.credit), (Event::Paid, Paid, None));
    let again = settle(&paid, &received(12_000));
    assert!(again.invoice.is_none() && again.credit.is_none() && again.withdrawn.is_empty());
    assert!(
        sent()
            .settle(id(9), &Received { amount: Money::zero("EUR".parse().unwrap()), ..received(1) }, id(2), id(3), now(), today())
            .is_err()
    );
}

#[test]
fn money_for_an_invoice_that_takes_none_becomes_credit_as_a_whole() {
    for status in [Draft, Paid, Void] {
        let other = Received { payment_intent: "pi_2".into(), ..received(5_000) };
        let settled = settle(&at(status), &other);
        let (invoice, event) = settled.invoice.unwrap();
        assert_eq!((invoice.status, event, settled.credit.unwrap().amount), (status, Event::PaymentRecorded, usd(5_000)));
        assert!(settle(&invoice, &other).invoice.is_none());
    }
    assert_eq!(settle(&at(Uncollectible), &received(12_000)).invoice.unwrap().0.status, Paid);
    for status in [Paid, Void] {
        let Booked { invoice: (invoice, event), credit } = pay(&at(status), "50").unwrap();
        assert_eq!((invoice.status, event, credit.unwrap().amount), (status, Event::PaymentRecorded, usd(5_000)), "a transfer too");
    }
}

#[test]
fn a_refund_shows_and_comes_out_of_the_credit_that_the_payment_became() {
    let settled = settle(&sent(), &received(15_000));
    let ((paid, _), credit) = (settled.invoice.unwrap(), settled.credit.unwrap());
    let refund = |minor| settle(&paid, &Received { refunded: usd(minor), ..received(15_000) });
    let part = refund(1_000);
    let (invoice, event) = part.invoice.unwrap();
    assert_eq!((event, invoice.status, invoice.amount_refunded), (Event::Refunded, Paid, usd(1_000)));
    assert_eq!(part.withdrawn, [(id(3), usd(1_000))]);
    let (less, _) = credit.withdraw(usd(1_000)).unwrap();
    assert_eq!((less.remaining, less.withdrawn), (usd(2_000), usd(1_000)));
    assert!(less.withdraw(usd(1_000)).is_none());
    assert_eq!(refund(9_000).withdrawn, [(id(3), usd(3_000))], "the rest was the invoice's");
    // All of it in one: paid too much, and refunded before we heard of it.
    let at_once = settle(&sent(), &Received { refunded: usd(3_000), ..received(15_000) });
    assert_eq!(at_once.credit.map(|credit| (credit.amount, credit.remaining)), Some((usd(3_000), usd(0))));
}

#[test]
fn a_dispute_that_is_lost_reopens_the_invoice_for_good() {
    let paid = settle(&sent(), &received(12_000)).invoice.unwrap().0;
    let disputed = |invoice: &Invoice, dispute| settle(invoice, &Received { dispute: Some(dispute), ..received(12_000) });
    let (open, event) = disputed(&paid, Dispute::Open).invoice.unwrap();
    assert_eq!((open.status, event, open.amount_due()), (Paid, Event::Disputed, usd(0)));
    let (lost, event) = disputed(&open, Dispute::Lost).invoice.unwrap();
    assert_eq!((lost.status, event, lost.amount_due()), (Sent, Event::Reopened, usd(12_000)));
    assert_eq!(lost.timers().len(), 2);
    assert!(disputed(&lost, Dispute::Open).invoice.is_none(), "an event that came late");
    assert_eq!(disputed(&open, Dispute::Won).invoice.unwrap().0.status, Paid);
}

#[test]
fn what_was_refunded_before_a_bank_took_back_the_rest_is_not_due_again() {
    let part = settle(&sent(), &Received { refunded: usd(5_000), ..received(12_000) }).invoice.unwrap().0;
    let lost = Received { refunded: usd(5_000), dispute: Some(Dispute::Lost), ..received(12_000) };
    let lost = settle(&part, &lost).invoice.unwrap().0;
    assert_eq!((lost.status, lost.amount_due()), (Sent, usd(7_000)));
}

/// What of a note reduced what is due, became credit, was refunded.
fn divided(note: &CreditNote) -> [i64; 3] {
    [note.reduced, note.credited, note.refunded].map(Money::minor)
}

#[test]
fn what_was_refunded_is_not_owed_again() {
    let refunded = |invoice: &Invoice, minor| settle(invoice, &Received { refunded: usd(minor), ..received(12_000) });
    let paid = settle(&sent(), &received(12_000)).invoice.unwrap().0;

    // First the refund, then the note: it tells of the refund, and makes credit of the rest alone.
    let before = refunded(&paid, 10_000).invoice.unwrap().0;
    let whole = note(&before, "120", None).unwrap();
    assert_eq!((divided(&whole.note), whole.invoice.0.refunds_untold()), ([0, 2_000, 10_000], usd(0)));
    assert_eq!(note(&before, "120", Some("99.99")).unwrap_err().field, Some("refunded_amount"));
    assert_eq!(divided(&note(&before, "80", None).unwrap().note), [0, 0, 8_000]);
    assert_eq!(divided(&note(&before, "120", Some("120")).unwrap().note), [0, 0, 12_000]);

    // First the note, then the refund: it comes out of the note's credit, and what is more than that is told of by none.
    let noted = note(&paid, "50", None).unwrap();
    assert_eq!(divided(&noted.note), [0, 5_000, 0]);
    let after = refunded(&noted.invoice.0, 3_000);
    assert_eq!(after.withdrawn, [(id(3), usd(3_000))]);
    let after = refunded(&after.invoice.unwrap().0, 7_000);
    assert_eq!(after.withdrawn, [(id(3), usd(5_000))]);
    let after = after.invoice.unwrap().0;
    assert_eq!(after.refunds_untold(), usd(2_000));
    assert_eq!(divided(&note(&after, "30", None).unwrap().note), [0, 1_000, 2_000]);
    // A refund that failed gives it back.
    assert_eq!(refunded(&after, 1_000).withdrawn, [(id(3), usd(1_000))]);

    // A note that says what is to be refunded: the refund is what it said.
    let told = note(&paid, "50", Some("40")).unwrap();
    assert_eq!(divided(&told.note), [0, 1_000, 4_000]);
    assert!(refunded(&told.invoice.0, 4_000).withdrawn.is_empty());
    assert_eq!(refunded(&told.invoice.0, 4_500).withdrawn, [(id(3), usd(500))]);
}

#[test]
fn a_credit_note_lowers_what_is_due_first() {
    let part = pay(&sent(), "100").unwrap().invoice.0;
    let issued = note(&part, "50", Some("10")).unwrap();
    let sums = |note: &CreditNote| [note.amount, note.tax, note.reduced, note.credited, note.refunded].map(Money::minor);
    assert_eq!(sums(&issued.note), [5_000, 833, 2_000, 2_000, 1_000]);
    assert_eq!((issued.invoice.0.status, issued.invoice.1, issued.credit.unwrap().amount), (Paid, Event::Paid, usd(2_000)));
    let rest = note(&issued.invoice.0, "70", None).unwrap();
    assert_eq!(sums(&rest.note), [7_000, 1_167, 0, 7_000, 0]);
    assert_eq!(note(&rest.invoice.0, "0.02", None).unwrap_err().field, Some("lines"));
    for (amount, refunded, field) in
        [("0", None, "lines"), ("120.01", None, "lines"), ("0.001", None, "lines"), ("50", Some("30.01"), "refunded_amount")]
    {
        assert_eq!(note(&part, amount, refunded).unwrap_err().field, Some(field));
    }
    assert!(note(&sent(), "20", None).unwrap().invoice.0.void(None).is_err());
}

#[test]
fn a_credit_note_names_lines_and_has_their_tax_and_all_of_them_sum_up_to_the_invoice() {
    let discount = Some(Discount::Amount(usd(1_000)));
    let lines = vec![line("3", "100", Some("20")), line("1", "33.33", Some("7")), line("1", "0.50", Some("7"))];
    let invoice = Invoice { discount, ..draft(lines) }.checked(today()).unwrap().send(1, SentBy::Mail, &firm(), now()).unwrap().0;
    let note = |invoice: &Invoice, lines: Option<Vec<NewNoteLine>>| {
        let new = NewCreditNote { lines, refunded: None, reason: MultiLine::new("x").unwrap() };
        CreditNote::issue(1, invoice, new, Ids { invoice: id(9), note: id(4), credit: id(3) }, today())
    };
    let of = |line: usize, quantity: Option<&str>, amount: Option<&str>| NewNoteLine {
        line,
        quantity: quantity.map(|q| q.parse().unwrap()),
        amount: amount.map(|a| a.parse().unwrap()),
    };
    // A third of 291.01, of which the discount is taken off, and of its tax.
    let third = note(&invoice, Some(vec![of(0, Some("1"), None)])).unwrap();
    assert_eq!(third.note.lines[0].amount, usd(9_700));
    assert_eq!((third.note.tax, third.note.amount), (usd(1_940), usd(11_640)));
    let next = note(&third.invoice.0, Some(vec![of(0, Some("1"), None), of(1, None, Some("10"))])).unwrap();
    assert_eq!(next.note.lines[0].amount.minor() + third.note.lines[0].amount.minor(), 19_401);
    assert_eq!(next.note.taxes.len(), 2);
    for (lines, told) in [
        (vec![of(0, Some("1.0001"), None)], "Line 0: only 1 is left."),
        (vec![of(1, None, Some("22.50"))], "left"),
        (vec![of(3, None, None)], "There is no line 3."),
        (vec![of(1, Some("1"), Some("1"))], "either"),
        (vec![of(1, None, Some("1")), of(1, None, Some("1"))], "twice"),
        (vec![of(1, None, Some("0"))], "Nothing"),
    ] {
        let refused = note(&next.invoice.0, Some(lines)).unwrap_err();
        assert!(refused.field == Some("lines") && refused.message.contains(told), "{refused:?}");
    }
    let rest = note(&next.invoice.0, None).unwrap();
    let all = [&third.note, &next.note, &rest.note];
    let sum = |of: fn(&CreditNote) -> Money| all.iter().map(|note| of(note).minor()).sum::<i64>();
    assert_eq!((sum(|note| note.amount), sum(|note| note.tax)), (invoice.totals.total.minor(), invoice.totals.tax.minor()));
    for tax in &invoice.taxes {
        let noted = all.iter().filter_map(|note| tax.among(&note.taxes)).map(|tax| tax.amount.minor()).sum::<i64>();
        assert_eq!(noted, tax.amount.minor());
    }
    assert_eq!(note(&rest.invoice.0, None).unwrap_err().field, Some("lines"));
}

#[test]
fn it_reads_back_as_it_was_written() {
    let Link::New(stored, _) = pay(&sent(), "20").unwrap().invoice.0.prepare_checkout(now()).unwrap() else { panic!("a new one") };
    for invoice in [stored.0, at(Paid), at(Draft)] {
        let discount = Some(Discount::Amount(usd(100)));
        let invoice = Invoice { discount, ..invoice };
        assert_eq!(serde_json::from_value::<Invoice>(serde_json::to_value(&invoice).unwrap()).unwrap(), invoice);
    }
    let percent = Discount::Percent("2.5".parse().unwrap());
    assert_eq!(serde_json::from_value::<Discount>(serde_json::to_value(percent).unwrap()).unwrap(), percent);
}
