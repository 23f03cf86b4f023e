//! What an invoice allows, and what comes of it.

use super::{
    Status::{Draft, Paid, Sent, Uncollectible, Void},
    lines::tests::line,
    *,
};
use crate::{
    Archive, Email, Id, Price, TimeZone,
    credit::{Credit, Origin},
    credit_note::{CreditNote, Ids, Issued, NewCreditNote},
    firm::Firm,
    payment_account::Terms,
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
    let contact = Contact { company_name: SingleLine::new("Acme").unwrap(), contact_name: None, email, phone: None, language: None };
    Invoice { line_items: lines, ..Invoice::new(id(1), contact, Currency::USD) }.checked(today()).unwrap()
}

/// One of 100.00 and 20.00 of tax, sent.
pub(super) fn sent() -> Invoice {
    draft(vec![line("1", "100", Some("20"))]).send(1, SentBy::Mail, &firm(), now()).unwrap().0
}

pub(crate) fn using(amount: Option<Price>) -> NewUse {
    NewUse { amount, date: today(), receipt: true }
}

pub(crate) fn paying(amount: &str) -> NewPayment {
    NewPayment {
        amount: amount.parse().unwrap(),
        currency: None,
        method: ManualPaymentMethod::Cash,
        reference: None,
        date: today(),
        receipt: true,
    }
}

pub(super) fn pay(invoice: &Invoice, amount: &str) -> Result<Booked, crate::Refusal> {
    invoice.record_payment(id(9), paying(amount), id(2), id(3), now(), today())
}

