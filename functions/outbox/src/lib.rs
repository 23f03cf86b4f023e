//! What follows from events: mails, and changes to other records. Fed by the table's stream.
//!
//! An effect is claimed before it is done and marked after, keyed by its event, so that events may come twice, apart
//! and late. A batch stops at its first failure, which the stream then delivers again; what can never be done ends in
//! the dead-letter queue. Deliberately absent: reading what an HTTP handler should have put in its transaction.

mod checkouts;
mod comments;
mod credit_notes;
mod credits;
mod decisions;
mod invoices;
mod mails;
mod people;
mod proposals;
mod time;

use std::time::{Duration, Instant};

use api::Clock;
use aws_lambda_events::{
    event::dynamodb::{Event, EventRecord},
    event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use domain::event::Actor;
use mail::{Mailer, SendError};
use queue::{NotTaken, Queue};
use secrets::{Kept, LinkKey, SecretError};
use store::{Audit, Change, Claim, Effect, LoggedEvent, Store, event_of_image};

/// How long a batch goes on; shorter than the function's timeout by the longest that one effect takes.
const BATCH: Duration = Duration::from_secs(40);

/// What effects are done with.
#[derive(Debug)]
pub struct Outbox {
    /// The table.
    pub store: Store,
    /// Sends mails.
    pub mailer: Mailer,
    /// Where `stripe-events` finds what it is to do at Stripe.
    pub stripe_events: Queue,
    /// Makes the links in them.
    pub links: Kept<LinkKey>,
    /// Where the links lead: the web app.
    pub web_origin: String,
    /// Tells the time.
    pub clock: Clock,
}

/// Why an effect wasn't done.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Mail(#[from] SendError),
    #[error("the link can't be made: {0}")]
    Link(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Queue(#[from] NotTaken),
    #[error("{0} is no event that this version knows")]
    Unknown(String),
    #[error("somebody else is at it")]
    Busy,
}

/// Do what follows from a batch of the stream; the answer names the first that wasn't done.
pub async fn handle(outbox: &Outbox, batch: Event) -> DynamoDbEventResponse {
    let started = Instant::now();
    let mut response = DynamoDbEventResponse::default();
    for record in batch.records {
        let sequence_number = record.change.sequence_number.clone().unwrap_or_default();
        let done = if started.elapsed() > BATCH { Err(Failed::Busy) } else { follow(outbox, record).await };
        if let Err(error) = done {
            tracing::error!(%error, sequence_number, "not done");
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(sequence_number);
            response.batch_item_failures.push(failure);
            break;
        }
    }
    response
}

/// Do what follows from one record of the stream.
async fn follow(outbox: &Outbox, record: EventRecord) -> Result<(), Failed> {
    let Some(logged) = event_of_image(record.change.new_image)? else { return Ok(()) };
    // On the heap: the compiler gives up on futures that are nested too deep.
    Box::pin(decisions::follow(outbox, &logged)).await
}

impl Outbox {
    /// Do `effect`, which is called `name` among the effects of `logged`, unless it was done.
    pub(crate) async fn run_effect(
        &self,
        logged: &LoggedEvent,
        name: &str,
        effect: impl Future<Output = Result<(), Failed>>,
    ) -> Result<(), Failed> {
        let claim = Effect::of(logged, name);
        let claimed = self.clock.now();
        match self.store.claim(&claim, claimed).await? {
            Claim::Done => return Ok(()),
            Claim::Busy => return Err(Failed::Busy),
            Claim::Mine => {}
        }
        match effect.await {
            Ok(()) => Ok(self.store.done(&claim, self.clock.now()).await?),
            Err(error) => {
                // If this fails too, the claim runs out by itself.
                if let Err(error) = self.store.release(&claim, claimed).await {
                    tracing::warn!(%error, "a claim was not released");
                }
                Err(error)
            }
        }
    }
}

/// A change that follows up `logged`, as the event log tells it.
pub(crate) fn change(outbox: &Outbox, logged: &LoggedEvent) -> Change {
    let actor = Actor::System("outbox".to_owned());
    let request = format!("{}/{}", logged.event.record, logged.event.sequence);
    outbox.store.change(logged.firm, Audit { actor, at: outbox.clock.now(), request, source_address: None }, None)
}
