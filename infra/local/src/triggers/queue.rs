//! A queue to a function, as the template's event source mapping says.
//!
//! What got through is deleted. What didn't comes back, and goes to the dead-letter queue when it has come too often,
//! which is the queue's own doing. What the function names as failed comes back when the function or the queue says, as
//! on AWS. Where there was no answer, which here is mostly because the function is being built, it comes back sooner than
//! its visibility timeout says, which is made for many machines: after seconds, and twice as many each time.

use serde_json::{Map, Value, json};
use std::time::Duration;

use crate::{
    error::Result,
    functions::Invoker,
    ministack::{Client, queue_url},
    template::{ACCOUNT, QueueTrigger, REGION},
};

/// How long to wait after something failed that isn't the function.
const REST: Duration = Duration::from_secs(1);

/// Delivers for ever.
pub(crate) async fn drive(trigger: QueueTrigger, invoker: Invoker, ministack: Client) {
    loop {
        if let Err(error) = deliver_once(&trigger, &invoker, &ministack).await {
            tracing::error!(%error, queue = trigger.queue, "the queue waits");
            tokio::time::sleep(REST).await;
        }
    }
}

async fn deliver_once(trigger: &QueueTrigger, invoker: &Invoker, ministack: &Client) -> Result<()> {
    let url = queue_url(&trigger.queue);
    let receive = json!({
        "QueueUrl": url,
        "MaxNumberOfMessages": trigger.batch_size.clamp(1, 10),
        "WaitTimeSeconds": 2,
        "AttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
    });
    let received = ministack.sqs("ReceiveMessage", &receive).await?;
    let messages = received.get("Messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if messages.is_empty() {
        return Ok(());
    }
    let records: Vec<_> = messages.iter().map(|message| record(message, &trigger.queue)).collect();
    let answer = invoker.invoke(&trigger.function, &json!({ "Records": records })).await;
    let done = match &answer {
        Ok(answer) => done(messages, answer, trigger.reports_failures),
        Err(error) => {
            tracing::warn!(%error, messages = messages.len(), "a batch failed");
            Vec::new()
        }
    };
    for message in messages {
        let handle = message.get("ReceiptHandle").cloned().unwrap_or_default();
        if done.contains(&message) {
            ministack.sqs("DeleteMessage", &json!({ "QueueUrl": url, "ReceiptHandle": handle })).await?;
        } else if answer.is_err() {
            let again = json!({ "QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": pause(message) });
            ministack.sqs("ChangeMessageVisibility", &again).await?;
        }
    }
    Ok(())
}

/// After how many seconds a message comes back for which there was no answer.
fn pause(message: &Value) -> u64 {
    let received = message.pointer("/Attributes/ApproximateReceiveCount").and_then(Value::as_str);
    let received: u32 = received.and_then(|received| received.parse().ok()).unwrap_or(1);
    1 << received.min(6)
}

/// Those that got through: all but what the function names, none if it names something that wasn't sent.
fn done<'a>(messages: &'a [Value], answer: &Value, reports_failures: bool) -> Vec<&'a Value> {
    let failures = answer.get("batchItemFailures").and_then(Value::as_array).filter(|_| reports_failures);
    let failed: Vec<_> = failures.into_iter().flatten().map(|failure| failure.get("itemIdentifier").unwrap_or(&Value::Null)).collect();
    let id = |message: &'a Value| message.get("MessageId").unwrap_or(&Value::Null);
    if failed.iter().any(|failed| !messages.iter().any(|message| id(message) == *failed)) {
        return Vec::new();
    }
    messages.iter().filter(|message| !failed.contains(&id(message))).collect()
}

/// A message as Lambda sends it.
fn record(message: &Value, queue: &str) -> Value {
    let field = |name: &str| message.get(name).cloned().unwrap_or_default();
    let attributes = message.get("MessageAttributes").and_then(Value::as_object);
    let attributes: Map<_, _> = attributes.into_iter().flatten().map(|(name, value)| (name.clone(), camel_case(value))).collect();
    json!({
        "messageId": field("MessageId"),
        "receiptHandle": field("ReceiptHandle"),
        "body": field("Body"),
        "attributes": field("Attributes"),
        "messageAttributes": attributes,
        "md5OfBody": field("MD5OfBody"),
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
        "awsRegion": REGION,
    })
}

/// `StringValue` as `stringValue`, and so on.
fn camel_case(attribute: &Value) -> Value {
    let mut out = Map::new();
    for (name, value) in attribute.as_object().into_iter().flatten() {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        out.insert(first.into_iter().chain(letters).collect(), value.clone());
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages() -> Vec<Value> {
        ["a", "b", "c"].iter().map(|id| json!({ "MessageId": id, "ReceiptHandle": id, "Body": "{}" })).collect()
    }

    fn done_ids(failed: &[&str], reports: bool) -> Vec<String> {
        let failures: Vec<_> = failed.iter().map(|id| json!({ "itemIdentifier": id })).collect();
        let messages = messages();
        let done = done(&messages, &json!({ "batchItemFailures": failures }), reports);
        done.iter().map(|message| message["MessageId"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn all_but_the_reported_failures_are_done() {
        assert_eq!(done_ids(&[], true), ["a", "b", "c"]);
        assert_eq!(done_ids(&["b"], true), ["a", "c"]);
        assert_eq!(done_ids(&["unknown"], true), Vec::<String>::new());
        assert_eq!(done_ids(&["b"], false), ["a", "b", "c"]);
    }

    #[test]
    fn what_is_not_answered_comes_back_after_twice_as_long_each_time() {
        let message = |received: &str| json!({ "Attributes": { "ApproximateReceiveCount": received } });
        assert_eq!(["1", "2", "5", "100"].map(|received| pause(&message(received))), [2, 4, 32, 64]);
        assert_eq!(pause(&json!({})), 2);
    }

    #[test]
    fn a_message_is_sent_in_lambdas_spelling() {
        let message = json!({
            "MessageId": "a", "ReceiptHandle": "h", "Body": "text", "MD5OfBody": "m",
            "Attributes": { "ApproximateReceiveCount": "1" },
            "MessageAttributes": { "kind": { "StringValue": "x", "DataType": "String" } },
        });
        let record = record(&message, "jobs");
        assert_eq!(record["messageId"], "a");
        assert_eq!(record["eventSourceARN"], "arn:aws:sqs:us-east-1:000000000000:jobs");
        assert_eq!(record["messageAttributes"], json!({ "kind": { "stringValue": "x", "dataType": "String" } }));
        assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    }
}
