//! `POST /api/auth/reauthenticate/`: what changes who has a firm takes that one proved lately who one is.

use api::{Acts, Answer, App, Caller, Cx, Problem, Routes, Valid, post, routes};
use axum::{Extension, extract::State};
use chrono::TimeDelta;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    grant::{self, Grant, Granted, Keys, Proof, Remembered},
    own::Own,
    second_factor::Code,
};

/// How long who proved who they are needn't again.
const LATELY: TimeDelta = TimeDelta::minutes(10);

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(reauthenticate))
}

/// What shows who one is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "correct horse battery"}))]
struct Reauthentication {
    #[schema(format = Password, max_length = 128)]
    current_password: String,
    /// Of who has a second factor: a code of it, or a recovery code.
    #[schema(value_type = Option<String>, format = Password, max_length = 64)]
    code: Option<Code>,
}

/// Prove once more who one is.
///
/// The tokens in the answer, of the same session, say so for ten minutes, as `auth_time`: what changes who has the firm, and the second
/// factor, takes that
/// (403, `reauthentication-required`). 422 if it isn't one's password or code, which counts as a failure to sign in: 429 after too many.
#[post("/api/auth/reauthenticate/", tag = "auth")]
async fn reauthenticate(
    cx: Cx,
    State(app): State<App>,
    Extension(keys): Extension<Keys>,
    caller: Caller,
    Valid(body): Valid<Reauthentication>,
) -> Result<Answer<Granted>, Problem> {
    let (own, done) = Own::read(&cx, caller).await?;
    let proven = own.prove((&cx, &app, &keys), &body.current_password, body.code.as_ref(), done.is_some()).await?;
    if let Some(reply) = done {
        return grant::again(&cx, &keys, Proof::Given, &reply).await;
    }
    let mut change = cx.change(&caller);
    let grant = Grant { id: caller.session, session: own.session.reauthenticate(cx.now).rotate(cx.idempotency_key(), cx.origin(), cx.now) };
    proven.depend_and_tell(&mut change, &app, &own.login)?;
    change.update_credentials(caller.login, &own.credentials, &proven.credentials)?;
    own.require_parent(&mut change)?;
    change.replace_session(caller.session, &own.session, &grant.session)?;
    let answer = grant::commit(&cx, &keys, Proof::Given, change, (Remembered::session(grant), &proven.credentials)).await?;
    cx.tell("session.reauthenticated", Some(caller.login));
    Ok(answer)
}

/// That `by` proved lately who they are, if what takes that `is_changed` by what they do: who owns a firm, and what people sign in with.
pub(crate) fn proven_for(cx: &Cx, by: &impl Acts, is_changed: bool) -> Result<(), Problem> {
    if !is_changed || by.caller().authenticated >= (cx.now - LATELY).timestamp() {
        return Ok(());
    }
    let detail = "This takes that you proved who you are within ten minutes; do so by POST /api/auth/reauthenticate/.";
    Err(Problem::new(StatusCode::FORBIDDEN, "reauthentication-required", detail))
}
