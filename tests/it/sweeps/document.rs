//! The document that `docs` serves is that of the routers, and good enough to make a client from.
//!
//! To renew `functions/docs/openapi.json` after a change of a route, a wire type or the catalog, from whose calls the examples
//! of answers are: `UPDATE=1 cargo test --workspace --test it -- openapi`

use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;
use tests::{Document, Operation, TestApp, catalog};

use super::{
    Part, assert_none,
    examples::{self, difference},
    in_parts,
};

#[tokio::test]
async fn the_openapi_document_that_is_served_is_the_routers_own() {
    if std::env::var_os("UPDATE").is_some() {
        examples::renew().await;
    }
    let mut served = examples::served();
    examples::taken_from(&mut served);
    if let Some(difference) = difference(&served, &Document::of_routers().json) {
        panic!("functions/docs/openapi.json without its examples {difference}");
    }
}

#[test]
fn the_document_says_of_every_operation_what_a_client_needs() {
    let document = Document::of_routers();
    assert_eq!(document.json["openapi"], "3.1.0");
    let (mut faults, mut names) = (Vec::new(), BTreeSet::new());
    for operation in &document.operations {
        let mut needed = |there: bool, what: &str| {
            if !there {
                faults.push(format!("{} {} {}: {what}", operation.name, operation.method, operation.path));
            }
        };
        let text = |field: &str| operation.json[field].as_str().is_some_and(|text| !text.trim().is_empty());
        needed(!operation.name.is_empty() && names.insert(&operation.name), "an operationId of its own");
        needed(text("summary") && !operation.json["summary"].as_str().unwrap().ends_with('.'), "a title");
        needed(text("description"), "a description of what happens and what is refused");
        needed(operation.json["tags"].as_array().is_some_and(|tags| tags.len() == 1), "one tag");
        let good: Vec<_> = operation.json["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2')).collect();
        needed(!good.is_empty(), "an answer if all goes well");
        for (status, answer) in good {
            let schema = answer["content"].as_object().into_iter().flatten().all(|(_, content)| content["schema"].is_object());
            // What is asked for with 202 comes by mail.
            let is_empty = status == "204" || status == "202" && answer["content"].is_null();
            needed(is_empty || (answer["content"].is_object() && schema), "a schema of its answer");
        }
        let named = operation.path.matches('{').count();
        let parameters = operation.json["parameters"].as_array().into_iter().flatten();
        needed(parameters.filter(|parameter| parameter["in"] == "path").count() == named, "its path's parameters");
        if matches!(operation.method, Method::PATCH | Method::PUT) {
            needed(operation.body().is_some(), "a body");
        }
    }
    assert_none(&faults);
}

/// All that is in `value`, itself too.
fn parts(value: &Value) -> Vec<&Value> {
    let below: Vec<&Value> = match value {
        Value::Object(fields) => fields.values().flat_map(parts).collect(),
        Value::Array(values) => values.iter().flat_map(parts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    [value].into_iter().chain(below).collect()
}

#[test]
fn every_reference_in_the_document_leads_somewhere_and_every_schema_is_referred_to() {
    let document = &Document::of_routers().json;
    let references: BTreeSet<&str> = parts(document).iter().filter_map(|part| part["$ref"].as_str()).collect();
    let broken = references.iter().filter(|reference| document.pointer(reference.trim_start_matches('#')).is_none());
    let broken: Vec<String> = broken.map(|reference| format!("{reference} leads nowhere")).collect();
    assert_none(&broken);
    let schemas = document["components"]["schemas"].as_object().unwrap().keys();
    let idle: Vec<String> = schemas.filter(|name| !references.contains(format!("#/components/schemas/{name}").as_str())).cloned().collect();
    assert_none(&idle);
}

#[test]
fn a_body_takes_no_other_fields_and_an_answer_has_every_field_that_may_be_null() {
    let mut faults = Vec::new();
    let bodies = Document::of_routers().operations.iter().filter_map(|operation| Some((operation, operation.body()?)));
    faults.extend(bodies.filter(|(_, body)| body["additionalProperties"] != false).map(|(operation, _)| operation.name.clone()));
    let schemas = Document::of_routers().json["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        for object in parts(schema).into_iter().filter(|part| part["properties"].is_object() && part["additionalProperties"] != false) {
            let required: BTreeSet<&str> = object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let optional = object["properties"].as_object().unwrap().iter().filter(|(field, _)| !required.contains(field.as_str()));
            let nullable = optional.filter(|(_, field)| parts(field).iter().any(|part| **part == "null"));
            faults.extend(nullable.map(|(field, _)| format!("{name}.{field} may be null, and isn't required")));
        }
    }
    assert_none(&faults);
}

#[test]
fn a_password_in_a_body_is_left_out_of_what_is_kept_of_the_request() {
    let (mut faults, mut found) = (Vec::new(), 0);
    for operation in &Document::of_routers().operations {
        let Some(body) = operation.body() else { continue };
        let is_password = |schema: &Value| schema["format"] == "password";
        let (all, named): (usize, Vec<_>) = (
            parts(body).into_iter().filter(|part| is_password(part)).count(),
            operation.fields().filter(|(name, schema)| is_password(schema) || api::SECRETS.contains(&name.as_str())).collect(),
        );
        found += all;
        let good = all == named.len() && named.iter().all(|(name, schema)| is_password(schema) && api::SECRETS.contains(&name.as_str()));
        if !good {
            faults.push(format!("{}: add its secrets to api::SECRETS, and say `format = Password` of each", operation.name));
        }
    }
    assert_none(&faults);
    assert!(found >= 3, "only {found} passwords were found");
}

/// The example of the operation's body.
fn example(operation: &Operation) -> Option<&Value> {
    operation.body().map(|body| &body["example"]).filter(|example| !example.is_null())
}

#[test]
fn every_body_has_an_example() {
    let bodies = Document::of_routers().operations.iter().filter(|operation| operation.body().is_some());
    let without = bodies.filter(|operation| example(operation).is_none());
    // Tokens and codes can't be made up, and where there are no fields there is nothing to say.
    let needed = without.filter(|operation| {
        // Nor as whom somebody can be signed in.
        let is_token = |name: &str| ["token", "mfa_token", "code", "refresh", "membership"].contains(&name);
        operation.fields().next().is_some() && !operation.fields().any(|(name, _)| is_token(name))
    });
    assert_none(&needed.map(|operation| operation.name.clone()).collect::<Vec<_>>());
}

in_parts!(every_example_of_a_body_is_as_its_schema_says_and_does_what_the_operation_does);
async fn every_example_of_a_body_is_as_its_schema_says_and_does_what_the_operation_does(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut faults = Vec::new();
    for row in part.of(catalog().into_iter().filter(|row| example(row.described()).is_some())) {
        let operation = row.described();
        let example = example(operation).unwrap().clone();
        if operation.name == "login" {
            // Who logs in is who signs up.
            let signs_up = self::example(Document::of_routers().operation("register")).unwrap();
            app.post("/api/auth/register/", signs_up.clone()).send().await;
        }
        let broken = operation.faults(operation.body().unwrap(), &example);
        faults.extend(broken.into_iter().map(|fault| format!("{}: {fault}", row.operation)));
        // The example's ids are of nobody's records: what is given has some.
        let mut given = row.given(&firm).await;
        let made = given.body.replace(example).unwrap();
        let body = given.body.as_mut().and_then(Value::as_object_mut).unwrap();
        for (field, value) in body.iter_mut().filter(|(field, _)| is_id(operation, field)) {
            *value = made[field].clone();
        }
        // Nor is its code of this moment.
        body.extend(made.get("code").map(|code| ("code".to_owned(), code.clone())));
        let answer = row.rightful(&firm, &given).send().await;
        if !answer.status.is_success() {
            faults.push(format!("{}: {} {}", row.operation, answer.status, answer.json));
        }
    }
    assert_none(&faults);
}

/// Whether `field` of the operation's body is an id.
fn is_id(operation: &Operation, field: &str) -> bool {
    operation.fields().any(|(name, schema)| {
        name == field && parts(schema).iter().any(|part| part["$ref"].as_str().is_some_and(|name| name.ends_with("Id")))
    })
}
