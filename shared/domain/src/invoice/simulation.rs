//! Any sequence of what can happen to an invoice and the credit that comes of it: nothing is ever due that isn't, and
//! every cent that came in is either on an invoice, in a credit, or known to have gone back.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    lines::tests::line,
    tests::{draft, firm, id, now, paying, usd},
    *,
};
use crate::{
    credit::{Credit, CreditId},
    credit_note::{CreditNote, Ids, NewCreditNote},
};

#[derive(Debug, Clone)]
enum Step {
    Pay(i64),
    Stripe { intent: u8, refunded: i64, dispute: Option<Dispute> },
    Note { amount: i64, refunded: Option<i64> },
    Apply(Option<i64>),
    Void,
    GiveUp,
}

fn step() -> impl Strategy<Value = Step> {
    let dispute = prop::option::weighted(0.3, prop_oneof![Just(Dispute::Open), Just(Dispute::Won), Just(Dispute::Lost)]);
    prop_oneof![
        3 => (0i64..15_000).prop_map(Step::Pay),
        4 => (0u8..4, 0i64..=5_000, dispute).prop_map(|(intent, refunded, dispute)| Step::Stripe { intent, refunded, dispute }),
        3 => (0i64..8_000, prop::option::of(0i64..4_000)).prop_map(|(amount, refunded)| Step::Note { amount, refunded }),
        2 => prop::option::of(0i64..9_000).prop_map(Step::Apply),
        1 => Just(Step::Void),
        1 => Just(Step::GiveUp),
    ]
}

/// Two invoices of one client, the credits and the credit notes.
struct Books {
    invoices: [Invoice; 2],
    credits: BTreeMap<CreditId, Credit>,
    notes: Vec<(usize, CreditNote)>,
    made: u128,
}

