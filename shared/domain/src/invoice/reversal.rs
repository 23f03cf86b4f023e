//! Payments that staff recorded wrongly. What is recorded stays, and is taken back; what Stripe took is refunded there.

use std::collections::BTreeSet;

use super::{Event, Invoice, Method, Payment};
use crate::{
    Money, MultiLine, Refusal, Time,
    ids::{CreditId, PaymentId},
    reversal::Reversal,
};

/// What comes of taking back a payment.
#[derive(Debug, Clone)]
pub struct Reversed {
    /// The invoice, and what happened to it.
    pub invoice: (Invoice, Event),
    /// The credits that came of it, which never was there, and how much of each is gone, in all: see
    /// [`Credit::withdraw`](crate::credit::Credit::withdraw).
    pub withdrawn: Vec<(CreditId, Money)>,
    /// The credit that it was paid from, which has it again: see [`Credit::give_back`](crate::credit::Credit::give_back).
    pub given_back: Option<CreditId>,
}

impl Invoice {
    /// The credits that have to do with taking back its payment `payment`, each once: what it was paid from, and what a refund
    /// can come out of.
    pub fn credits_of(&self, payment: PaymentId) -> BTreeSet<CreditId> {
        let payment = self.payments.iter().find(|known| known.id == payment);
        payment.and_then(|payment| payment.credit).into_iter().chain(self.credits_behind()).collect()
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
        let given_back = reversed.credit;
        let payments = self.payments.iter().map(|known| if known.id == payment { reversed.clone() } else { known.clone() });
        let invoice = self.with_payments(payments.collect())?.drawing().absorbing();
        let withdrawn = invoice.credits_gone_since(self);
        Ok(Reversed { invoice: (invoice, Event::PaymentReversed), withdrawn, given_back })
    }
}
