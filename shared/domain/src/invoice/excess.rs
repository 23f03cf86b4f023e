//! What was paid too much: it is a credit of the client's. Some of it may pay the same invoice, once another payment is gone; if it
//! goes back then, that is due again, rather than that the credit is overdrawn.

use serde::{Deserialize, Serialize};

use super::{Dispute, Invoice, Payment};
use crate::{Money, ids::CreditId};

/// What of a payment was more than was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excess {
    /// How much.
    pub amount: Money,
    /// The client's credit that it became.
    pub credit: CreditId,
    /// How much of it pays this same invoice, by way of the credit.
    pub returned: Money,
    /// How much of that went back, so that it is due again.
    pub went_back: Money,
    /// How much of it went back to the payers as refunds of other payments: see [`Invoice::drawing`].
    pub drawn: Money,
}

impl Excess {
    pub(super) fn new(amount: Money, credit: CreditId) -> Self {
        let nothing = Money::zero(amount.currency());
        Self { amount, credit, returned: nothing, went_back: nothing, drawn: nothing }
    }
}

impl Payment {
    /// How much of it was more than was due.
    pub fn credited(&self) -> Money {
        self.of_excess(|excess| excess.amount)
    }

    /// How much of it goes to the invoice. A refund leaves it there: it is no reason to pay again. What a bank took back, which
    /// is all that wasn't refunded, doesn't count any more, and of credit not what went back of the money that it was.
    pub fn applied(&self) -> Money {
        if self.reversal.is_some() {
            return Money::zero(self.amount.currency());
        }
        match self.dispute {
            Some(Dispute::Lost) => self.refunded_of_applied(),
            Some(Dispute::Open | Dispute::Won) | None => self.amount.without(self.credited()).without(self.went_back),
        }
    }

    /// How much of the credit that it became is gone, in all: what went back of it, unless that had paid this invoice.
    pub fn withdrawn(&self) -> Option<(CreditId, Money)> {
        let excess = self.excess?;
        Some((excess.credit, self.excess_gone().without(excess.went_back)))
    }

    /// How much of what was too much didn't go back, wherever the credit is by now.
    pub(super) fn excess_left(&self) -> Money {
        self.credited().without(self.excess_gone())
    }

    /// How much of what was too much is there, but for refunds of other payments.
    fn excess_kept(&self) -> Money {
        let excess = self.credited();
        excess.without(if self.is_gone() { excess } else { self.refunded.part_within(excess) })
    }

    /// How much of what went to the invoice was refunded.
    pub(super) fn refunded_of_applied(&self) -> Money {
        self.refunded.without(self.refunded.part_within(self.credited()))
    }

    /// How much of what went to the invoice is there, with what pays it by way of the credit.
    pub(super) fn kept_of_applied(&self) -> Money {
        let by_credit = self.of_excess(|excess| excess.returned.without(excess.went_back));
        self.applied().and(by_credit).without(self.refunded_of_applied())
    }

    /// How much of what was too much became the client's credit and didn't go back.
    pub fn credit_left(&self) -> Money {
        self.credited().without(self.withdrawn().map_or(Money::zero(self.amount.currency()), |(_, gone)| gone))
    }

    /// Whether nothing of it is there: it never was, or a bank has it.
    fn is_gone(&self) -> bool {
        self.reversal.is_some() || self.dispute == Some(Dispute::Lost)
    }

    /// Whether it is paid from `credit`, and stands.
    fn is_from(&self, credit: CreditId) -> bool {
        self.credit == Some(credit) && self.reversal.is_none()
    }

    fn of_excess(&self, part: impl FnOnce(Excess) -> Money) -> Money {
        self.excess.map_or(Money::zero(self.amount.currency()), part)
    }

    /// How much of what was too much went back: it was refunded, as that is first; then as refunds of other payments.
    fn excess_gone(&self) -> Money {
        self.of_excess(|excess| excess.amount.without(self.excess_kept()).and(excess.drawn))
    }

    /// How much of that had paid this invoice, as that goes back last.
    fn returned_gone(&self) -> Money {
        let over = |excess: Excess| excess.returned.and(self.excess_gone()).without(excess.amount);
        let over = self.of_excess(over);
        if over.is_negative() { Money::zero(self.amount.currency()) } else { over }
    }

    /// It where so much of its credit pays the invoice. More of it than is left is money of another credit that settled what was
    /// owed of this.
    fn returning(mut self, paid_by_credit: Money) -> Self {
        let (left, most) = (self.excess_left(), self.excess_kept());
        self.excess = self.excess.map(|excess| {
            let room = if left.minor() < excess.returned.minor() { excess.returned } else { left };
            Excess { returned: paid_by_credit.part_within(room), drawn: excess.drawn.part_within(most), ..excess }
        });
        self
    }
}

