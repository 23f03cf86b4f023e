//! What follows from events: mails, and changes to other records. Fed by the table's stream.
//!
//! An effect is claimed before it is done and marked after, keyed by its event, so that events may come twice, apart
//! and late. One that fails is delivered again by the stream; what can never be done, and what failed ten times, is set
//! aside, where the firm sees it and can have it tried again, and the rest goes on. In a batch, what fails holds up what
//! happened to its own record alone. A mail tells of its event: of amounts and states as they were then. It goes to whom the
//! record is addressed to, and to the address of now only if that one was refused; what isn't true any more isn't sent, and
//! nothing to an address to which mail is suppressed. What people hear of comes to them in the product first (`notifications`). What becomes of a mail that was sent is `mail-events`' to say.
//! Deliberately absent: reading what an HTTP handler should have put in its transaction.

mod archived;
mod cause;
mod checkouts;
mod credit_notes;
mod credits;
mod decisions;
mod effects;
mod failed;
mod hand_over;
mod invoices;
mod logins;
mod mails;
mod notifications;
mod notifications_mail;
mod notifications_news;
mod owners;
mod payment_accounts;
mod people;
mod post;
mod proposals;
mod sender_domains;
mod time;
mod undelivered;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use aws_lambda_events::{
    event::dynamodb::Event,
    event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use chrono::TimeDelta;
use domain::{allowance::Limits, effect::EffectKind, event::Actor};
use mail::Mailer;
use queue::Queue;
use runtime::Clock;
use secrets::{Kept, LinkKey};
use store::{Audit, Change, Error, Place, Redrive, Store, Streamed, Unreadable};

use cause::Cause;
use effects::Outcome;
use failed::Failed;

/// How long a batch goes on; shorter than the function's timeout by the longest that one effect takes.
const BATCH: Duration = Duration::from_secs(40);

/// What effects are done with.
#[derive(Debug)]
pub struct Outbox {
    /// The table.
    pub store: Store,
    /// Sends mails.
    pub mailer: Mailer,
    /// How many of them firms may send in a day.
    pub limits: Limits,
    /// Where `stripe-events` finds what it is to do at Stripe.
    pub stripe_events: Queue,
    /// Makes the links in them.
    pub links: Kept<LinkKey>,
    /// Where the links lead: the web app.
    pub web_origin: String,
    /// How long what people are told of at once waits for more.
    pub notifications_wait: TimeDelta,
    /// Tells the time.
    pub clock: Clock,
}

/// Do what follows from a batch of the stream; the answer names the first that is to be delivered again, and all after it
/// come again with it.
pub async fn handle(outbox: &Outbox, batch: Event) -> DynamoDbEventResponse {
    let started = Instant::now();
    let mut response = DynamoDbEventResponse::default();
    let mut held_up = BTreeSet::new();
    for record in batch.records {
        let streamed = match Streamed::of_image(record.change.new_image) {
            Ok(streamed) => streamed,
            Err(error) => {
                // Nobody could be shown it.
                tracing::error!(%error, "a record of the stream is no firm's");
                continue;
            }
        };
        let whose = streamed.record();
        if held_up.contains(&whose) {
            continue;
        }
        let is_late = started.elapsed() > BATCH;
        // On the heap, here and below: the compiler gives up on futures that are nested too deep.
        let done = if is_late { Err(Failed::Again) } else { Box::pin(take(outbox, streamed)).await };
        if done.is_err() {
            if held_up.is_empty() {
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = record.change.sequence_number.clone();
                response.batch_item_failures.push(failure);
            }
            held_up.insert(whose);
        }
        if is_late {
            break;
        }
    }
    response
}

/// Do what follows from one record of the stream.
async fn take(outbox: &Outbox, streamed: Streamed) -> Result<(), Failed> {
    match streamed {
        Streamed::Event(logged) => follow(outbox, &Cause::new(logged)).await,
        Streamed::Unreadable(event) => unreadable(outbox, event).await,
        Streamed::Redrive(order) => redrive(outbox, order).await,
        Streamed::Other => Ok(()),
    }
}

/// Do what follows from events of the log, as far as it wasn't done.
async fn redrive(outbox: &Outbox, order: Redrive) -> Result<(), Failed> {
    let Redrive { firm, kind, record, range } = order;
    let events = outbox.store.events(firm, &kind, &record, range).await.map_err(|error| {
        tracing::warn!(%error, record, "the event log could not be read");
        Failed::Again
    })?;
    let mut all = Ok(());
    for event in events {
        let done = match event {
            Ok(logged) => follow(outbox, &Cause::new(logged)).await,
            Err(event) => unreadable(outbox, event).await,
        };
        all = done.and(all);
    }
    all
}

/// Set aside what follows from an event that can't be read.
async fn unreadable(outbox: &Outbox, Unreadable { place, why }: Unreadable) -> Result<(), Failed> {
    tracing::error!(error = %why, record = place.record, sequence = place.sequence, "an event can't be read");
    outbox.fail(&place, None, EffectKind::Event.as_str(), Failed::Never("What happened can't be read.")).await
}

/// Do what follows from one event.
async fn follow(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    match Box::pin(decisions::follow(outbox, logged)).await {
        Ok(()) => Ok(()),
        Err(Failed::Again) => Err(Failed::Again),
        Err(Failed::Store(error @ (Error::Lost | Error::Unavailable(_)))) => {
            tracing::warn!(%error, record = logged.event.record, sequence = logged.event.sequence, "what follows could not be found out");
            Err(Failed::Again)
        }
        Err(error) => outbox.fail(&logged.place(), Some(&logged.event.name), EffectKind::Event.as_str(), error).await,
    }
}

/// A change that follows up the event at `place`, as the event log tells it.
fn change(outbox: &Outbox, place: &Place) -> Change {
    let actor = Actor::System("outbox".to_owned());
    let request = format!("{}/{}", place.record, place.sequence);
    outbox.store.change(place.firm, Audit { actor, at: outbox.clock.now(), request, source_address: None }, None)
}
