//! What was paid too much: it is a credit of the client's. Some of it may pay the same invoice after all, once another payment is
//! gone; then it isn't too much any more.

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
    /// How much of that credit pays this same invoice.
    pub returned: Money,
    /// How much of what was refunded of it counts as paid on the invoice instead: see [`Invoice::reconciled`].
    pub refund_applied: Money,
    /// How much of it went back to the payers as refunds of other payments: see [`Invoice::drawing`].
    pub drawn: Money,
    /// How much of it went back so, and counts as paid on the invoice instead.
    pub draw_applied: Money,
}

impl Excess {
    pub(super) fn new(amount: Money, credit: CreditId) -> Self {
        let nothing = Money::zero(amount.currency());
        Self { amount, credit, returned: nothing, refund_applied: nothing, drawn: nothing, draw_applied: nothing }
    }
}

impl Payment {
    /// How much of it was more than was due when it was made.
    pub fn credited(&self) -> Money {
        self.of_excess(|excess| excess.amount)
    }

    /// How much of it goes to the invoice. A refund leaves it there: it is no reason to pay again. What a bank took back, which
    /// is all that wasn't refunded, doesn't count any more.
    pub fn applied(&self) -> Money {
        if self.reversal.is_some() {
            return Money::zero(self.amount.currency());
        }
        match self.dispute {
            Some(Dispute::Lost) => self.refunded_of_applied(),
            Some(Dispute::Open | Dispute::Won) | None => {
                self.amount.without(self.credited()).and(self.of_excess(|excess| excess.refund_applied.and(excess.draw_applied)))
            }
        }
    }

    /// How much of the credit that it became is gone, in all: it is refunded, as what was too much is first; it explains refunds
    /// of other payments; or the payment is gone.
    pub fn withdrawn(&self) -> Option<(CreditId, Money)> {
        let excess = self.excess?;
        let gone = if self.is_gone() { excess.amount } else { self.refunded_of_excess().and(excess.drawn).and(excess.draw_applied) };
        Some((excess.credit, gone))
    }

    /// How much of what was too much is left.
    pub(super) fn excess_left(&self) -> Money {
        self.room_to_draw().without(self.of_excess(|excess| excess.drawn))
    }

    /// How much of what went to the invoice was refunded, with what pays it by way of the credit.
    pub(super) fn refunded_of_applied(&self) -> Money {
        self.refunded.without(self.refund_unapplied())
    }

    /// How much of what went to the invoice is there, with what pays it by way of the credit.
    pub(super) fn kept_of_applied(&self) -> Money {
        let returned = if self.is_gone() { Money::zero(self.amount.currency()) } else { self.of_excess(|excess| excess.returned) };
        self.applied().and(returned).without(self.refunded_of_applied())
    }

    /// Whether nothing of it is there: it never was, or a bank has it.
    fn is_gone(&self) -> bool {
        self.reversal.is_some() || self.dispute == Some(Dispute::Lost)
    }

    fn of_excess(&self, part: impl FnOnce(Excess) -> Money) -> Money {
        self.excess.map_or(Money::zero(self.amount.currency()), part)
    }

    /// How much of what was too much was refunded.
    fn refunded_of_excess(&self) -> Money {
        self.of_excess(|excess| self.refunded.part_within(excess.amount.without(excess.returned)))
    }

    /// The same, but for what counts as paid on the invoice.
    pub(super) fn refund_unapplied(&self) -> Money {
        self.of_excess(|excess| self.refunded_of_excess().without(excess.refund_applied))
    }

    /// How much of what was too much refunds of other payments can have come out of.
    fn room_to_draw(&self) -> Money {
        let kept = |excess: Excess| excess.amount.without(excess.returned).without(self.refunded_of_excess()).without(excess.draw_applied);
        if self.is_gone() { Money::zero(self.amount.currency()) } else { self.of_excess(kept) }
    }

    /// It with so much of its credit paying the invoice, and no more applied or drawn than there is. More of it than is left is
    /// money of another credit that settled what was owed of this.
    fn returning(mut self, paid_by_credit: Money) -> Self {
        let Some(excess) = self.excess else { return self };
        let (nothing, left) = (Money::zero(self.amount.currency()), self.excess_left());
        let returned = paid_by_credit.part_within(if left.is_negative() { excess.returned } else { excess.returned.and(left) });
        self.excess = Some(Excess { returned, draw_applied: nothing, ..excess });
        let refund_applied = excess.refund_applied.part_within(self.refunded_of_excess());
        let draw_applied = excess.draw_applied.part_within(self.room_to_draw());
        self.excess = Some(Excess { returned, refund_applied, draw_applied, ..excess });
        let drawn = excess.drawn.part_within(self.room_to_draw());
        self.excess = self.excess.map(|excess| Excess { drawn, ..excess });
        self
    }
}

impl Invoice {
    /// `payments`, each knowing how much of the credit that it became pays this same invoice.
    pub(super) fn returning(payments: Vec<Payment>) -> Vec<Payment> {
        let by_credit = |credit: CreditId, nothing: Money| {
            payments.iter().filter(|payment| payment.credit == Some(credit)).map(Payment::applied).fold(nothing, Money::and)
        };
        let returned = |payment: &Payment| payment.excess.map(|excess| by_credit(excess.credit, Money::zero(payment.amount.currency())));
        let returned: Vec<_> = payments.iter().map(returned).collect();
        let bounded = payments.into_iter().zip(returned);
        bounded.map(|(payment, returned)| returned.map_or(payment.clone(), |returned| payment.returning(returned))).collect()
    }

