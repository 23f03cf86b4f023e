//! What credit notes do to an invoice, and how what they take back and what Stripe refunds are counted once.
//!
//! A note gives back what was paid as credit, or tells of a refund. What Stripe refunded before it is in it; see `refunded` for
//! what Stripe refunds after it.

use serde::{Deserialize, Serialize};

use super::{Event, Invoice, Method, NewNoteLine, NoteLine, Payment, Status};
use crate::{Money, Refusal, ids::CreditId, tax::Tax};

/// A credit that a credit note made of what was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteCredit {
    /// The credit.
    pub credit: CreditId,
    /// How much it was.
    pub amount: Money,
    /// How much of it Stripe refunded since.
    pub withdrawn: Money,
    /// How much of it was taken back since, because money that had paid the invoice is gone: see [`Invoice::absorbing`].
    pub absorbed: Money,
}

impl NoteCredit {
    /// How much of the credit is gone, in all: see [`Credit::withdraw`](crate::credit::Credit::withdraw).
    pub(super) fn gone(&self) -> (CreditId, Money) {
        (self.credit, self.withdrawn.and(self.absorbed))
    }

    /// How much of it is left.
    pub(super) fn left(&self) -> Money {
        self.amount.without(self.withdrawn).without(self.absorbed)
    }
}

/// What is to be taken back.
#[derive(Debug, Clone)]
pub(crate) struct TakeBack {
    /// Of which lines; all that is left, where it isn't said.
    pub(crate) lines: Option<Vec<NewNoteLine>>,
    /// How much of what isn't due any more was refunded at Stripe, or is to be; what was refunded already, where it isn't said.
    pub(crate) refunded: Option<Money>,
    /// How much of it was given back otherwise.
    pub(crate) out_of_band: Money,
    /// The credit that the rest becomes.
    pub(crate) credit: CreditId,
}

/// What comes of taking back some of an invoice.
#[derive(Debug, Clone)]
pub(crate) struct TakenBack {
    /// The invoice, and what happened to it.
    pub(crate) invoice: (Invoice, Event),
    /// Of which lines it is.
    pub(crate) lines: Vec<NoteLine>,
    /// The taxes on it.
    pub(crate) taxes: Vec<Tax>,
    /// How much, with tax.
    pub(crate) amount: Money,
    /// By how much less is due.
    pub(crate) reduced: Money,
    /// How much Stripe refunded, or is to.
    pub(crate) refunded: Money,
    /// How much becomes credit.
    pub(crate) credited: Money,
}

impl Invoice {
    /// The invoice once some of it is taken back: what is due becomes less by as much of that as there is.
    pub(crate) fn take_back(&self, take: TakeBack) -> Result<TakenBack, Refusal> {
        match self.status {
            Status::Sent | Status::Paid | Status::Uncollectible => {}
            Status::Draft => return Err(Refusal::state("The invoice isn't sent; change the draft.")),
            Status::Void => return Err(Refusal::state("The invoice is void.")),
        }
        let TakeBack { lines, refunded, out_of_band, credit } = take;
        let taken = self.taken_lines(lines)?;
        let amount = taken.total(self.currency)?;
        if taken.lines.is_empty() {
            return Err(Refusal::rule("lines", "Nothing is taken back, or left."));
        }
        if amount.is_negative() {
            return Err(Refusal::rule("lines", "That comes to less than nothing."));
        }
        let credit_noted = self.credit_noted.plus("lines", amount)?;
        let left = self.totals.total.minus("lines", self.credit_noted)?;
        if amount.minor() > left.minor() {
            return Err(Refusal::rule("lines", format!("Only {left} of the invoice isn't taken back yet.")));
        }
        let reduced = self.amount_due().part_within(amount);
        let (refunded, credited) = self.divided(amount.without(reduced), refunded, out_of_band)?;
        let mut note_credits = self.note_credits.clone();
        if !credited.is_zero() {
            self.room_for_credit()?;
            note_credits.push(NoteCredit {
                credit,
                amount: credited,
                withdrawn: Money::zero(self.currency),
                absorbed: Money::zero(self.currency),
            });
        }
        let invoice = Self {
            credit_noted,
            amount_credited: self.amount_credited.and(reduced),
            refund_noted: self.refund_noted.and(refunded),
            note_credits,
            line_notes: taken.line_notes,
            taxes_noted: taken.taxes_noted,
            ..self.clone()
        };
        let invoice = invoice.standing();
        if taken.lines.iter().all(|line| line.amount.is_zero()) && !invoice.lets_go_of_time_since(self)? {
            return Err(Refusal::rule("lines", "That comes to nothing, and takes back no time as a whole."));
        }
        let event = if invoice.status == self.status { Event::Credited } else { Event::Paid };
        Ok(TakenBack { invoice: (invoice, event), lines: taken.lines, taxes: taken.taxes, amount, reduced, refunded, credited })
    }

