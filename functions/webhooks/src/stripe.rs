//! `/api/webhooks/stripe/` and `…/stripe/connect/`: Stripe has an endpoint told of one's own account, and another of those that are
//! connected to it.

use api::{Answer, Problem, Routes, routes};
use axum::Extension;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use secrets::{EndpointSecrets, WebhookSecrets};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Webhooks,
    signature::{self, BadSignature},
};

/// The largest event that is taken, bytes. Stripe's have a few kilobytes; a message of SQS may have a quarter of a megabyte.
const LARGEST_EVENT: usize = 256 * 1024;

pub(crate) fn routes<R: Routes>() -> R {
    R::default().routes(routes!(receive_stripe_event)).routes(routes!(receive_connect_event))
}

/// Which of the secrets are an endpoint's; none, if there is no such endpoint.
type Endpoint = fn(&WebhookSecrets) -> Option<&EndpointSecrets>;

/// The event is kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"received": true}))]
struct Received {
    /// Always true.
    received: bool,
}

/// Receive an event of Stripe's.
///
/// Of the installation's own account. It is signed with the endpoint's secret, kept unread, and applied a moment later, once, however
/// often it is sent. Not counted by any limit. 400 if the signature is missing, doesn't fit the body or wasn't made within five minutes;
/// 413 for more than 256 KiB; 503 if it can't be kept, so that Stripe sends it again.
#[utoipa::path(post, path = "/api/webhooks/stripe/", tag = "webhooks",
    request_body(content = serde_json::Value, content_type = "application/json; charset=utf-8", description = "The event, byte for byte as it was signed"),
    params(("Stripe-Signature" = String, Header, description = "`t=…,v1=…`: when it was signed, and the HMAC-SHA256 of that time, a dot and the body")),
    responses((status = 200, description = "The event is kept", body = Received)))]
async fn receive_stripe_event(
    Extension(webhooks): Extension<Webhooks>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer<Received>, Problem> {
    receive(&webhooks, |secrets| Some(&secrets.own), &headers, &body).await
}

/// Receive an event of an account that is connected.
///
/// To a firm: what is paid there, and how the account stands. Signed with a secret of its own, and else as what is told of the
/// installation's account.
#[utoipa::path(post, path = "/api/webhooks/stripe/connect/", tag = "webhooks",
    request_body(content = serde_json::Value, content_type = "application/json; charset=utf-8", description = "The event, byte for byte as it was signed"),
    params(("Stripe-Signature" = String, Header, description = "`t=…,v1=…`: when it was signed, and the HMAC-SHA256 of that time, a dot and the body")),
    responses((status = 200, description = "The event is kept", body = Received)))]
async fn receive_connect_event(
    Extension(webhooks): Extension<Webhooks>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer<Received>, Problem> {
    receive(&webhooks, |secrets| secrets.connect.as_ref(), &headers, &body).await
}

/// Keep the event `body` that came to the endpoint whose secrets are `of`.
async fn receive(webhooks: &Webhooks, of: Endpoint, headers: &HeaderMap, body: &Bytes) -> Result<Answer<Received>, Problem> {
    check(webhooks, of, headers.get(signature::HEADER).and_then(|value| value.to_str().ok()), body).await?;
    if body.len() > LARGEST_EVENT {
        let detail = format!("An event may have at most {LARGEST_EVENT} bytes.");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail));
    }
    let event = str::from_utf8(body).map_err(|_| Problem::malformed("body", "Not UTF-8."))?;
    webhooks.queue.send(event, &[]).await.map_err(Problem::unavailable)?;
    Answer::json(StatusCode::OK, &Received { received: true })
}

/// Check the signature `header` of `body`. A secret that it doesn't fit is read again.
async fn check(webhooks: &Webhooks, of: Endpoint, header: Option<&str>, body: &[u8]) -> Result<(), Problem> {
    let now = webhooks.clock.now();
    let secrets = webhooks.secrets.get(now).await.map_err(Problem::unavailable)?;
    let checked = |secrets: &WebhookSecrets| match of(secrets) {
        Some(secrets) => Ok(signature::check(header, body, secrets, now)),
        None => Err(Problem::unavailable("the endpoint has no secret")),
    };
    let checked = match checked(&secrets)? {
        Err(BadSignature::Forged) => match webhooks.secrets.again(&secrets, now).await {
            Some(newer) => checked(&newer)?,
            None => Err(BadSignature::Forged),
        },
        checked => checked,
    };
    checked.map_err(|bad| Problem::malformed("Stripe-Signature", bad.to_string()))
}