fn decimal(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

impl Books {
    fn new_id<K>(&mut self) -> Id<K> {
        self.made += 1;
        id(self.made)
    }

    fn take(&mut self, place: usize, step: &Step) {
        let invoice = self.invoices[place].clone();
        let invoice_id = id(place as u128);
        match step {
            Step::Pay(amount) => {
                let (payment, credit) = (self.new_id(), self.new_id());
                if let Ok(booked) = invoice.record_payment(invoice_id, paying(&decimal(*amount)), payment, credit, now()) {
                    self.invoices[place] = booked.invoice.0;
                    self.credits.extend(booked.credit.map(|new| (credit, new)));
                }
            }
            Step::Stripe { intent, refunded, dispute } => {
                let payment_intent = format!("pi_{place}_{intent}");
                let amount = usd(5_000 + i64::from(*intent) * 1_111);
                let received = Received { payment_intent, session: None, amount, refunded: usd(*refunded), dispute: *dispute };
                let (payment, credit) = (self.new_id(), self.new_id());
                let settled = invoice.settle(invoice_id, &received, payment, credit, now()).unwrap();
                if let Some((invoice, _)) = settled.invoice {
                    self.invoices[place] = invoice;
                }
                self.credits.extend(settled.credit.map(|new| (credit, new)));
                if let Some((credit, total)) = settled.withdrawn
                    && let Some(withdrawn) = self.credits[&credit].withdraw(total)
                {
                    self.credits.insert(credit, withdrawn.unwrap().0);
                }
                let again = self.invoices[place].settle(invoice_id, &received, payment, credit, now()).unwrap();
                assert!(again.invoice.is_none() && again.credit.is_none());
                assert!(again.withdrawn.is_none_or(|(credit, total)| self.credits[&credit].withdraw(total).is_none()));
            }
            Step::Note { amount, refunded } => {
                let refunded = refunded.map(|minor| decimal(minor).parse().unwrap());
                let new = NewCreditNote { amount: decimal(*amount).parse().unwrap(), refunded, reason: MultiLine::new("x").unwrap() };
                let ids = Ids { invoice: invoice_id, note: self.new_id(), credit: self.new_id() };
                if let Ok(issued) = CreditNote::issue(1, &invoice, new, ids) {
                    self.invoices[place] = issued.invoice.0;
                    self.credits.extend(issued.credit.map(|new| (ids.credit, new)));
                    self.notes.push((place, issued.note));
                }
            }
            Step::Apply(amount) => {
                let amount = amount.map(|minor| decimal(minor).parse().unwrap());
                let Some((credit_id, credit)) = self.credits.iter().next_back().map(|(id, credit)| (*id, credit.clone())) else { return };
                let payment = self.new_id();
                if let Ok(Applied { invoice: paid, credit: spent }) =
                    invoice.apply_credit(invoice_id, (credit_id, &credit), amount, payment, now())
                {
                    self.invoices[place] = paid.0;
                    self.credits.insert(credit_id, spent.0);
                }
            }
            Step::Void => self.invoices[place] = invoice.void(None).map_or(invoice, |(invoice, _)| invoice),
            Step::GiveUp => self.invoices[place] = invoice.mark_uncollectible(None).map_or(invoice, |(invoice, _)| invoice),
        }
    }

    fn check(&self) {
        let sum = |amounts: &mut dyn Iterator<Item = Money>| amounts.map(Money::minor).sum::<i64>();
        for (place, invoice) in self.invoices.iter().enumerate() {
            let due = invoice.totals.total.minor() - invoice.amount_paid.minor() - invoice.amount_credited.minor();
            assert_eq!(invoice.amount_due().minor(), due);
            assert!(due >= 0, "{due} is due");
            assert_eq!(invoice.status == Status::Paid, due == 0, "{:?}", invoice.status);
            assert_eq!(invoice.amount_paid.minor(), sum(&mut invoice.payments.iter().map(Payment::applied)));
            let notes = || self.notes.iter().filter(|(on, _)| *on == place).map(|(_, note)| note);
            for note in notes() {
                assert_eq!(note.amount.minor(), note.reduced.minor() + note.credited.minor() + note.refunded.minor());
            }
            assert_eq!(invoice.credit_noted.minor(), sum(&mut notes().map(|note| note.amount)));
            assert_eq!(invoice.amount_credited.minor(), sum(&mut notes().map(|note| note.reduced)));
            assert_eq!(invoice.tax_noted.minor(), sum(&mut notes().map(|note| note.tax)));
            assert!(invoice.credit_noted.minor() <= invoice.totals.total.minor());
            if invoice.credit_noted == invoice.totals.total {
                assert_eq!(invoice.tax_noted, invoice.totals.tax);
            }
        }
        for credit in self.credits.values() {
            let used = sum(&mut credit.uses.iter().map(|used| used.amount));
            assert_eq!(credit.amount.minor(), used + credit.withdrawn.minor() + credit.remaining.minor());
            assert!(!credit.remaining.is_negative() && !credit.withdrawn.is_negative());
        }
        let payments = || self.invoices.iter().flat_map(|invoice| &invoice.payments);
        let money = || payments().filter(|payment| payment.method != Method::Credit);
        let lost = money().filter(|payment| payment.dispute == Some(Dispute::Lost));
        let lost =
            sum(&mut lost.map(|payment| payment.excess.map_or(payment.amount, |excess| payment.amount.minus("x", excess.amount).unwrap())));
        let excess = sum(&mut money().filter_map(|payment| payment.excess).map(|excess| excess.amount));
        assert_eq!(sum(&mut money().map(|payment| payment.amount)), sum(&mut money().map(Payment::applied)) + excess + lost);
        let noted = sum(&mut self.notes.iter().map(|(_, note)| note.credited));
        assert_eq!(sum(&mut self.credits.values().map(|credit| credit.amount)), excess + noted);
        let used = sum(&mut self.credits.values().flat_map(|credit| &credit.uses).map(|used| used.amount));
        assert_eq!(used, sum(&mut payments().filter(|payment| payment.method == Method::Credit).map(|payment| payment.amount)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_every_cent_is_explained(steps in prop::collection::vec((0usize..2, step()), 1..40)) {
        let invoice = |price| draft(vec![line("1", price, Some("19")), line("3", "0.33", None)]).send(1, &firm(), now()).unwrap().0;
        let mut books = Books { invoices: [invoice("100"), invoice("33.33")], credits: BTreeMap::new(), notes: Vec::new(), made: 10 };
        for (place, step) in &steps {
            books.take(*place, step);
            books.check();
        }
    }
}
