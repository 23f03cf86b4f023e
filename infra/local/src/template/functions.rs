//! The functions of the template and what triggers them.

use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

use super::{
    Route, Template, intrinsics,
    policies::{self, Call, Statement},
    string,
};
use crate::{
    error::{Doing, Error, OrMissing, Result},
    triggers::Filter,
};

/// A function.
#[derive(Debug, Clone)]
pub struct Function {
    /// The name of its binary: the last segment of its `CodeUri`.
    pub name: String,
    /// Its environment variables.
    pub environment: BTreeMap<String, String>,
    /// What its policies say, and those of its role.
    pub statements: Vec<Statement>,
}

/// Sends the table's changes to a function.
#[derive(Debug, Clone)]
pub struct StreamTrigger {
    /// The function's name.
    pub function: String,
    /// A record that fits one of these is sent; every record, if there are none.
    pub filters: Vec<Filter>,
    /// How many records are sent at most in one call.
    pub batch_size: usize,
    /// Whether a batch that fails as a whole is cut in half.
    pub bisects: bool,
    /// How often a batch is tried again; without it, for as long as its records are young enough.
    pub retries: Option<u32>,
    /// How old a record may be and still be sent.
    pub greatest_age: Option<Duration>,
    /// Whether the function names the records that failed.
    pub reports_failures: bool,
    /// The queue that is told of records given up.
    pub dead_letters: Option<String>,
}

/// Sends a queue's messages to a function.
#[derive(Debug, Clone)]
pub struct QueueTrigger {
    /// The function's name.
    pub function: String,
    /// The queue's name.
    pub queue: String,
    /// How many messages are sent at most in one call.
    pub batch_size: usize,
    /// Whether the function names the messages that failed.
    pub reports_failures: bool,
}

/// Calls a function by the clock.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Its name in the template.
    pub name: String,
    /// The function's name.
    pub function: String,
    /// `rate(5 minutes)` or `cron(…)`.
    pub expression: String,
    /// What the function is called with.
    pub input: Value,
}

impl Function {
    /// Whether its policies let it make `call`.
    pub fn allows(&self, call: &Call) -> bool {
        policies::allow(&self.statements, call)
    }

    pub(super) fn read(id: &str, globals: &Value, properties: &Value, statements: Vec<Statement>) -> Result<Self> {
        let uri = string(properties, "CodeUri")?;
        let name = uri.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(Error::new(format!("the CodeUri of {id} names no binary")));
        }
        let mut environment = BTreeMap::new();
        for source in [globals, properties] {
            let variables = source.pointer("/Environment/Variables").and_then(Value::as_object);
            for (key, value) in variables.into_iter().flatten() {
                environment.insert(key.clone(), intrinsics::text(value));
            }
        }
        Ok(Self { name, environment, statements })
    }
}

/// Adds what triggers `function` to `template`.
pub(super) fn read_trigger(template: &mut Template, function: &str, name: &str, trigger: &Value) -> Result<()> {
    let properties = trigger.get("Properties").unwrap_or(&Value::Null);
    let kind = trigger.get("Type").and_then(Value::as_str).unwrap_or_default();
    let function = function.to_owned();
    match kind {
        "HttpApi" => {
            let route = Route::new(&string(properties, "Method")?, string(properties, "Path")?, function)?;
            if let Some(other) = template.routes.iter().find(|other| other.key() == route.key()) {
                let (key, one, two) = (route.key(), &other.function, &route.function);
                return Err(Error::new(format!("two functions want the route `{key}`: {one} and {two}")));
            }
            template.routes.push(route);
        }
        "DynamoDB" => template.stream_triggers.push(StreamTrigger {
            function,
            filters: filters(properties)?,
            batch_size: number(properties, "BatchSize").unwrap_or(100),
            bisects: properties.get("BisectBatchOnFunctionError").and_then(Value::as_bool).unwrap_or(false),
            retries: number(properties, "MaximumRetryAttempts"),
            greatest_age: number(properties, "MaximumRecordAgeInSeconds").map(Duration::from_secs),
            reports_failures: reports_failures(properties),
            dead_letters: properties.pointer("/DestinationConfig/OnFailure/Destination").map(|arn| resource_name(&intrinsics::text(arn))),
        }),
        "SQS" => template.queue_triggers.push(QueueTrigger {
            function,
            queue: resource_name(&string(properties, "Queue")?),
            batch_size: number(properties, "BatchSize").unwrap_or(10),
            reports_failures: reports_failures(properties),
        }),
        "Schedule" | "ScheduleV2" => template.schedules.push(Schedule {
            name: name.to_owned(),
            function,
            expression: string(properties, if kind == "Schedule" { "Schedule" } else { "ScheduleExpression" })?,
            input: match properties.get("Input").map(intrinsics::text) {
                Some(input) => serde_json::from_str(&input).doing(format!("the input of the schedule {name} isn't JSON"))?,
                None => Value::Object(serde_json::Map::new()),
            },
        }),
        other => return Err(Error::new(format!("the local stack doesn't know the trigger {name} of the type {other}"))),
    }
    Ok(())
}

fn filters(properties: &Value) -> Result<Vec<Filter>> {
    let patterns = properties.pointer("/FilterCriteria/Filters").and_then(Value::as_array);
    let read = |filter: &Value| {
        let pattern = filter.get("Pattern").and_then(Value::as_str).or_missing("a filter of template.yaml has no Pattern")?;
        Filter::parse(pattern)
    };
    patterns.into_iter().flatten().map(read).collect()
}

fn reports_failures(properties: &Value) -> bool {
    let kinds = properties.get("FunctionResponseTypes").and_then(Value::as_array);
    kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "ReportBatchItemFailures"))
}

fn number<T: TryFrom<u64>>(properties: &Value, key: &str) -> Option<T> {
    properties.get(key).and_then(Value::as_u64).and_then(|value| value.try_into().ok())
}

/// The last part of an ARN or of a queue's URL.
pub(super) fn resource_name(identifier: &str) -> String {
    identifier.rsplit([':', '/']).next().unwrap_or_default().to_owned()
}
