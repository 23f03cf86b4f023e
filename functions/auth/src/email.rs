//! `/api/auth/email/`: somebody signs in with another e-mail from now on, and takes that back if it wasn't them.

use api::{Anonymous, Answer, App, Caller, Cx, Problem, Routes, Valid, post, routes};
use axum::{Extension, extract::State};
use domain::{
    Email, Refusal,
    event::Actor,
    firm::INSTALLATION,
    login::{Follower, Login, RETURNS, TAKEN_BACK},
};
use secrets::{ChangingEmail, RestoringEmail};
use serde::Deserialize;
use store::{Change, Membership};
use utoipa::ToSchema;

use crate::{
    alive,
    carrier::Carrier,
    challenge::Challenge,
    grant::{Granted, Keys},
    own::Own,
    password_reset::{ByLink, PasswordReset, enter},
    second_factor::Code,
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(request_email_change)).routes(routes!(confirm_email_change)).routes(routes!(restore_email))
}

/// Another e-mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ann.lee@north.example", "current_password": "correct horse battery"}))]
struct NewEmail {
    /// What they sign in with from then on.
    email: Email,
    #[schema(format = Password, max_length = 128)]
    current_password: String,
    /// Of who has a second factor: a code of it, or a recovery code.
    #[schema(value_type = Option<String>, format = Password, max_length = 64)]
    code: Option<Code>,
}

/// The token of a link to the new e-mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeConfirmation {
    /// From the link in the mail.
    #[schema(max_length = 512)]
    token: String,
}

/// Ask to sign in with another e-mail.
///
/// A link is mailed there, which works once, for a day; until it is followed, all is as before. 202 whether it has a login or not. 409
/// if a link was sent a moment ago, or it was changed often lately; 422 if the password or code isn't one's own, which counts as a
/// failure to sign in: 429 after too many.
#[post("/api/auth/email/", 202, tag = "auth")]
async fn request_email_change(
    cx: Cx,
    State(app): State<App>,
    Extension(keys): Extension<Keys>,
    caller: Caller,
    Valid(body): Valid<NewEmail>,
) -> Result<Answer<()>, Problem> {
    let (own, done) = Own::read(&cx, caller).await?;
    let proven = own.prove((&cx, &app, &keys), &body.current_password, body.code.as_ref(), done.is_some()).await?;
    if done.is_some() {
        return Ok(Answer::accepted().replayed());
    }
    let mut change = cx.change(&caller);
    own.require_session(&mut change)?;
    proven.depend(&mut change, &app)?;
    let asked = own.login.request_email(body.email, (caller.session, own.credentials.epoch), cx.now)?;
    change.update_login(&own.login, asked)?;
    change.update_credentials(caller.login, &own.credentials, &proven.credentials)?;
    cx.commit_anew(change, Ok(Answer::accepted())).await
}

/// Use the link that was mailed to another e-mail.
///
/// One signs in with it from now on, and is reached by it in all firms; the one of before is told, with a link that takes it back for 72
/// hours, during which nobody else has it. All sessions end but the one in which it was asked. So the e-mail of who signed up a firm is
/// confirmed too. 409 if the link was used, another was sent, the password was changed or the session ended since, or somebody else has
/// a login with the e-mail; 422 if the link isn't ours or is older than a day.
#[post("/api/auth/email/confirm/", 204, tag = "auth")]
async fn confirm_email_change(
    cx: Cx,
    _: Anonymous,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<ChangeConfirmation>,
) -> Result<Answer<()>, Problem> {
    let link: ChangingEmail = keys.link(&body.token, cx.now).await?;
    let found = ByLink::read(&cx, link.login).await?;
    if let Some(reply) = found.done {
        return Ok(Answer::from(reply).replayed());
    }
    let memberships = cx.store.memberships(&found.credentials.joined).await?;
    let changed = found.login.change_email(link.number, found.credentials.epoch, followers(&memberships), cx.now)?;
    let mut change = cx.change_anonymous(INSTALLATION, Actor::Login(link.login));
    change.move_login(&found.login, changed, found.login.proven_at.map(|_| cx.now + RETURNS), taken())?;
    end_others(&cx, &mut change, &found, &memberships).await?;
    confirm_founded(&cx, &mut change, &found.login).await?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Take another e-mail back.
///
/// By the link that was mailed to the one of before, within 72 hours: one signs in with that again, and with the password in the body;
/// all sessions end, and a second factor that was set up since is gone. One is signed in, as by `password-reset/confirm/`. 409 if it was
/// taken back already; 422 if the link isn't ours or is older.
#[post("/api/auth/email/restore/", 200, 202: Challenge, 204, 403, tag = "auth")]
async fn restore_email(
    cx: Cx,
    State(app): State<App>,
    _: Anonymous,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<PasswordReset>,
) -> Result<Answer<Granted>, Problem> {
    let link: RestoringEmail = keys.link(&body.token, cx.now).await?;
    let carrier = Carrier::asked(body.session, &cx, &app)?;
    let found = ByLink::read(&cx, link.login).await?;
    enter((&cx, &keys), found, (&body.password, carrier), |change, ByLink { login, credentials, .. }, memberships, hash| {
        let past = login.past_email(link.number, cx.now).ok_or_else(|| Refusal::state(TAKEN_BACK))?;
        body.password.is_not_of(&[past.email.as_str()], "password")?;
        change.move_login(login, login.restore_email(link.number, followers(memberships), cx.now)?, None, taken())?;
        Ok(credentials.restored(hash, past.until))
    })
    .await
}

/// Whose mail follows the e-mail of whom `memberships` are.
fn followers(memberships: &[Membership]) -> Vec<Follower> {
    memberships.iter().map(|Membership { firm, principal }| Follower { firm: *firm, subject: principal.subject() }).collect()
}

/// The e-mail is another's.
fn taken() -> Refusal {
    Refusal::state("Somebody has a login with this e-mail already.").about("email")
}

/// End the login's sessions, but for the one in which another e-mail was asked for.
async fn end_others(cx: &Cx, change: &mut Change, found: &ByLink, memberships: &[Membership]) -> Result<(), Problem> {
    let ByLink { login, credentials, .. } = found;
    let (after, asked_in) = (credentials.with_sessions_ended(), login.email_change.as_ref().map(|change| change.session));
    let kept = alive::kept(cx, change, (login.id, asked_in), credentials).await?;
    change.update_credentials(login.id, credentials, &after)?;
    change.end_access(memberships, after.epoch, kept.as_ref().map(|(id, _)| *id))?;
    Ok(kept.iter().try_for_each(|(id, session)| change.replace_session(*id, session, &session.keep(after.epoch)))?)
}

/// Confirm the firm that was signed up with an e-mail which nobody confirmed, unless it was closed meanwhile.
async fn confirm_founded(cx: &Cx, change: &mut Change, login: &Login) -> Result<(), Problem> {
    let Some(id) = login.founded else { return Ok(()) };
    let found = cx.store.read(id).record(id).first_firm().fetch().await?;
    let firm = found.record(id)?;
    if firm.closed_at.is_none() {
        let confirmed = firm.confirm()?;
        change.within(id, |change| change.update(&firm, confirmed))?;
        change.be_first_firm(id, true, &found)?;
    }
    Ok(())
}
