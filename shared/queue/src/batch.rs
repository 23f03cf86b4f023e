//! A batch of a queue, as a function works through it: each message has its share of the function's time; what fails for now
//! comes back after a wait that grows, so that an outage of hours is ridden out; and what can never be done is put with the dead
//! letters at once.

use std::{fmt, time::Duration};

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use tokio::time::{Instant, timeout};

use crate::{NotTaken, Queue};

/// How long a batch goes on; with what putting off may take, and a second to spare, the function's timeout of 29 s.
const BATCH: Duration = Duration::from_secs(26);
/// How long putting off what failed may take. What isn't put off comes back when the queue says.
const PUTTING_OFF: Duration = Duration::from_secs(2);
/// How long one message may take, so that one for which somebody is asked in vain leaves time for the others.
const MESSAGE: Duration = Duration::from_secs(8);
/// After how long a message comes back that failed once; each time twice as long, up to a quarter of an hour. So those that
/// the template allows go on for half a day.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// Why a message wasn't done.
pub trait Failure: fmt::Display + From<NotTaken> {
    /// No time was left for it.
    fn late() -> Self;

    /// Whether it fails each time, however often it is tried.
    fn is_final(&self) -> bool;
}

/// Where messages come from, and where those go that can never be done.
#[derive(Debug, Clone)]
pub struct Queues {
    /// Where they come from.
    pub queue: Queue,
    /// Where those go that can never be done.
    pub dead_letters: Queue,
}

impl Queues {
    /// Work through `batch`: have `apply` do what each message's body says. The answer names what is to come back.
    pub async fn work<E: Failure>(&self, batch: SqsEvent, apply: impl AsyncFn(&str) -> Result<(), E>) -> SqsBatchResponse {
        let mut work = Batch::begin();
        for message in batch.records {
            let applying = self.apply_or_set_aside(message.body.as_deref().unwrap_or_default(), &apply);
            if let Err(error) = timeout(work.time_left(), applying).await.unwrap_or_else(|_| Err(E::late())) {
                work.failed(message, &error);
            }
        }
        work.end(&self.queue).await
    }

    /// Have `apply` do what `body` says, or put it with the dead letters, and why beside it, if that can never be.
    async fn apply_or_set_aside<E: Failure>(&self, body: &str, apply: &impl AsyncFn(&str) -> Result<(), E>) -> Result<(), E> {
        match apply(body).await {
            Err(error) if error.is_final() => {
                tracing::error!(%error, "can never be applied");
                Ok(self.dead_letters.send(body, &[("reason", &error.to_string())]).await?)
            }
            done => done,
        }
    }
}

/// A batch that is being worked through.
#[derive(Debug)]
struct Batch {
    started: Instant,
    response: SqsBatchResponse,
    /// What is to come back, by receipt handles, and after how long.
    later: Vec<(String, Duration)>,
}

impl Batch {
    /// A batch that has just come.
    fn begin() -> Self {
        Self { started: Instant::now(), response: SqsBatchResponse::default(), later: Vec::new() }
    }

    /// How long the next message may take.
    fn time_left(&self) -> Duration {
        BATCH.saturating_sub(self.started.elapsed()).min(MESSAGE)
    }

    /// `message` failed with `error`, and is to come back.
    fn failed(&mut self, message: SqsMessage, error: &impl fmt::Display) {
        let wait = wait(&message);
        let message_id = message.message_id.unwrap_or_default();
        tracing::error!(%error, message_id, back_in = wait.as_secs(), "not applied");
        self.later.extend(message.receipt_handle.map(|handle| (handle, wait)));
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = message_id;
        self.response.batch_item_failures.push(failure);
    }

    /// Have what failed come back later to `queue`; the answer names it.
    async fn end(self, queue: &Queue) -> SqsBatchResponse {
        match timeout(PUTTING_OFF, queue.put_off(&self.later)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "they come back when the queue says"),
            Err(_) => tracing::warn!("putting off takes too long"),
        }
        self.response
    }
}

/// After how long `message`, which failed, is to come back.
fn wait(message: &SqsMessage) -> Duration {
    let received = message.attributes.get("ApproximateReceiveCount").and_then(|received| received.parse().ok());
    wait_after(received.unwrap_or(1))
}

/// After how long a message is to come back that was received `received` times.
fn wait_after(received: u32) -> Duration {
    let doubled = 1u32.checked_shl(received.saturating_sub(1)).and_then(|times| FIRST_WAIT.checked_mul(times));
    doubled.map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_comes_back_after_twice_as_long_each_time_up_to_a_quarter_of_an_hour() {
        let waits = [0, 1, 2, 3, 4, 5, 6, 32, 33, 50, u32::MAX].map(|received| wait_after(received).as_secs());
        assert_eq!(waits, [30, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900]);
        let message = |attributes: &[(&str, &str)]| {
            let mut message = SqsMessage::default();
            message.attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            message
        };
        assert_eq!(wait(&message(&[("ApproximateReceiveCount", "3")])).as_secs(), 120);
        assert_eq!(wait(&message(&[])), FIRST_WAIT);
    }
}
