//! Any sequence of what can happen to an invoice and the credit that comes of it: nothing is ever due that isn't, and
//! every cent that came in is either on an invoice, in a credit, or known to have gone back.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    lines::tests::line,
    tests::{draft, firm, id, now, paying, today, usd, using},
    *,
};
use crate::{
    Id,
    credit::{Credit, NewRefund, Status as State, Use},
    credit_note::{CreditNote, Ids, NewCreditNote},
    ids::CreditId,
};

#[derive(Debug, Clone)]
enum Step {
    Pay(i64),
    Stripe { intent: u8, refunded: i64, dispute: Option<Dispute> },
    Note { lines: Option<Vec<(usize, Option<i64>)>>, by_quantity: bool, refunded: Option<i64>, out_of_band: Option<i64> },
    Apply(Option<i64>),
    Settle,
    Reverse(usize),
    PayAgain,
    Refund(Option<i64>),
    ReverseRefund,
    Void,
    GiveUp,
    ReverseWriteOff,
}

fn news() -> impl Strategy<Value = Step> {
    let dispute = prop::option::weighted(0.3, prop_oneof![Just(Dispute::Open), Just(Dispute::Won), Just(Dispute::Lost)]);
    (0u8..4, 0i64..=5_000, dispute).prop_map(|(intent, refunded, dispute)| Step::Stripe { intent, refunded, dispute })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0i64..15_000).prop_map(Step::Pay),
        4 => news(),
        3 => (prop::option::weighted(0.9, prop::collection::vec((0usize..4, prop::option::weighted(0.9, 0i64..5_000)), 1..4)), any::<bool>(), prop::option::of(0i64..4_000), prop::option::weighted(0.3, 0i64..4_000))
            .prop_map(|(lines, by_quantity, refunded, out_of_band)| Step::Note { lines, by_quantity, refunded, out_of_band }),
        2 => prop::option::of(0i64..9_000).prop_map(Step::Apply),
        2 => Just(Step::Settle),
        2 => (0usize..4).prop_map(Step::Reverse),
        2 => Just(Step::PayAgain),
        1 => prop::option::of(0i64..3_000).prop_map(Step::Refund),
        1 => Just(Step::ReverseRefund),
        1 => Just(Step::Void),
        1 => Just(Step::GiveUp),
        1 => Just(Step::ReverseWriteOff),
    ]
}

