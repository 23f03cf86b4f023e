//! The security log, as tests look at it.

use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
};

use api::SecurityLog;
use domain::Time;
use serde_json::Value;

/// A security log that keeps what it is told.
#[derive(Debug, Default)]
pub struct Security(Mutex<Vec<Value>>);

impl Security {
    /// What it was told since this was last called.
    pub fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SecurityLog for Security {
    fn write(&self, lines: Vec<(Time, String)>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        let lines = lines.iter().map(|(_, line)| serde_json::from_str::<Value>(line).unwrap());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
        Box::pin(std::future::ready(Ok(())))
    }
}