    /// How much of `rest`, which was paid and isn't owed any more, is refunded at Stripe, and how much becomes credit, where
    /// so much of it is given back `out_of_band`.
    fn divided(&self, rest: Money, refunded: Option<Money>, out_of_band: Money) -> Result<(Money, Money), Refusal> {
        let (before, promised) = (self.refunds_unexplained().part_within(rest), self.refunds_outstanding());
        let refunded = refunded.unwrap_or(before);
        if refunded.minor() < before.minor() {
            return Err(Refusal::rule("refunded_amount", format!("{before} of it was refunded before.")));
        }
        if refunded.minor() > rest.minor() {
            return Err(Refusal::rule("refunded_amount", format!("Only {rest} of it was paid.")));
        }
        let kept = self.kept_at_stripe();
        let most = before.and(kept.without(kept.part_within(promised)));
        if refunded.minor() > most.minor() {
            return Err(Refusal::rule(
                "refunded_amount",
                format!(
                    "At most {most}: what was refunded at Stripe before and no note tells of, and what Stripe has of it that is \
                     neither credit nor promised by another note. Leave the rest as credit, out of which a refund there comes by \
                     itself, or say what was given back out of band."
                ),
            ));
        }
        let left = rest.without(refunded);
        if out_of_band.minor() > left.minor() {
            return Err(Refusal::rule("out_of_band_amount", format!("Only {left} of it was paid and isn't refunded.")));
        }
        Ok((refunded, left.without(out_of_band)))
    }

    /// How much of what went to the invoice Stripe has, and can refund.
    fn kept_at_stripe(&self) -> Money {
        let by_stripe = self.payments.iter().filter(|payment| payment.method == Method::Stripe);
        by_stripe.map(Payment::kept_of_applied).fold(Money::zero(self.currency), Money::and)
    }

