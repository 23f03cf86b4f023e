//! No body sets what isn't the caller's to set, and none that isn't as the document says is taken.

use http::Method;
use serde_json::{Map, Value, json};
use tests::{Answer, Call, Firm, Given, Operation, Row, TestApp, catalog};

use super::{Part, assert_none, in_parts};

/// What only the product sets, and one name that it doesn't know. Some are fields of a few bodies, and left alone there.
const NOT_THEIRS: [&str; 10] = ["status", "firm", "total", "number", "role", "client", "id", "version", "created_at", "unknown_field"];

/// A body of which one field is wrong, and how that is answered.
#[derive(Debug, Clone)]
struct Wrong {
    /// The field, as a problem names it: `line_items[0].quantity`.
    field: String,
    body: Value,
    status: u16,
}

/// The schemas that a field's schema allows a choice of; itself, if it is none.
pub(super) fn choices<'o>(operation: &'o Operation, schema: &'o Value) -> Vec<&'o Value> {
    let schema = operation.resolved(schema);
    match schema["oneOf"].as_array() {
        Some(choices) => choices.iter().flat_map(|choice| self::choices(operation, choice)).collect(),
        None => vec![schema],
    }
}

/// The JSON types that a field's schema allows.
fn types<'o>(operation: &'o Operation, schema: &'o Value) -> Vec<&'o str> {
    let types = choices(operation, schema).into_iter().flat_map(|schema| match schema["type"].as_array() {
        Some(types) => types.iter().collect(),
        None => vec![&schema["type"]],
    });
    types.filter_map(Value::as_str).collect()
}

/// The values that a field of `schema`, which is `value`, can't have by its type or its bounds, and how they are answered.
fn wrong_values(operation: &Operation, schema: &Value, value: &Value) -> Vec<(Value, u16)> {
    let types = types(operation, schema);
    assert!(!types.is_empty(), "{}: a field without a type: {schema}", operation.name);
    let of_type = [
        ("null", Value::Null),
        ("boolean", json!(true)),
        ("number", json!(7)),
        ("string", json!("seven")),
        ("array", json!([])),
        ("array", json!([{}])),
        ("object", json!({})),
    ];
    let allowed = |name: &str| types.contains(&name) || (name == "number" && types.contains(&"integer"));
    let mut wrong: Vec<(Value, u16)> = of_type.into_iter().filter(|(name, _)| !allowed(name)).map(|(_, value)| (value, 400)).collect();
    for schema in choices(operation, schema) {
        if schema["type"] == "integer" || schema["type"][0] == "integer" {
            wrong.extend([json!(1.5), json!(1e300)].map(|value| (value, 400)));
            wrong.extend((schema["minimum"].as_u64().is_some()).then(|| (json!(-1), 400)));
            continue;
        }
        if let Some(longest) = schema["maxLength"].as_u64() {
            wrong.push(("x".repeat(longest as usize + 1).into(), 422));
        }
        if let (Some(most), Some(item)) = (schema["maxItems"].as_u64(), value.get(0)) {
            wrong.push((vec![item.clone(); most as usize + 1].into(), 422));
        }
        if schema["minItems"].is_u64() {
            wrong.push((json!([]), 422));
        }
        if schema["minLength"].is_u64() {
            wrong.push((json!(" "), 422));
        }
        // How a password is entered says nothing of what it may be.
        let format = schema["format"].as_str().is_some_and(|format| format != "password");
        if schema["enum"].is_array() || format || schema["pattern"].is_string() {
            wrong.push((json!("something else"), 422));
        }
        if schema["minimum"] == 0 {
            wrong.extend([json!(-1), json!("-0.01"), json!("1e400")].map(|value| (value, 422)));
        }
        if self::types(operation, &schema["items"]).contains(&"object") {
            wrong.extend([json!([[]]), json!([["Interviews", "1", "1"]]), json!([{"no_such_field": 1}])].map(|value| (value, 400)));
        }
    }
    wrong
}

/// Every body that is `body`, which is as `schema` says, but for one field, however deep.
fn wrongs(operation: &Operation, schema: &Value, body: &Value) -> Vec<Wrong> {
    let replaced = |field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        body
    };
    let mut wrongs = Vec::new();
    for (field, schema) in operation.resolved(schema)["properties"].as_object().into_iter().flatten() {
        let here = wrong_values(operation, schema, &body[field]).into_iter();
        wrongs.extend(here.map(|(value, status)| Wrong { field: field.clone(), body: replaced(field, value), status }));
        for schema in choices(operation, schema) {
            let inside = match &body[field] {
                Value::Object(_) => self::wrongs(operation, schema, &body[field]).into_iter().map(|wrong| (String::new(), wrong)).collect(),
                Value::Array(items) => {
                    let first = items.first().map(|item| self::wrongs(operation, &schema["items"], item)).unwrap_or_default();
                    first.into_iter().map(|wrong| ("[0]".to_owned(), Wrong { body: json!([wrong.body]), ..wrong })).collect::<Vec<_>>()
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
            };
            wrongs.extend(inside.into_iter().map(|(place, Wrong { field: below, body, status })| Wrong {
                field: format!("{field}{place}.{below}"),
                body: replaced(field, body),
                status,
            }));
        }
    }
    wrongs
}

