//! Answers: a record's shape for callers, with its ETag.

use std::marker::PhantomData;

use axum::response::{IntoResponse, Response};
use domain::{Digest, Time};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use store::{Entity, Record, Reply, Row};

/// How a kind of record looks to callers.
pub trait Shape: Serialize {
    /// The record.
    type Of: Entity;
    /// Where its records are found: the path before the id, with a slash at its end.
    const PATH: &'static str;

    /// `record` as callers see it at `now`.
    fn shape(record: &Record<Self::Of>, now: Time) -> Self;
}

/// How a kind of record looks to callers in lists, which know just its row.
pub trait Listed: Serialize {
    /// The record.
    type Of: Entity;

    /// `row` as callers see it at `now`.
    fn listed(row: &Row<Self::Of>, now: Time) -> Self;
}

/// An answer that isn't a problem: with a body that is a `T`, or without one where that is `()`.
#[derive(Debug)]
pub struct Answer<T> {
    reply: Reply,
    /// What is kept in its place.
    kept: Option<Reply>,
    cookies: Vec<String>,
    replayed: bool,
    secret: bool,
    body: PhantomData<fn() -> T>,
}

/// Whether an answer was given before, for the same key.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

impl Answer<()> {
    /// 202, without a body: what is asked for comes by mail.
    pub fn accepted() -> Self {
        Reply { status: StatusCode::ACCEPTED.as_u16(), ..Reply::none() }.into()
    }
}

impl<T: Serialize> Answer<T> {
    /// `body` as JSON with a status; an error is a fault of ours.
    pub fn json(status: StatusCode, body: &T) -> Result<Self, crate::Problem> {
        let body = serde_json::to_string(body).map_err(crate::Problem::internal)?;
        Ok(Reply { status: status.as_u16(), body: Some(body), version: None, location: None }.into())
    }
}

impl<T> Answer<T> {
    /// 204.
    pub fn no_content() -> Self {
        Reply::none().into()
    }

    /// The same answer, with the version of the record in it.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.reply.version = Some(version);
        self
    }

    /// The same answer, with the address of what was made.
    #[must_use]
    pub fn location(mut self, location: String) -> Self {
        self.reply.location = Some(location);
        self
    }

    /// The same answer of an operation that mostly answers with a `U`: its attribute says of which status this is the body.
    pub fn instead<U>(self) -> Answer<U> {
        let Self { reply, kept, cookies, replayed, secret, body: _ } = self;
        Answer { reply, kept, cookies, replayed, secret, body: PhantomData }
    }

    /// The same answer, which nobody on its way may keep: it has tokens in it (RFC 6749, 5.1).
    #[must_use]
    pub fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// The same answer, of which only `kept` is kept under the request's key: what there is to know is found by it again.
    #[must_use]
    pub fn keeping(self, kept: Option<String>) -> Self {
        let kept = Reply { status: self.reply.status, body: kept, version: None, location: None };
        Self { kept: Some(kept), ..self }
    }

    /// The same answer, with these cookies (`Set-Cookie`).
    #[must_use]
    pub fn cookies(self, cookies: impl IntoIterator<Item = String>) -> Self {
        Self { cookies: cookies.into_iter().collect(), ..self }
    }

    /// What is kept of it, to be given again.
    pub fn reply(&self) -> &Reply {
        self.kept.as_ref().unwrap_or(&self.reply)
    }

    /// The same answer, given before for the same key.
    #[must_use]
    pub fn replayed(self) -> Self {
        Self { replayed: true, ..self }
    }
}

impl<T> From<Reply> for Answer<T> {
    fn from(reply: Reply) -> Self {
        Self { reply, kept: None, cookies: Vec::new(), replayed: false, secret: false, body: PhantomData }
    }
}

impl<T> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let Reply { status, body, version, location } = self.reply;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let tag = body.as_ref().map(|body| etag(version, body.as_bytes()));
        let mut response = match body {
            Some(body) => (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response(),
            None => status.into_response(),
        };
        let headers = response.headers_mut();
        if let Some(Ok(tag)) = tag.map(|tag| HeaderValue::from_str(&tag)) {
            headers.insert(header::ETAG, tag);
        }
        for cookie in self.cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
            headers.append(header::SET_COOKIE, cookie);
        }
        if let Some(Ok(location)) = location.map(|location| HeaderValue::from_str(&location)) {
            headers.insert(header::LOCATION, location);
        }
        if self.secret {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// The ETag of a body: the record's version, which `If-Match` goes by, and a digest of what is shown, since that can
/// change with the day while the record doesn't (a proposal expires).
fn etag(version: Option<u64>, body: &[u8]) -> String {
    let digest: String = Digest::of(&[body]).to_string().chars().take(16).collect();
    match version {
        Some(version) => format!("\"{version}-{digest}\""),
        None => format!("\"{digest}\""),
    }
}

/// Whether the `If-Match` header `wanted` allows a write to what is at `version` (RFC 9110, 13.1.1).
pub(crate) fn matches_version(wanted: &str, version: u64) -> bool {
    wanted.split(',').map(str::trim).any(|tag| {
        let current = || tag.strip_prefix('"').and_then(|tag| tag.split(['-', '"']).next()).and_then(|v| v.parse::<u64>().ok());
        tag == "*" || current() == Some(version)
    })
}

/// Whether the `If-None-Match` header `known` names `tag` (RFC 9110, 13.1.2: a weak comparison).
pub(crate) fn knows(known: &str, tag: &str) -> bool {
    known.split(',').map(|known| known.trim().trim_start_matches("W/")).any(|known| known == "*" || known == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_goes_by_the_version() {
        for (wanted, matches) in [
            ("\"3-abc\"", true),
            ("\"3\"", true),
            ("*", true),
            ("\"2-abc\", \"3-def\"", true),
            ("\"2-abc\"", false),
            ("\"33-abc\"", false),
            ("3", false),
            ("", false),
            ("W/\"3-abc\"", false),
        ] {
            assert_eq!(matches_version(wanted, 3), matches, "{wanted}");
        }
    }

    #[test]
    fn if_none_match_goes_by_all_of_the_tag() {
        for (known, knows_it) in [("\"3-abc\"", true), ("W/\"3-abc\"", true), ("*", true), ("\"1\", \"3-abc\"", true), ("\"3\"", false)] {
            assert_eq!(knows(known, "\"3-abc\""), knows_it, "{known}");
        }
    }
}
