//! Bodies. A wire type's fields are domain values that refuse what is wrong, so what a handler gets is valid.
//!
//! Every field that is wrong is named, not just the first: after a refusal the field is left out and the rest is read
//! again. What serde itself says (unknown, missing, wrong type) is malformed, 400; what a domain value says, 422.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use axum::extract::FromRequest;
use bytes::Bytes;
use http::{StatusCode, header};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};
use utoipa::{
    __dev::ComposeSchema,
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{App, Problem};

/// The body, read and valid. An empty body is read as `{}`.
#[derive(Debug, Clone)]
pub struct Valid<T>(pub T);

/// A `T` that was a JSON object. What is derived would take an array too, for the fields in their order.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonObject<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for JsonObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// As a default in the document, which is dropped there; see [`crate::Patch`].
impl<T> Serialize for JsonObject<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

impl<T: PartialSchema> ComposeSchema for JsonObject<T> {
    fn compose(parts: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        parts.into_iter().next().unwrap_or_else(T::schema)
    }
}

impl<T: ToSchema> ToSchema for JsonObject<T> {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Valid<T> {
    type Rejection = Problem;

    async fn from_request(request: axum::extract::Request, app: &App) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).cloned();
        let body = Bytes::from_request(request, app).await.map_err(Problem::internal)?;
        if body.is_empty() {
            return read(b"{}").map(Self);
        }
        let content_type = content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !matches!(media_type.as_str(), "application/json" | "application/merge-patch+json") {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Send the body as application/json."));
        }
        read(&body).map(Self)
    }
}

/// The `T` that `json` is.
fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(json).map_err(|_| Problem::malformed("body", "Not UTF-8."))?;
    let first = match parse::<T>(text) {
        Ok(value) => return Ok(value),
        Err(Wrong::Json(message)) => return Err(Problem::malformed("body", message)),
        Err(Wrong::Field(fault)) => fault,
    };
    let mut faults = BTreeMap::new();
    let mut fields: Map<String, Value> = match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) => return Err(Problem::malformed("body", "Not a JSON object.")),
        Err(_) => Map::new(),
    };
    let mut next = Some(first);
    while let Some(fault) = next.take() {
        let name = fault.path.split(['.', '[']).next().unwrap_or_default().to_owned();
        if faults.keys().any(|path: &String| path.split(['.', '[']).next() == Some(&name)) {
            break; // it is missing now because it was left out
        }
        let is_repeated = fields.remove(&name).is_some();
        faults.insert(fault.path, (fault.message, fault.malformed));
        if is_repeated && let Err(Wrong::Field(fault)) = parse::<T>(&Value::Object(fields.clone()).to_string()) {
            next = Some(fault);
        }
    }
    let malformed = faults.values().any(|(_, malformed)| *malformed);
    let problem = if malformed {
        Problem::new(StatusCode::BAD_REQUEST, "malformed", "The body isn't what is expected here.")
    } else {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The body breaks a rule.")
    };
    Err(faults.into_iter().fold(problem, |problem, (path, (message, _))| problem.about(path, message)))
}

/// What is wrong with a body.
enum Wrong {
    /// It is no JSON.
    Json(String),
    /// A field.
    Field(Fault),
}

struct Fault {
    path: String,
    message: String,
    malformed: bool,
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Wrong> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let JsonObject(value) = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if !error.is_syntax() && !error.is_eof() {
            return Wrong::Field(fault(&path, &error.to_string()));
        }
        // serde_json says the same of no JSON at all and of JSON that is no variant of an enum.
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Wrong::Field(Fault { path, message: "Has another type here.".to_owned(), malformed: true }),
            Err(error) => Wrong::Json(format!("Not JSON: {error}.")),
        }
    })?;
    deserializer.end().map_err(|error| Wrong::Json(format!("Not JSON: {error}.")))?;
    Ok(value)
}

/// A fault in what serde says: `unknown field `x`, expected … at line 1 column 2`.
fn fault(path: &str, message: &str) -> Fault {
    let message = message.split(" at line ").next().unwrap_or(message);
    let named = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let inside = |name: &str| match path {
        "." | "?" => name.to_owned(),
        path if path.ends_with(name) => path.to_owned(),
        path => format!("{path}.{name}"),
    };
    let (path, message, malformed) = if let Some(name) = named("unknown field `") {
        (inside(name), "There is no such field.".to_owned(), true)
    } else if let Some(name) = named("missing field `") {
        (inside(name), "Is required.".to_owned(), true)
    } else if let Some(name) = named("duplicate field `") {
        (inside(name), "Is there twice.".to_owned(), true)
    } else if let Some(rest) = message.strip_prefix("unknown variant ") {
        (
            path.to_owned(),
            format!("Not one of these: {}.", rest.split("expected ").nth(1).unwrap_or_default().trim_start_matches("one of ")),
            false,
        )
    } else if message.starts_with("invalid type") || message.starts_with("invalid length") || message.starts_with("invalid value") {
        // Not serde's own words, which quote the value: it may be a password.
        let expected = message.split("expected ").nth(1).unwrap_or("something else");
        (path.to_owned(), format!("Not what belongs here: expected {}.", expected.trim_end_matches('.')), true)
    } else {
        (path.to_owned(), message.to_owned(), false)
    };
    let path = if matches!(path.as_str(), "." | "?") { "body".to_owned() } else { path };
    Fault { path, message, malformed }
}
