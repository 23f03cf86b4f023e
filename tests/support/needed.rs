//! What IAM has to allow whoever makes a request to a service of AWS.

use local::template::{ACCOUNT, Call, REGION};
use serde_json::Value;

/// The calls of which a request for `operation` of `service` consists, as IAM counts them.
pub(crate) fn needed(service: &str, operation: &str, request: &Value) -> Vec<Call> {
    match service {
        "DynamoDB" => of_table(operation, request),
        "AmazonSQS" => {
            let queue = request["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
            // A batch of one kind of call needs what one of them needs.
            vec![Call { action: format!("sqs:{}", operation.trim_end_matches("Batch")), resource: arn("sqs", queue), keys: Vec::new() }]
        }
        _ => Vec::new(),
    }
}

fn of_table(operation: &str, request: &Value) -> Vec<Call> {
    let call = |kind: &str, of: &Value, keys: Vec<&Value>| {
        let table = of["TableName"].as_str().unwrap_or_default();
        let index = of["IndexName"].as_str().map(|index| format!("/index/{index}")).unwrap_or_default();
        let keys = keys.into_iter().map(|key| key["S"].as_str().unwrap_or_default().to_owned()).collect();
        Call { action: format!("dynamodb:{kind}"), resource: arn("dynamodb", &format!("table/{table}{index}")), keys }
    };
    match operation {
        "TransactWriteItems" => {
            let items = request["TransactItems"].as_array().into_iter().flatten().filter_map(|item| item.as_object()?.iter().next());
            let of_item = |(kind, of): (&String, &Value)| {
                let kind = if kind == "ConditionCheck" { "ConditionCheckItem".to_owned() } else { format!("{kind}Item") };
                call(&kind, of, vec![if of["Item"].is_null() { &of["Key"]["pk"] } else { &of["Item"]["pk"] }])
            };
            items.map(of_item).collect()
        }
        "BatchGetItem" => {
            let tables = request["RequestItems"].as_object().into_iter().flatten();
            let of_table = |(name, of): (&String, &Value)| {
                let keys = of["Keys"].as_array().into_iter().flatten().map(|key| &key["pk"]).collect();
                call(operation, &serde_json::json!({"TableName": name}), keys)
            };
            tables.map(of_table).collect()
        }
        // The partition's key is the only value of a condition that has no other name.
        "Query" => vec![call(operation, request, vec![&request["ExpressionAttributeValues"][":pk"]])],
        "PutItem" => vec![call(operation, request, vec![&request["Item"]["pk"]])],
        operation => vec![call(operation, request, vec![&request["Key"]["pk"]])],
    }
}

fn arn(service: &str, name: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{name}")
}
