//! Where what Stripe refunds comes from, so that money is given back once.
//!
//! It comes out of what was too much of the payment first; then it is what a credit note said was to be refunded; then it comes
//! out of the credits that notes made, and out of what was too much of the invoice's other payments, however these were
//! made; then out of what notes gave back and what made less what is due instead, since other money was gone
//! ([`Invoice::absorbing`]): that is due again. What is left is a refund of what the invoice was to be paid with: it is no reason
//! to pay again, and as long as there is any, nothing of all this is left. In whichever order it is heard of what was refunded and
//! which payments are gone, the client owes the same in all (`simulation`); how that divides into what is due and what
//! a credit has can differ.

use std::collections::BTreeSet;

use super::{Invoice, NoteCredit, Payment};
use crate::{Money, Refusal, ids::CreditId};

/// Most credits that payments of an invoice and notes on it can make, as people record them.
const MOST_CREDITS: usize = 40;

impl Invoice {
    /// How much was refunded of which no credit note tells and that came out of no credit; less than nothing where notes tell
    /// of more than was.
    pub fn refunds_untold(&self) -> Money {
        let told = self.refund_noted.without(self.refund_absorbed);
        let told = self.note_credits.iter().fold(told, |sum, note| sum.and(note.withdrawn));
        self.refunds_applied().without(told).without(self.drawn())
    }

    /// How much was refunded without a reason that is known: no credit note tells of it, and it came out of no credit.
    pub fn refunds_unexplained(&self) -> Money {
        let untold = self.refunds_untold();
        if untold.is_negative() { Money::zero(self.currency) } else { untold }
    }

    /// How much of what credit notes say is to be refunded isn't yet.
    pub fn refunds_outstanding(&self) -> Money {
        let untold = self.refunds_untold();
        if untold.is_negative() { untold.negated() } else { Money::zero(self.currency) }
    }

    /// How much was refunded of what went to the invoice.
    fn refunds_applied(&self) -> Money {
        self.payments.iter().map(Payment::refunded_of_applied).fold(Money::zero(self.currency), Money::and)
    }

    /// How much of that came out of what was too much of other payments.
    fn drawn(&self) -> Money {
        let excesses = self.payments.iter().filter_map(|payment| payment.excess);
        excesses.fold(Money::zero(self.currency), |sum, excess| sum.and(excess.drawn))
    }

    /// The credits that a refund, a dispute or a reversal of one of its payments can come out of: what was too much of them, and
    /// what credit notes made of what was paid.
    pub fn credits_behind(&self) -> BTreeSet<CreditId> {
        let excesses = self.payments.iter().filter_map(|payment| payment.excess).map(|excess| excess.credit);
        excesses.chain(self.note_credits.iter().map(|note| note.credit)).collect()
    }

    /// That there is room for one more of these credits: they change with the invoice, in one transaction.
    pub(super) fn room_for_credit(&self) -> Result<(), Refusal> {
        match self.credits_behind().len() {
            0..MOST_CREDITS => Ok(()),
            _ => Err(Refusal::state(format!("{MOST_CREDITS} credits came of the invoice already."))),
        }
    }

    /// The credits of which more or less is gone than `before`, and how much of each, in all: see
    /// [`Credit::withdraw`](crate::credit::Credit::withdraw).
    pub(super) fn credits_gone_since(&self, before: &Self) -> Vec<(CreditId, Money)> {
        let gone = |invoice: &Self| {
            let excesses = invoice.payments.iter().filter_map(Payment::withdrawn);
            excesses.chain(invoice.note_credits.iter().map(NoteCredit::gone)).collect::<Vec<_>>()
        };
        let before = gone(before);
        let is_news = |(credit, amount): &(CreditId, Money)| match before.iter().find(|(known, _)| known == credit) {
            Some((_, known)) => known != amount,
            None => !amount.is_zero(),
        };
        gone(self).into_iter().filter(is_news).collect()
    }

    /// The invoice, which `before` was, where it turned out that less was refunded: what was taken out of credits for that is
    /// given back, to what was too much first, then to the notes'.
    pub(super) fn giving_back_since(mut self, before: &Self) -> Self {
        let nothing = Money::zero(self.currency);
        let back = before.refunds_applied().without(self.refunds_applied());
        let back = back.without(before.refunds_unexplained());
        let mut back = if back.is_negative() { nothing } else { back };
        for excess in self.payments.iter_mut().rev().filter_map(|payment| payment.excess.as_mut()) {
            let part = back.part_within(excess.drawn);
            (excess.drawn, back) = (excess.drawn.without(part), back.without(part));
        }
        for note in self.note_credits.iter_mut().rev() {
            let part = back.part_within(note.withdrawn);
            (note.withdrawn, back) = (note.withdrawn.without(part), back.without(part));
        }
        self
    }

