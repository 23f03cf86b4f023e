//! What an invoice allows, and what comes of it.

use super::{
    Status::{Draft, Paid, Sent, Uncollectible, Void},
    lines::tests::line,
    *,
};
use crate::{
    Archive, Email, Price,
    credit::{Credit, Origin},
    credit_note::{CreditNote, Ids, NewCreditNote},
    firm::Firm,
    timer::{Timer, TimerKind},
};

pub(super) fn now() -> Time {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

pub(super) fn id<K>(random: u128) -> Id<K> {
    Id::new(now(), random)
}

pub(super) fn usd(minor: i64) -> Money {
    Money::from_minor("x", minor, Currency::USD).unwrap()
}

pub(super) fn firm() -> Firm {
    let settings = serde_json::json!({
        "name": "North & Partners", "currency": "USD", "time_zone": "UTC", "payment_terms_days": 30, "reminder_days": [1, 7, 14],
    });
    serde_json::from_value(settings).unwrap()
}

pub(super) fn draft(lines: Vec<LineItem>) -> Invoice {
    let email = Email::new("ann@acme.example").ok();
    let contact = Contact { company_name: SingleLine::new("Acme").unwrap(), contact_name: None, email, phone: None };
    Invoice { line_items: lines, ..Invoice::new(id(1), contact, Currency::USD) }.checked(now()).unwrap()
}

/// One of 100.00 and 20.00 of tax, sent.
fn sent() -> Invoice {
    draft(vec![line("1", "100", Some("20"))]).send(1, &firm(), now()).unwrap().0
}

pub(super) fn paying(amount: &str) -> NewPayment {
    NewPayment {
        amount: amount.parse().unwrap(),
        currency: None,
        means: ManualPaymentMethod::Cash,
        reference: None,
        date: Date::today(now()),
    }
}

fn pay(invoice: &Invoice, amount: &str) -> Result<Booked, crate::Refusal> {
    invoice.record_payment(id(9), paying(amount), id(2), id(3), now())
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

fn note(invoice: &Invoice, amount: &str, refunded: Option<&str>) -> Result<crate::credit_note::Issued, crate::Refusal> {
    let refunded = refunded.map(|price| price.parse().unwrap());
    let new = NewCreditNote { amount: amount.parse().unwrap(), refunded, reason: MultiLine::new("Too much").unwrap() };
    CreditNote::issue(1, invoice, new, Ids { invoice: id(9), note: id(4), credit: id(3) })
}

fn received(amount: i64) -> Received {
    Received { payment_intent: "pi_1".into(), session: Some("cs_1".into()), amount: usd(amount), refunded: usd(0), dispute: None }
}

fn settle(invoice: &Invoice, received: &Received) -> Settled {
    invoice.settle(id(9), received, id(22), id(3), now()).unwrap()
}

#[test]
fn every_state_allows_what_it_should_and_nothing_else() {
    let entry = id(11);
    // edit, add time, send, pay, apply credit, page to pay, credit note, void, give up, remove
    for (status, allowed) in [
        (Draft, "edit add send . . . . . . remove"),
        (Sent, ". . . pay credit page note void giveup ."),
        (Paid, ". . . . . . note . . remove"),
        (Void, ". . . . . . . . . remove"),
        (Uncollectible, ". . . pay credit page note void . remove"),
    ] {
        let invoice = at(status);
        assert_eq!(invoice.status, status);
        let billed = LineItem { time_entry: Some(entry), ..line("1", "1", None) };
        let did = [
            ("edit", invoice.edit(invoice.clone(), now()).is_ok()),
            ("add", invoice.add_time(vec![billed], now()).is_ok()),
            ("send", invoice.send(2, &firm(), now()).is_ok()),
            ("pay", pay(&invoice, "1").is_ok()),
            ("credit", invoice.apply_credit(id(9), (id(3), &credit_of(100)), None, id(2), now()).is_ok()),
            ("page", invoice.prepare_checkout(now()).is_ok()),
            ("note", note(&invoice, "1", None).is_ok()),
            ("void", invoice.void(None).is_ok()),
            ("giveup", invoice.mark_uncollectible(None).is_ok()),
            ("remove", invoice.archive().is_ok()),
        ];
        let did: Vec<_> = did.into_iter().map(|(name, ok)| if ok { name } else { "." }).collect();
        assert_eq!(did.join(" "), allowed, "{status:?}");
        // Whatever is refused is refused for the state, so that the caller gets a 409.
        if status == Void {
            assert_eq!(pay(&invoice, "0").unwrap_err().why, crate::Why::State);
        }
    }
}

#[test]
fn sending_numbers_and_dates_it_by_the_firms_terms() {
    let late = Firm { time_zone: serde_json::from_value("Pacific/Auckland".into()).unwrap(), ..firm() };
    let invoice = draft(vec![line("1", "100", None)]).send(7, &late, "2026-11-22T12:00:00Z".parse().unwrap()).unwrap().0;
    let day = |day: Option<Date>| day.unwrap().get().to_string();
    assert_eq!(
        (invoice.label().as_deref(), day(invoice.issue_date), day(invoice.due_date)),
        (Some("INV-000007"), "2026-11-23".into(), "2026-12-23".into())
    );
    let free = draft(vec![line("1", "0", None)]).send(8, &firm(), now()).unwrap();
    assert_eq!((free.0.status, free.1), (Paid, Event::Sent));
    assert_eq!(draft(vec![]).send(9, &firm(), now()).unwrap_err().field, Some("line_items"));
    let over = Invoice { due_date: "2026-11-20".parse().ok(), ..draft(vec![line("1", "1", None)]) };
    assert_eq!(over.send(9, &firm(), now()).unwrap_err().field, Some("due_date"));
}

#[test]
fn days_beyond_reason_are_refused() {
    for (issued, due, field) in [
        (Some("2026-11-24"), None, "issue_date"),
        (Some("2020-01-01"), None, "issue_date"),
        (Some("2026-11-20"), Some("2026-11-19"), "due_date"),
        (None, Some("2026-11-20"), "due_date"),
        (None, Some("2031-01-01"), "due_date"),
    ] {
        let [issue_date, due_date] = [issued, due].map(|day| day.map(|day| day.parse().unwrap()));
        let refused = Invoice { issue_date, due_date, ..draft(vec![]) }.checked(now()).unwrap_err();
        assert_eq!(refused.field, Some(field), "{issued:?} {due:?}");
    }
}

#[test]
fn an_edit_leaves_the_time_entries_and_adding_and_removing_changes_them() {
    let billed = |entry| LineItem { time_entry: Some(id(entry)), ..line("2.5", "200", None) };
    let invoice = draft(vec![line("1", "100", None)]).add_time(vec![billed(11), billed(12)], now()).unwrap().0;
    assert_eq!(invoice.totals.total, usd(110_000));
    assert_eq!(invoice.add_time(vec![billed(11)], now()).unwrap_err().field, Some("time_entries"));
    let dearer = LineItem { unit_price: "300".parse().unwrap(), ..billed(11) };
    let edited = Invoice { line_items: vec![billed(12), dearer], ..invoice.clone() };
    assert_eq!(invoice.edit(edited, now()).unwrap().0.totals.total, usd(125_000));
    for line_items in [vec![billed(11)], vec![billed(11), billed(12), billed(13)], vec![billed(11), billed(11)]] {
        assert!(invoice.edit(Invoice { line_items, ..invoice.clone() }, now()).is_err());
    }
    let left = invoice.remove_time(&[id(11)], now()).unwrap().0;
    assert_eq!(left.time_entries().collect::<Vec<_>>(), [id(12)]);
    assert_eq!(left.remove_time(&[id(11)], now()).unwrap_err().field, Some("time_entries"));
}

#[test]
fn payments_that_can_not_be_right_are_refused() {
    let euros = NewPayment { currency: "EUR".parse().ok(), ..paying("1") };
    let tomorrow = NewPayment { date: "2026-11-24".parse().unwrap(), ..paying("1") };
    let long_ago = NewPayment { date: "2025-11-20".parse().unwrap(), ..paying("1") };
    for (new, field) in [(paying("0"), "amount"), (paying("0.001"), "amount"), (euros, "currency"), (tomorrow, "date"), (long_ago, "date")]
    {
        assert_eq!(sent().record_payment(id(9), new, id(2), id(3), now()).unwrap_err().field, Some(field));
    }
    let many = (0..MOST_PAYMENTS).fold(sent(), |invoice, _| pay(&invoice, "0.01").unwrap().invoice.0);
    assert!(pay(&many, "0.01").is_err());
    assert_eq!(settle(&many, &received(11_900)).invoice.unwrap().1, Event::Paid, "what Stripe took is never refused");
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
        sent().apply_credit(id(10), (id(3), &credit), None, id(5), now()).unwrap();
    assert_eq!((event, other.amount_due(), spent.remaining), (Event::PaymentRecorded, usd(9_000), usd(0)));
    assert_eq!((spent.status(), other.payments[0].method), (crate::credit::Status::Used, Method::Credit));
    let apply = |credit: &Credit, amount: Option<&str>| {
        let amount = amount.map(|amount| amount.parse::<Price>().unwrap());
        sent().apply_credit(id(10), (id(3), credit), amount, id(5), now()).map(|_| ()).unwrap_err()
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
    let backdated = Invoice { issue_date, due_date, ..draft(vec![line("1", "1", None)]) }.send(1, &firm(), now()).unwrap().0;
    assert_eq!(backdated.reminded, 2);
    assert!(backdated.is_overdue(Date::today(now())) && backdated.mark_overdue(now()).is_some());
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
fn what_stripe_says_again_changes_nothing() {
    let first = settle(&sent(), &received(12_000));
    let (paid, event) = first.invoice.unwrap();
    assert_eq!((event, paid.status, first.credit), (Event::Paid, Paid, None));
    let again = settle(&paid, &received(12_000));
    assert!(again.invoice.is_none() && again.credit.is_none() && again.withdrawn.is_none());
    assert!(sent().settle(id(9), &Received { amount: Money::zero("EUR".parse().unwrap()), ..received(1) }, id(2), id(3), now()).is_err());
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
}

#[test]
fn a_refund_shows_and_comes_out_of_the_credit_that_the_payment_became() {
    let settled = settle(&sent(), &received(15_000));
    let ((paid, _), credit) = (settled.invoice.unwrap(), settled.credit.unwrap());
    let refund = |minor| settle(&paid, &Received { refunded: usd(minor), ..received(15_000) });
    let part = refund(1_000);
    let (invoice, event) = part.invoice.unwrap();
    assert_eq!((event, invoice.status, invoice.amount_refunded), (Event::Refunded, Paid, usd(1_000)));
    assert_eq!(part.withdrawn, Some((id(3), usd(1_000))));
    let (less, _) = credit.withdraw(usd(1_000)).unwrap().unwrap();
    assert_eq!((less.remaining, less.withdrawn), (usd(2_000), usd(1_000)));
    assert!(less.withdraw(usd(1_000)).is_none());
    assert_eq!(refund(9_000).withdrawn, Some((id(3), usd(3_000))), "no more than the credit was");
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
fn a_credit_note_lowers_what_is_due_first() {
    let part = pay(&sent(), "100").unwrap().invoice.0;
    let issued = note(&part, "50", Some("10")).unwrap();
    let sums = |note: &CreditNote| [note.amount, note.tax, note.reduced, note.credited, note.refunded].map(Money::minor);
    assert_eq!(sums(&issued.note), [5_000, 833, 2_000, 2_000, 1_000]);
    assert_eq!((issued.invoice.0.status, issued.invoice.1, issued.credit.unwrap().amount), (Paid, Event::Paid, usd(2_000)));
    let rest = note(&issued.invoice.0, "70", None).unwrap();
    assert_eq!(sums(&rest.note), [7_000, 1_167, 0, 7_000, 0]);
    assert_eq!(note(&rest.invoice.0, "0.01", None).unwrap_err().field, Some("amount"));
    for (amount, refunded, field) in
        [("0", None, "amount"), ("120.01", None, "amount"), ("0.001", None, "amount"), ("50", Some("30.01"), "refunded_amount")]
    {
        assert_eq!(note(&part, amount, refunded).unwrap_err().field, Some(field));
    }
    assert!(note(&sent(), "20", None).unwrap().invoice.0.void(None).is_err());
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