/// Two invoices of one client, the credits and the credit notes.
#[derive(Clone)]
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
    fn new() -> Self {
        let invoice = |price| {
            let lines =
                [line("1.5", price, Some("19")), line("3", "0.33", None), line("7", "0.17", Some("19")), line("-1", "0.35", Some("7"))];
            draft(lines.to_vec()).send(1, SentBy::Mail, &firm(), now()).unwrap().0
        };
        Self { invoices: [invoice("100"), invoice("33.33")], credits: BTreeMap::new(), notes: Vec::new(), made: 10 }
    }

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
                if let Ok(booked) = invoice.record_payment(invoice_id, paying(&decimal(*amount)), payment, credit, now(), today()) {
                    self.invoices[place] = booked.invoice.0;
                    self.credits.extend(booked.credit.map(|new| (credit, new)));
                }
            }
            Step::Stripe { intent, refunded, dispute } => {
                let payment_intent = format!("pi_{place}_{intent}");
                let amount = usd(5_000 + i64::from(*intent) * 1_111);
                let received = Received { payment_intent, session: None, amount, refunded: usd(*refunded), dispute: *dispute };
                let (payment, credit) = (self.new_id(), self.new_id());
                let settled = invoice.settle(invoice_id, &received, payment, credit, now(), today()).unwrap();
                if let Some((invoice, _)) = settled.invoice {
                    self.invoices[place] = invoice;
                }
                self.credits.extend(settled.credit.map(|new| (credit, new)));
                for (credit, total) in settled.withdrawn {
                    assert!(invoice.credits_behind().contains(&credit));
                    let withdrawn = self.credits[&credit].withdraw(total).unwrap().0;
                    self.credits.insert(credit, withdrawn);
                }
                let again = self.invoices[place].settle(invoice_id, &received, payment, credit, now(), today()).unwrap();
                assert!(again.invoice.is_none() && again.credit.is_none() && again.withdrawn.is_empty());
            }
            Step::Note { lines, by_quantity, refunded, out_of_band } => {
                let [refunded, out_of_band] = [refunded, out_of_band].map(|minor| minor.map(|minor| decimal(minor).parse().unwrap()));
                let part = |(line, part): &(usize, Option<i64>)| {
                    let part = part.map(|minor| if *by_quantity { decimal(minor % 200) } else { decimal(minor) });
                    let (quantity, amount) = if *by_quantity { (part, None) } else { (None, part) };
                    NewNoteLine {
                        line: *line,
                        quantity: quantity.map(|quantity| quantity.parse().unwrap()),
                        amount: amount.map(|amount| amount.parse().unwrap()),
                    }
                };
                let lines = lines.as_ref().map(|lines| lines.iter().map(part).collect());
                let new = NewCreditNote { lines, refunded, out_of_band, reason: MultiLine::new("x").unwrap() };
                let ids = Ids { invoice: invoice_id, note: self.new_id(), credit: self.new_id() };
                if let Ok(issued) = CreditNote::issue(1, &invoice, new, ids, today()) {
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
                    invoice.apply_credit(invoice_id, (credit_id, &credit), using(amount), payment, now())
                {
                    self.invoices[place] = paid.0;
                    self.credits.insert(credit_id, spent.0);
                }
            }
            Step::Settle => {
                let first = |status| self.credits.iter().find(|(_, credit)| credit.status() == status);
                let (Some((id, owed)), Some((from_id, from))) = (first(State::Overdrawn), first(State::Open)) else { return };
                let settled = owed.settle(*id, (*from_id, from), now()).unwrap().unwrap();
                self.credits.extend([(*id, settled.overdrawn.0), (*from_id, settled.from.0)]);
            }
            Step::Reverse(which) => {
                let Some(payment) = invoice.payments.get(*which).map(|payment| payment.id) else { return };
                let Ok(reversed) = invoice.reverse_payment(payment, MultiLine::new("Twice").unwrap(), now()) else { return };
                self.invoices[place] = reversed.invoice.0;
                let behind = invoice.credits_of(payment);
                let changed = reversed.given_back.into_iter().chain(reversed.withdrawn.iter().map(|(credit, _)| *credit));
                assert!(changed.clone().all(|credit| behind.contains(&credit)));
                for credit in changed.collect::<std::collections::BTreeSet<_>>() {
                    let given_back = reversed.given_back.filter(|of| *of == credit).map(|_| payment);
                    let withdrawn = reversed.withdrawn.iter().find(|(of, _)| *of == credit).map(|(_, total)| *total);
                    let changed = self.credits[&credit].after_reversal(given_back, withdrawn, now());
                    self.credits.extend(changed.map(|(changed, _)| (credit, changed)));
                }
            }
            // As the outbox does, which leaves alone besides what was taken back after it had paid.
            Step::PayAgain => {
                for credit in invoice.payments.iter().filter_map(|payment| payment.excess).map(|excess| excess.credit) {
                    let payment = self.new_id();
                    let (paid, from) = (&self.invoices[place], &self.credits[&credit]);
                    let Ok(applied) = paid.apply_credit(invoice_id, (credit, from), using(None), payment, now()) else { continue };
                    self.invoices[place] = applied.invoice.0;
                    self.credits.insert(credit, applied.credit.0);
                }
            }
            Step::Refund(amount) => {
                let Some((id, credit)) = self.credits.iter().next_back().map(|(id, credit)| (*id, credit.clone())) else { return };
                let amount = amount.map(|minor| decimal(minor).parse().unwrap());
                let new = NewRefund { amount, date: today(), reason: None, reference: None };
                let refunded = credit.refund(self.new_id(), new, now(), today());
                self.credits.extend(refunded.ok().map(|(refunded, _)| (id, refunded)));
            }
            Step::ReverseRefund => {
                let given = |credit: &Credit| credit.refunds.iter().rfind(|refund| refund.reversal.is_none()).map(|refund| refund.id);
                let last = self.credits.iter().find_map(|(id, credit)| Some((*id, credit.clone(), given(credit)?)));
                let Some((id, credit, refund)) = last else { return };
                let (reversed, _) = credit.reverse_refund(refund, MultiLine::new("Mistyped").unwrap(), now()).unwrap();
                self.credits.insert(id, reversed);
            }
            Step::Void => self.invoices[place] = invoice.void(None).map_or(invoice, |(invoice, _)| invoice),
            Step::ReverseWriteOff => self.invoices[place] = invoice.reverse_write_off(now()).map_or(invoice, |(invoice, _)| invoice),
            Step::GiveUp => self.invoices[place] = invoice.mark_uncollectible(None).map_or(invoice, |(invoice, _)| invoice),
        }
    }

    /// What the client owes once `steps` were taken and all is refunded that is to be. The steps explain every cent.
    fn owed_after<'s>(&self, steps: impl IntoIterator<Item = &'s (usize, Step)>) -> i64 {
        let mut books = self.clone();
        for (place, step) in steps {
            books.take(*place, step);
            books.check();
        }
        books.owed() + books.to_come()
    }

    /// Whether `step` tells how a payment stands that is known.
    fn is_news_of_known(&self, place: usize, step: &Step) -> bool {
        let Step::Stripe { intent, .. } = step else { return false };
        self.invoices[place].paid_by(&format!("pi_{place}_{intent}")).is_some()
    }

    fn check(&self) {
        let sum = |amounts: &mut dyn Iterator<Item = Money>| amounts.map(Money::minor).sum::<i64>();
        for (place, invoice) in self.invoices.iter().enumerate() {
            let unpaid = invoice.totals.total.minor() - invoice.amount_paid.minor() - invoice.amount_credited.minor();
            let due = if invoice.status == Status::Void { 0 } else { unpaid };
            assert_eq!(invoice.amount_due().minor(), due);
            assert!(due >= 0, "{due} is due");
            assert_eq!(matches!(invoice.status, Status::Paid | Status::Void), due == 0, "{:?}", invoice.status);
            assert_eq!(invoice.amount_paid.minor(), sum(&mut invoice.payments.iter().map(Payment::applied)));
            let notes = || self.notes.iter().filter(|(on, _)| *on == place).map(|(_, note)| note);
            for note in notes() {
                let divided = [note.reduced, note.credited, note.refunded, note.out_of_band];
                assert_eq!(note.amount.minor(), sum(&mut divided.into_iter()));
            }
            assert_eq!(invoice.credit_noted.minor(), sum(&mut notes().map(|note| note.amount)));
            // What notes gave back of money that is gone by now makes less what is due.
            let absorbed = sum(&mut invoice.note_credits.iter().map(|note| note.absorbed));
            assert_eq!(invoice.refund_noted.minor(), sum(&mut notes().map(|note| note.refunded)));
            let absorbed = absorbed + invoice.refund_absorbed.minor();
            assert_eq!(invoice.amount_credited.minor(), absorbed + sum(&mut notes().map(|note| note.reduced)));
            if invoice.credit_noted == invoice.totals.total {
                let given = invoice.refund_noted.minor() + sum(&mut notes().map(|note| note.out_of_band));
                assert!(invoice.amount_due().minor() <= given, "all of it was taken back, and no more given");
            }
            for note in notes() {
                let parts = note.taxes.iter().flat_map(|tax| [tax.base, tax.amount]).map(Money::minor).sum::<i64>();
                assert_eq!(note.amount.minor(), parts);
                assert_eq!(note.tax.minor(), sum(&mut note.taxes.iter().map(|tax| tax.amount)));
                let lines = sum(&mut note.lines.iter().map(|line| line.amount));
                assert_eq!(note.amount.minor(), lines + note.tax.minor());
            }
            assert_eq!(sum(&mut invoice.taxes_noted.iter().map(|tax| tax.amount)), sum(&mut notes().map(|note| note.tax)));
            for (noted, net) in invoice.line_notes.iter().zip(invoice.line_nets().unwrap()) {
                assert!(noted.amount.minor().abs() <= net.minor().abs(), "{noted:?} of {net}");
            }
            assert!(invoice.credit_noted.minor() <= invoice.totals.total.minor());
            let nets = invoice.line_nets().unwrap();
            if !invoice.line_notes.is_empty() && invoice.line_notes.iter().map(|noted| noted.amount).eq(nets) {
                assert!(invoice.taxes.iter().all(|tax| tax.among(&invoice.taxes_noted).unwrap().amount == tax.amount));
            }
        }
        for credit in self.credits.values() {
            let used = sum(&mut credit.uses.iter().filter(|used| used.given_back_at.is_none()).map(|used| used.amount));
            let settled = sum(&mut credit.settlements.iter().map(|settlement| settlement.amount));
            let balance = credit.remaining.minor() - credit.overdrawn.minor();
            assert_eq!(credit.amount.minor() + settled, used + credit.withdrawn.minor() + credit.refunded.minor() + balance);
            assert!(!credit.remaining.is_negative() && !credit.overdrawn.is_negative());
            assert!(credit.remaining.is_zero() || credit.overdrawn.is_zero());
        }
        let payments = || self.invoices.iter().flat_map(|invoice| &invoice.payments);
        let money = || payments().filter(|payment| payment.method != Method::Credit);
        let excess = sum(&mut money().filter_map(|payment| payment.excess).map(|excess| excess.amount));
        let noted = sum(&mut self.notes.iter().map(|(_, note)| note.credited));
        assert_eq!(sum(&mut self.credits.values().map(|credit| credit.amount)), excess + noted);
        let uses = self.credits.values().flat_map(|credit| &credit.uses).filter(|used: &&Use| used.given_back_at.is_none());
        let used = sum(&mut uses.map(|used| used.amount));
        let settled = sum(&mut self.credits.values().flat_map(|credit| &credit.settlements).map(|settlement| settlement.amount));
        let applied = sum(&mut payments()
            .filter(|payment| payment.method == Method::Credit && payment.reversal.is_none())
            .map(|payment| payment.amount));
        assert_eq!(used, applied + settled);
        assert_eq!(self.owed(), self.owed_by_what_was_paid());
        for (place, invoice) in self.invoices.iter().enumerate() {
            let untold = invoice.refunds_untold().minor();
            assert_eq!(untold.max(0), self.untold(place));
            assert!(!invoice.amount_credited.is_negative() && !invoice.refund_absorbed.is_negative(), "{invoice:#?}");
            let within = |payment: &Payment| !payment.applied().is_negative() && payment.applied().minor() <= payment.amount.minor();
            assert!(invoice.payments.iter().all(within), "{invoice:#?}");
            // As long as something is due, nothing that notes took back is owed besides.
            let owed = untold < 0 || invoice.note_credits.iter().any(|note| !note.left().is_zero());
            assert!(invoice.amount_due().is_zero() || !owed, "{invoice:#?}");
        }
        // A credit is as the invoice says that it came of.
        for invoice in &self.invoices {
            let excesses = invoice.payments.iter().filter_map(Payment::withdrawn);
            for (credit, gone) in excesses.chain(invoice.note_credits.iter().map(NoteCredit::gone)) {
                assert_eq!(self.credits[&credit].withdrawn, gone, "{invoice:#?} {:#?}", self.credits[&credit]);
            }
        }
        // Nobody has credit for money that went back to them, or owes less.
        for invoice in self.invoices.iter().filter(|invoice| invoice.refunds_untold().minor() > 0) {
            assert!(invoice.payments.iter().all(|payment| payment.excess_left().is_zero()), "{invoice:#?}");
            assert!(invoice.note_credits.iter().all(|note| note.left().is_zero() && note.absorbed.is_zero()), "{invoice:#?}");
            assert!(invoice.refund_absorbed.is_zero(), "{invoice:#?}");
        }
    }

    /// What was refunded of the invoice at `place` of which no note told, and that came out of nothing: by what happened alone.
    fn untold(&self, place: usize) -> i64 {
        let notes = self.notes.iter().filter(|(on, _)| *on == place);
        let told: i64 = notes.map(|(_, note)| note.refunded.minor() + note.credited.minor()).sum();
        let refunds = |payment: &Payment| {
            let (refunded, excess) = (payment.refunded.minor(), payment.credited().minor());
            let gone = payment.reversal.is_some() || payment.dispute == Some(Dispute::Lost);
            let kept = if gone { 0 } else { excess - refunded.min(excess) };
            refunded - refunded.min(excess) - kept
        };
        (self.invoices[place].payments.iter().map(refunds).sum::<i64>() - told).max(0)
    }

    /// What the client owes, or where it is less than nothing has to its credit, as the records say.
    fn owed(&self) -> i64 {
        let out = self.invoices.iter().filter(|invoice| matches!(invoice.status, Status::Sent | Status::Uncollectible));
        let due: i64 = out.map(|invoice| invoice.amount_due().minor()).sum();
        due + self.credits.values().map(|credit| credit.overdrawn.minor() - credit.remaining.minor()).sum::<i64>()
    }

    /// The same by what is charged and what the firm has: what was charged and not taken back, without what came in and did not
    /// go back; a refund of which no note tells was given without asking it back, and one that is to come is owed besides.
    fn owed_by_what_was_paid(&self) -> i64 {
        let charged = self.invoices.iter().filter(|invoice| invoice.status != Status::Void);
        let charged: i64 = charged.map(|invoice| invoice.totals.total.minor() - invoice.credit_noted.minor()).sum();
        let money = self.invoices.iter().flat_map(|invoice| &invoice.payments).filter(|payment| payment.method != Method::Credit);
        let kept = money.filter(|payment| payment.dispute != Some(Dispute::Lost) && payment.reversal.is_none());
        let kept: i64 = kept.map(|payment| payment.amount.minor() - payment.refunded.minor()).sum();
        let out_of_band = self.notes.iter().map(|(_, note)| note.out_of_band.minor());
        let given: i64 = self.credits.values().map(|credit| credit.refunded.minor()).chain(out_of_band).sum();
        charged + given - kept - self.to_come() - (0..self.invoices.len()).map(|place| self.untold(place)).sum::<i64>()
    }

    /// What notes say is to be refunded and isn't yet, as less than nothing.
    fn to_come(&self) -> i64 {
        self.invoices.iter().map(|invoice| invoice.refunds_untold().minor().min(0)).sum()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_every_cent_is_explained(steps in prop::collection::vec((0usize..2, step()), 1..40)) {
        let mut books = Books::new();
        for (place, step) in &steps {
            books.take(*place, step);
            books.check();
        }
    }

    #[test]
    fn whether_stripes_news_come_before_what_people_take_back_or_after_it_the_same_is_owed(
        steps in prop::collection::vec((0usize..2, step()), 1..8),
        news in prop::collection::vec((0usize..2, news()), 1..3),
        reversed in prop::collection::vec((0usize..2, (0usize..4).prop_map(Step::Reverse)), 1..4),
        later in (0usize..2, (0i64..6_000).prop_map(Step::Pay)),
    ) {
        let mut books = Books::new();
        let paid = (0..2).flat_map(|place| [(place, Step::Stripe { intent: 0, refunded: 0, dispute: None }), (place, Step::Pay(15_000))]);
        for (place, step) in paid.chain(steps) {
            books.take(place, &step);
        }
        let news: Vec<_> = news.into_iter().filter(|(place, news)| books.is_news_of_known(*place, news)).collect();
        let paid = [(0, Step::PayAgain), (1, Step::PayAgain)];
        let orders = [
            news.iter().chain(&reversed).chain(&[]).chain(&[]),
            reversed.iter().chain(&news).chain(&[]).chain(&[]),
            news.iter().chain(&reversed).chain(&paid).chain(&[]),
            reversed.iter().chain(&paid).chain(&news).chain(&[]),
            reversed.iter().chain(&paid).chain(&news).chain(&paid),
        ];
        let owed = orders.map(|steps| books.owed_after(steps.chain([&later])));
        assert!(owed.iter().all(|other| *other == owed[0]), "{owed:?}");
    }
}
