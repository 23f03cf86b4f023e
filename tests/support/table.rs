//! What lies in an app's table, and what in it changed.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::{Client, config::retry::RetryConfig, types::AttributeValue};
use domain::DomainEvent;
use local::dynamodb::Position;
use serde_json::{Value, json};

use crate::{TestApp, support::app::client_with};

/// A moment in the life of an app's table.
#[derive(Debug, Clone)]
pub struct Moment(Position);

impl TestApp {
    /// All that is in the table, by its keys, but for what counts requests.
    pub fn records(&self) -> BTreeMap<(String, String), Value> {
        let mut records = self.items();
        records.retain(|(pk, _), _| !counts_requests(pk));
        records.values_mut().for_each(forget_lease);
        records
    }

    /// What counts requests, by its keys.
    pub fn counted(&self) -> BTreeMap<(String, String), Value> {
        let mut records = self.items();
        records.retain(|(pk, _), _| counts_requests(pk));
        records
    }

    /// The table's DynamoDB, past the functions and the meter: for what somebody does behind their backs.
    pub fn dynamodb(&self) -> Client {
        client_with(self.dynamo.endpoint(), RetryConfig::standard())
    }

    /// Put an item there that has these texts.
    pub async fn put(&self, texts: [(&str, &str); 2]) {
        let put = self.dynamodb().put_item().table_name(&self.template.table.name);
        let put = texts.into_iter().fold(put, |put, (name, value)| put.item(name, AttributeValue::S(value.to_owned())));
        put.send().await.unwrap();
    }

    /// All that is in the table, by its keys.
    pub fn items(&self) -> BTreeMap<(String, String), Value> {
        let mut records = BTreeMap::new();
        let mut start = Value::Null;
        loop {
            let request = json!({"TableName": self.template.table.name, "ExclusiveStartKey": start});
            let page = self.dynamo.database().scan(serde_json::from_value(request).unwrap()).unwrap();
            let page = serde_json::to_value(page).unwrap();
            for item in page["Items"].as_array().unwrap() {
                let key = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
                records.insert((key("pk"), key("sk")), item.clone());
            }
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                return records;
            }
        }
    }

    /// Now, for [`TestApp::changed_since`].
    pub fn moment(&self) -> Moment {
        Moment(self.dynamo.stream().end().unwrap())
    }

    /// The keys of what in the table is other than it was at `moment`, but for what counts requests. What was changed and
    /// changed back, or written as it was, is as it was. It takes as long as much was written since, however much there is.
    pub fn changed_since(&self, moment: &Moment) -> Vec<(String, String)> {
        let mut changes: BTreeMap<(String, String), (Value, Value)> = BTreeMap::new();
        for mut record in self.dynamo.stream().since(&moment.0).unwrap() {
            let mut change = record["dynamodb"].take();
            let key = |name: &str| change["Keys"][name]["S"].as_str().unwrap().to_owned();
            let key = (key("pk"), key("sk"));
            let (before, after) = images(&mut change);
            changes.entry(key).or_insert((before, Value::Null)).1 = after;
        }
        changes.retain(|(pk, _), (before, after)| before != after && !counts_requests(pk));
        changes.into_keys().collect()
    }

    /// What was written since `moment`, but for what counts requests: each as the stream tells it.
    pub fn written_since(&self, moment: &Moment) -> Vec<Value> {
        let mut written = self.dynamo.stream().since(&moment.0).unwrap();
        written.retain(|record| {
            let (before, after) = images(&mut record["dynamodb"].clone());
            let of = |image: &Value| image["pk"]["S"].as_str().map(|pk| pk.contains("#LEASE#"));
            let is_lease = of(&before) == Some(true) && before == after;
            !is_lease && !counts_requests(record["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap())
        });
        written
    }

    /// The names of events in the table that are none of the product's.
    fn undecided(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut start = Value::Null;
        loop {
            let request = json!({
                "TableName": self.template.table.name, "ExclusiveStartKey": start,
                "FilterExpression": "begins_with(sk, :events)", "ExpressionAttributeValues": {":events": {"S": "EVENT#"}},
                "ProjectionExpression": "#event", "ExpressionAttributeNames": {"#event": "event"},
            });
            let page = self.dynamo.database().scan(serde_json::from_value(request).unwrap()).unwrap();
            let page = serde_json::to_value(page).unwrap();
            let events = page["Items"].as_array().into_iter().flatten();
            names.extend(events.map(|event| event["event"]["S"].as_str().unwrap_or("an event without a name").to_owned()));
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                names.retain(|name| DomainEvent::parse(name).is_none());
                return names;
            }
        }
    }
}

/// Whatever the test did, the outbox knows what follows from each event: it decides by what an event is, and this finds
/// those that are nothing.
impl Drop for TestApp {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let undecided = self.undecided();
            assert!(undecided.is_empty(), "events that nobody decides about: {undecided:?}");
        }
    }
}

/// Whether the partition counts somebody's requests, which every request does.
fn counts_requests(pk: &str) -> bool {
    pk.split('#').any(|part| part == "RATE")
}

/// `item`, if it is a member's lease, without what it counts, which every request may change.
fn forget_lease(item: &mut Value) {
    if item["pk"]["S"].as_str().is_some_and(|pk| pk.contains("#LEASE#")) {
        let item = item.as_object_mut().unwrap();
        item.retain(|name, _| !name.starts_with("minute_") && !name.starts_with("hour_"));
    }
}

/// What was before a `change` that the stream tells of, and what after it, but for leases of requests.
fn images(change: &mut Value) -> (Value, Value) {
    let (mut before, mut after) = (change["OldImage"].take(), change["NewImage"].take());
    forget_lease(&mut before);
    forget_lease(&mut after);
    (before, after)
}
