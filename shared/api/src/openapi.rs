//! The API's document (OpenAPI 3.1), made from the declarations that the routers are built from. What all operations
//! have in common (errors, headers, the ETag) is added here, so that no handler repeats it.

use serde_json::{Map, Value, json};
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "ConsultantPro",
        description = "Quote-to-cash for consulting firms. Amounts, hours and rates are decimal strings; times are RFC 3339 in UTC; errors are \
                       `application/problem+json`. Send an `Idempotency-Key` with a POST to be able to repeat it safely, and `If-Match` with a \
                       PATCH or DELETE to change only what you have seen."
    ),
    components(schemas(crate::ProblemOut))
)]
struct Document;

/// The document of a product whose functions have these `documents`.
pub fn document(documents: impl IntoIterator<Item = OpenApi>) -> Value {
    let mut whole = Document::openapi();
    documents.into_iter().for_each(|document| whole.merge(document));
    if let Some(components) = &mut whole.components {
        let bearer = SecurityScheme::Http(Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
        components.add_security_scheme("staff", bearer.clone());
        components.add_security_scheme("portal", bearer);
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
    document
}

/// Add to an operation what all of its kind have.
fn complete(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let has = |key: &str| operation.get(key).is_some_and(|value| !value.is_null());
    let signed_in = operation.get("security").and_then(Value::as_array).is_some_and(|s| !s.is_empty());
    let (body, named, write) = (has("requestBody"), path.contains("{id}"), method != "get");
    let counted = signed_in || (write && path.starts_with("/api/auth/"));
    let errors = [
        (400, "Can't be read: the body, the query or a header.", body || has("parameters") || write),
        (401, "No token, or none that is taken.", signed_in),
        (403, "The caller may not do this.", signed_in),
        (404, "No such record, or another firm's.", named),
        (409, "The record's state doesn't allow it, or others changed it at the same moment.", write),
        (412, "Was changed since the version in If-Match.", write && named),
        (413, "The body is too large.", body),
        (415, "The body isn't JSON.", body),
        (422, "A rule is broken; `errors` says which field's.", write),
        (429, "Too many requests; see Retry-After.", counted),
        (503, "Unavailable for a moment; see Retry-After.", signed_in || write),
    ];
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    for (status, response) in responses.as_object_mut().into_iter().flatten() {
        if let Some(response) = response.as_object_mut().filter(|_| status.starts_with('2')) {
            let tag = json!({"description": "The record's version and a digest of the body.", "schema": {"type": "string"}});
            response.insert("headers".to_owned(), json!({"ETag": tag}));
        }
    }
    if method == "get"
        && let Some(responses) = responses.as_object_mut()
    {
        responses.insert("304".to_owned(), json!({"description": "Not changed since what If-None-Match names."}));
    }
    for (status, description, applies) in errors {
        if applies && let Some(responses) = responses.as_object_mut() {
            let schema = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
            responses.entry(status.to_string()).or_insert_with(|| json!({"description": description, "content": schema}));
        }
    }
    let header = |name: &str, description: &str| json!({"name": name, "in": "header", "required": false, "description": description, "schema": {"type": "string", "maxLength": 255}});
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        match method {
            "get" => parameters.push(header("If-None-Match", "An ETag; 304 if nothing has changed since.")),
            "post" => parameters.push(header("Idempotency-Key", "Does the request once, however often it is sent, for 24 hours.")),
            _ => {}
        }
        if write && named {
            parameters.push(header("If-Match", "An ETag; 412 if it was changed since."));
        }
    }
}
