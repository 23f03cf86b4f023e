//! Errors as callers see them: `application/problem+json` (RFC 9457). A 5xx tells nothing of the inside; what
//! happened is logged here, once, with the request's id.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use domain::{Refusal, Why};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use store::Reply;
use utoipa::ToSchema;

/// Why a request was not done.
#[derive(Debug)]
pub struct Problem {
    unwritten: Box<Unwritten>,
    headers: Vec<(header::HeaderName, HeaderValue)>,
    outcome: Outcome,
}

/// What the front does with a problem.
#[derive(Debug, Clone)]
enum Outcome {
    /// It is the answer.
    Answered,
    /// The handler is run again; this is the answer once there is no time for that.
    Again,
    /// The request was done before: this is the answer.
    Replayed(Box<Reply>),
}

/// A problem's body.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemOut<'p> {
    /// What kind of problem, for programs: `urn:consultantpro:problem:invalid`.
    pub r#type: String,
    /// What kind of problem, for people.
    pub title: &'p str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with this request.
    pub detail: &'p str,
    /// The request, as the logs name it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub request_id: &'p str,
    /// By field, what is wrong with it. A nested field by its path: `line_items[0].unit_price`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: &'p BTreeMap<String, Vec<String>>,
    /// The id of the record that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub existing: Option<&'p str>,
}