    /// The invoice with what was refunded of which nothing tells taken out of the credits that are there, and of what made less
    /// what is due.
    pub(super) fn drawing(mut self) -> Self {
        let mut untold = self.refunds_unexplained();
        for note in &mut self.note_credits {
            let part = untold.part_within(note.left());
            (note.withdrawn, untold) = (note.withdrawn.and(part), untold.without(part));
        }
        for payment in &mut self.payments {
            let most = payment.excess_left();
            if let Some(excess) = &mut payment.excess {
                let part = untold.part_within(most);
                (excess.drawn, untold) = (excess.drawn.and(part), untold.without(part));
            }
        }
        self = self.going_back();
        let part = untold.part_within(self.refund_absorbed);
        (self.refund_absorbed, untold) = (self.refund_absorbed.without(part), untold.without(part));
        self.amount_credited = self.amount_credited.without(part);
        for note in &mut self.note_credits {
            let part = untold.part_within(note.absorbed);
            (note.absorbed, note.withdrawn, untold) = (note.absorbed.without(part), note.withdrawn.and(part), untold.without(part));
            self.amount_credited = self.amount_credited.without(part);
        }
        self.standing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoice::{
        Dispute, Received, Settled,
        tests::{id, note, now, pay, received, sent, today, usd},
    };

    /// The invoice once its payment `intent` of 120 stands so, which is the credit 3 where it is too much.
    fn settle(invoice: &Invoice, intent: &str, refunded: i64) -> Settled {
        let received = Received { payment_intent: intent.into(), refunded: usd(refunded), ..received(12_000) };
        invoice.settle(id(9), &received, id(20 + invoice.payments.len() as u128), id(3), now(), today()).unwrap()
    }

    #[test]
    fn a_refund_of_what_paid_the_invoice_comes_out_of_what_was_paid_twice() {
        // First the second payment, then the refund of the first.
        let paid = settle(&sent(), "pi_1", 0).invoice.unwrap().0;
        let twice = settle(&paid, "pi_2", 0);
        assert_eq!(twice.credit.map(|credit| credit.remaining), Some(usd(12_000)));
        let twice = twice.invoice.unwrap().0;
        let after = settle(&twice, "pi_1", 5_000);
        assert_eq!(after.withdrawn, [(id(3), usd(5_000))]);
        let after = after.invoice.unwrap().0;
        assert_eq!((after.amount_due(), after.refunds_untold()), (usd(0), usd(0)));
        assert_eq!(after.credits_behind(), BTreeSet::from([id(3)]));
        // A refund that failed gives it back; one of the second payment itself comes first.
        assert_eq!(settle(&after, "pi_1", 2_000).withdrawn, [(id(3), usd(2_000))]);
        let both = settle(&after, "pi_2", 12_000);
        assert_eq!((both.withdrawn, both.invoice.unwrap().0.refunds_untold()), (vec![(id(3), usd(12_000))], usd(5_000)));

        // A credit note takes back the invoice, and then the second payment goes back too, either way: all that was paid did, and
        // the note's credit is none any more.
        let whole = settle(&twice, "pi_1", 12_000).invoice.unwrap().0;
        // It is the note's credit that the second is refunded from: no note says of what was credit once that it is to be.
        assert_eq!(note(&whole, "120", Some("120")).unwrap_err().field.as_deref(), Some("refunded_amount"));
        let noted = note(&whole, "120", None).unwrap();
        assert_eq!((noted.note.credited, noted.invoice.0.refunds_untold()), (usd(12_000), usd(0)));
        let noted = noted.invoice.0;
        let refunded = settle(&noted, "pi_2", 12_000);
        let disputed = Received { payment_intent: "pi_2".into(), dispute: Some(Dispute::Lost), ..received(12_000) };
        let disputed = noted.settle(id(9), &disputed, id(30), id(31), now(), today()).unwrap();
        for gone in [refunded, disputed] {
            let invoice = gone.invoice.unwrap().0;
            assert_eq!((invoice.refunds_untold(), invoice.amount_due()), (usd(0), usd(0)));
            assert_eq!(invoice.note_credits[0].left(), usd(0));
        }

        // First the refund, then the second payment, by card or by transfer: as much less credit comes of it.
        let before = settle(&paid, "pi_1", 5_000).invoice.unwrap().0;
        let second = settle(&before, "pi_2", 0);
        assert_eq!(second.invoice.unwrap().0.payments[1].credit_left(), usd(7_000));
        for credit in [second.credit.unwrap(), pay(&before, "120").unwrap().credit.unwrap()] {
            assert_eq!((credit.amount, credit.remaining, credit.withdrawn), (usd(12_000), usd(7_000), usd(5_000)));
        }
    }
}
