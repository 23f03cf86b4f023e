//! `/api/auth/mfa/`: the second factor of whoever is signed in.

use api::{Anonymous, Answer, App, Caller, Cx, Problem, Routes, Valid, delete, get, post, routes};
use axum::{Extension, extract::State};
use chrono::{DateTime, Utc};
use domain::second_factor::SecondFactor;
use secrets::RemovingFactor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    alive,
    carrier::Carrier,
    challenge::Challenge,
    grant::{Granted, Keys},
    own::Own,
    password_reset::{ByLink, PasswordReset, enter},
    reauthentication::proven_for,
    second_factor::{self, Code, RecoveryCodes, TotpOut},
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(show_mfa))
        .routes(routes!(set_up_totp, remove_totp))
        .routes(routes!(confirm_totp))
        .routes(routes!(renew_recovery_codes))
        .routes(routes!(take_totp_back))
}

/// The second factor of a login.
#[derive(Debug, Serialize, ToSchema)]
struct Mfa {
    /// Since when an app's codes are asked beside the password; none if they aren't.
    totp_since: Option<DateTime<Utc>>,
    /// How many recovery codes are left.
    recovery_codes_left: usize,
    /// Whether the firm that they are signed in to asks a second factor of them.
    required: bool,
}

/// Who sets up a second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "correct horse battery"}))]
struct NewTotp {
    #[schema(format = Password, max_length = 128)]
    current_password: String,
    /// Of who has a second factor and sets up another: a code of it, or a recovery code.
    #[schema(value_type = Option<String>, format = Password, max_length = 64)]
    code: Option<Code>,
}

/// The first code of what was set up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FirstCode {
    /// What the app shows.
    #[schema(value_type = String, format = Password, max_length = 64)]
    code: Code,
}

/// Show one's second factor.
///
/// It is the login's, in all firms.
#[get("/api/auth/mfa/", tag = "auth")]
async fn show_mfa(cx: Cx, caller: Caller) -> Result<Answer<Mfa>, Problem> {
    let found = cx.store.read(caller.firm).record(caller.firm).secrets(caller.login).fetch().await?;
    let (firm, credentials) = (found.record(caller.firm)?, found.secrets(caller.login)?.ok_or_else(alive::over)?);
    let (totp_since, required) = (credentials.factor.totp.as_ref().map(|totp| totp.since), firm.asks_second_factor_of(caller.principal));
    cx.json(&Mfa { totp_since, recovery_codes_left: credentials.factor.recovery.len(), required })
}

/// Set up a second factor, or another.
///
/// An app makes codes from what is answered, the first of which goes to `mfa/totp/confirm/` within the hour; until then all is as
/// before. Set up again, what waits is worthless. 422 if the password or code isn't one's own, which counts as a failure to sign in: 429
/// after too many.
#[post("/api/auth/mfa/totp/", tag = "auth")]
async fn set_up_totp(
    cx: Cx,
    State(app): State<App>,
    Extension(keys): Extension<Keys>,
    caller: Caller,
    Valid(body): Valid<NewTotp>,
) -> Result<Answer<TotpOut>, Problem> {
    let (own, done) = Own::read(&cx, caller).await?;
    let proven = own.prove((&cx, &app, &keys), &body.current_password, body.code.as_ref(), done.is_some()).await?;
    if done.is_some() {
        return TotpOut::answer(&own.credentials, &own.login, cx.now);
    }
    let mut change = cx.change(&caller);
    own.require_session(&mut change)?;
    proven.depend_and_tell(&mut change, &app, &own.login)?;
    let after = second_factor::set_up(&cx, &mut change, caller.login, (&own.credentials, &proven.credentials))?;
    cx.commit_anew(change, TotpOut::answer(&after, &own.login, cx.now)).await
}