impl Problem {
    /// A problem of `kind` with `status`.
    pub fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let unwritten = Unwritten { status, kind, detail, errors: BTreeMap::new(), existing: None };
        Self { unwritten: Box::new(unwritten), headers: Vec::new(), outcome: Outcome::Answered }
    }

    /// The body, the query or a header can't be read.
    pub fn malformed(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request can't be read.").about(field, message)
    }

    /// 422: a list is asked for by two filters, and no index serves both.
    pub fn two_filters() -> Self {
        Self::invalid("query", "Filter by one thing at a time.")
    }

    /// What was asked can't be.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request breaks a rule.").about(field, message)
    }

    /// There is no such thing, or not for this caller.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here.")
    }

    /// The record's state doesn't allow it.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// No token, or none that is taken; `error` is RFC 6750's word for it.
    pub fn unauthorized(error: Option<&'static str>, detail: impl Into<String>) -> Self {
        let challenge = error.map_or_else(|| "Bearer".to_owned(), |error| format!("Bearer error=\"{error}\""));
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).with(header::WWW_AUTHENTICATE, &challenge)
    }

    /// The status that it is answered with.
    pub fn status(&self) -> StatusCode {
        self.unwritten.status
    }

    /// The caller isn't let in any more, or not as what their token says.
    pub fn revoked() -> Self {
        Self::unauthorized(Some("invalid_token"), "The access token is worth nothing any more; refresh it, or sign in again.")
    }

    /// The caller may not do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// A fault of ours; `cause` is logged and not told.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side.")
    }

    /// Something we need doesn't answer; `cause` is logged and not told.
    pub fn unavailable(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "unavailable");
        let detail = "The service is unavailable for a moment. Try again; with an Idempotency-Key that is safe for a POST too.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with(header::RETRY_AFTER, "1")
    }

    /// The function's time is over, whatever the handler was at.
    pub(crate) fn out_of_time() -> Self {
        tracing::error!("out of time");
        let detail = "There was no answer in time, and it may have been done all the same. Try again; with the same Idempotency-Key it is \
            done once.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with(header::RETRY_AFTER, "1")
    }

    /// Others were faster.
    fn lost() -> Self {
        let detail = "Many change this at the same moment, and there was no time left to wait for them. Try again.";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with(header::RETRY_AFTER, "1");
        Self { outcome: Outcome::Again, ..problem }
    }

    /// The same problem with what is wrong with a field.
    #[must_use]
    pub fn about(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.unwritten.errors.entry(field.into()).or_default().push(message.into());
        self
    }

    /// The same problem with a header on its answer.
    #[must_use]
    pub fn with(mut self, name: header::HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// What the request was answered when it was done before, if that is what this is.
    pub fn replayed(self) -> Result<Reply, Self> {
        match self.outcome {
            Outcome::Replayed(reply) => Ok(*reply),
            Outcome::Answered | Outcome::Again => Err(self),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match (refusal.why, refusal.field) {
            (Why::State, Some(field)) => Self::conflict(&*refusal.message).about(field, refusal.message),
            (Why::State, None) => Self::conflict(refusal.message),
            (Why::Rule, Some(field)) => Self::invalid(field, refusal.message),
            (Why::Rule, None) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", refusal.message),
            (Why::Unpayable, _) => Self::new(StatusCode::CONFLICT, "payments-unavailable", refusal.message),
            (Why::Unconfirmed, _) => {
                let resend = "POST /api/auth/confirm-email/resend/ sends another.";
                Self::new(StatusCode::FORBIDDEN, "unconfirmed", format!("{} {resend}", refusal.message))
            }
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound(_) => Self::not_found(),
            store::Error::NoSuch { field, kind } => Self::invalid(field, format!("There is no such {}.", kind.replace('_', " "))),
            // One that could be read, and is of another list.
            store::Error::NotACursor(bad) => Self::invalid("cursor", bad.to_string()),
            store::Error::Refused(refusal) => refusal.into(),
            store::Error::TooLong { field, bytes, most } => {
                Self::invalid(field, format!("Is too long: it takes {bytes} bytes, and with the other fields at most {most} are kept."))
            }
            store::Error::Taken { refusal, holder } => {
                let mut problem = Self::from(refusal);
                problem.unwritten.existing = Some(holder);
                problem
            }
            store::Error::Lost => Self::lost(),
            store::Error::Revoked => Self::revoked(),
            store::Error::Seen => Self::conflict("The event was applied before."),
            store::Error::Replayed(reply) => Self { outcome: Outcome::Replayed(Box::new(reply)), ..Self::conflict("Done before.") },
            store::Error::KeyReused => Self::invalid("Idempotency-Key", "Was used for another request."),
            store::Error::Unavailable(cause) => Self::unavailable(cause),
            store::Error::Internal(cause) => Self::internal(cause),
        }
    }
}

/// Marks an answer that isn't final: the handler lost a race and is to be run again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunAgain;

/// A problem on its way to the front, which knows the request's id and writes the body.
#[derive(Debug, Clone)]
pub(crate) struct Unwritten {
    status: StatusCode,
    kind: &'static str,
    detail: String,
    errors: BTreeMap<String, Vec<String>>,
    existing: Option<String>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { unwritten, headers, outcome } = self;
        if let Outcome::Replayed(reply) = outcome {
            return crate::Answer::<()>::from(*reply).replayed().into_response();
        }
        let mut response = unwritten.status.into_response();
        response.headers_mut().extend(headers);
        response.extensions_mut().insert(*unwritten);
        if matches!(outcome, Outcome::Again) {
            response.extensions_mut().insert(RunAgain);
        }
        response
    }
}

impl Unwritten {
    /// The problem that `response` is: one of ours, or a bare status of the router's.
    pub(crate) fn of(response: &Response) -> Option<Self> {
        let bare = |kind, detail: &str| {
            Some(Self { status: response.status(), kind, detail: detail.to_owned(), errors: BTreeMap::new(), existing: None })
        };
        match (response.extensions().get::<Self>(), response.status()) {
            (Some(problem), _) => Some(problem.clone()),
            (None, StatusCode::NOT_FOUND) => bare("not-found", "There is nothing here."),
            (None, StatusCode::METHOD_NOT_ALLOWED) => bare("method-not-allowed", "This can't be done here; see Allow."),
            (None, _) => None,
        }
    }

    /// Its body.
    pub(crate) fn body(&self, request_id: &str) -> Vec<u8> {
        let Self { status, kind, detail, errors, existing } = self;
        let title = status.canonical_reason().unwrap_or("Error");
        let r#type = format!("urn:consultantpro:problem:{kind}");
        let out = ProblemOut { r#type, title, status: status.as_u16(), detail, request_id, errors, existing: existing.as_deref() };
        serde_json::to_vec(&out).unwrap_or_default()
    }
}
