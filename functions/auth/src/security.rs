//! The security log: a log group of its own, where operators see who signed in, who failed to, and what changed of that.

use std::pin::Pin;

use api::{SecurityEvent, SecurityLog};
use logs::LogGroup;

/// Writes it to CloudWatch Logs, a line of JSON each.
#[derive(Debug)]
pub struct CloudWatch(pub LogGroup);

impl SecurityLog for CloudWatch {
    fn write(&self, events: Vec<SecurityEvent>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let lines: Vec<_> =
                events.iter().map(|event| (event.at, serde_json::to_string(event).unwrap_or_else(|error| error.to_string()))).collect();
            if let Err(error) = self.0.write(lines.iter().cloned()).await {
                for (_, event) in lines {
                    tracing::error!(%error, event, "not in the security log");
                }
            }
        })
    }
}
