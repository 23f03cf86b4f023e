//! What the derived schemas don't say.

use std::collections::BTreeSet;

use domain::Date;
use serde_json::{Map, Value, json};
use utoipa::PartialSchema;

const SCHEMAS: &str = "#/components/schemas/";

/// Let a page refer to the schema of its items, which the derive writes out again.
pub(super) fn refer_to_items(document: &mut Value) {
    let Some(schemas) = schemas(document) else { return };
    let names: Vec<String> = schemas.keys().filter_map(|name| name.strip_prefix("Page_")).map(str::to_owned).collect();
    for name in names {
        let item = schemas.get(&name).cloned();
        let items = schemas.get_mut(&format!("Page_{name}")).and_then(|page| page.pointer_mut("/properties/results/items"));
        if let (Some(item), Some(items)) = (item, items)
            && *items == item
        {
            *items = json!({"$ref": format!("{SCHEMAS}{name}")});
        }
    }
}

/// Types around a value that change how it is read, not what it is. utoipa makes a component of each, named after both.
const WRAPPERS: [&str; 4] = ["Set_", "Patch_", "JsonObject_", "Named_"];

/// Refer to what is in the wrappers instead of to them.
pub(super) fn unwrap(document: &mut Value) {
    let Some(schemas) = schemas(document) else { return };
    let is_wrapper = |name: &String| WRAPPERS.iter().any(|wrapper| name.starts_with(wrapper));
    let mut wrappers = Map::new();
    for name in schemas.keys().filter(|name| is_wrapper(name)).cloned().collect::<Vec<_>>() {
        wrappers.extend(schemas.remove_entry(&name));
    }
    let schemas = schemas.clone();
    each_object(document, &mut |fields| {
        let name = fields.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix(SCHEMAS));
        let Some((name, whole)) = name.and_then(|name| wrappers.get_key_value(name)) else { return };
        let Value::Object(unwrapped) = inside(name, whole, &schemas) else { return };
        fields.remove("$ref");
        // What the field says of itself comes before what its type says.
        let said = std::mem::replace(fields, unwrapped);
        fields.extend(said);
    });
    drop_null_defaults(document);
}

/// What the wrapper `name`, whose schema is `whole`, is around: `Patch_JsonObject_NewDiscount` is a discount or null.
fn inside(name: &str, whole: &Value, schemas: &Map<String, Value>) -> Value {
    if let Some(rest) = name.strip_prefix("Patch_") {
        return json!({"oneOf": [inside(rest, whole, schemas), {"type": "null"}]});
    }
    if let Some(rest) = WRAPPERS.iter().find_map(|wrapper| name.strip_prefix(wrapper)) {
        return inside(rest, whole, schemas);
    }
    if let Some(rest) = name.strip_prefix("Vec_") {
        return json!({"type": "array", "items": inside(rest, whole.get("items").unwrap_or(whole), schemas)});
    }
    if name == "String" {
        // utoipa takes our `Date` for chrono's, which it takes for a `String`. No text of a patch is a mere `String`: each
        // has a bound.
        return serde_json::to_value(Date::schema()).unwrap_or_default();
    }
    if schemas.contains_key(name) {
        return json!({"$ref": format!("{SCHEMAS}{name}")});
    }
    // No component, so a type of JSON's own; null, if it can be, is said around it.
    let one_of = whole.get("oneOf").and_then(Value::as_array).and_then(|one_of| one_of.iter().find(|one| !may_be_null(one)));
    one_of.unwrap_or(whole).clone()
}

/// A field that is absent by default isn't null by default.
fn drop_null_defaults(document: &mut Value) {
    each_object(document, &mut |fields| fields.retain(|name, value| name != "default" || !value.is_null()));
}

/// Decimals that bodies may give as a string or a number. What we send is a string, so that no client has to guess.
const DECIMALS: [&str; 4] = ["Price", "Quantity", "Units", "Percent"];

