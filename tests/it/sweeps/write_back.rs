//! What is read can be written back: a record that is patched with what a GET of it answered stays as it is.

use http::Method;
use serde_json::{Map, Value};
use tests::{Operation, TestApp, catalog};

use super::assert_none;

/// What of `value` a body of `schema` can have: an object's fields that the schema names, in lists likewise.
fn writable(operation: &Operation, schema: &Value, value: &Value) -> Value {
    let schema = operation.resolved(schema);
    let parts = ["allOf", "anyOf", "oneOf"].iter().filter_map(|parts| schema[*parts].as_array()).flatten();
    let schema = parts.map(|part| operation.resolved(part)).find(|part| part["type"] != "null").unwrap_or(schema);
    match value {
        Value::Array(items) => items.iter().map(|item| writable(operation, &schema["items"], item)).collect(),
        Value::Object(fields) => match schema["properties"].as_object() {
            Some(properties) => {
                let known =
                    fields.iter().filter_map(|(name, value)| Some((name.clone(), writable(operation, properties.get(name)?, value))));
                Value::Object(known.collect::<Map<_, _>>())
            }
            None => value.clone(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[tokio::test]
async fn what_a_record_answers_can_be_written_back_and_changes_nothing() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut tried) = (Vec::new(), 0);
    for row in catalog() {
        let operation = row.described();
        if operation.method != Method::PATCH {
            continue;
        }
        let given = row.given(&firm).await;
        // First with all that it can have, then as its patch left it.
        for patched in [false, true] {
            if patched {
                row.rightful(&firm, &given).send().await.expect(200);
            }
            let path = operation.path_of(given.named.as_deref());
            let read = app.get(&path).bearer(&given.by).send().await.expect(200);
            let body = writable(operation, operation.body().unwrap(), &read.json);
            assert!(!body.as_object().unwrap().is_empty(), "{}: nothing to write back", row.operation);
            let written = app.call(Method::PATCH, &path).bearer(&given.by).json(body.clone()).send().await;
            tried += 1;
            let again = app.get(&path).bearer(&given.by).send().await.expect(200);
            let unchanged = written.status == 200 && again.json == read.json && again.header("etag") == read.header("etag");
            if !unchanged {
                faults.push(format!("{}: {} {:#}\nafter {body:#}", row.operation, written.status, written.json));
            }
        }
    }
    assert!(tried > 10, "{tried}");
    assert_none(&faults);
}
