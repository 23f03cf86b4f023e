//! Every field of a body says how much it takes, and a PATCH takes of each what a POST does.

use http::Method;
use serde_json::{Value, json};
use tests::{Document, Operation};

use super::{assert_none, bodies::choices};

/// What in `schema`, below `place`, is unbounded: an array without a most, a string of which nothing is said.
fn unbounded(operation: &Operation, schema: &Value, place: &str) -> Vec<String> {
    let mut unbounded = Vec::new();
    for schema in choices(operation, schema) {
        let is = |of: &str| schema["type"] == of || schema["type"].as_array().is_some_and(|types| types.contains(&of.into()));
        let bounds = ["maxLength", "format", "pattern", "enum"];
        if (is("array") && !schema["maxItems"].is_u64()) || (is("string") && bounds.iter().all(|bound| schema[*bound].is_null())) {
            unbounded.push(place.to_owned());
        }
        if is("array") {
            unbounded.extend(self::unbounded(operation, &schema["items"], &format!("{place}[]")));
        }
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            unbounded.extend(self::unbounded(operation, schema, &format!("{place}.{field}")));
        }
    }
    unbounded
}

#[test]
fn every_array_and_every_string_of_a_body_is_bounded() {
    let bodies = Document::of_routers().operations.iter().filter_map(|operation| Some((operation, operation.body()?)));
    let unbounded = bodies.flat_map(|(operation, body)| unbounded(operation, body, &operation.name));
    assert_none(&unbounded.map(|field| format!("{field} has no bound")).collect::<Vec<_>>());
}

/// `schema` without null, and without what it says in words: what it takes otherwise.
fn taken(operation: &Operation, schema: &Value) -> Value {
    let mut choices: Vec<Value> = choices(operation, schema).into_iter().filter(|choice| choice["type"] != "null").cloned().collect();
    for fields in choices.iter_mut().filter_map(Value::as_object_mut) {
        fields.retain(|name, _| name != "description" && name != "default");
        if let Some(types) = fields.get_mut("type").filter(|types| types.is_array()) {
            let some: Vec<Value> = types.as_array().unwrap().iter().filter(|of| **of != "null").cloned().collect();
            *types = if let [one] = &some[..] { one.clone() } else { some.into() };
        }
        if let Some(items) = fields.get_mut("items") {
            *items = taken(operation, items);
        }
        for schema in fields.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(|fields| fields.values_mut()) {
            *schema = taken(operation, schema);
        }
    }
    json!(choices)
}

#[test]
fn a_patch_takes_of_a_field_what_a_post_does() {
    let document = Document::of_routers();
    let (mut faults, mut compared) = (Vec::new(), 0);
    for patch in document.operations.iter().filter(|operation| operation.method == Method::PATCH) {
        let Some(post) = patch.path.strip_suffix("{id}/").and_then(|list| document.at(&Method::POST, list)) else { continue };
        for (field, schema) in patch.fields() {
            let Some((_, created)) = post.fields().find(|(name, _)| *name == field) else { continue };
            compared += 1;
            let (patched, created) = (taken(patch, schema), taken(post, created));
            if patched != created {
                faults.push(format!("{}: {field} takes {patched}, and {} takes {created}", patch.name, post.name));
            }
        }
    }
    assert_none(&faults);
    assert!(compared >= 60, "only {compared} fields were compared");
}
