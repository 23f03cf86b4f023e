//! The security log: a log group of its own, where operators see who signed in, who failed to, and what changed of that.

use std::pin::Pin;

use api::SecurityLog;
use domain::Time;
use logs::LogGroup;

/// Writes it to CloudWatch Logs.
#[derive(Debug)]
pub struct CloudWatch(pub LogGroup);

impl SecurityLog for CloudWatch {
    fn write(&self, lines: Vec<(Time, String)>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async move { self.0.write(lines).await.map_err(|error| error.to_string()) })
    }
}