/// Whether `answer` refuses the field `field`. What a caller proves who they are with is refused as a whole.
fn refuses(operation: &Operation, answer: &Answer, field: &str, status: u16) -> bool {
    let named = || answer.fields().iter().any(|named| *named == field || named.starts_with(&format!("{field}[")));
    let credentials = status == 422 && !operation.signed_in() && answer.status == 401;
    credentials || (answer.status.as_u16() == status && named())
}

fn bodies() -> impl Iterator<Item = Row> {
    catalog().into_iter().filter(|row| row.described().body().is_some())
}

fn with(given: &Given, field: &str, value: &Value) -> Given {
    let mut given = given.clone();
    given.body.as_mut().unwrap()[field] = value.clone();
    given
}

in_parts!(no_body_sets_what_only_the_product_sets);
async fn no_body_sets_what_only_the_product_sets(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut faults = Vec::new();
    for row in part.of(bodies()) {
        let operation = row.described();
        let given = row.given(&firm).await;
        let before = app.moment();
        for field in NOT_THEIRS.iter().filter(|name| operation.fields().all(|(field, _)| field != *name)) {
            let given = with(&given, field, &json!("mine"));
            let answer = row.rightful(&firm, &given).send().await;
            if answer.status != 400 || answer.fields() != [*field] {
                faults.push(format!("{} with {field}: {} {}", row.operation, answer.status, answer.json));
            }
        }
        if !app.changed_since(&before).is_empty() {
            faults.push(format!("{}: a body that was refused changed something", row.operation));
        }
    }
    assert_none(&faults);
}

in_parts!(a_field_that_is_not_as_the_document_says_is_refused_by_its_name);
async fn a_field_that_is_not_as_the_document_says_is_refused_by_its_name(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut swept) = (Vec::new(), 0);
    for row in part.of(bodies()) {
        let operation = row.described();
        let given = row.given(&firm).await;
        let before = app.moment();
        let body = given.body.as_ref().unwrap();
        for Wrong { field, body, status } in wrongs(operation, operation.body().unwrap(), body) {
            swept += 1;
            let given = Given { body: Some(body), ..given.clone() };
            let answer = row.rightful(&firm, &given).send().await;
            if !refuses(operation, &answer, &field, status) {
                let body: String = given.body.unwrap_or_default().to_string().chars().take(300).collect();
                faults.push(format!("{}, {field}: {}, not {status} {}\nto {body}", row.operation, answer.status, answer.json));
            }
        }
        if !app.changed_since(&before).is_empty() {
            faults.push(format!("{}: a body that was refused changed something", row.operation));
        }
    }
    assert_none(&faults);
    assert!(swept >= 250, "only {swept} values were tried");
}

/// `given`, after what it says was done.
async fn given_by(row: &Row, firm: &Firm<'_>, given: Given) -> Given {
    row.rightful(firm, &given).send().await.expect(200);
    given
}

in_parts!(null_clears_every_field_of_a_patch_that_may_be_null);
async fn null_clears_every_field_of_a_patch_that_may_be_null(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut swept) = (Vec::new(), 0);
    for row in part.of(bodies().filter(|row| row.described().method == Method::PATCH)) {
        let operation = row.described();
        for (field, _) in operation.fields().filter(|(_, schema)| types(operation, schema).contains(&"null")) {
            let given = row.given(&firm).await;
            // What is null already is cleared by anything; another row of the operation says it.
            if given.body.as_ref().is_some_and(|body| body[field].is_null()) {
                continue;
            }
            swept += 1;
            let given = Given { body: Some(json!({field: null})), ..given_by(&row, &firm, given).await };
            let answer = row.rightful(&firm, &given).send().await;
            let good = match row.needed.contains(&field.as_str()) {
                true => answer.status == 422 && answer.fields() == [field],
                false => answer.status == 200 && answer.json.get(field) == Some(&Value::Null),
            };
            if !good {
                faults.push(format!("{} with {field} null: {} {}", row.operation, answer.status, answer.json));
            }
        }
    }
    assert_none(&faults);
    assert!(swept >= 5, "only {swept} fields were cleared");
}

in_parts!(a_field_that_is_needed_and_missing_is_named);
async fn a_field_that_is_needed_and_missing_is_named(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut faults = Vec::new();
    for row in part.of(bodies()) {
        let operation = row.described();
        let given = row.given(&firm).await;
        let required = operation.body().and_then(|body| body["required"].as_array()).into_iter().flatten();
        for field in required.filter_map(Value::as_str) {
            let mut given = given.clone();
            given.body.as_mut().and_then(Value::as_object_mut).unwrap().remove(field);
            let answer = row.rightful(&firm, &given).send().await;
            if answer.status != 400 || answer.fields() != [field] {
                faults.push(format!("{} without {field}: {} {}", row.operation, answer.status, answer.json));
            }
        }
    }
    assert_none(&faults);
}

