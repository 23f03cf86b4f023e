//! `POST /api/auth/password/`: somebody who is signed in chooses another password.

use api::{Answer, App, Caller, Cx, Problem, Routes, Valid, post, routes};
use axum::{Extension, extract::State};
use domain::password::Password;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{grant::Keys, own::Own, second_factor::Code};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(change_password))
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "correct horse battery", "new_password": "harbour lane lighthouse"}))]
struct PasswordChange {
    /// The one that they sign in with until now.
    #[schema(format = Password, max_length = 128)]
    current_password: String,
    /// Not one of the commonest, nor made of the e-mail or the firm's name.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 128)]
    new_password: Password,
    /// Of who has a second factor: a code of it, or a recovery code.
    #[schema(value_type = Option<String>, format = Password, max_length = 64)]
    code: Option<Code>,
}

/// Choose another password.
///
/// They are told by mail, and are signed out everywhere else: access tokens of other sessions are answered 401 within a minute. 422 if
/// `current_password` or `code` isn't theirs, which counts as a failure to sign in: 429 after too many.
#[post("/api/auth/password/", 204, tag = "auth")]
async fn change_password(
    cx: Cx,
    State(app): State<App>,
    Extension(keys): Extension<Keys>,
    caller: Caller,
    Valid(body): Valid<PasswordChange>,
) -> Result<Answer<()>, Problem> {
    let PasswordChange { current_password, new_password, code } = body;
    let (own, done) = Own::read(&cx, caller).await?;
    if let Some(reply) = done {
        // Whoever has the key has no more guesses by it.
        let attempt = own.admit(&cx, &app).await?;
        if !keys.passwords.verify(new_password.expose(), Some(&own.credentials.password))? {
            cx.count_failure(&app, &attempt).await?;
        }
        return Err(keys.replayed(new_password.expose(), &own.credentials, reply));
    }
    let proven = own.prove((&cx, &app, &keys), &current_password, code.as_ref(), false).await?;
    new_password.is_not_of(&[own.login.email.as_str(), &own.firm.name], "new_password")?;
    let mut change = own.change(&cx)?;
    proven.depend(&mut change, &app)?;
    change.update_login(&own.login, own.login.change_password())?;
    let after = proven.credentials.with_password(keys.passwords.hash(new_password.expose())?);
    change.update_credentials(caller.login, &own.credentials, &after)?;
    cx.commit_anew(change, Ok(Answer::no_content())).await
}
