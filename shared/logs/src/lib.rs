//! A log group of CloudWatch Logs beside the function's own, as who writes to it sees it.
//!
//! Deliberately absent: what is logged, and what a function prints, which Lambda puts into the function's own group.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::{Client, error::DisplayErrorContext, types::InputLogEvent};
use domain::Time;
use tokio::sync::OnceCell;

/// Lines weren't written, as far as is known.
#[derive(Debug, thiserror::Error)]
#[error("the log wasn't written: {0}")]
pub struct NotWritten(String);

/// One log group, and the client that reaches it. What a process writes goes into a stream of its own.
#[derive(Debug)]
pub struct LogGroup {
    client: Client,
    name: String,
    stream: OnceCell<String>,
}

impl LogGroup {
    /// The group called `name`.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into(), stream: OnceCell::new() }
    }

    /// The group called `name`, as the environment says it is reached. A write takes a second at the most: an answer waits for it.
    pub async fn from_env(name: impl Into<String>) -> Self {
        let timeouts = aws_config::timeout::TimeoutConfig::builder()
            .connect_timeout(Duration::from_millis(500))
            .operation_attempt_timeout(Duration::from_millis(700))
            .operation_timeout(Duration::from_secs(1))
            .build();
        Self::new(Client::new(&aws_config::from_env().timeout_config(timeouts).load().await), name)
    }

    /// Write `lines`, each with when that was, oldest first.
    pub async fn write(&self, lines: impl IntoIterator<Item = (Time, String)>) -> Result<(), NotWritten> {
        let stream = self.stream.get_or_try_init(|| self.make_stream()).await?;
        let event = |(at, line): (Time, String)| InputLogEvent::builder().timestamp(at.timestamp_millis()).message(line).build();
        let events: Result<Vec<_>, _> = lines.into_iter().map(event).collect();
        let events = events.map_err(|error| NotWritten(error.to_string()))?;
        let put = self.client.put_log_events().log_group_name(&self.name).log_stream_name(stream).set_log_events(Some(events));
        put.send().await.map_err(|error| NotWritten(DisplayErrorContext(error).to_string()))?;
        Ok(())
    }

    async fn make_stream(&self) -> Result<String, NotWritten> {
        let stream = format!("{:032x}", rand::random::<u128>());
        let make = self.client.create_log_stream().log_group_name(&self.name).log_stream_name(&stream);
        make.send().await.map_err(|error| NotWritten(DisplayErrorContext(error).to_string()))?;
        Ok(stream)
    }
}
