//! The API's document (OpenAPI 3.1), made from the declarations that the routers are built from. What all operations
//! have in common (errors, headers, the ETag) is added here, so that no handler repeats it.

mod schemas;

use std::collections::BTreeMap;

use domain::access::{Permission, Right};
use serde_json::{Map, Value, json};
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi, RefOr, Schema,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "ConsultantPro",
        description = "Quote-to-cash for consulting firms. Amounts, hours and rates are decimal strings; times are RFC 3339 in UTC; errors are \
                       `application/problem+json`. Send an `Idempotency-Key` with a POST to be able to repeat it safely, and `If-Match` with a \
                       PATCH or DELETE to change only what you have seen. Every answer has an `X-Request-Id`."
    ),
    components(schemas(crate::ProblemOut, crate::Decimal, crate::LinkToken))
)]
struct Document;

/// The errors that operations have in common.
const ERRORS: [(&str, &str); 11] = [
    ("400", "Can't be read: the body, the query or a header."),
    ("401", "No token, or none that is taken."),
    ("403", "The caller may not do this."),
    ("404", "No such record, or another firm's; no link that works."),
    ("409", "The record's state doesn't allow it."),
    ("412", "Was changed since the version in If-Match."),
    ("413", "The body is too large."),
    ("415", "The body isn't JSON."),
    ("422", "A rule is broken; `errors` says which field's."),
    ("429", "Too many requests; see Retry-After."),
    ("503", "Unavailable for a moment, or time ran out; see Retry-After."),
];

/// The document of a product whose functions have these `documents`.
pub fn document(documents: impl IntoIterator<Item = OpenApi>) -> Value {
    let mut whole = Document::openapi();
    whole.info.license = None;
    let documents: Vec<OpenApi> = documents.into_iter().collect();
    assert_alike(documents.iter().chain([&whole]).flat_map(schemas_of));
    documents.into_iter().for_each(|document| whole.merge(document));
    if let Some(components) = &mut whole.components {
        let bearer =
            |who| SecurityScheme::Http(Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(who)).build());
        components.add_security_scheme("staff", bearer("The access token of a member of the firm, whose role has the permission."));
        components.add_security_scheme("portal", bearer("The access token of a portal user."));
    }
    let mut document = serde_json::to_value(whole).unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, operations) in paths {
            for (method, operation) in operations.as_object_mut().into_iter().flatten() {
                if let Some(operation) = operation.as_object_mut() {
                    complete(path, method, operation);
                }
            }
        }
    }
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("responses".to_owned(), ERRORS.into_iter().map(common_response).collect::<Map<_, _>>().into());
    }
    schemas::unwrap(&mut document);
    schemas::refer_to_items(&mut document);
    schemas::require_in_answers(&mut document);
    schemas::require_bodies(&mut document);
    schemas::simplify_numbers(&mut document);
    document
}

/// The schemas of `document`, by their names.
pub(crate) fn schemas_of(document: &OpenApi) -> impl Iterator<Item = (&String, &RefOr<Schema>)> {
    document.components.iter().flat_map(|components| &components.schemas)
}

/// Fail where two of `schemas` share a name and aren't alike: utoipa would keep either, and say nothing.
#[expect(clippy::panic, reason = "documents are made by tests alone")]
pub(crate) fn assert_alike<'s>(schemas: impl IntoIterator<Item = (&'s String, &'s RefOr<Schema>)>) {
    let mut known = BTreeMap::new();
    for (name, schema) in schemas {
        if *known.entry(name).or_insert(schema) != schema {
            panic!("two schemas are called {name}; name one of them by #[schema(as = …)]");
        }
    }
}

/// Add to an operation what all of its kind have.
fn complete(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let has = |key: &str| operation.get(key).is_some_and(|value| !value.is_null());
    let security = || operation.get("security").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    let signed_in = security().next().is_some();
    let permitted = security().flat_map(Map::values).any(|scopes| scopes.as_array().is_some_and(|scopes| !scopes.is_empty()));
    let for_guests = path.starts_with("/api/guest/");
    let (body, named, write) = (has("requestBody"), path.contains('{'), method != "get");
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let is_list = parameters.is_some_and(|all| all.iter().any(|parameter| parameter.get("name").is_some_and(|name| name == "cursor")));
    let conditional = method == "patch" || (write && named);
    let applies = [
        (400, body || has("parameters") || write),
        (401, signed_in),
        (403, permitted),
        (404, named),
        (409, write),
        (412, conditional),
        (413, body),
        (415, body),
        (422, body || method == "post" || is_list),
        (429, signed_in || for_guests || (write && path.starts_with("/api/auth/"))),
        (503, signed_in || for_guests || write),
    ];
    summarize(operation);
    name_permissions(operation);
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    if let Some(responses) = responses.as_object_mut() {
        for (status, response) in responses.iter_mut() {
            if let Some(response) = response.as_object_mut() {
                complete_response(status, signed_in, response);
            }
        }
        for (status, _) in applies.into_iter().filter(|(_, applies)| *applies) {
            let common = || json!({"$ref": format!("#/components/responses/{status}")});
            responses.entry(status.to_string()).or_insert_with(common);
        }
        if method == "get" {
            let mut known = json!({"description": "Not changed since what If-None-Match names."});
            if let Some(known) = known.as_object_mut() {
                complete_response("304", signed_in, known);
            }
            responses.insert("304".to_owned(), known);
        }
    }
    let header = |name: &str, description: &str, schema: Value| json!({"name": name, "in": "header", "required": false, "description": description, "schema": schema});
    let tag = || json!({"type": "string"});
    // ASCII; what is blank at a header's ends is none of its value (RFC 9110, 5.5).
    let key = || json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"});
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        match method {
            "get" => parameters.push(header("If-None-Match", "An ETag; 304 if nothing has changed since.", tag())),
            "post" => parameters.push(header("Idempotency-Key", "Does the request once, however often it is sent, for 24 hours.", key())),
            _ => {}
        }
        if conditional {
            parameters.push(header("If-Match", "An ETag; 412 if it was changed since.", tag()));
        }
    }
}

