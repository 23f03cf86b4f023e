//! A queue of SQS, as who puts messages into it sees it, and who has got one that it can't deal with yet. Reading is
//! Lambda's: a function gets messages as its event, and those are deleted that it doesn't name as failed ([`Queues`]).

mod batch;

use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    error::DisplayErrorContext,
    types::{ChangeMessageVisibilityBatchRequestEntry, MessageAttributeValue},
};

pub use batch::{Failure, Queues};

/// How many messages one request may be about.
const AT_ONCE: usize = 10;
/// How many characters an attribute has at most, of what may be anything.
const LONGEST_ATTRIBUTE: usize = 300;

/// A message wasn't taken, as far as is known: SQS may have it all the same.
#[derive(Debug, thiserror::Error)]
#[error("the message wasn't taken: {0}")]
pub struct NotTaken(String);

/// Messages weren't put off, as far as is known: they come back when the queue says.
#[derive(Debug, thiserror::Error)]
#[error("messages weren't put off: {0}")]
pub struct NotPutOff(String);

/// One queue, and the client that reaches it. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue at `url`.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// The queue at `url`, as the environment says it is reached. An attempt that isn't answered within 2 s is made
    /// again, twice at the most, until 6 s are over: less than a request may take.
    pub async fn from_env(url: impl Into<String>) -> Self {
        let timeouts = aws_config::timeout::TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_secs(2))
            .operation_timeout(Duration::from_secs(6))
            .build();
        Self::new(Client::new(&aws_config::from_env().timeout_config(timeouts).load().await), url)
    }

    /// The queue at `url`, reached by the same client.
    #[must_use]
    pub fn at(&self, url: impl Into<String>) -> Self {
        Self::new(self.client.clone(), url)
    }

    /// Put `body` into the queue, with `attributes` beside it; done once SQS has it.
    pub async fn send(&self, body: &str, attributes: &[(&str, &str)]) -> Result<(), NotTaken> {
        let mut message = self.client.send_message().queue_url(&self.url).message_body(body);
        for (name, value) in attributes {
            // SQS takes no control characters.
            let value: String = value.chars().filter(|letter| !letter.is_control()).take(LONGEST_ATTRIBUTE).collect();
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            message = message.message_attributes(*name, value.map_err(|error| NotTaken(error.to_string()))?);
        }
        message.send().await.map_err(|error| NotTaken(DisplayErrorContext(error).to_string()))?;
        Ok(())
    }

    /// Have `messages` that were received from it, by their receipt handles, come back after so long each, counted from now
    /// on; up to 12 hours.
    pub async fn put_off(&self, messages: &[(String, Duration)]) -> Result<(), NotPutOff> {
        for messages in messages.chunks(AT_ONCE) {
            let mut request = self.client.change_message_visibility_batch().queue_url(&self.url);
            for (n, (handle, after)) in messages.iter().enumerate() {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(n.to_string())
                    .receipt_handle(handle)
                    .visibility_timeout(i32::try_from(after.as_secs()).unwrap_or(i32::MAX))
                    .build();
                request = request.entries(entry.map_err(|error| NotPutOff(error.to_string()))?);
            }
            let answer = request.send().await.map_err(|error| NotPutOff(DisplayErrorContext(error).to_string()))?;
            if let Some(failed) = answer.failed.first() {
                return Err(NotPutOff(failed.message.clone().unwrap_or_else(|| failed.code.clone())));
            }
        }
        Ok(())
    }
}
