//! What a body says is what is kept and shown, and what is made is found where the answer says.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;
use tests::{Document, Operation, Row, TestApp, catalog};

use super::{Part, assert_none, bodies::choices, in_parts};

/// The fields of `schema`, however deep, that none of `bodies`, which are below `place`, says.
fn unsaid(operation: &Operation, schema: &Value, bodies: &[&Value], place: &str) -> Vec<String> {
    let mut unsaid = Vec::new();
    for schema in choices(operation, schema) {
        if schema["items"].is_object() {
            let items: Vec<&Value> = bodies.iter().filter_map(|body| body.as_array()).flatten().collect();
            unsaid.extend(self::unsaid(operation, &schema["items"], &items, &format!("{place}[]")));
        }
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}.{field}");
            let said: Vec<&Value> = bodies.iter().map(|body| &body[field]).filter(|value| !value.is_null()).collect();
            unsaid.extend(self::unsaid(operation, schema, &said, &place));
            unsaid.extend(said.is_empty().then_some(place));
        }
    }
    unsaid
}

#[tokio::test]
async fn the_bodies_of_the_catalog_have_every_field_of_their_schemas() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut bodies = BTreeMap::<_, Vec<Value>>::new();
    for row in catalog().into_iter().filter(|row| row.described().body().is_some()) {
        bodies.entry(row.operation).or_default().extend(row.given(&firm).await.body);
    }
    let mut faults = Vec::new();
    for operation in &Document::of_routers().operations {
        let Some(schema) = operation.body() else { continue };
        let said: Vec<&Value> = bodies.get(operation.name.as_str()).into_iter().flatten().collect();
        let unsaid = unsaid(operation, schema, &said, "");
        faults.extend(unsaid.into_iter().map(|field| format!("no row of {} says {}", operation.name, field.trim_start_matches('.'))));
    }
    assert_none(&faults);
}

/// Whether `shown` is what was `said`: a decimal can be written otherwise, and more be beside and behind.
fn is_shown(said: &Value, shown: &Value) -> bool {
    let decimal = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse::<f64>().ok());
    match (said, shown) {
        (Value::Object(said), Value::Object(shown)) => {
            said.iter().all(|(name, said)| shown.get(name).is_none_or(|shown| is_shown(said, shown)))
        }
        (Value::Array(said), Value::Array(shown)) => {
            said.len() <= shown.len() && said.iter().zip(shown).all(|(said, shown)| is_shown(said, shown))
        }
        _ => said == shown || decimal(said).is_some_and(|said| decimal(shown) == Some(said)),
    }
}

in_parts!(what_a_body_says_is_what_the_answer_shows);
async fn what_a_body_says_is_what_the_answer_shows(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut compared) = (Vec::new(), 0);
    for row in part.of(catalog().into_iter().filter(|row| row.described().body().is_some())) {
        let given = row.given(&firm).await;
        let before = match shown_at(&row, given.named.as_deref()).filter(|_| row.described().method == Method::PATCH) {
            Some(path) => app.get(&path).bearer(&given.by).send().await.expect(200).json,
            None => Value::Null,
        };
        let answer = row.rightful(&firm, &given).send().await;
        for (field, said) in given.body.as_ref().and_then(Value::as_object).unwrap() {
            let Some(shown) = answer.json.get(field) else { continue };
            if before.get(field).is_some_and(|before| is_shown(said, before)) {
                faults.push(format!("{}: {field} was {said} before, so it shows nothing", row.operation));
            }
            let differs = !is_shown(said, shown);
            compared += 1;
            if differs != row.unshown.contains(&field.as_str()) {
                faults.push(format!("{}: {field} is {shown} after {said}", row.operation));
            }
        }
    }
    assert_none(&faults);
    assert!(compared >= 10, "only {compared} fields were compared");
}

/// The record that `row`'s operation is done to, as it is read.
fn shown_at(row: &Row, named: Option<&str>) -> Option<String> {
    Document::of_routers().at(&Method::GET, &row.described().record()?).map(|shows| shows.path_of(named))
}

in_parts!(what_is_made_is_found_where_the_answer_says_and_what_is_done_is_what_is_read_then);
async fn what_is_made_is_found_where_the_answer_says_and_what_is_done_is_what_is_read_then(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut found) = (Vec::new(), 0);
    for row in part.of(catalog().into_iter().filter(|row| row.described().writes() && row.described().signed_in())) {
        let given = row.given(&firm).await;
        let answer = row.rightful(&firm, &given).send().await;
        let path = match answer.header("location") {
            Some(location) if answer.status == 201 => Some(location.to_owned()),
            _ => shown_at(&row, given.named.as_deref()).filter(|_| answer.status == 200),
        };
        let Some(path) = path else { continue };
        let read = app.get(&path).bearer(&given.by).send().await;
        // What tells of more than the record tells all of that too, or has it inside.
        let all = || read.json.as_object().is_some_and(|fields| fields.iter().all(|(field, value)| answer.json.get(field) == Some(value)));
        let tells_of_it = answer.json.get("id").is_none() || all();
        found += 1;
        if read.status != 200 || !path.ends_with(&format!("{}/", read.json["id"].as_str().unwrap_or("?"))) || !tells_of_it {
            faults.push(format!("{}: {path} is {} {:#}\nafter {:#}", row.operation, read.status, read.json, answer.json));
        }
    }
    assert_none(&faults);
    assert!(found >= 5, "only {found} records were looked at");
}
