//! `/api/auth/password-reset/`: who forgot their password chooses another, by a link that is mailed to them.

use api::{Anonymous, Answer, App, Cx, Problem, Routes, Valid, post, routes};
use axum::{Extension, extract::State};
use domain::{
    Email,
    event::Actor,
    firm::INSTALLATION,
    ids::LoginId,
    login::{Credentials, Login},
    password::Password,
};
use secrets::Resetting;
use serde::Deserialize;
use store::{Change, Membership, Record, Reply};
use utoipa::ToSchema;

use crate::{
    carrier::Carrier,
    challenge::{Challenge, Entering},
    grant::{self, Granted, Keys, Proof, Remembered},
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

/// A link's token, and the password to sign in with from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordReset {
    /// From the link in the mail.
    #[schema(max_length = 512)]
    pub(crate) token: String,
    /// Not one of the commonest, nor made of the e-mail or the firm's name.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 128)]
    pub(crate) password: Password,
    /// How the refresh token comes. As a cookie only to pages of the web app: 403 for others.
    pub(crate) session: Option<Carrier>,
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
        None => {
            change.update_decoy(&found, &body.email)?;
            // As much is told of who has a login, and takes as long.
            cx.tell("login.reset_requested", None::<LoginId>);
        }
    }
    cx.commit(change, Ok(Answer::accepted())).await
}

/// Use the link of a mail by which another password is chosen.
///
/// They are signed in, as whom they signed in last, and signed out everywhere else; they are told by mail. So the e-mail is
/// shown to be theirs: who typed it before them, without having shown that, is out. 202 where a code is asked next, as by `login/`. 204,
/// and nobody is signed in, if no firm lets them in any more. 409 if the link was used or another was sent since; 422 if it isn't ours or is older than an hour.
#[post("/api/auth/password-reset/confirm/", 200, 202: Challenge, 204, 403, tag = "auth")]
async fn reset_password(
    cx: Cx,
    State(app): State<App>,
    _: Anonymous,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<PasswordReset>,
) -> Result<Answer<Granted>, Problem> {
    let link: Resetting = keys.link(&body.token, cx.now).await?;
    let carrier = Carrier::asked(body.session, &cx, &app)?;
    let found = ByLink::read(&cx, link.login).await?;
    enter((&cx, &keys), found, (&body.password, carrier), |change, ByLink { login, credentials, .. }, _, hash| {
        change.update_login(login, login.reset_password(link.number, cx.now)?)?;
        Ok(if login.proven_at.is_some() { credentials.with_password(hash) } else { credentials.taken_over(hash) })
    })
    .await
}

/// The login of whoever came by a link that was sent to its e-mail, or to one that it had.
pub(crate) struct ByLink {
    pub(crate) login: Record<Login>,
    pub(crate) credentials: Credentials,
    /// What the request was answered if it was done before.
    pub(crate) done: Option<Reply>,
}

impl ByLink {
    /// The login `id`; 404 if there isn't any.
    pub(crate) async fn read(cx: &Cx, id: LoginId) -> Result<Self, Problem> {
        let (found, credentials) = tokio::join!(cx.read_anonymous(INSTALLATION).login(id).fetch_with_reply(), cx.store.credentials(id));
        let ((found, done), credentials) = (found?, credentials?.ok_or_else(Problem::not_found)?);
        Ok(Self { login: found.login(id)?.ok_or_else(Problem::not_found)?, credentials, done })
    }
}

/// Have who came by a link choose `password`, as `write` says of the login, which all its memberships are given to and the password's
/// hash. All its sessions end, and they are signed in, as whom they signed in last; or asked for a code.
pub(crate) async fn enter(
    (cx, keys): (&Cx, &Keys),
    found: ByLink,
    (password, carrier): (&Password, Carrier),
    write: impl FnOnce(&mut Change, &ByLink, &[Membership], String) -> Result<Credentials, Problem>,
) -> Result<Answer<Granted>, Problem> {
    let proof = Proof::Password(&found.login.email, password.expose(), None);
    match &found.done {
        Some(kept) if kept.body.is_none() => return Err(keys.replayed(password.expose(), &found.credentials, kept.clone())),
        Some(kept) => return grant::again(cx, keys, proof, kept).await,
        None => {}
    }
    let memberships = cx.store.memberships_in(&found.credentials.joined).await?;
    let all: Vec<_> = memberships.iter().map(|(membership, _)| membership.clone()).collect();
    let last = last_used(&found.credentials, memberships);
    let firm = last.as_ref().map_or("", |(_, firm)| &firm.name);
    password.is_not_of(&[found.login.email.as_str(), firm], "password")?;
    let mut change = cx.change_anonymous(INSTALLATION, Actor::Login(found.login.id));
    let after = write(&mut change, &found, &all, keys.passwords.hash(password.expose())?)?;
    change.update_credentials(found.login.id, &found.credentials, &after)?;
    change.end_access(&all, after.epoch, None)?;
    let Some((Membership { firm: id, principal }, firm)) = last else { return cx.commit_anew(change, Ok(Answer::no_content())).await };
    let entering = Entering { login: found.login.id, credentials: &after, by_code: false, firm: (id, &firm), principal, carrier };
    let kept = Remembered::of(entering.enter(cx, &mut change)?);
    grant::commit(cx, keys, proof, change, (kept, &after)).await
}