/// Show that an app makes the codes of what was set up.
///
/// From now on a code is asked beside the password; one is signed out everywhere else, and told by mail. The recovery codes of before
/// are worthless. 409 if nothing was set up within the hour; 422 if it isn't the code that the app shows, which counts as a failure to
/// sign in: 429 after too many.
#[post("/api/auth/mfa/totp/confirm/", tag = "auth")]
async fn confirm_totp(
    cx: Cx,
    State(app): State<App>,
    caller: Caller,
    Valid(body): Valid<FirstCode>,
) -> Result<Answer<RecoveryCodes>, Problem> {
    let (own, done) = Own::read(&cx, caller).await?;
    let guesses = own.admit(&cx, &app).await?;
    if let Some(reply) = done {
        second_factor::recognise((&cx, &app), &guesses, &own.credentials, &body.code).await?;
        return RecoveryCodes::again(&own.credentials, &reply);
    }
    let nonce = rand::random();
    let factor = second_factor::confirm((&cx, &app), &guesses, &own.credentials, (&body.code, nonce)).await?;
    let after = own.credentials.with_sessions_ended().with_factor(factor);
    let mut change = own.change(&cx)?;
    change.require_fewer(guesses.name(), app.limiter.failures())?;
    let had_one = own.credentials.factor.is_on();
    change.update_login(&own.login, if had_one { own.login.replace_factor() } else { own.login.add_factor() })?;
    change.update_credentials(caller.login, &own.credentials, &after)?;
    RecoveryCodes::commit(&cx, change, &after, nonce).await
}

/// Have other recovery codes.
///
/// Those of before are worthless; one is told by mail. 403 (`reauthentication-required`) unless one proved within ten minutes who one is;
/// 409 without a second factor.
#[post("/api/auth/mfa/recovery-codes/", 200, 403, tag = "auth")]
async fn renew_recovery_codes(cx: Cx, caller: Caller) -> Result<Answer<RecoveryCodes>, Problem> {
    let (own, done) = Own::read(&cx, caller).await?;
    proven_for(&cx, &caller, true)?;
    if let Some(reply) = done {
        return RecoveryCodes::again(&own.credentials, &reply);
    }
    if !own.credentials.factor.is_on() {
        return Err(Problem::conflict("There is no second factor; set one up."));
    }
    let nonce = rand::random();
    let after = own.credentials.with_factor(own.credentials.factor.with_recovery_codes(nonce));
    let mut change = cx.change(&caller);
    own.require_session(&mut change)?;
    change.update_login(&own.login, own.login.renew_recovery_codes())?;
    change.update_credentials(caller.login, &own.credentials, &after)?;
    RecoveryCodes::commit(&cx, change, &after, nonce).await
}

/// Have no second factor any more.
///
/// The password is all that is asked then; one is told by mail. Without one, nothing happens. 403 (`reauthentication-required`) unless
/// one proved within ten minutes who one is; 409 if a firm that one belongs to asks it of its people.
#[delete("/api/auth/mfa/totp/", 204, 403, tag = "auth")]
async fn remove_totp(cx: Cx, caller: Caller) -> Result<Answer<()>, Problem> {
    let (own, _) = Own::read(&cx, caller).await?;
    proven_for(&cx, &caller, true)?;
    if !own.credentials.factor.is_on() {
        return Ok(Answer::no_content());
    }
    let memberships = cx.store.memberships_in(&own.credentials.joined).await?;
    if let Some((_, firm)) = memberships.iter().find(|(membership, firm)| firm.asks_second_factor_of(membership.principal)) {
        return Err(Problem::conflict(format!("{} asks a second factor of its people.", firm.name)));
    }
    let mut change = cx.change(&caller);
    own.require_session(&mut change)?;
    change.update_login(&own.login, own.login.remove_factor())?;
    change.update_credentials(caller.login, &own.credentials, &own.credentials.with_factor(SecondFactor::default()))?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Take back a second factor that somebody else set up.
///
/// By the link in the mail that tells of it, within 72 hours: it is gone, one signs in with the password in the body, and all sessions
/// end. One is signed in, as by `password-reset/confirm/`. 409 if it is gone already, or is another; 422 if the link isn't ours or is
/// older.
#[post("/api/auth/mfa/totp/take-back/", 200, 202: Challenge, 204, 403, tag = "auth")]
async fn take_totp_back(
    cx: Cx,
    State(app): State<App>,
    _: Anonymous,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<PasswordReset>,
) -> Result<Answer<Granted>, Problem> {
    let link: RemovingFactor = keys.link(&body.token, cx.now).await?;
    let carrier = Carrier::asked(body.session, &cx, &app)?;
    let found = ByLink::read(&cx, link.login).await?;
    enter((&cx, &keys), found, (&body.password, carrier), |change, ByLink { login, credentials, .. }, _, hash| {
        let is_it = credentials.factor.totp.as_ref().is_some_and(|totp| totp.since.timestamp() == link.since);
        if !is_it || !login.is_reached_by(&link.email, cx.now) {
            return Err(Problem::conflict("That second factor is gone already, or the e-mail is another's by now."));
        }
        change.update_login(login, login.take_factor_back())?;
        Ok(credentials.taken_over(hash))
    })
    .await
}
