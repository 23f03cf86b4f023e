//! What Stripe tells us, from the queue: money that was paid, refunded or disputed becomes part of its invoice, and how a firm's
//! account stands part of its record. What happens in an account is about invoices of its own firm alone.
//!
//! Events come more than once, late and out of order. Each is applied once, in the transaction that keeps its id, and
//! says how a payment stands, not what changed. What fails comes back after a wait that grows, so that an outage of hours
//! is ridden out; what can never be applied is put with the dead letters at once, where somebody looks at it: it may be
//! money. Deliberately absent: what a payment does to an invoice (`domain`), whether Stripe sent it (`webhooks`), receipts
//! (`outbox`).
//!
//! The outbox queues work here too: pages at Stripe are expired on which something else can be paid than what is due, or into an
//! account that isn't the firm's any more.

mod accounts;
mod apply;
mod invoice_ref;
mod told;

use std::collections::BTreeMap;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::{
    Refusal,
    invoice::ExpireCheckouts,
    payment_account::{LeaveAccount, Mode},
};
use payments::{
    PaymentError, Payments,
    event::{Event, Kind, Unreadable, parse},
};
use queue::{Failure, NotTaken, Queues};
use runtime::Clock;
use secrets::{Kept, SecretError};
use store::{Race, Store};

use crate::{
    invoice_ref::{InvoiceRef, UnknownInvoice},
    told::Told,
};

/// What the function works with.
#[derive(Debug)]
pub struct StripeEvents {
    /// The table.
    pub store: Store,
    /// Our account at Stripe.
    pub payments: Kept<Payments>,
    /// Into whose account payments go.
    pub mode: Mode,
    /// Tells the time.
    pub clock: Clock,
    /// Where events come from, and where those go that can never be applied.
    pub queues: Queues,
}

/// An event being applied, with our account at Stripe as it is now.
struct Applying<'e> {
    store: &'e Store,
    payments: &'e Payments,
    mode: Mode,
    clock: &'e Clock,
}

