//! Rules of EventBridge: which events of AWS's services go into which queues.

use serde_json::Value;

use super::{functions::resource_name, intrinsics, string};
use crate::{
    error::{Error, OrMissing, Result},
    triggers::Filter,
};

/// Puts the events that fit into queues.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The queues, by their names.
    pub queues: Vec<String>,
    pattern: Filter,
}

impl Rule {
    /// Whether `event` goes into its queues.
    pub fn matches(&self, event: &Value) -> bool {
        self.pattern.matches(event)
    }

    pub(super) fn read(properties: &Value) -> Result<Self> {
        let name = string(properties, "Name")?;
        let pattern = properties.get("EventPattern").or_missing(format!("the rule {name} has no EventPattern"))?;
        let targets = properties.get("Targets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let queues = targets.iter().map(|target| queue(&name, target)).collect::<Result<_>>()?;
        Ok(Self { name, queues, pattern: Filter::parse(&pattern.to_string())? })
    }
}

fn queue(rule: &str, target: &Value) -> Result<String> {
    let arn = target.get("Arn").map(intrinsics::text).unwrap_or_default();
    if arn.starts_with("arn:aws:sqs:") {
        return Ok(resource_name(&arn));
    }
    Err(Error::new(format!("the local stack knows only queues as targets, and the rule {rule} has {arn:?}")))
}