    /// The invoice, some of whose payments are gone: what credit notes took back isn't due for that. What they said was to be
    /// refunded at Stripe and wasn't, and the credits that they made of the money, make less what is due instead. What was given
    /// back out of band is gone, so that is due.
    pub(super) fn absorbing(mut self) -> Self {
        let mut due = self.amount_due();
        let part = due.part_within(self.refunds_outstanding().part_within(self.refund_noted.without(self.refund_absorbed)));
        (self.refund_absorbed, due) = (self.refund_absorbed.and(part), due.without(part));
        self.amount_credited = self.amount_credited.and(part);
        for note in self.note_credits.iter_mut().rev() {
            let part = due.part_within(note.left());
            (note.absorbed, due) = (note.absorbed.and(part), due.without(part));
            self.amount_credited = self.amount_credited.and(part);
        }
        self.standing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        credit_note::CreditNote,
        invoice::{
            Received,
            Status::Paid,
            tests::{id, note, note_of, now, pay, received, sent, settle, usd},
        },
    };

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
        assert_eq!(note(&before, "120", Some("99.99")).unwrap_err().field.as_deref(), Some("refunded_amount"));
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
        // No more than Stripe has.
        let part = settle(&pay(&sent(), "80").unwrap().invoice.0, &received(4_000)).invoice.unwrap().0;
        let told = note(&part, "30", Some("30")).unwrap();
        assert_eq!(divided(&told.note), [0, 0, 3_000]);
        assert_eq!(note(&told.invoice.0, "30", Some("10.01")).unwrap_err().field.as_deref(), Some("refunded_amount"));
        assert_eq!(divided(&note(&told.invoice.0, "30", Some("10")).unwrap().note), [0, 2_000, 1_000]);
        assert_eq!(divided(&note(&refunded(&told.invoice.0, 3_500).invoice.unwrap().0, "30", None).unwrap().note), [0, 2_500, 500]);
    }

    #[test]
    fn a_refund_that_is_heard_of_late_counts_as_it_would_have_before() {
        let reason = || crate::MultiLine::new("Never came").unwrap();
        let both = settle(&pay(&sent(), "72").unwrap().invoice.0, &received(4_800)).invoice.unwrap().0;
        let refund = |invoice: &Invoice| settle(invoice, &Received { refunded: usd(4_800), ..received(4_800) });
        let reverse = |invoice: &Invoice| invoice.reverse_payment(both.payments[0].id, reason(), now()).unwrap();
        for refunded in [None, Some("48"), Some("24")] {
            let noted = note(&both, "48", refunded).unwrap().invoice.0;
            let late = reverse(&noted).invoice.0;
            assert_eq!(late.amount_due(), usd(2_400), "{refunded:?}");
            let late = refund(&late);
            assert!(late.withdrawn.is_empty());
            let late = late.invoice.unwrap().0;
            let soon = reverse(&refund(&noted).invoice.unwrap().0).invoice.0;
            assert_eq!((soon.amount_due(), late.amount_due()), (usd(7_200), usd(7_200)), "{refunded:?}");
            assert_eq!((soon.refunds_untold(), late.refunds_untold()), (usd(0), usd(0)));
            // It fails, and what the note took back makes less what is due again.
            let failed = settle(&late, &received(4_800)).invoice.unwrap();
            assert_eq!((failed.0.amount_due(), failed.1), (usd(2_400), Event::Refunded));
        }
        // What is due, or not any more, says so by its event.
        let both = settle(&pay(&sent(), "48").unwrap().invoice.0, &received(7_200)).invoice.unwrap().0;
        let noted = note(&both, "48", None).unwrap().invoice.0;
        let covered = noted.reverse_payment(both.payments[0].id, reason(), now()).unwrap().invoice.0;
        let (reopened, event) = settle(&covered, &Received { refunded: usd(4_800), ..received(7_200) }).invoice.unwrap();
        assert_eq!((covered.status, event, reopened.amount_due()), (Paid, Event::Reopened, usd(4_800)));
        assert_eq!(settle(&reopened, &received(7_200)).invoice.unwrap().1, Event::Paid);
    }

    #[test]
    fn what_was_given_back_out_of_band_is_due_again_when_the_payment_is_gone_and_what_was_to_be_refunded_is_not() {
        let reason = || crate::MultiLine::new("Never came").unwrap();
        let paid = pay(&sent(), "120").unwrap().invoice.0;
        let noted = note_of(&paid, "30", None, Some("30")).unwrap().invoice.0;
        let reversed = noted.reverse_payment(noted.payments[0].id, reason(), now()).unwrap().invoice.0;
        assert_eq!(reversed.amount_due(), usd(12_000));

        let both = settle(&pay(&sent(), "80").unwrap().invoice.0, &received(4_000)).invoice.unwrap().0;
        let noted = note_of(&both, "60", Some("30"), Some("20")).unwrap();
        assert_eq!((divided(&noted.note), noted.note.out_of_band), ([0, 1_000, 3_000], usd(2_000)));
        let lost = Received { dispute: Some(crate::invoice::Dispute::Lost), ..received(4_000) };
        assert_eq!(settle(&noted.invoice.0, &lost).invoice.unwrap().0.amount_due(), usd(0));
        let reversed = noted.invoice.0.reverse_payment(both.payments[0].id, reason(), now()).unwrap().invoice.0;
        assert_eq!(reversed.amount_due(), usd(4_000));
    }

    #[test]
    fn a_credit_note_lowers_what_is_due_first() {
        let part = pay(&sent(), "100").unwrap().invoice.0;
        let issued = note_of(&part, "50", None, Some("10")).unwrap();
        let sums = |note: &CreditNote| [note.amount, note.tax, note.reduced, note.credited, note.out_of_band].map(Money::minor);
        assert_eq!(sums(&issued.note), [5_000, 833, 2_000, 2_000, 1_000]);
        assert_eq!((issued.invoice.0.status, issued.invoice.1, issued.credit.unwrap().amount), (Paid, Event::Paid, usd(2_000)));
        let rest = note(&issued.invoice.0, "70", None).unwrap();
        assert_eq!(sums(&rest.note), [7_000, 1_167, 0, 7_000, 0]);
        assert_eq!(note(&rest.invoice.0, "0.02", None).unwrap_err().field.as_deref(), Some("lines[0].amount"));
        for (amount, refunded, field) in [
            ("0", None, "lines[0]"),
            ("120.01", None, "lines[0].amount"),
            ("0.001", None, "lines[0]"),
            ("50", Some("30.01"), "refunded_amount"),
        ] {
            assert_eq!(note(&part, amount, refunded).unwrap_err().field.as_deref(), Some(field));
        }
        assert_eq!(note(&part, "50", Some("0.01")).unwrap_err().field.as_deref(), Some("refunded_amount"), "nothing was paid at Stripe");
        assert_eq!(note_of(&part, "50", None, Some("30.01")).unwrap_err().field.as_deref(), Some("out_of_band_amount"));
        assert!(note(&sent(), "20", None).unwrap().invoice.0.void(None).is_err());
    }
}
