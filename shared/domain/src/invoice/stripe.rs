//! What Stripe says was paid. Its events come more than once, late and out of order, so a payment is known by its
//! payment intent, and what is said of it is how it stands, not what changed: saying it again changes nothing.

use super::{Checkout, CheckoutState, Dispute, Event, Invoice, Method, Payment};
use crate::{
    Date, Money, Refusal, Time,
    credit::Credit,
    ids::{CreditId, InvoiceId, PaymentId},
};

/// How a payment stands at Stripe.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Stripe's name of it.
    pub payment_intent: String,
    /// Stripe's page on which it was made, if that is known.
    pub session: Option<String>,
    /// How much was paid, in all.
    pub amount: Money,
    /// How much of it went back to the payer, in all.
    pub refunded: Money,
    /// Whether the payer's bank wants it back.
    pub dispute: Option<Dispute>,
}

/// What is to be written after Stripe said how a payment stands; nothing if that was known.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// The invoice, and what happened to it.
    pub invoice: Option<(Invoice, Event)>,
    /// The client's new credit, if more was paid than was due.
    pub credit: Option<Credit>,
    /// The credits that its money became before, and how much of each went back to the payer, in all: see
    /// [`Credit::withdraw`].
    pub withdrawn: Vec<(CreditId, Money)>,
}

impl Invoice {
    /// The credits that a refund or a dispute of the payment `payment_intent` can come out of: what was too much of it, and
    /// what credit notes made of what was paid.
    pub fn credits_behind(&self, payment_intent: &str) -> Vec<CreditId> {
        let excess = self.paid_by(payment_intent).and_then(|payment| payment.excess);
        excess.map(|excess| excess.credit).into_iter().chain(self.note_credits.iter().map(|note| note.credit)).collect()
    }

    /// The payment that Stripe calls `payment_intent`.
    pub fn paid_by(&self, payment_intent: &str) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.payment_intent.as_deref() == Some(payment_intent))
    }

    /// The invoice, whose id is `id`, once a payment stands as `received` says. If it is new it becomes the payment
    /// `payment` of `today`, the firm's, and what is too much of it the credit `credit`. An invoice that takes no money gives
    /// all of it to the client's credit, so nothing is lost.
    pub fn settle(
        &self,
        id: InvoiceId,
        received: &Received,
        payment: PaymentId,
        credit: CreditId,
        now: Time,
        today: Date,
    ) -> Result<Settled, Refusal> {
        if received.amount.currency() != self.currency || received.refunded.currency() != self.currency {
            return Err(Refusal::rule("currency", format!("The invoice is in {}.", self.currency)));
        }
        match self.paid_by(&received.payment_intent) {
            Some(known) => self.restate(known, received),
            None => self.settle_new(id, received, payment, credit, now, today),
        }
    }

    fn settle_new(
        &self,
        id: InvoiceId,
        received: &Received,
        payment: PaymentId,
        credit: CreditId,
        now: Time,
        today: Date,
    ) -> Result<Settled, Refusal> {
        if received.amount.is_zero() || received.amount.is_negative() {
            return Err(Refusal::rule("amount", "More than nothing."));
        }
        let paid = Payment {
            payment_intent: Some(received.payment_intent.clone()),
            session: received.session.clone(),
            ..self.payment(payment, received.amount, Method::Stripe, today, now)
        };
        let booked = self.checkout_paid(received.session.as_deref()).receive(id, paid, credit)?;
        let (invoice, event) = booked.invoice;
        let known = invoice.payments.last().cloned();
        let restated = known.map_or(Ok(Settled::default()), |known| invoice.restate(&known, received))?;
        let invoice = restated.invoice.map_or(invoice, |(invoice, _)| invoice);
        let (own, withdrawn): (Vec<_>, Vec<_>) = restated.withdrawn.into_iter().partition(|(id, _)| *id == credit);
        let withdraw = |credit: Credit| own.first().and_then(|(_, total)| credit.withdraw(*total)).map_or(credit, |(credit, _)| credit);
        Ok(Settled { invoice: Some((invoice, event)), credit: booked.credit.map(withdraw), withdrawn })
    }

    /// The invoice once `known`, one of its payments, stands as `received` says. What a bank took back stays taken back, and
    /// can't be refunded any more.
    fn restate(&self, known: &Payment, received: &Received) -> Result<Settled, Refusal> {
        let (refunded, dispute) = match known.dispute {
            Some(Dispute::Lost) => (known.refunded, known.dispute),
            Some(Dispute::Open | Dispute::Won) | None => (received.refunded, received.dispute),
        };
        let session = known.session.clone().or_else(|| received.session.clone());
        let stands = Payment { refunded, dispute, session, ..known.clone() };
        if stands == *known {
            return Ok(Settled::default());
        }
        let event = match (known.dispute == dispute, known.refunded == stands.refunded) {
            (false, _) => Event::Disputed,
            (true, false) => Event::Refunded,
            (true, true) => Event::Updated,
        };
        let payments = self.payments.iter().map(|payment| if payment.id == known.id { stands.clone() } else { payment.clone() });
        let invoice = self.checkout_paid(received.session.as_deref()).with_payments(payments.collect())?.withdrawing_since(self);
        let of_notes = invoice.note_credits.iter().filter(|note| !self.note_credits.contains(note));
        let of_notes = of_notes.map(|note| (note.credit, note.withdrawn));
        let of_excess = stands.withdrawn().filter(|withdrawn| known.withdrawn() != Some(*withdrawn));
        let withdrawn = of_excess.into_iter().chain(of_notes).collect();
        let event = if invoice.status == self.status { event } else { Event::Reopened };
        Ok(Settled { invoice: Some((invoice, event)), credit: None, withdrawn })
    }

    fn checkout_paid(&self, session: Option<&str>) -> Self {
        let paid = |checkout: &Checkout| match session {
            Some(session) if checkout.session.as_deref() == Some(session) => Checkout { state: CheckoutState::Paid, ..checkout.clone() },
            Some(_) | None => checkout.clone(),
        };
        Self { checkouts: self.checkouts.iter().map(paid).collect(), ..self.clone() }
    }
}
