//! What Stripe tells us, from the queue: money that was paid, refunded or disputed becomes part of its invoice.
//!
//! Events come more than once, late and out of order. Each is applied once, in the transaction that keeps its id, and
//! says how a payment stands, not what changed. What fails is delivered again; what can never be applied ends in the
//! dead-letter queue, where somebody looks at it: it may be money. Deliberately absent: what a payment does to an invoice
//! (`domain`), whether Stripe sent it (`webhooks`), receipts (`outbox`).

mod apply;
mod whose;

use std::time::Duration;

use api::Clock;
use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use domain::Refusal;
use payments::{
    PaymentError, Payments,
    event::{Kind, Unreadable, parse},
};
use secrets::{Kept, SecretError};
use store::Store;
use tokio::time::{Instant, timeout};

use crate::whose::{UnknownInvoice, Whose};

/// How long a batch goes on: with a second to spare, the function's timeout.
const BATCH: Duration = Duration::from_secs(28);
/// How long one event may take, so that one for which Stripe is asked in vain leaves time for the others.
const EVENT: Duration = Duration::from_secs(8);

/// What the function works with.
#[derive(Debug)]
pub struct StripeEvents {
    /// The table.
    pub store: Store,
    /// Our account at Stripe.
    pub payments: Kept<Payments>,
    /// Tells the time.
    pub clock: Clock,
}

/// An event being applied, with our account at Stripe as it is now.
struct Applying<'e> {
    store: &'e Store,
    payments: &'e Payments,
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
    #[error("no time was left")]
    Late,
}

/// Apply a batch of the queue; the answer names what wasn't.
pub async fn handle(events: &StripeEvents, batch: SqsEvent) -> SqsBatchResponse {
    let started = Instant::now();
    let mut response = SqsBatchResponse::default();
    for message in batch.records {
        let left = BATCH.saturating_sub(started.elapsed()).min(EVENT);
        let applied = timeout(left, events.apply(&message.body.unwrap_or_default())).await.unwrap_or(Err(Failed::Late));
        let message_id = message.message_id.unwrap_or_default();
        if let Err(error) = applied {
            tracing::error!(%error, message_id, "not applied");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message_id;
            response.batch_item_failures.push(failure);
        }
    }
    response
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
        Applying { store: &self.store, payments, clock: &self.clock }
    }
}

impl Applying<'_> {
    async fn apply(&self, body: &str) -> Result<(), Failed> {
        let event = parse(body)?;
        if event.livemode != self.payments.is_live() {
            return Err(Failed::OtherMode { live: event.livemode });
        }
        match event.kind {
            Kind::CheckoutPaid { checkout, payment_intent } => {
                let whose = Whose::named(&checkout.metadata)?;
                self.settle(&event.id, whose, &payment_intent, Some(&checkout)).await
            }
            Kind::PaymentChanged { payment_intent } => {
                let whose = Whose::named(&self.payments.payment(&payment_intent).await?.metadata)?;
                self.settle(&event.id, whose, &payment_intent, None).await
            }
            // What bounced can't be paid on the same page again.
            Kind::CheckoutExpired(checkout) | Kind::CheckoutFailed(checkout) => self.close(&event.id, &checkout).await,
            Kind::CheckoutPending(checkout) => {
                tracing::info!(event = event.id, session = checkout.session, "money is on its way");
                Ok(())
            }
            Kind::Ignored(kind) => {
                tracing::info!(event = event.id, kind, "doesn't concern us");
                Ok(())
            }
        }
    }
}
