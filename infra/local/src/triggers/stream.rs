//! The table's stream to a function, as the template's event source mapping says.
//!
//! The position is kept in a file after each batch, so that a restart goes on where it stopped and, as in the cloud,
//! may deliver a batch twice. It starts at the oldest record.

use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::delivery::{Delivery, Next, failed_from};
use crate::{
    dynamodb::Stream,
    error::{Doing, Result},
    functions::Invoker,
    ministack::Client,
    template::{ACCOUNT, REGION, StreamTrigger},
};

/// How often the stream is looked at. Lambda does it four times a second.
const POLL_EVERY: Duration = Duration::from_millis(100);
/// How long to wait after something failed that isn't the function.
const REST: Duration = Duration::from_secs(1);

/// A stream and what it triggers.
pub(crate) struct StreamDriver {
    trigger: StreamTrigger,
    stream: Stream,
    position: PathBuf,
    invoker: Invoker,
    ministack: Client,
}

impl StreamDriver {
    /// One that keeps its position in `folder`.
    pub(crate) fn new(trigger: StreamTrigger, stream: Stream, folder: &Path, invoker: Invoker, ministack: Client) -> Self {
        let position = folder.join(format!("stream-{}", trigger.function));
        Self { trigger, stream, position, invoker, ministack }
    }

    /// Delivers for ever.
    pub(crate) async fn run(self) {
        loop {
            match self.deliver_new().await {
                Ok(()) => tokio::time::sleep(POLL_EVERY).await,
                Err(error) => {
                    tracing::error!(%error, function = self.trigger.function, "the stream waits");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    /// Delivers what has come since the kept position.
    async fn deliver_new(&self) -> Result<()> {
        let records = self.stream.after(fs::read_to_string(&self.position).ok())?;
        let Some(last) = records.last().map(sequence_number) else { return Ok(()) };
        let fits = |record: &Value| self.trigger.filters.is_empty() || self.trigger.filters.iter().any(|filter| filter.matches(record));
        let wanted = records.into_iter().filter(fits).collect();
        let mut delivery = Delivery::new(&self.trigger, wanted);
        loop {
            let old = delivery.expire(|record| self.is_too_old(record));
            self.give_up(&old, "RecordAgeExceeded", 0).await?;
            let Some(batch) = delivery.batch() else { break };
            let end = batch.last().map(sequence_number);
            let outcome = self.call(batch).await;
            match delivery.settle(outcome) {
                Next::GoOn => {}
                Next::Wait(pause) => tokio::time::sleep(pause).await,
                Next::GiveUp(records, attempts) => self.give_up(&records, "RetryAttemptsExhausted", attempts).await?,
            }
            if let (None, Some(end)) = (outcome, end) {
                self.keep(&end)?;
            }
        }
        self.keep(&last)
    }

    /// Calls the function with a batch; says from which record on it failed.
    async fn call(&self, batch: &[Value]) -> Option<usize> {
        match self.invoker.invoke(&self.trigger.function, &json!({ "Records": batch })).await {
            Ok(answer) if self.trigger.reports_failures => {
                failed_from(&answer, |identifier| batch.iter().position(|record| sequence_number(record) == identifier))
            }
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, records = batch.len(), "a batch failed");
                Some(0)
            }
        }
    }

    /// Tells the dead-letter queue of records that were given up, as Lambda does: where they are, not what they hold.
    async fn give_up(&self, records: &[Value], condition: &str, attempts: u32) -> Result<()> {
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(()) };
        tracing::error!(function = self.trigger.function, records = records.len(), condition, "records were given up");
        let Some(queue) = &self.trigger.dead_letters else { return Ok(()) };
        let message = json!({
            "version": "1.0",
            "requestContext": {
                "functionArn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", self.trigger.function),
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "DDBStreamBatchInfo": {
                "startSequenceNumber": sequence_number(first),
                "endSequenceNumber": sequence_number(last),
                "batchSize": records.len(),
                "streamArn": self.stream.arn(),
            },
        });
        self.ministack.send(queue, &message).await
    }

    fn is_too_old(&self, record: &Value) -> bool {
        let created = record.pointer("/dynamodb/ApproximateCreationDateTime").and_then(Value::as_f64);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let age = now.saturating_sub(Duration::try_from_secs_f64(created.unwrap_or_default()).unwrap_or(now));
        self.trigger.greatest_age.is_some_and(|greatest| age > greatest)
    }

    fn keep(&self, position: &str) -> Result<()> {
        fs::write(&self.position, position).doing("the position in the stream can't be kept")
    }
}

fn sequence_number(record: &Value) -> String {
    record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).unwrap_or_default().to_owned()
}