/// Name permissions and rights as callers know them; handlers have them as types.
fn name_permissions(operation: &mut Map<String, Value>) {
    let permissions = Permission::ALL.map(|permission| (format!("{permission:?}"), permission.as_str()));
    let rights = Right::ALL.map(|right| (format!("{right:?}"), right.as_str()));
    let schemes = operation.get_mut("security").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut);
    for (scheme, scopes) in schemes.flatten() {
        let names = if scheme == "staff" { permissions.as_slice() } else { rights.as_slice() };
        for scope in scopes.as_array_mut().into_iter().flatten() {
            if let Some((_, name)) = names.iter().find(|(variant, _)| scope == variant.as_str()) {
                *scope = (*name).into();
            }
        }
    }
}

/// The first sentence of what a handler says of itself is its title, the rest the description.
fn summarize(operation: &mut Map<String, Value>) {
    let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (summary, description) = (text("summary"), text("description"));
    let (title, rest) = [". ", ".\n"].into_iter().find_map(|end| summary.split_once(end)).unwrap_or((&summary, ""));
    let rest = [rest, &description].map(str::trim).join(" ");
    operation.insert("summary".to_owned(), title.trim_end_matches('.').into());
    operation.insert("description".to_owned(), rest.trim().into());
}

/// A response that operations have in common.
fn common_response((status, description): (&str, &str)) -> (String, Value) {
    let mut response = Map::from_iter([("description".to_owned(), description.into())]);
    complete_response(status, true, &mut response);
    (status.to_owned(), response.into())
}

/// Add to a response what all with its status have: the headers, and of an error the problem.
fn complete_response(status: &str, signed_in: bool, response: &mut Map<String, Value>) {
    let mut headers = Map::new();
    let mut header = |name: &str, description: &str, always: bool| {
        headers.insert(name.to_owned(), json!({"description": description, "required": always, "schema": {"type": "string"}}));
    };
    header("X-Request-Id", "The request, as the logs name it: the caller's own where they sent one.", true);
    if status.starts_with('2') && response.contains_key("content") {
        header("ETag", "Names what is in the body, a record by its version.", true);
    }
    if status == "201" && signed_in {
        header("Location", "The path of what was made.", true);
    }
    if status.starts_with('2') {
        header("Idempotency-Replayed", "`true` where the same key was answered so before.", false);
    }
    if status == "401" {
        header("WWW-Authenticate", "`Bearer`, with the error where a token was sent (RFC 6750).", true);
    }
    if status == "429" {
        header("RateLimit-Limit", "How many requests are allowed in the window.", true);
        header("RateLimit-Remaining", "How many of them are left.", true);
        header("RateLimit-Reset", "Seconds until the window is over.", true);
    }
    if matches!(status, "429" | "503") {
        header("Retry-After", "Seconds to wait.", true);
    }
    response.insert("headers".to_owned(), headers.into());
    if status.starts_with(['4', '5']) {
        let problem = || json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
        response.entry("content").or_insert_with(problem);
    }
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::{ComponentsBuilder, InfoBuilder, ObjectBuilder, OpenApiBuilder, Type};

    use super::*;

    fn of_two_functions(types: [Type; 2]) -> Value {
        document(types.map(|of| {
            let components = ComponentsBuilder::new().schema("Status", ObjectBuilder::new().schema_type(of)).build();
            OpenApiBuilder::new().info(InfoBuilder::new().build()).components(Some(components)).build()
        }))
    }

    #[test]
    fn two_functions_can_share_a_schema() {
        assert_eq!(of_two_functions([Type::String, Type::String])["components"]["schemas"]["Status"]["type"], "string");
    }

    #[test]
    #[should_panic(expected = "two schemas are called Status")]
    fn two_schemas_of_one_name_are_no_document() {
        of_two_functions([Type::String, Type::Integer]);
    }
}