pub(super) fn at(status: Status) -> Invoice {
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
pub(super) fn note(invoice: &Invoice, amount: &str, refunded: Option<&str>) -> Result<Issued, crate::Refusal> {
    note_of(invoice, amount, refunded, None)
}

/// The same, some of which was given back out of band.
pub(super) fn note_of(
    invoice: &Invoice,
    amount: &str,
    refunded: Option<&str>,
    out_of_band: Option<&str>,
) -> Result<Issued, crate::Refusal> {
    let [refunded, out_of_band] = [refunded, out_of_band].map(|price| price.map(|price| price.parse().unwrap()));
    let net = amount.parse::<Price>().unwrap().get() / rust_decimal::Decimal::new(12, 1);
    let line = NewNoteLine { line: 0, quantity: None, amount: Price::new(net.round_dp(2)).ok() };
    let new = NewCreditNote { lines: Some(vec![line]), refunded, out_of_band, reason: MultiLine::new("Too much").unwrap() };
    CreditNote::issue(1, invoice, new, Ids { invoice: id(9), note: id(4), credit: id(3) }, today())
}

pub(super) fn received(amount: i64) -> Received {
    Received { payment_intent: "pi_1".into(), session: Some("cs_1".into()), amount: usd(amount), refunded: usd(0), dispute: None }
}

pub(super) fn settle(invoice: &Invoice, received: &Received) -> Settled {
    invoice.settle(id(9), received, id(22), id(3), now(), today()).unwrap()
}

#[test]
fn every_state_allows_what_it_should_and_nothing_else() {
    let entry = id(11);
    // edit, change the notes, add time, send, pay, apply credit, page to pay, credit note, void, give up, remove
    for (status, allowed) in [
        (Draft, "edit notes add send . . . . . . remove"),
        (Sent, ". notes . . pay credit page note void giveup ."),
        (Paid, ". notes . . pay . . note . . remove"),
        (Void, ". notes . . pay . . . . . remove"),
        (Uncollectible, ". notes . . pay credit page note void . remove"),
    ] {
        let invoice = at(status);
        assert_eq!(invoice.status, status);
        let billed = LineItem { time_entry: Some(entry), ..line("1", "1", None) };
        let (reference, notes) = (SingleLine::new("PO-4711").ok(), MultiLine::new("Bo pays late.").ok());
        let did = [
            ("edit", invoice.edit(Invoice { reference, notes: notes.clone(), ..invoice.clone() }, today()).is_ok()),
            ("notes", invoice.edit(Invoice { notes, ..invoice.clone() }, today()).is_ok()),
            ("add", invoice.add_time(vec![billed], today()).is_ok()),
            ("send", invoice.send(2, SentBy::Mail, &firm(), now()).is_ok()),
            ("pay", pay(&invoice, "1").is_ok()),
            ("credit", invoice.apply_credit(id(9), (id(3), &credit_of(100)), using(None), id(2), now()).is_ok()),
            ("page", invoice.prepare_checkout(None, &Terms::own(), now()).is_ok()),
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
    assert_eq!(draft(vec![]).send(9, SentBy::Mail, &firm(), now()).unwrap_err().field.as_deref(), Some("line_items"));
    let mut nowhere = draft(vec![line("1", "1", None)]);
    nowhere.contact.email = None;
    assert_eq!(nowhere.send(9, SentBy::Mail, &firm(), now()).unwrap_err().field.as_deref(), Some("email"));
    assert_eq!(nowhere.send(9, SentBy::Hand, &firm(), now()).unwrap().0.sent_by, Some(SentBy::Hand));
    let over = Invoice { due_date: "2026-11-20".parse().ok(), ..draft(vec![line("1", "1", None)]) };
    assert_eq!(over.send(9, SentBy::Mail, &firm(), now()).unwrap_err().field.as_deref(), Some("due_date"));
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
        assert_eq!(refused.field.as_deref(), Some(field), "{issued:?} {due:?}");
    }
    // A day that was taken stays, where the firm is further west by now; another isn't taken.
    let tomorrow = today().plus_days(1);
    let ahead = Invoice { issue_date: Some(tomorrow), ..draft(vec![]) }.checked(tomorrow).unwrap();
    let told = Invoice { reference: SingleLine::new("PO-4711").ok(), ..ahead.clone() };
    assert!(ahead.edit(told, today()).is_ok());
    let later = Invoice { due_date: Some(tomorrow.plus_days(9)), ..ahead.clone() };
    assert_eq!(ahead.edit(later, today()).unwrap_err().field.as_deref(), Some("issue_date"));
}

#[test]
fn an_edit_leaves_the_time_entries_and_adding_and_removing_changes_them() {
    let billed = |entry| LineItem { time_entry: Some(id(entry)), ..line("2.5", "200", None) };
    let invoice = draft(vec![line("1", "100", None)]).add_time(vec![billed(11), billed(12)], today()).unwrap().0;
    assert_eq!(invoice.totals.total, usd(110_000));
    assert_eq!(invoice.add_time(vec![billed(11)], today()).unwrap_err().field.as_deref(), Some("time_entries[0]"));
    let dearer = LineItem { unit_price: "300".parse().unwrap(), ..billed(11) };
    let edited = Invoice { line_items: vec![billed(12), dearer], ..invoice.clone() };
    assert_eq!(invoice.edit(edited, today()).unwrap().0.totals.total, usd(125_000));
    for line_items in [vec![billed(11)], vec![billed(11), billed(12), billed(13)], vec![billed(11), billed(11)]] {
        assert!(invoice.edit(Invoice { line_items, ..invoice.clone() }, today()).is_err());
    }
    let left = invoice.remove_time(&[id(11)], today()).unwrap().0;
    assert_eq!(left.time_entries().collect::<Vec<_>>(), [id(12)]);
    assert_eq!(left.remove_time(&[id(11)], today()).unwrap_err().field.as_deref(), Some("time_entries[0]"));
}

#[test]
fn payments_that_can_not_be_right_are_refused() {
    let euros = NewPayment { currency: "EUR".parse().ok(), ..paying("1") };
    let tomorrow = NewPayment { date: "2026-11-24".parse().unwrap(), ..paying("1") };
    let long_ago = NewPayment { date: "2025-11-20".parse().unwrap(), ..paying("1") };
    for (new, field) in [(paying("0"), "amount"), (paying("0.001"), "amount"), (euros, "currency"), (tomorrow, "date"), (long_ago, "date")]
    {
        assert_eq!(sent().record_payment(id(9), new, id(2), id(3), now(), today()).unwrap_err().field.as_deref(), Some(field));
    }
    let many = (0..MOST_PAYMENTS).fold(sent(), |invoice, _| pay(&invoice, "0.01").unwrap().invoice.0);
    assert!(pay(&many, "0.01").is_err());
    assert_eq!(settle(&many, &received(11_900)).invoice.unwrap().1, Event::Paid, "what Stripe took is never refused");
    let again = |invoice: &Invoice, credit| invoice.record_payment(id(9), paying("1"), id(credit), id(credit), now(), today());
    let full = (100..140).fold(pay(&sent(), "120").unwrap().invoice.0, |invoice, credit| again(&invoice, credit).unwrap().invoice.0);
    assert_eq!(again(&full, 140).unwrap_err().why, crate::Why::State, "all credits of an invoice change with it");
    assert_eq!(settle(&full, &received(100)).credit.map(|credit| credit.amount), Some(usd(100)));
}

#[test]
fn a_payment_that_was_recorded_twice_is_reversed_once() {
    let reason = || MultiLine::new("Recorded twice").unwrap();
    let twice = pay(&pay(&sent(), "120").unwrap().invoice.0, "50").unwrap();
    let (invoice, credit) = (twice.invoice.0, twice.credit.unwrap());
    let [first, second] = [0, 1].map(|place| Invoice { payments: vec![invoice.payments[place].clone()], ..invoice.clone() });
    let Reversed { invoice: (opened, event), withdrawn, given_back } = first.reverse_payment(id(2), reason(), now()).unwrap();
    assert_eq!((opened.status, event, opened.amount_due()), (Sent, Event::PaymentReversed, usd(12_000)));
    assert_eq!((withdrawn, given_back), (Vec::new(), None));
    assert_eq!(opened.timers().len(), 2, "it is reminded of again");
    assert_eq!(opened.reverse_payment(id(2), reason(), now()).unwrap_err().why, crate::Why::State);
    assert_eq!(opened.reverse_payment(id(99), reason(), now()).unwrap_err().field.as_deref(), Some("payment"));
    let reversed = second.reverse_payment(id(2), reason(), now()).unwrap();
    assert_eq!(reversed.withdrawn, [(id(3), usd(5_000))]);
    assert!(credit.withdraw(usd(5_000)).unwrap().0.remaining.is_zero());

    let paid = settle(&sent(), &received(12_000)).invoice.unwrap().0;
    assert_eq!(paid.reverse_payment(id(22), reason(), now()).unwrap_err().field.as_deref(), Some("payment"), "Stripe's is refunded there");

    let Applied { invoice: (paid, _), credit: (spent, _) } =
        sent().apply_credit(id(9), (id(3), &credit), using(None), id(5), now()).unwrap();
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
        sent().apply_credit(id(10), (id(3), &credit), using(None), id(5), now()).unwrap();
    assert_eq!((event, other.amount_due(), spent.remaining), (Event::PaymentRecorded, usd(9_000), usd(0)));
    assert_eq!((spent.status(), other.payments[0].method), (crate::credit::Status::Used, Method::Credit));
    let apply = |credit: &Credit, amount: Option<&str>| {
        let amount = amount.map(|amount| amount.parse::<Price>().unwrap());
        sent().apply_credit(id(10), (id(3), credit), using(amount), id(5), now()).map(|_| ()).unwrap_err()
    };
    assert_eq!(apply(&spent, None).why, crate::Why::State);
    assert_eq!(apply(&credit, Some("30.01")).field.as_deref(), Some("amount"));
    assert_eq!(apply(&credit, Some("0")).field.as_deref(), Some("amount"));
    assert_eq!(apply(&credit_of(1_000_000), Some("120.01")).field.as_deref(), Some("amount"));
    assert_eq!(apply(&Credit { client: id(99), ..credit.clone() }, None).field.as_deref(), Some("credit"));
}

#[test]
fn it_reads_back_as_it_was_written() {
    let Link::New(stored, _) = pay(&sent(), "20").unwrap().invoice.0.prepare_checkout(None, &Terms::own(), now()).unwrap() else {
        panic!("a new one")
    };
    for invoice in [stored.0, at(Paid), at(Draft)] {
        let discount = Some(Discount::Amount(usd(100)));
        let invoice = Invoice { discount, ..invoice };
        assert_eq!(serde_json::from_value::<Invoice>(serde_json::to_value(&invoice).unwrap()).unwrap(), invoice);
    }
    let percent = Discount::Percent("2.5".parse().unwrap());
    assert_eq!(serde_json::from_value::<Discount>(serde_json::to_value(percent).unwrap()).unwrap(), percent);
}
