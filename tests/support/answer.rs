//! Answers, and what tests ask of them.

use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An HTTP answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as JSON if it is.
    pub json: Value,
    /// Its body.
    pub body: bytes::Bytes,
}

impl From<http::Response<bytes::Bytes>> for Answer {
    fn from(response: http::Response<bytes::Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, json: serde_json::from_slice(&body).unwrap_or_default(), body }
    }
}

impl Answer {
    /// This answer, which has to have `status`.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.json);
        self
    }

    /// The body's field at `pointer` (`/client/id`) as text.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer}: {:#}", self.json)).to_owned()
    }

    /// The body's id.
    #[track_caller]
    pub fn id(&self) -> String {
        self.text("/id")
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The names of the fields that a problem is about.
    pub fn fields(&self) -> Vec<&str> {
        self.json["errors"].as_object().into_iter().flat_map(|errors| errors.keys().map(String::as_str)).collect()
    }
}