/// Let what we send refer to [`crate::Decimal`] for its decimals, and let no number be a 64-bit one, for which clients in
/// some languages have a type of its own: all of ours fit into a JSON number.
pub(super) fn simplify_numbers(document: &mut Value) {
    let sent = schemas_of_bodies(document);
    let decimal = format!("{SCHEMAS}Decimal");
    for (_, schema) in schemas(document).into_iter().flatten().filter(|(name, _)| !sent.contains(*name)) {
        each_object(schema, &mut |fields| {
            let name = fields.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix(SCHEMAS));
            if name.is_some_and(|name| DECIMALS.contains(&name)) {
                fields.insert("$ref".to_owned(), decimal.as_str().into());
            }
        });
    }
    each_object(document, &mut |fields| {
        if fields.get("format").is_some_and(|format| format == "int64" || format == "int32") {
            fields.remove("format");
        }
    });
}

/// Do `change` to each object in `value`.
fn each_object(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            change(fields);
            fields.iter_mut().for_each(|(_, value)| each_object(value, change));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| each_object(value, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Say that an answer has all its fields. The derive takes a field that may be null for one that may be absent; that
/// is so in bodies that are sent to us, but what we send has its nulls written out.
pub(super) fn require_in_answers(document: &mut Value) {
    let sent = schemas_of_bodies(document);
    for (name, schema) in schemas(document).into_iter().flatten() {
        if !sent.contains(name) {
            require(schema);
        }
    }
}

/// Say of a body that it may be left out where nothing in it has to be there: an empty one is read as `{}`.
pub(super) fn require_bodies(document: &mut Value) {
    let asks = |schema: &Value| schema.get("required").and_then(Value::as_array).is_some_and(|required| !required.is_empty());
    let asking: BTreeSet<String> =
        schemas(document).into_iter().flatten().filter(|(_, schema)| asks(schema)).map(|(name, _)| format!("{SCHEMAS}{name}")).collect();
    each_object(document, &mut |fields| {
        let Some(body) = fields.get_mut("requestBody").and_then(Value::as_object_mut) else { return };
        let named = body.get("content").and_then(|content| content.pointer("/application~1json/schema/$ref")).and_then(Value::as_str);
        let required = named.is_none_or(|name| asking.contains(name));
        body.insert("required".to_owned(), required.into());
    });
}

/// The names of all schemas that bodies are made of.
fn schemas_of_bodies(document: &Value) -> BTreeSet<String> {
    let mut sent = BTreeSet::new();
    for operation in document.get("paths").and_then(Value::as_object).into_iter().flat_map(Map::values).filter_map(Value::as_object) {
        operation.values().filter_map(|operation| operation.get("requestBody")).for_each(|body| named_in(body, document, &mut sent));
    }
    sent
}

fn schemas(document: &mut Value) -> Option<&mut Map<String, Value>> {
    document.pointer_mut("/components/schemas")?.as_object_mut()
}

/// Add to `names` those of all schemas that `schema` refers to.
fn named_in(schema: &Value, document: &Value, names: &mut BTreeSet<String>) {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix(SCHEMAS))
        && names.insert(name.to_owned())
        && let Some(named) = document.pointer(&format!("/components/schemas/{name}"))
    {
        named_in(named, document, names);
    }
    match schema {
        Value::Object(fields) => fields.values().for_each(|value| named_in(value, document, names)),
        Value::Array(values) => values.iter().for_each(|value| named_in(value, document, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Add to what each object in `schema` requires the fields that may be null.
fn require(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    let properties = schema.get("properties").and_then(Value::as_object);
    let nullable: Vec<Value> =
        properties.into_iter().flatten().filter(|(_, property)| may_be_null(property)).map(|(name, _)| name.as_str().into()).collect();
    if !nullable.is_empty()
        && let Some(required) = schema.entry("required").or_insert_with(|| json!([])).as_array_mut()
    {
        required.extend(nullable);
    }
    for part in ["allOf", "oneOf"] {
        schema.get_mut(part).and_then(Value::as_array_mut).into_iter().flatten().for_each(require);
    }
}

fn may_be_null(schema: &Value) -> bool {
    let has = |part: &str| schema.get(part).is_some();
    match schema.get("type") {
        Some(Value::Array(types)) => types.contains(&json!("null")),
        Some(one) => one == "null",
        None if has("$ref") || has("allOf") => false,
        None => schema.get("oneOf").and_then(Value::as_array).is_none_or(|one_of| one_of.iter().any(may_be_null)),
    }
}
