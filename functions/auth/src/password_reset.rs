//! `/api/auth/password-reset/`: who forgot their password chooses another, by a link that is mailed to them.

use api::{Anonymous, Answer, App, Cx, Problem, Routes, Valid, post, routes};
use axum::Extension;
use domain::{Email, event::Actor, firm::INSTALLATION, password::Password, session::Session};
use secrets::Resetting;
use serde::Deserialize;
use store::Membership;
use utoipa::ToSchema;

use crate::{
    grant::{self, Grant, Granted, Keys, Proof},
    login::last_used,
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(request_password_reset)).routes(routes!(reset_password))
}

/// Who forgot their password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ann@north.example"}))]
struct ForgottenPassword {
    /// What they sign in with.
    email: Email,
}

/// The link's token, and the password to sign in with from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordReset {
    /// From the link in the mail.
    #[schema(max_length = 128)]
    token: String,
    /// Not one of the commonest, nor made of the e-mail or the firm's name.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 128)]
    password: Password,
}

/// Have a link mailed by which another password is chosen.
///
/// It works once, for an hour; the links before it work no more. 202 whether the e-mail has a login or not, and just as fast, so that
/// nobody learns from it who has. Who asks again and again without using a link waits for the next: a minute after the first, twice as
/// long after each further one, an hour at most.
#[post("/api/auth/password-reset/", 202, tag = "auth")]
async fn request_password_reset(cx: Cx, _: Anonymous, Valid(body): Valid<ForgottenPassword>) -> Result<Answer<()>, Problem> {
    let id = cx.store.login_of(&body.email).await?.unwrap_or_else(|| cx.new_id());
    let found = cx.read_anonymous(INSTALLATION).login(id).decoy(&body.email).fetch().await?;
    let (login, mut change) = (found.login(id)?, cx.change_anonymous(INSTALLATION, Actor::Login(id)));
    match login.as_ref().and_then(|login| Some((login, login.request_reset(cx.now)?))) {
        Some((login, asked)) => change.update_login(login, asked)?,
        None => change.update_decoy(&found, &body.email)?,
    }
    cx.commit(change, Ok(Answer::accepted())).await
}

/// Use the link of a mail by which another password is chosen.
///
/// They are signed in, as whom they signed in last, and signed out everywhere else; they are told by mail. So the e-mail is
/// shown to be theirs: who typed it before them, without having shown that, is out. 204, and nobody is signed in, if no firm lets
/// them in any more. 409 if the link was used or another was sent since; 422 if it isn't ours or is older than an hour.
#[post("/api/auth/password-reset/confirm/", 200, 204, tag = "auth")]
async fn reset_password(
    cx: Cx,
    _: Anonymous,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<PasswordReset>,
) -> Result<Answer<Granted>, Problem> {
    let link: Resetting = keys.link(&body.token, cx.now).await?;
    let read = cx.read_anonymous(INSTALLATION).login(link.login);
    let (found, credentials) = tokio::join!(read.fetch_with_reply(), cx.store.credentials(link.login));
    let ((found, kept), credentials) = (found?, credentials?.ok_or_else(Problem::not_found)?);
    let login = found.login(link.login)?.ok_or_else(Problem::not_found)?;
    if let Some(kept) = kept {
        if kept.body.is_none() {
            return Err(keys.replayed(body.password.expose(), &credentials, kept));
        }
        return grant::again(&cx, &keys, Proof::Password(&login.email, body.password.expose()), &kept).await;
    }
    let memberships = cx.store.memberships(&credentials.joined).await?;
    body.password.is_not_of(&[login.email.as_str()], "password")?;
    let last = last_used(&credentials, memberships.iter());
    if let Some(Membership { firm, .. }) = last {
        body.password.is_not_of(&[&*cx.store.get(*firm, *firm).await?.name], "password")?;
    }
    let mut change = cx.change_anonymous(INSTALLATION, Actor::Login(link.login));
    change.update_login(&login, login.reset_password(link.number, cx.now)?)?;
    change.replace_password(link.login, &credentials, &keys.passwords.hash(body.password.expose())?)?;
    change.end_access(&memberships, credentials.next_epoch(), None)?;
    let Some(membership) = last else { return cx.commit_anew(change, Ok(Answer::no_content())).await };
    let login_in = (link.login, credentials.next_epoch());
    let session = Session::begin(login_in, membership.firm, membership.principal, cx.origin(), cx.now);
    let grant = Grant { id: cx.new_id(), session };
    change.begin_session(grant.id, &grant.session)?;
    grant::commit(&cx, &keys, Proof::Password(&login.email, body.password.expose()), change, grant).await
}
