//! `template.yaml` as the local stack and the tests need it.
//!
//! The template is the only place that names a route, a queue, the table's schema or a trigger. This module reads
//! those, and the functions' policies, which tests hold against what they do; alarms and log groups have no local
//! counterpart. Invariant: a resource or trigger of a kind that is read is either understood whole or refused with a
//! sentence, never skipped.

mod functions;
mod intrinsics;
mod loops;
mod policies;
mod routes;
mod rules;
mod yaml;

use serde_json::{Map, Value, json};

use crate::{
    error::{Doing, OrMissing, Result},
    gateway::Cors,
};
use intrinsics::{Scope, object};

pub(crate) use intrinsics::text;

pub use functions::{Function, QueueTrigger, Schedule, StreamTrigger};
pub use intrinsics::{ACCOUNT, REGION};
pub use policies::{Call, Statement};
pub use routes::Route;
pub use rules::Rule;

/// Where the checkout is, known since the crate was compiled in it.
const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The single table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The body of the `CreateTable` request that makes it.
    pub definition: Value,
    /// The attribute that says when an item expires.
    pub expires: Option<String>,
}

/// A queue.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// The attributes that `CreateQueue` takes, among them where messages go that keep failing.
    pub attributes: Map<String, Value>,
}

/// What `template.yaml` defines.
#[derive(Debug, Clone)]
pub struct Template {
    /// The single table.
    pub table: Table,
    /// The queues, a dead-letter queue before the queue that points to it.
    pub queues: Vec<Queue>,
    /// The names of the buckets.
    pub buckets: Vec<String>,
    /// The functions, by name.
    pub functions: Vec<Function>,
    /// The routes of the HTTP API.
    pub routes: Vec<Route>,
    /// What the HTTP API lets pages of other origins do.
    pub cors: Option<Cors>,
    /// What reads the table's stream.
    pub stream_triggers: Vec<StreamTrigger>,
    /// What reads queues.
    pub queue_triggers: Vec<QueueTrigger>,
    /// What runs by the clock.
    pub schedules: Vec<Schedule>,
    /// Which events of AWS's services go into queues.
    pub rules: Vec<Rule>,
}

impl Template {
    /// The checkout's template, for the stage `local`, with the other parameters at their defaults.
    pub fn load() -> Result<Self> {
        Self::load_with(&[])
    }

    /// The same, with parameters of one's own: `[("WebOrigin", "http://127.0.0.1:8000")]`.
    pub fn load_with(parameters: &[(&str, &str)]) -> Result<Self> {
        let path = checkout()?.join("template.yaml");
        let text = std::fs::read_to_string(&path).doing(format!("{} can't be read", path.display()))?;
        Self::parse(&text, &[&[("Stage", "local")], parameters].concat())
    }

    /// Reads a template's text.
    pub(crate) fn parse(text: &str, parameters: &[(&str, &str)]) -> Result<Self> {
        let template = loops::unrolled(yaml::parse(text)?)?;
        let scope = Scope::new(&template, parameters)?;
        let of_kind = |kind: &'static str| {
            object(&template, "Resources")
                .filter(move |(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(kind))
                .map(|(id, resource)| Ok((id, scope.evaluate(&local_part(resource))?)))
        };

        let (_, table) = of_kind("AWS::DynamoDB::Table").next().or_missing("template.yaml defines no table")??;
        let mut queues = of_kind("AWS::SQS::Queue").map(|entry| queue(entry?.1)).collect::<Result<Vec<_>>>()?;
        queues.sort_by_key(|queue| queue.attributes.contains_key("RedrivePolicy"));
        let buckets = of_kind("AWS::S3::Bucket").map(|entry| string(&entry?.1, "BucketName")).collect::<Result<_>>()?;

        let cors = of_kind("AWS::Serverless::HttpApi").find_map(|api| match api {
            Ok((_, properties)) => properties.get("CorsConfiguration").map(Cors::read),
            Err(error) => Some(Err(error)),
        });

        let globals = scope.evaluate(template.pointer("/Globals/Function").unwrap_or(&Value::Null))?;
        let mut read = Self {
            table: self::table(table)?,
            queues,
            buckets,
            functions: Vec::new(),
            routes: Vec::new(),
            cors: cors.transpose()?,
            stream_triggers: Vec::new(),
            queue_triggers: Vec::new(),
            schedules: Vec::new(),
            rules: of_kind("AWS::Events::Rule").map(|entry| Rule::read(&entry?.1)).collect::<Result<_>>()?,
        };
        for entry in of_kind("AWS::Serverless::Function") {
            let (id, properties) = entry?;
            let own = |key: &str| template.pointer(&format!("/Resources/{id}/Properties/{key}")).unwrap_or(&Value::Null);
            let statements = Statement::of(&template, &scope, own("Policies"), own("Role"))?;
            let function = Function::read(id, &globals, &properties, statements)?;
            for (event, trigger) in object(&properties, "Events") {
                functions::read_trigger(&mut read, &function.name, event, trigger)?;
            }
            read.functions.push(function);
        }
        Ok(read)
    }

    /// The route that API Gateway would choose, if it has one.
    pub fn route(&self, method: &str, path: &str) -> Option<&Route> {
        routes::choose(&self.routes, method, path)
    }
}

/// The checkout's own directory.
pub(crate) fn checkout() -> Result<std::path::PathBuf> {
    std::path::Path::new(CHECKOUT).canonicalize().doing("the checkout that this was compiled in is gone")
}

/// A resource's properties without those that have no local counterpart and may refer to anything.
fn local_part(resource: &Value) -> Value {
    let mut properties = resource.get("Properties").cloned().unwrap_or_default();
    if let Some(map) = properties.as_object_mut() {
        let absent = ["Policies", "Role", "LoggingConfig", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings"];
        map.retain(|key, _| !absent.contains(&key.as_str()));
    }
    properties
}

fn table(properties: Value) -> Result<Table> {
    let mut definition = Map::new();
    for key in ["TableName", "BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes"] {
        if let Some(value) = properties.get(key) {
            definition.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(view) = properties.pointer("/StreamSpecification/StreamViewType") {
        definition.insert("StreamSpecification".into(), json!({ "StreamEnabled": true, "StreamViewType": view }));
    }
    Ok(Table {
        name: string(&properties, "TableName")?,
        definition: definition.into(),
        expires: properties.pointer("/TimeToLiveSpecification/AttributeName").and_then(Value::as_str).map(str::to_owned),
    })
}

fn queue(properties: Value) -> Result<Queue> {
    let name = string(&properties, "QueueName")?;
    let attributes = ["VisibilityTimeout", "MessageRetentionPeriod", "FifoQueue", "ContentBasedDeduplication", "RedrivePolicy"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), intrinsics::text(properties.get(key)?).into())))
        .collect();
    Ok(Queue { name, attributes })
}

/// A property that has to be there, as text.
fn string(properties: &Value, key: &str) -> Result<String> {
    let value = properties.get(key).and_then(Value::as_str);
    value.map(str::to_owned).or_missing(format!("template.yaml has a resource without {key}"))
}

#[cfg(test)]
mod tests;
