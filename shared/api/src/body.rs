//! Bodies. A wire type's fields are domain values that refuse what is wrong, so what a handler gets is valid.
//!
//! Every field that is wrong is named, not just the first: after a refusal each field is read by itself. So a body is
//! read three times at most, however much of it is wrong, and what is told of it is bounded: a body is read before
//! anybody knows who sends it. What serde itself says (unknown, missing, wrong type) is malformed, 400; what a domain
//! value says, 422.

use std::{collections::HashSet, fmt, marker::PhantomData};

use axum::extract::FromRequest;
use bytes::Bytes;
use http::{StatusCode, header};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        self, DeserializeOwned, MapAccess, Visitor,
        value::{MapAccessDeserializer, MapDeserializer},
    },
};
use serde_json::{Value, value::RawValue};
use utoipa::{
    __dev::ComposeSchema,
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{App, Problem};

/// How many faults of a body are told.
const TOLD: usize = 20;
/// How many characters are told of a field's name, which may be the caller's own, and of what is wrong with it.
const LONGEST: (usize, usize) = (100, 300);

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

/// Read whole numbers of a body, for `#[serde(deserialize_with = "api::whole")]`: `3`, and `3.0`, which JSON Schema counts
/// among integers and some languages write.
pub fn whole<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    serde_json::from_value(in_whole_numbers(Value::deserialize(deserializer)?)).map_err(de::Error::custom)
}

fn in_whole_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            whole.and_then(|float| format!("{float:.0}").parse::<i64>().ok()).map_or(Value::Number(number), Value::from)
        }
        Value::Array(values) => values.into_iter().map(in_whole_numbers).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Object(_) => value,
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
        let [content_type, encoding] = [header::CONTENT_TYPE, header::CONTENT_ENCODING].map(|name| request.headers().get(name).cloned());
        let body = Bytes::from_request(request, app).await.map_err(Problem::internal)?;
        if body.is_empty() {
            return read(b"{}").map(Self);
        }
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "Send the body without a Content-Encoding.",
            ));
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
    let not_json = |error: serde_json::Error| Problem::malformed("body", format!("Not JSON: {error}."));
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let first = match parse(&mut deserializer) {
        Ok(value) => return deserializer.end().map(|()| value).map_err(not_json),
        Err(fault) => fault,
    };
    let fields: Pairs<'_> = serde_json::from_str(text).map_err(|error| match error.is_data() {
        true => Problem::malformed("body", "Not a JSON object."),
        false => not_json(error),
    })?;
    let mut faults = faults::<T>(&fields.0);
    if faults.is_empty() {
        faults.push(first);
    }
    Err(refusal(faults))
}

/// The problem that a body has `faults`.
fn refusal(faults: Vec<Fault>) -> Problem {
    let (status, kind, detail) = match faults.iter().any(|fault| fault.malformed) {
        true => (StatusCode::BAD_REQUEST, "malformed", "The body isn't what is expected here."),
        false => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The body breaks a rule."),
    };
    let more = if faults.len() > TOLD { format!(" These are the first {TOLD} of its faults; there are more.") } else { String::new() };
    let problem = Problem::new(status, kind, format!("{detail}{more}"));
    let (name, words) = LONGEST;
    faults
        .into_iter()
        .take(TOLD)
        .fold(problem, |problem, Fault { path, message, .. }| problem.about(shortened(path, name), shortened(message, words)))
}

/// What is wrong with a body that has `fields` and is no `T`: of each field the first that is wrong, up to one more than
/// is told. Every field is read by itself, once; then those that are right together.
fn faults<T: DeserializeOwned>(fields: &[(String, &RawValue)]) -> Vec<Fault> {
    let (mut faults, mut right, mut seen) = (Vec::<Fault>::new(), Vec::new(), HashSet::new());
    for field in fields {
        if faults.len() > TOLD {
            return faults;
        }
        let (name, value) = field;
        if seen.insert(name.as_str()) {
            match parse::<T, _>(MapDeserializer::new(pairs(std::slice::from_ref(field)))) {
                Err(fault) if fault.about == About::Field => faults.push(fault),
                Ok(_) | Err(_) => right.push((name.clone(), *value)),
            }
        } else if !faults.iter().any(|fault| fault.path == *name) {
            faults.push(Fault { path: name.clone(), message: "Is there twice.".to_owned(), malformed: true, about: About::Field });
        }
    }
    if let Err(fault) = parse::<T, _>(MapDeserializer::new(pairs(&right))) {
        // What was left out is missing because of that alone, and a rule about several fields can't be judged without it.
        let is_left_out = match fault.about {
            About::Field => false,
            About::Missing => faults.iter().any(|other| other.field() == fault.path),
            About::Whole => !faults.is_empty(),
        };
        if !is_left_out {
            faults.push(fault);
        }
    }
    faults
}