impl Invoice {
    /// `payments`, where each knows how much of the credit that it became pays this same invoice.
    pub(super) fn returning(payments: Vec<Payment>) -> Vec<Payment> {
        let returned = |payment: &Payment| {
            let nothing = Money::zero(payment.amount.currency());
            let from = |credit| payments.iter().filter(move |paid| paid.is_from(credit)).map(|paid| paid.amount).fold(nothing, Money::and);
            payment.excess.map_or(nothing, |excess| from(excess.credit))
        };
        let returned: Vec<_> = payments.iter().map(returned).collect();
        payments.into_iter().zip(returned).map(|(payment, returned)| payment.returning(returned)).collect()
    }

    /// The invoice without what it was paid from credits that its own payments became, as far as that went back: of the last first.
    /// What didn't after all pays it again, as far as it is due once all is taken back; the rest of that is the credit's.
    pub(super) fn going_back(mut self) -> Self {
        for restores in [false, true] {
            for place in 0..self.payments.len() {
                self = self.going_back_of(place, restores).resummed();
            }
        }
        self
    }

    /// The same for the credit that the payment at `place` became: what went back, or what is restored.
    fn going_back_of(mut self, place: usize, restores: bool) -> Self {
        let Some((excess, mut gone)) = self.payments.get(place).and_then(|payment| Some((payment.excess?, payment.returned_gone()))) else {
            return self;
        };
        let (mut due, mut went_back) = (self.amount_due(), Money::zero(self.currency));
        for paid in self.payments.iter_mut().rev().filter(|paid| paid.is_from(excess.credit)) {
            let part = gone.part_within(paid.amount);
            let less = paid.went_back.without(part);
            if less.is_negative() && !restores {
                paid.went_back = part;
            } else if !less.is_negative() && restores {
                let restored = less.part_within(due);
                (paid.went_back, due) = (paid.went_back.without(restored), due.without(restored));
            }
            (gone, went_back) = (gone.without(part), went_back.and(paid.went_back));
        }
        if let Some(payment) = self.payments.get_mut(place) {
            payment.excess = Some(Excess { went_back, ..excess });
        }
        self
    }

    /// The invoice with what its payments come to.
    fn resummed(mut self) -> Self {
        self.amount_paid = self.payments.iter().map(Payment::applied).fold(Money::zero(self.currency), Money::and);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        MultiLine,
        credit::Credit,
        invoice::{
            Event, Received, Reversed, Settled,
            tests::{id, note, now, pay, paying, received, sent, settle, today, usd, using},
        },
    };

    /// The invoice of 120 on which 36 were recorded before 120 came from Stripe, of which 36 are the credit 3.
    fn paid_twice() -> (Invoice, Credit) {
        let settled = settle(&pay(&sent(), "36").unwrap().invoice.0, &received(12_000));
        (settled.invoice.unwrap().0, settled.credit.unwrap())
    }

    fn without_the_first(invoice: &Invoice) -> Reversed {
        invoice.reverse_payment(invoice.payments[0].id, MultiLine::new("Another client's").unwrap(), now()).unwrap()
    }

    fn refunded(invoice: &Invoice, minor: i64) -> Settled {
        settle(invoice, &Received { refunded: usd(minor), ..received(12_000) })
    }

    #[test]
    fn what_was_too_much_and_pays_the_invoice_is_due_again_once_it_went_back() {
        let (invoice, credit) = paid_twice();
        let open = without_the_first(&invoice).invoice.0;
        assert_eq!(open.amount_due(), usd(3_600));
        // The outbox pays it from the credit; or somebody spent that elsewhere; or the refund was there first.
        let again = open.apply_credit(id(9), (id(3), &credit), using(None), id(50), now()).unwrap().invoice.0;
        let after = refunded(&again, 12_000);
        assert!(after.withdrawn.is_empty());
        let (after, event) = after.invoice.unwrap();
        assert_eq!((event, after.payments[2].applied()), (Event::Reopened, usd(0)));
        let elsewhere = refunded(&open, 12_000);
        assert_eq!(elsewhere.withdrawn, [(id(3), usd(3_600))]);
        let before = refunded(&invoice, 12_000);
        assert_eq!(before.withdrawn, [(id(3), usd(3_600))]);
        let before = without_the_first(&before.invoice.unwrap().0);
        assert!(before.withdrawn.is_empty());
        for invoice in [after, elsewhere.invoice.unwrap().0, before.invoice.0] {
            assert_eq!((invoice.amount_due(), invoice.refunds_unexplained()), (usd(3_600), usd(8_400)));
            // Money that comes now pays that first, and then explains what was refunded.
            let more = invoice.record_payment(id(9), paying("40"), id(51), id(60), now(), today()).unwrap();
            assert_eq!(more.credit.map(|credit| (credit.remaining, credit.withdrawn)), Some((usd(0), usd(400))));
            assert_eq!((more.invoice.0.amount_due(), more.invoice.0.refunds_unexplained()), (usd(0), usd(8_000)));
        }
        // A second payment that was given back explains that refund, whatever becomes of the first.
        let lost = Received { payment_intent: "pi_2".into(), ..received(12_000) };
        let twice = settle(&settle(&sent(), &received(12_000)).invoice.unwrap().0, &lost).invoice.unwrap().0;
        let given_back = settle(&twice, &Received { refunded: usd(12_000), ..lost }).invoice.unwrap().0;
        let disputed = Received { dispute: Some(Dispute::Lost), ..received(12_000) };
        assert_eq!(settle(&given_back, &disputed).invoice.unwrap().0.amount_due(), usd(12_000));
    }

