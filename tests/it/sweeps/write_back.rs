//! What is read can be written back: a record that is patched with what a GET of it answered stays as it is, whether it has
//! all that it can have or only what it must.

use http::Method;
use serde_json::{Map, Value};
use tests::{Answer, Document, Firm, Operation, Row, TestApp, catalog};

use super::assert_none;

/// The schema that `schema` is or refers to, or that it allows beside null.
fn not_null<'o>(operation: &'o Operation, schema: &'o Value) -> &'o Value {
    let schema = operation.resolved(schema);
    let mut choices = ["anyOf", "oneOf"].iter().filter_map(|choices| schema[*choices].as_array()).flatten();
    choices.find(|choice| choice["type"] != "null").map_or(schema, |choice| not_null(operation, choice))
}

/// Whether what `schema` describes may be null.
fn may_be_null(operation: &Operation, schema: &Value) -> bool {
    let schema = operation.resolved(schema);
    let named = schema["type"] == "null" || schema["type"].as_array().is_some_and(|types| types.contains(&"null".into()));
    let mut choices = ["anyOf", "oneOf"].iter().filter_map(|parts| schema[*parts].as_array()).flatten();
    named || choices.any(|choice| may_be_null(operation, choice))
}

/// The fields of an object of `schema`, with those of the parts that it is made of.
fn properties<'o>(operation: &'o Operation, schema: &'o Value) -> Vec<(&'o String, &'o Value)> {
    let schema = operation.resolved(schema);
    let parts = schema["allOf"].as_array().into_iter().flatten().flat_map(|part| properties(operation, part));
    schema["properties"].as_object().into_iter().flatten().chain(parts.collect::<Vec<_>>()).collect()
}

/// What of `value` a body of `schema` can have: an object's fields that the schema names, in lists likewise.
fn writable(operation: &Operation, schema: &Value, value: &Value) -> Value {
    let schema = not_null(operation, schema);
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

/// The fields of `written` that can't be null and can be in what is `read`, below `place` in an object of each schema.
fn unwritable(operation: &Operation, written: &Value, read: &Value, place: &str) -> Vec<String> {
    let (written, read) = (not_null(operation, written), not_null(operation, read));
    if written["items"].is_object() && read["items"].is_object() {
        return unwritable(operation, &written["items"], &read["items"], &format!("{place}[]"));
    }
    let read = properties(operation, read);
    let mut unwritable = Vec::new();
    for (name, written) in properties(operation, written) {
        let Some((_, read)) = read.iter().find(|(other, _)| *other == name) else { continue };
        let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        if may_be_null(operation, read) && !may_be_null(operation, written) {
            unwritable.push(place.clone());
        }
        unwritable.extend(self::unwritable(operation, written, read, &place));
    }
    unwritable
}

#[test]
fn what_is_answered_null_can_be_null_in_the_body_that_changes_it() {
    let (mut faults, mut fields) = (Vec::new(), 0);
    for operation in Document::of_routers().operations.iter().filter(|operation| operation.method == Method::PATCH) {
        let body = operation.body().unwrap();
        let answer = &operation.answer(200).unwrap()["content"]["application/json"]["schema"];
        fields += properties(operation, body).len();
        let unwritable = unwritable(operation, body, answer, "");
        faults.extend(unwritable.into_iter().map(|field| format!("{}: {field} is null at times, and can't be written so", operation.name)));
    }
    assert!(fields > 100, "only {fields} fields were looked at");
    assert_none(&faults);
}

/// The rows of what changes records.
fn patches() -> impl Iterator<Item = Row> {
    catalog().into_iter().filter(|row| row.described().method == Method::PATCH)
}

/// What is wrong with writing back what is read at `path`.
async fn written_back(row: &Row, app: &TestApp, path: &str, by: &str) -> Option<String> {
    let operation = row.described();
    let get = async || -> Answer { app.get(path).bearer(by).send().await.expect(200) };
    let read = get().await;
    let body = writable(operation, operation.body().unwrap(), &read.json);
    assert!(!body.as_object().unwrap().is_empty(), "{}: nothing to write back", row.operation);
    let written = app.call(Method::PATCH, path).bearer(by).json(body.clone()).send().await;
    let again = get().await;
    let unchanged = written.status == 200 && again.json == read.json && again.header("etag") == read.header("etag");
    (!unchanged).then(|| format!("{}: {} {:#}\nafter {body:#}", row.operation, written.status, written.json))
}

#[tokio::test]
async fn what_a_record_answers_can_be_written_back_and_changes_nothing() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut tried) = (Vec::new(), 0);
    for row in patches() {
        let given = row.given(&firm).await;
        // First with all that it can have, then as its patch left it.
        for patched in [false, true] {
            if patched {
                row.rightful(&firm, &given).send().await.expect(200);
            }
            let path = row.described().path_of(given.named.as_deref());
            faults.extend(written_back(&row, &app, &path, &given.by).await);
            tried += 1;
        }
    }
    assert!(tried > 10, "{tried}");
    assert_none(&faults);
}

/// What of `value`, a body of `schema`, has to be there.
fn required(operation: &Operation, schema: &Value, value: &Value) -> Value {
    let schema = not_null(operation, schema);
    match value {
        Value::Array(items) => items.iter().map(|item| required(operation, &schema["items"], item)).collect(),
        Value::Object(fields) if schema["properties"].is_object() => {
            let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let kept =
                needed.filter_map(|name| Some((name.to_owned(), required(operation, &schema["properties"][name], fields.get(name)?))));
            Value::Object(kept.collect())
        }
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// A record like the one that `row` changes, which has only what it must have: where it is read. What is not made by a POST
/// beside it is there from the beginning.
async fn minimal(row: &Row, firm: &Firm<'_>) -> String {
    let path = &row.described().path;
    let Some((list, _)) = path.split_once("{id}") else { return path.clone() };
    let makes = |row: &Row| row.described().method == Method::POST && row.described().path == list;
    let create = catalog().into_iter().find(makes).unwrap_or_else(|| panic!("nothing makes what {path} is"));
    let (operation, mut given) = (create.described(), create.given(firm).await);
    let whole = given.body.take().unwrap();
    let mut least = required(operation, operation.body().unwrap(), &whole);
    for field in create.by_rule {
        least[*field] = whole[*field].clone();
    }
    given.body = Some(least.clone());
    let made = create.rightful(firm, &given).send().await;
    assert_eq!(made.status, 201, "{} with only {least:#}: {:#}", create.operation, made.json);
    format!("{list}{}/", made.id())
}

#[tokio::test]
async fn what_a_record_answers_that_has_only_what_it_must_can_be_written_back_and_changes_nothing() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut tried) = (Vec::new(), 0);
    for row in patches() {
        let path = minimal(&row, &firm).await;
        faults.extend(written_back(&row, &app, &path, &firm.owner.access).await);
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
    assert_none(&faults);
}