in_parts!(what_takes_no_body_refuses_one_and_changes_nothing);
async fn what_takes_no_body_refuses_one_and_changes_nothing(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut swept) = (Vec::new(), 0);
    for row in part.of(catalog().into_iter().filter(|row| row.described().writes() && row.described().json["requestBody"].is_null())) {
        swept += 1;
        let given = row.given(&firm).await;
        let before = app.moment();
        for body in [json!({"x": 1}), json!({"status": "paid"}), json!([]), json!("x"), Value::Null] {
            let given = Given { body: Some(body.clone()), ..given.clone() };
            let answer = row.rightful(&firm, &given).send().await;
            if answer.status != 400 || answer.fields() != ["body"] {
                faults.push(format!("{} with {body}: {} {}", row.operation, answer.status, answer.json));
            }
        }
        if !app.changed_since(&before).is_empty() {
            faults.push(format!("{}: a body that was refused changed something", row.operation));
        }
        let answer = row.rightful(&firm, &Given { body: Some(json!({})), ..given }).send().await;
        if !answer.status.is_success() {
            faults.push(format!("{} with an empty object: {} {}", row.operation, answer.status, answer.json));
        }
    }
    assert_none(&faults);
    assert!(swept >= 8, "only {swept} operations take no body");
}

#[tokio::test]
async fn of_a_megabyte_of_unknown_fields_the_first_are_told() {
    let app = TestApp::new().await;
    let fields: Vec<String> = (0..49_000).map(|n| format!("\"field_{n}\":{n}")).collect();
    let body = format!("{{{}}}", fields.join(","));
    assert!((900_000..1 << 20).contains(&body.len()), "{}", body.len());
    let call = app.call(Method::POST, "/api/auth/refresh/").header("content-type", "application/json");
    let answer = call.body(body).send().await.expect(400);
    let packed = app.call(Method::POST, "/api/auth/refresh/").header("content-type", "application/json").header("content-encoding", "gzip");
    packed.body("{}").send().await.expect(415);
    assert_eq!(answer.fields().len(), 20, "{:#}", answer.json);
    assert!(answer.text("/detail").contains("there are more"));
}

/// `call` with `body` as JSON, by the owner.
fn sent<'a>(row: &Row, firm: &Firm<'a>, given: &Given, body: impl Into<bytes::Bytes>) -> Call<'a> {
    let bare = Given { body: None, ..given.clone() };
    row.rightful(firm, &bare).body(body)
}

/// Bodies that are wrong whatever the operation: how, the body, its content type, the answer.
fn unreadable(body: &Map<String, Value>) -> Vec<(&'static str, Vec<u8>, &'static str, u16)> {
    let json = "application/json";
    let text = Value::from(body.clone()).to_string();
    let nested = |open: &str, close: &str| [open.repeat(20_000), close.repeat(20_000)].concat().into_bytes();
    let mut unreadable = vec![
        ("another content type", text.clone().into_bytes(), "text/plain", 415),
        ("a form's content type", text.clone().into_bytes(), "application/x-www-form-urlencoded", 415),
        ("its fields' values alone", Value::from_iter(body.values().cloned()).to_string().into_bytes(), json, 400),
        ("an array around it", format!("[{text}]").into_bytes(), json, 400),
        ("a text", b"\"text\"".to_vec(), json, 400),
        ("null", b"null".to_vec(), json, 400),
        ("nothing but white space", b" \n ".to_vec(), json, 400),
        ("another body after it", format!("{text}{text}").into_bytes(), json, 400),
        ("its last character missing", text.as_bytes()[..text.len() - 1].to_vec(), json, 400),
        ("deep arrays", nested("[", "]"), json, 400),
        ("deep objects", nested("{\"a\":", "}"), json, 400),
        ("bytes that are no text", b"{\"\xff\xfe\": 1}".to_vec(), json, 400),
        ("over a megabyte", [text.as_bytes(), &vec![b' '; 1 << 20]].concat(), json, 413),
    ];
    if let Some((field, value)) = body.iter().next() {
        let twice = text.replacen('{', &format!("{{\"{field}\": {value}, "), 1);
        unreadable.push(("a field twice", twice.into_bytes(), json, 400));
    }
    unreadable
}

in_parts!(a_body_that_can_not_be_read_is_refused_and_changes_nothing);
async fn a_body_that_can_not_be_read_is_refused_and_changes_nothing(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut faults = Vec::new();
    for row in part.of(bodies()) {
        let given = row.given(&firm).await;
        let body = given.body.as_ref().and_then(Value::as_object).unwrap().clone();
        let before = app.moment();
        for (how, body, content_type, status) in unreadable(&body) {
            let answer = sent(&row, &firm, &given, body).header("content-type", content_type).send().await;
            if answer.status.as_u16() != status || answer.json["detail"].as_str().is_none() {
                faults.push(format!("{} with {how}: {}, not {status} {}", row.operation, answer.status, answer.json));
            }
        }
        if !app.changed_since(&before).is_empty() {
            faults.push(format!("{}: a body that was refused changed something", row.operation));
        }
    }
    assert_none(&faults);
}