/// Why an event wasn't applied.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("is about {} money, and our key isn't", if *live { "real" } else { "test" })]
    OtherMode { live: bool },
    #[error(transparent)]
    UnknownInvoice(#[from] UnknownInvoice),
    #[error("is about money in our own account, and the invoice {} of {} is to be paid into the firm's", .0.invoice, .0.firm)]
    NotTheirs(InvoiceRef),
    #[error("{0} isn't paid, though an event said so")]
    NotPaid(String),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Payment(#[from] PaymentError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("can't be set aside: {0}")]
    NotSetAside(#[from] NotTaken),
    #[error("no time was left")]
    Late,
}

impl Race for Failed {
    fn is_lost(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_lost())
    }
}

impl Failure for Failed {
    fn late() -> Self {
        Self::Late
    }

    fn is_final(&self) -> bool {
        match self {
            Self::Unreadable(_) | Self::OtherMode { .. } | Self::UnknownInvoice(_) | Self::NotTheirs(_) | Self::Refused(_) => true,
            Self::Payment(error) => matches!(error, PaymentError::Refused(_) | PaymentError::AccountLost(_)),
            Self::Store(error) => error.is_final(),
            Self::NotPaid(_) | Self::Secret(_) | Self::NotSetAside(_) | Self::Late => false,
        }
    }
}

/// Apply a batch of the queue; the answer names what is to come back.
pub async fn handle(events: &StripeEvents, batch: SqsEvent) -> SqsBatchResponse {
    events.queues.work(batch, async |body: &str| events.apply(body).await).await
}

impl StripeEvents {
    /// Apply the event that `body` is. A key that Stripe doesn't take is read again.
    async fn apply(&self, body: &str) -> Result<(), Failed> {
        let payments = self.payments.get(self.clock.now()).await?;
        // On the heap: the compiler gives up on futures that are nested too deep.
        match Box::pin(self.with(&payments).apply(body)).await {
            Err(Failed::Payment(PaymentError::KeyRefused(why))) => match self.payments.again(&payments, self.clock.now()).await {
                Some(payments) => Box::pin(self.with(&payments).apply(body)).await,
                None => Err(PaymentError::KeyRefused(why).into()),
            },
            applied => applied,
        }
    }

    fn with<'e>(&'e self, payments: &'e Payments) -> Applying<'e> {
        Applying { store: &self.store, payments, mode: self.mode, clock: &self.clock }
    }
}

impl Applying<'_> {
    async fn apply(&self, body: &str) -> Result<(), Failed> {
        // Only the outbox can queue this: what comes in from outside has Stripe's signature.
        if let Ok(ExpireCheckouts { firm, expire_checkouts_of: invoice }) = serde_json::from_str(body) {
            return self.expire(InvoiceRef { firm, invoice }).await;
        }
        if let Ok(order) = serde_json::from_str::<LeaveAccount>(body) {
            return self.leave(&order).await;
        }
        let event = parse(body)?;
        if event.livemode == self.payments.is_live() {
            return self.follow(event).await;
        }
        // Who has an account plays there with made-up money too, of which the endpoint for real events is told.
        match event.account {
            Some(_) => {
                tracing::info!(event = event.id, "is about the other kind of money");
                Ok(())
            }
            None => Err(Failed::OtherMode { live: event.livemode }),
        }
    }

    async fn follow(&self, event: Event) -> Result<(), Failed> {
        let Event { id, created, livemode: _, account, kind } = event;
        let told = Told { event: &id, at: created, account: account.as_ref() };
        match kind {
            Kind::CheckoutPaid { checkout, payment_intent } => match named(told, &checkout.metadata)? {
                Some(target) => self.settle(told, target, &payment_intent, Some(&checkout)).await,
                None => Ok(()),
            },
            Kind::PaymentChanged { payment_intent } => {
                let state = match self.payments.payment(told.account, &payment_intent).await {
                    Err(error @ PaymentError::AccountLost(_)) => return self.unless_nobodys(told, error).await,
                    state => state?,
                };
                match named(told, &state.metadata)? {
                    Some(target) => self.settle(told, target, &payment_intent, None).await,
                    None => Ok(()),
                }
            }
            // What bounced can't be paid on the same page again.
            Kind::CheckoutExpired(checkout) => {
                self.follow_page(told, &checkout, |invoice, _| invoice.checkout_expired(&checkout.session)).await
            }
            Kind::CheckoutFailed(checkout) => {
                self.follow_page(told, &checkout, |invoice, _| invoice.checkout_failed(&checkout.session)).await
            }
            Kind::CheckoutPending(checkout) => {
                let attempt = checkout.metadata.get("attempt").and_then(|attempt| attempt.parse().ok());
                self.follow_page(told, &checkout, |invoice, now| invoice.checkout_pending(&checkout.session, attempt, now)).await
            }
            Kind::AccountChanged(account) => self.restate(&id, &account).await,
            Kind::AccountLost(account) => self.deauthorize(&id, &account).await,
            Kind::Ignored(kind) => {
                tracing::info!(event = id, kind, "doesn't concern us");
                Ok(())
            }
        }
    }

    /// `error`, unless what was `told` happened in an account that is nobody's here.
    async fn unless_nobodys(&self, told: Told<'_>, error: PaymentError) -> Result<(), Failed> {
        match told.account {
            Some(account) if self.store.firm_of_account(account).await?.is_none() => Ok(()),
            _ => Err(error.into()),
        }
    }
}

/// The invoice that `metadata` names; none where that is a firm's other business, in its own account.
fn named(told: Told<'_>, metadata: &BTreeMap<String, String>) -> Result<Option<InvoiceRef>, UnknownInvoice> {
    match InvoiceRef::named(metadata) {
        Err(nobodys) if told.account.is_some() => {
            tracing::info!(event = told.event, %nobodys, "is a firm's other business");
            Ok(None)
        }
        target => target.map(Some),
    }
}
