//! What of a credit was given to the client, as staff record it; Stripe's refunds come in as events.

use serde::{Deserialize, Serialize};

use super::{Credit, Event};
use crate::{Date, Money, MultiLine, Price, Refusal, SingleLine, Time, Transition, ids::CreditRefundId, reversal::Reversal};

/// Most refunds of one credit.
const MOST_REFUNDS: usize = 100;
/// How many days ago a refund that is recorded can have been.
const BACK: i64 = 366;

/// That some of a credit was given to the client, as staff record it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refund {
    /// Names it.
    pub id: CreditRefundId,
    /// How much.
    pub amount: Money,
    /// On which day.
    pub date: Date,
    /// Why.
    pub reason: Option<MultiLine<2000>>,
    /// What a bank statement says of it.
    pub reference: Option<SingleLine<100>>,
    /// When it was recorded.
    pub at: Time,
    /// That it was recorded wrongly, if it was.
    pub reversal: Option<Reversal>,
}

/// That some of a credit is given to the client.
#[derive(Debug, Clone)]
pub struct NewRefund {
    /// How much; all that is left, where it isn't said.
    pub amount: Option<Price>,
    /// On which day.
    pub date: Date,
    /// Why.
    pub reason: Option<MultiLine<2000>>,
    /// What a bank statement says of it.
    pub reference: Option<SingleLine<100>>,
}

impl Credit {
    /// The credit once some of it was given to the client, not after `today`, the firm's, which becomes the refund `id`. Nothing
    /// is asked of Stripe.
    pub fn refund(&self, id: CreditRefundId, new: NewRefund, now: Time, today: Date) -> Transition<Self> {
        let NewRefund { amount, date, reason, reference } = new;
        if self.remaining.is_zero() {
            return Err(Refusal::state("Nothing is left of the credit."));
        }
        if self.refunds.len() >= MOST_REFUNDS {
            return Err(Refusal::state(format!("The credit was refunded {MOST_REFUNDS} times already.")));
        }
        let amount = amount.map_or(Ok(self.remaining), |amount| Money::new("amount", amount, self.amount.currency()))?;
        if amount.is_zero() {
            return Err(Refusal::rule("amount", "More than nothing."));
        }
        if amount.minor() > self.remaining.minor() {
            return Err(Refusal::rule("amount", format!("Only {} is left of the credit.", self.remaining)));
        }
        date.not_after("date", today)?;
        if date < today.plus_days(-BACK) {
            return Err(Refusal::rule("date", "Is more than a year ago."));
        }
        let refund = Refund { id, amount, date, reason, reference, at: now, reversal: None };
        Ok((self.with_refunds([self.refunds.as_slice(), &[refund]].concat()), Event::Refunded))
    }

    /// The credit once its refund `refund` turned out to be recorded wrongly: what it gave is there again.
    pub fn reverse_refund(&self, refund: CreditRefundId, reason: MultiLine<300>, now: Time) -> Transition<Self> {
        match self.refunds.iter().find(|known| known.id == refund) {
            None => return Err(Refusal::rule("refund", "Isn't one of the credit's.")),
            Some(known) if known.reversal.is_some() => return Err(Refusal::state("The refund was reversed already.")),
            Some(_) => {}
        }
        let reversal = Reversal { reason, at: now };
        let reversed = |known: &Refund| match known.id == refund {
            true => Refund { reversal: Some(reversal.clone()), ..known.clone() },
            false => known.clone(),
        };
        Ok((self.with_refunds(self.refunds.iter().map(reversed).collect()), Event::RefundReversed))
    }

    fn with_refunds(&self, refunds: Vec<Refund>) -> Self {
        let given = refunds.iter().filter(|refund| refund.reversal.is_none());
        let refunded = given.fold(Money::zero(self.amount.currency()), |sum, refund| sum.and(refund.amount));
        Self { refunds, refunded, ..self.clone() }.balanced()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Why,
        credit::{
            Status,
            tests::{credit, sums},
        },
        invoice::tests::{id, now, today, usd},
    };

    fn refund(credit: &Credit, of: u128, amount: Option<&str>, date: &str) -> Transition<Credit> {
        let amount = amount.map(|amount| amount.parse().unwrap());
        credit.refund(id(of), NewRefund { amount, date: date.parse().unwrap(), reason: None, reference: None }, now(), today())
    }

    #[test]
    fn what_is_left_is_refunded_and_no_more() {
        let (part, event) = refund(&credit(10_000), 1, Some("40"), "2026-11-22").unwrap();
        assert_eq!((sums(&part), part.refunded, event), ([10_000, 6_000, 0, 0], usd(4_000), Event::Refunded));
        for (amount, date, field) in
            [("60.01", "2026-11-22", "amount"), ("0", "2026-11-22", "amount"), ("1", "2026-11-23", "date"), ("1", "2025-11-20", "date")]
        {
            assert_eq!(refund(&part, 2, Some(amount), date).unwrap_err().field.as_deref(), Some(field));
        }
        let (all, _) = refund(&part, 2, None, "2026-11-22").unwrap();
        assert_eq!((all.status(), all.refunds.len()), (Status::Used, 2));
        assert_eq!(refund(&all, 3, None, "2026-11-22").unwrap_err().why, Why::State);
        // Stripe gave back what was given already: that is owed.
        assert_eq!(sums(&all.withdraw(usd(3_000)).unwrap().0), [10_000, 0, 3_000, 3_000]);
    }

    #[test]
    fn a_refund_that_was_recorded_wrongly_is_reversed_once_and_settles_what_was_overdrawn() {
        let all = refund(&credit(10_000), 1, Some("40"), "2026-11-22").unwrap().0;
        let all = refund(&all, 2, None, "2026-11-22").unwrap().0.withdraw(usd(3_000)).unwrap().0;
        let reverse = |credit: &Credit, of| credit.reverse_refund(id(of), MultiLine::new("Mistyped").unwrap(), now());
        let (back, event) = reverse(&all, 1).unwrap();
        assert_eq!((sums(&back), back.refunded, event), ([10_000, 1_000, 0, 3_000], usd(6_000), Event::RefundReversed));
        assert_eq!(reverse(&back, 1).unwrap_err().why, Why::State);
        assert_eq!(reverse(&back, 3).unwrap_err().field.as_deref(), Some("refund"));
    }
}