fn pairs<'p, 't: 'p>(fields: &'p [(String, &'t RawValue)]) -> impl Iterator<Item = (&'p str, &'t RawValue)> {
    fields.iter().map(|(name, value)| (name.as_str(), *value))
}

/// The fields of a JSON object, in its order, unread.
struct Pairs<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unread;
        impl<'de> Visitor<'de> for Unread {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = fields.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Unread)
    }
}

/// One thing that is wrong with a body.
struct Fault {
    /// Which field: `line_items[0].quantity`; `body` for all of it.
    path: String,
    message: String,
    malformed: bool,
    about: About,
}

/// What a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// A field that is there.
    Field,
    /// One that isn't.
    Missing,
    /// All of it: a rule about several fields.
    Whole,
}

impl Fault {
    /// The field of the body in which it is.
    fn field(&self) -> &str {
        self.path.split(['.', '[']).next().unwrap_or_default()
    }
}

fn parse<'de, T: DeserializeOwned, D: Deserializer<'de, Error = serde_json::Error>>(deserializer: D) -> Result<T, Fault> {
    let JsonObject(value) = serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if error.is_syntax() || error.is_eof() {
            // serde_json says the same of no JSON at all, which was found out before this is told.
            return Fault { path, message: "Has another type here.".to_owned(), malformed: true, about: About::Field };
        }
        fault(&path, &error.to_string())
    })?;
    Ok(value)
}

/// A fault in what serde says: `unknown field `x`, expected … at line 1 column 2`.
fn fault(path: &str, message: &str) -> Fault {
    let message = message.split(" at line ").next().unwrap_or(message);
    let named = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let is_whole = matches!(path, "." | "?");
    let inside = |name: &str| if is_whole { name.to_owned() } else { format!("{path}.{name}") };
    let about = if is_whole { About::Whole } else { About::Field };
    let (path, message, malformed, about) = if let Some(name) = named("unknown field `") {
        let is_there = path == name || path.ends_with(&format!(".{name}"));
        (if is_there { path.to_owned() } else { inside(name) }, "There is no such field.".to_owned(), true, About::Field)
    } else if let Some(name) = named("missing field `") {
        (inside(name), "Is required.".to_owned(), true, if is_whole { About::Missing } else { About::Field })
    } else if let Some(name) = named("duplicate field `") {
        (inside(name), "Is there twice.".to_owned(), true, About::Field)
    } else if let Some(told) = no_variant(message) {
        (path.to_owned(), told, false, about)
    } else if message.starts_with("invalid type") || message.starts_with("invalid length") || message.starts_with("invalid value") {
        // Not serde's own words, which quote the value: it may be a password.
        let expected = expected_in(message).unwrap_or("something else");
        (path.to_owned(), format!("Not what belongs here: expected {}.", in_words(expected.trim_end_matches('.'))), true, about)
    } else {
        (path.to_owned(), message.to_owned(), false, about)
    };
    let path = if matches!(path.as_str(), "." | "?") { "body".to_owned() } else { path };
    Fault { path, message, malformed, about }
}

/// What there is, where serde says that there is no such variant.
pub(crate) fn no_variant(message: &str) -> Option<String> {
    let variants = expected_in(message.strip_prefix("unknown variant ")?).unwrap_or_default();
    Some(format!("Not one of these: {}.", variants.trim_start_matches("one of ")))
}

/// What serde expected by its own words, which come after the caller's.
fn expected_in(message: &str) -> Option<&str> {
    message.rsplit_once("expected ").map(|(_, expected)| expected)
}

/// What serde expects, in words where it says Rust's names.
fn in_words(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number from 0 on",
        "i16" => "a whole number from -32768 to 32767",
        "i32" => "a whole number from -2147483648 to 2147483647",
        "a sequence" => "a list",
        "a map" => "an object",
        other => other,
    }
}

/// `text`, or as much of its beginning.
fn shortened(text: String, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text,
    }
}

#[cfg(test)]
mod tests;
