//! Payments that staff recorded wrongly. What is recorded stays, and is taken back; what Stripe took is refunded there.

use serde::{Deserialize, Serialize};

use super::{Event, Invoice, Method, Payment};
use crate::{
    Money, MultiLine, Refusal, Time,
    ids::{CreditId, PaymentId},
};

/// That a payment was recorded wrongly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reversal {
    /// Why.
    pub reason: MultiLine<300>,
    /// When.
    pub at: Time,
}

/// What comes of taking back a payment.
#[derive(Debug, Clone)]
pub struct Reversed {
    /// The invoice, and what happened to it.
    pub invoice: (Invoice, Event),
    /// The credit that was too much of it, which never was there: see [`Credit::withdraw`](crate::credit::Credit::withdraw).
    pub withdrawn: Option<(CreditId, Money)>,
    /// The credit that it was paid from, which has it again: see [`Credit::give_back`](crate::credit::Credit::give_back).
    pub given_back: Option<CreditId>,
}

impl Invoice {
    /// The credit that has to do with its payment `payment`: what was too much of it, or what it was paid from.
    pub fn credit_of(&self, payment: PaymentId) -> Option<CreditId> {
        let payment = self.payments.iter().find(|known| known.id == payment)?;
        payment.excess.map(|excess| excess.credit).or(payment.credit)
    }

    /// The invoice once its payment `payment` turned out to be recorded wrongly.
    pub fn reverse_payment(&self, payment: PaymentId, reason: MultiLine<300>, now: Time) -> Result<Reversed, Refusal> {
        let Some(known) = self.payments.iter().find(|known| known.id == payment) else {
            return Err(Refusal::rule("payment", "Isn't one of the invoice's."));
        };
        if known.method == Method::Stripe {
            return Err(Refusal::rule("payment", "Was made at Stripe; refund it there."));
        }
        if known.reversal.is_some() {
            return Err(Refusal::state("The payment was reversed already."));
        }
        let reversed = Payment { reversal: Some(Reversal { reason, at: now }), ..known.clone() };
        let (withdrawn, given_back) = (reversed.withdrawn(), reversed.credit);
        let payments = self.payments.iter().map(|known| if known.id == payment { reversed.clone() } else { known.clone() });
        let invoice = (self.with_payments(payments.collect())?, Event::PaymentReversed);
        Ok(Reversed { invoice, withdrawn, given_back })
    }
}