    /// The invoice with all that went back to the payers put where it belongs: taken out of credits, or of what notes took back
    /// ([`Invoice::drawing`], [`Invoice::absorbing`]); and where something is due although more went back of what was too much,
    /// that counts as paid on the invoice, as if it had been so from the start, and the refund as one of that.
    pub(super) fn reconciled(self) -> Self {
        let mut invoice = self.drawing().absorbing();
        while let Some(reapplied) = invoice.reapplying() {
            invoice = reapplied.drawing().absorbing();
        }
        invoice
    }

    /// The invoice with what went back of what was too much applied to what is due; nothing, if there is none, or nothing is due.
    fn reapplying(&self) -> Option<Self> {
        let (mut due, mut payments) = (self.amount_due(), self.payments.clone());
        for payment in &mut payments {
            let refunded = due.part_within(payment.refund_unapplied());
            let Some(excess) = &mut payment.excess else { continue };
            let drawn = due.without(refunded).part_within(excess.drawn);
            excess.refund_applied = excess.refund_applied.and(refunded);
            (excess.drawn, excess.draw_applied) = (excess.drawn.without(drawn), excess.draw_applied.and(drawn));
            due = due.without(refunded).without(drawn);
        }
        if due == self.amount_due() {
            return None;
        }
        let amount_paid = payments.iter().map(Payment::applied).fold(Money::zero(self.currency), Money::and);
        Some(Self { payments, amount_paid, ..self.clone() }.standing())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        MultiLine,
        credit::Credit,
        invoice::{
            Received, Reversed,
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

    fn refunded(invoice: &Invoice) -> crate::invoice::Settled {
        settle(invoice, &Received { refunded: usd(12_000), ..received(12_000) })
    }

    #[test]
    fn what_was_too_much_and_pays_the_invoice_after_all_is_refunded_as_what_paid_it() {
        let (invoice, credit) = paid_twice();
        // The outbox pays it from the credit, or somebody spent that elsewhere, or the refund was there first.
        let open = without_the_first(&invoice).invoice.0;
        assert_eq!(open.amount_due(), usd(3_600));
        let again = open.apply_credit(id(9), (id(3), &credit), using(None), id(50), now()).unwrap().invoice.0;
        let after = refunded(&again);
        assert!(after.withdrawn.is_empty());
        let again = after.invoice.unwrap().0;
        assert_eq!((again.amount_due(), again.refunds_unexplained()), (usd(0), usd(12_000)));

        let elsewhere = refunded(&open);
        assert_eq!(elsewhere.withdrawn, [(id(3), usd(3_600))]);
        let before = refunded(&invoice);
        assert_eq!(before.withdrawn, [(id(3), usd(3_600))]);
        let before = without_the_first(&before.invoice.unwrap().0);
        assert!(before.withdrawn.is_empty());
        for invoice in [elsewhere.invoice.unwrap().0, before.invoice.0] {
            assert_eq!((invoice.amount_due(), invoice.refunds_unexplained()), (usd(0), usd(12_000)));
        }
        // A credit that has more than is left of what was too much, since another settled it, pays with that.
        let part = settle(&invoice, &Received { refunded: usd(2_400), ..received(12_000) }).invoice.unwrap().0;
        let part = without_the_first(&part).invoice.0;
        assert_eq!((part.amount_due(), part.refunds_unexplained()), (usd(0), usd(2_400)));
        let settled = Credit { remaining: usd(2_400), withdrawn: usd(3_600), ..credit.clone() };
        let larger = Invoice { totals: crate::invoice::Totals { total: usd(14_400), ..part.totals }, ..part.clone() }.standing();
        let paid = larger.apply_credit(id(9), (id(3), &settled), using(None), id(50), now()).unwrap().invoice.0;
        assert_eq!(
            (paid.amount_due(), paid.credits_gone_since(&larger), paid.payments[1].withdrawn()),
            (usd(0), vec![], Some((id(3), usd(3_600))))
        );
        // Money that comes now explains the refund, once.
        let more = again.record_payment(id(9), paying("40"), id(51), id(60), now(), today()).unwrap();
        assert_eq!(more.credit.map(|credit| (credit.remaining, credit.withdrawn)), Some((usd(0), usd(4_000))));
        assert_eq!(more.invoice.0.refunds_unexplained(), usd(8_000));
    }

    #[test]
    fn what_pays_the_invoice_by_way_of_the_credit_can_be_refunded_at_stripe() {
        let (invoice, credit) = paid_twice();
        let open = without_the_first(&invoice).invoice.0;
        let again = open.apply_credit(id(9), (id(3), &credit), using(None), id(50), now()).unwrap().invoice.0;
        assert_eq!(note(&again, "120", Some("120")).unwrap().note.refunded, usd(12_000));
        // The credit is taken back: it was refunded, as what was too much is first.
        let back = again.reverse_payment(id(50), MultiLine::new("Not here").unwrap(), now()).unwrap();
        assert_eq!((back.given_back, back.invoice.0.amount_due()), (Some(id(3)), usd(3_600)));
        let gone = refunded(&back.invoice.0);
        assert_eq!((gone.withdrawn, gone.invoice.unwrap().0.amount_due()), (vec![(id(3), usd(3_600))], usd(0)));
    }
}