    #[test]
    fn a_refund_that_failed_pays_the_invoice_again_or_is_the_credits() {
        let (invoice, credit) = paid_twice();
        let open = without_the_first(&invoice).invoice.0;
        let again = open.apply_credit(id(9), (id(3), &credit), using(None), id(50), now()).unwrap().invoice.0;
        let back = refunded(&again, 3_600).invoice.unwrap().0;
        assert_eq!(back.amount_due(), usd(3_600));
        let failed = refunded(&back, 0);
        assert_eq!((failed.withdrawn.as_slice(), failed.invoice.unwrap().0.amount_due()), ([].as_slice(), usd(0)));
        // By then a credit note took back what was due.
        let noted = note(&back, "36", None).unwrap().invoice.0;
        let failed = refunded(&noted, 0);
        assert_eq!((failed.invoice.unwrap().0.amount_due(), failed.withdrawn.as_slice()), (usd(0), [(id(3), usd(-3_600))].as_slice()));
        let spent = Credit { remaining: usd(0), uses: Vec::new(), amount: usd(0), ..credit };
        assert_eq!(spent.withdraw(usd(-3_600)).unwrap().0.remaining, usd(3_600));
        // The credit payment is taken back: the credit has what didn't go back.
        let taken = back.reverse_payment(id(50), MultiLine::new("Not here").unwrap(), now()).unwrap();
        assert_eq!((taken.withdrawn, taken.given_back, taken.invoice.0.amount_due()), (vec![(id(3), usd(3_600))], Some(id(3)), usd(3_600)));
    }

    #[test]
    fn nothing_is_restored_by_a_payment_that_was_not_when_it_could_be() {
        // Two payments by hand, and two at Stripe that are the credits 31 and 32; the outbox pays from these once the first are gone.
        let by_hand = |invoice: &Invoice, amount: &str, of: u128| {
            invoice.record_payment(id(9), paying(amount), id(of), id(of), now(), today()).unwrap().invoice.0
        };
        let stripe = |invoice: &Invoice, intent: u128, refunded: i64| {
            let received = Received { payment_intent: format!("pi_{intent}"), refunded: usd(refunded), ..received(6_000) };
            invoice.settle(id(9), &received, id(intent), id(intent), now(), today()).unwrap().invoice.unwrap().0
        };
        let paid = stripe(&stripe(&by_hand(&by_hand(&sent(), "60", 21), "60", 22), 31, 0), 32, 0);
        let mut open = without_the_first(&paid).invoice.0;
        open = open.reverse_payment(id(22), MultiLine::new("Another client's").unwrap(), now()).unwrap().invoice.0;
        for (credit, payment) in [(31, 41), (32, 42)] {
            let from = Credit { remaining: usd(6_000), ..paid_twice().1 };
            open = open.apply_credit(id(9), (id(credit), &from), using(None), id(payment), now()).unwrap().invoice.0;
        }
        assert_eq!(open.amount_due(), usd(0));
        // The first goes back, is paid anew, and didn't go back after all; then the second does.
        let again = stripe(&by_hand(&stripe(&open, 31, 6_000), "60", 23), 31, 0);
        assert_eq!((again.amount_due(), again.payments[2].withdrawn()), (usd(0), Some((id(31), usd(-6_000)))));
        let open = stripe(&again, 32, 6_000);
        assert_eq!((open.amount_due(), open.payments[2].withdrawn()), (usd(0), Some((id(31), usd(0)))));
        let later = by_hand(&open, "10", 24);
        assert!(later.credits_gone_since(&open).iter().all(|(credit, _)| *credit == id(24)));
    }
}
