//! A queue of SQS, as who puts messages into it sees it. Reading is Lambda's: a function gets messages as its event.

use std::time::Duration;

use aws_sdk_sqs::{Client, error::DisplayErrorContext, types::MessageAttributeValue};

/// A message wasn't taken, as far as is known: SQS may have it all the same.
#[derive(Debug, thiserror::Error)]
#[error("the message wasn't taken: {0}")]
pub struct NotTaken(String);

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

    /// The queue at `url`, as the environment says it is reached. An attempt that isn't answered within 3 s is made
    /// again, twice at the most.
    pub async fn from_env(url: impl Into<String>) -> Self {
        let timeouts = aws_config::timeout::TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_secs(3))
            .operation_timeout(Duration::from_secs(8))
            .build();
        Self::new(Client::new(&aws_config::from_env().timeout_config(timeouts).load().await), url)
    }

    /// Put `body` into the queue, with `attributes` beside it; done once SQS has it.
    pub async fn send(&self, body: &str, attributes: &[(&str, &str)]) -> Result<(), NotTaken> {
        let mut message = self.client.send_message().queue_url(&self.url).message_body(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(*value).build();
            message = message.message_attributes(*name, value.map_err(|error| NotTaken(error.to_string()))?);
        }
        message.send().await.map_err(|error| NotTaken(DisplayErrorContext(error).to_string()))?;
        Ok(())
    }
}
