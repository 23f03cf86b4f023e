//! What Stripe says was paid. Its events come more than once, late and out of order, so a payment is known by its
//! payment intent, and what is said of it is how it stands, not what changed: saying it again changes nothing.

use super::{Checkout, CheckoutState, Dispute, Event, Invoice, Method, Payment, Status};
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
    /// The payment that Stripe calls `payment_intent`.
    pub fn paid_by(&self, payment_intent: &str) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.payment_intent.as_deref() == Some(payment_intent))
    }

    /// The invoice, whose id is `id`, once a payment stands as `received` says. If it is new it becomes the payment
    /// `payment` of `day`, the firm's, and what is too much of it the credit `credit`. An invoice that takes no money gives
    /// all of it to the client's credit, so nothing is lost.
    pub fn settle(
        &self,
        id: InvoiceId,
        received: &Received,
        payment: PaymentId,
        credit: CreditId,
        now: Time,
        day: Date,
    ) -> Result<Settled, Refusal> {
        if received.amount.currency() != self.currency || received.refunded.currency() != self.currency {
            return Err(Refusal::rule("currency", format!("The invoice is in {}.", self.currency)));
        }
        match self.paid_by(&received.payment_intent) {
            Some(known) => self.restate(known, received),
            None => self.settle_new(id, received, payment, credit, now, day),
        }
    }

    fn settle_new(
        &self,
        id: InvoiceId,
        received: &Received,
        payment: PaymentId,
        credit: CreditId,
        now: Time,
        day: Date,
    ) -> Result<Settled, Refusal> {
        if received.amount.is_zero() || received.amount.is_negative() {
            return Err(Refusal::rule("amount", "More than nothing."));
        }
        let paid = Payment {
            payment_intent: Some(received.payment_intent.clone()),
            session: received.session.clone(),
            ..self.payment(payment, received.amount, Method::Stripe, day, now)
        };
        let booked = self.checkout_paid(received.session.as_deref()).receive(id, paid, credit)?;
        let (invoice, _) = booked.invoice;
        let known = invoice.payments.last().cloned();
        let restated = known.map_or(Ok(Settled::default()), |known| invoice.restate(&known, received))?;
        let invoice = restated.invoice.map_or(invoice, |(invoice, _)| invoice);
        let event = match invoice.status {
            // It was gone before we heard of it.
            status if status == self.status && received.dispute == Some(Dispute::Lost) => Event::Disputed,
            status if status == self.status => Event::PaymentRecorded,
            Status::Draft | Status::Sent | Status::Paid | Status::Void | Status::Uncollectible => Event::Paid,
        };
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
            (true, true) => Event::CheckoutPaid,
        };
        let payments = self.payments.iter().map(|payment| if payment.id == known.id { stands.clone() } else { payment.clone() });
        let invoice = self.checkout_paid(received.session.as_deref()).with_payments(payments.collect())?;
        let invoice = invoice.giving_back_since(self).drawing().absorbing();
        let withdrawn = invoice.credits_gone_since(self);
        let event = match invoice.status {
            status if status == self.status => event,
            Status::Paid => Event::Paid,
            Status::Draft | Status::Sent | Status::Void | Status::Uncollectible => Event::Reopened,
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoice::{
        Booked,
        Status::{Draft, Paid, Sent, Uncollectible, Void},
        tests::{at, id, now, pay, received, sent, settle, today, usd},
    };

    #[test]
    fn what_stripe_says_again_changes_nothing() {
        let first = settle(&sent(), &received(12_000));
        let (paid, event) = first.invoice.unwrap();
        assert_eq!((event, paid.status, first.credit), (Event::Paid, Paid, None));
        let again = settle(&paid, &received(12_000));
        assert!(again.invoice.is_none() && again.credit.is_none() && again.withdrawn.is_empty());
        assert!(
            sent()
                .settle(id(9), &Received { amount: Money::zero("EUR".parse().unwrap()), ..received(1) }, id(2), id(3), now(), today())
                .is_err()
        );
    }

    #[test]
    fn money_for_an_invoice_that_takes_none_becomes_credit_as_a_whole() {
        for status in [Draft, Paid, Void] {
            let other = Received { payment_intent: "pi_2".into(), ..received(5_000) };
            let settled = settle(&at(status), &other);
            let (invoice, event) = settled.invoice.unwrap();
            assert_eq!((invoice.status, event, settled.credit.unwrap().amount), (status, Event::PaymentRecorded, usd(5_000)));
            assert!(settle(&invoice, &other).invoice.is_none());
        }
        assert_eq!(settle(&at(Uncollectible), &received(12_000)).invoice.unwrap().0.status, Paid);
        for status in [Paid, Void] {
            let Booked { invoice: (invoice, event), credit } = pay(&at(status), "50").unwrap();
            assert_eq!((invoice.status, event, credit.unwrap().amount), (status, Event::PaymentRecorded, usd(5_000)), "a transfer too");
        }
    }

    #[test]
    fn a_refund_shows_and_comes_out_of_the_credit_that_the_payment_became() {
        let settled = settle(&sent(), &received(15_000));
        let ((paid, _), credit) = (settled.invoice.unwrap(), settled.credit.unwrap());
        let refund = |minor| settle(&paid, &Received { refunded: usd(minor), ..received(15_000) });
        let part = refund(1_000);
        let (invoice, event) = part.invoice.unwrap();
        assert_eq!((event, invoice.status, invoice.amount_refunded), (Event::Refunded, Paid, usd(1_000)));
        assert_eq!(part.withdrawn, [(id(3), usd(1_000))]);
        let (less, _) = credit.withdraw(usd(1_000)).unwrap();
        assert_eq!((less.remaining, less.withdrawn), (usd(2_000), usd(1_000)));
        assert!(less.withdraw(usd(1_000)).is_none());
        assert_eq!(refund(9_000).withdrawn, [(id(3), usd(3_000))], "the rest was the invoice's");
        // All of it in one: paid too much, and refunded before we heard of it.
        let at_once = settle(&sent(), &Received { refunded: usd(3_000), ..received(15_000) });
        assert_eq!(at_once.credit.map(|credit| (credit.amount, credit.remaining)), Some((usd(3_000), usd(0))));
    }

    #[test]
    fn a_dispute_that_is_lost_reopens_the_invoice_for_good() {
        let paid = settle(&sent(), &received(12_000)).invoice.unwrap().0;
        let disputed = |invoice: &Invoice, dispute| settle(invoice, &Received { dispute: Some(dispute), ..received(12_000) });
        let (open, event) = disputed(&paid, Dispute::Open).invoice.unwrap();
        assert_eq!((open.status, event, open.amount_due()), (Paid, Event::Disputed, usd(0)));
        let (lost, event) = disputed(&open, Dispute::Lost).invoice.unwrap();
        assert_eq!((lost.status, event, lost.amount_due()), (Sent, Event::Reopened, usd(12_000)));
        assert_eq!(lost.timers().len(), 2);
        assert!(disputed(&lost, Dispute::Open).invoice.is_none(), "an event that came late");
        assert_eq!(disputed(&open, Dispute::Won).invoice.unwrap().0.status, Paid);
    }

    #[test]
    fn what_happened_to_a_payment_before_it_is_heard_of_is_told_as_it_is() {
        let lost = settle(&sent(), &Received { dispute: Some(Dispute::Lost), ..received(12_000) }).invoice.unwrap();
        assert_eq!((lost.1, lost.0.status, lost.0.amount_due()), (Event::Disputed, Sent, usd(12_000)));
        let beyond = Received { payment_intent: "pi_2".into(), dispute: Some(Dispute::Lost), ..received(6_000) };
        let paid = settle(&sent(), &received(12_000)).invoice.unwrap().0;
        let beyond = paid.settle(id(9), &beyond, id(23), id(4), now(), today()).unwrap();
        assert_eq!(beyond.invoice.map(|(invoice, event)| (event, invoice.status)), Some((Event::Disputed, Paid)));
        // First its refund, then the page that it was made on.
        let refunded = Received { session: None, refunded: usd(12_000), ..received(12_000) };
        let (known, event) = settle(&sent(), &refunded).invoice.unwrap();
        assert_eq!((event, known.amount_refunded), (Event::Paid, usd(12_000)));
        let page = Received { session: Some("cs_1".into()), ..refunded };
        assert_eq!(settle(&known, &page).invoice.unwrap().1, Event::CheckoutPaid);
    }

    #[test]
    fn what_was_refunded_before_a_bank_took_back_the_rest_is_not_due_again() {
        let part = settle(&sent(), &Received { refunded: usd(5_000), ..received(12_000) }).invoice.unwrap().0;
        let lost = Received { refunded: usd(5_000), dispute: Some(Dispute::Lost), ..received(12_000) };
        let lost = settle(&part, &lost).invoice.unwrap().0;
        assert_eq!((lost.status, lost.amount_due()), (Sent, usd(7_000)));
    }
}
