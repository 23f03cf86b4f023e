//! `/api/auth/login/`, `refresh/` and `logout/`: a session begins, goes on and ends.

use api::{Answer, App, Cx, Problem, Routes, Valid, post, routes};
use axum::{Extension, extract::State};
use domain::{
    Email, SingleLine,
    event::Actor,
    firm::Firm,
    ids::{FirmId, LoginId},
    login,
    session::{Principal, Refreshed, Session},
};
use http::StatusCode;
use secrets::{BadToken, Refresh};
use serde::Deserialize;
use store::{Membership, Record};
use utoipa::ToSchema;

use crate::{
    alive,
    carrier::{self, Carrier},
    challenge::{Challenge, Entering},
    device,
    grant::{self, Grant, Granted, Keys, Proof, Remembered, Tokens},
    shapes::MembershipOut,
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(login)).routes(routes!(refresh)).routes(routes!(logout))
}

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "ann@north.example", "password": "correct horse battery"}))]
struct Credentials {
    /// The e-mail.
    #[schema(max_length = 254)]
    username: String,
    #[schema(format = Password, max_length = 128)]
    password: String,
    /// Into which firm, for who belongs to several. Default: the one that they were in last.
    firm: Option<FirmId>,
    /// From an earlier sign-in here (`device`, or its cookie): who shows it is counted by that alone, so that no stranger's failures keep
    /// them out.
    device: Option<SingleLine<128>>,
    /// How the refresh token comes. As a cookie only to pages of the web app: 403 for others.
    session: Option<Carrier>,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshToken {
    /// None, where it is in the cookie.
    #[schema(max_length = 2048)]
    refresh: Option<String>,
}

/// Sign in: firm's people and portal users alike.
///
/// As whom they signed in last, unless `firm` says another; as whom else they can be, by `switch/`, is in `memberships`. 202 where a code
/// is asked next, by `login/mfa/`: of who has a second factor, or is asked by the firm to set one up. Only what fails is counted, for
/// the address and for the e-mail, or for the device alone; past half of the limit one waits before one may try again, longer each time,
/// and past the limit for the hour's end: 429 with the right password too. 401 if there is no such login, the password is
/// another, or the firm doesn't let them in any more.
#[post("/api/auth/login/", 200, 202: Challenge, 401, 403, tag = "auth")]
async fn login(
    cx: Cx,
    State(app): State<App>,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<Credentials>,
) -> Result<Answer<Granted>, Problem> {
    let carrier = Carrier::asked(body.session, &cx, &app)?;
    let email = Email::new(&body.username).ok();
    let device = device::shown(&cx, &keys, body.device.as_ref(), carrier).await;
    let (attempt, login) = device::admit((&cx, &app), device, &body.username, of_email(&cx, email.as_ref())).await?;
    let Some(Opened { login, known, last: (Membership { firm: id, principal }, firm), memberships, renewed }) =
        opened(&cx, &keys, &body, login).await?
    else {
        cx.count_failure(&app, &attempt).await?;
        return Err(Problem::unauthorized(None, "No such login, or another password."));
    };
    let mut change = cx.change_anonymous(id, actor(principal));
    // Of guesses that are made at once, only those count that are done before the others' failures are too many.
    change.require_fewer(attempt.name(), app.limiter.failures())?;
    let after = known.rehashed(renewed);
    let entry = Entering { login, credentials: &after, by_code: false, firm: (id, &firm), principal, carrier }.enter(&cx, &mut change)?;
    let after = if entry.is_session() { after.signed_in(&principal.subject()) } else { after };
    // Whoever took the login over meanwhile has another password.
    change.update_credentials(login, &known, &after)?;
    grant::commit(&cx, &keys, Proof::PasswordGiven, change, (Remembered::of(entry).listing(memberships), &after)).await
}

/// Exchange a refresh token for new tokens, once: the used one is refused, and its reuse ends the session and the access that it gave.
///
/// In the body, or, by pages of the web app alone (403 for others), in the cookie in which it came; the next comes in the same way. For
/// half a minute after, and under the same `Idempotency-Key` later too, the used one gives the same tokens again. They
/// have the role or rights of now. 401 if it isn't ours, has run out or was used earlier than that, if the session is over,
/// and for who was shut out.
#[post("/api/auth/refresh/", 200, 401, 403, tag = "auth")]
async fn refresh(
    cx: Cx,
    State(app): State<App>,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<RefreshToken>,
) -> Result<Answer<Tokens>, Problem> {
    let (token, carrier) = carrier::shown(&cx, &app, body.refresh)?;
    let shown = read(&cx, &app, &token).await.map_err(|problem| carrier.refused(problem))?;
    let found = alive::read(&cx, shown.firm, (shown.sid, shown.parent), &shown.sub, shown.login).fetch().await?;
    let before = found.session(shown.login, shown.sid)?.filter(|session| !session.revoked).ok_or_else(alive::over)?;
    let session = alive::still(&found, &before, cx.now)?.ok_or_else(alive::over)?;
    let session = match before.refresh(shown.generation, cx.idempotency_key(), cx.origin(), cx.now.max(session.rotated_at)) {
        Refreshed::Rotated(next) => {
            let next = Session { principal: session.principal, ..next };
            cx.store.replace_session(shown.sid, &before, &next).await?;
            next
        }
        Refreshed::Repeated => session,
        Refreshed::Reused(revoked) => {
            let mut change = cx.change_anonymous(shown.firm, actor(before.principal));
            change.replace_session(shown.sid, &before, &revoked)?;
            // Two use the session, and who of them stole it isn't known: neither has access any more.
            if found.tokens_since(&shown.sub).is_some() {
                let membership = Membership { firm: shown.firm, principal: before.principal };
                change.end_tokens(&membership, before.rotated_at, None)?;
            }
            cx.commit(change, Ok(Answer::<()>::no_content())).await?;
            cx.tell("session.token_reused", Some(shown.login));
            return Err(alive::over());
        }
        Refreshed::Over => return Err(alive::over()),
    };
    let (tokens, cookie) = keys.tokens(&Grant { id: shown.sid, session }, cx.now).await?;
    Ok(cx.json(&tokens)?.cookies(cookie).secret())
}

/// Sign out: the session's refresh tokens aren't taken any more.
///
/// The token is shown as to `refresh/`; a cookie is taken away. Access tokens run out by themselves. If the session is over already, that is no reason to refuse; 401 if the token isn't
/// ours or has run out.
#[post("/api/auth/logout/", 204, 401, 403, tag = "auth")]
async fn logout(cx: Cx, State(app): State<App>, Valid(body): Valid<RefreshToken>) -> Result<Answer<()>, Problem> {
    let (token, carrier) = carrier::shown(&cx, &app, body.refresh)?;
    let shown = read(&cx, &app, &token).await.map_err(|problem| carrier.refused(problem))?;
    // Nobody holds the one any more from which a page switched: a browser has one such cookie.
    for id in [Some(shown.sid), shown.parent.filter(|_| carrier.is_cookie())].into_iter().flatten() {
        let session = cx.store.read(shown.firm).session(shown.login, id).fetch().await?.session(shown.login, id)?;
        if let Some(session) = session.filter(|session| !session.revoked) {
            cx.store.replace_session(id, &session, &session.revoke()).await?;
            cx.tell("session.ended", Some(shown.login));
        }
    }
    Ok(Answer::no_content().cookies(carrier.is_cookie().then(carrier::no_cookie)))
}

/// The login of `email`, if it has one, and what it proves itself by; who has none waits as long.
async fn of_email(cx: &Cx, email: Option<&Email>) -> Result<Option<(LoginId, login::Credentials)>, Problem> {
    let id = match email {
        Some(email) => cx.store.login_of(email).await?,
        None => None,
    };
    let id = id.unwrap_or_else(|| cx.new_id());
    Ok(cx.store.credentials(id).await?.map(|credentials| (id, credentials)))
}

/// The login of who signs in, and where it leads.
struct Opened {
    login: LoginId,
    known: login::Credentials,
    /// Where they were last, and the firm.
    last: (Membership, Record<Firm>),
    /// All that it leads to.
    memberships: Vec<MembershipOut>,
    /// Another hash of the password, where the one that is kept is too cheap by now.
    renewed: Option<String>,
}

/// The login of who shows `credentials`; none, if the password is another, or it leads nowhere.
async fn opened(
    cx: &Cx,
    keys: &Keys,
    credentials: &Credentials,
    login: Option<(LoginId, login::Credentials)>,
) -> Result<Option<Opened>, Problem> {
    let known = keys.passwords.verify(&credentials.password, login.as_ref().map(|(_, login)| login.password.as_str()))?;
    let Some((id, login)) = login.filter(|_| known) else { return Ok(None) };
    let found = cx.store.memberships_in(&login.joined).await?;
    let memberships = found.iter().map(|(membership, _)| MembershipOut::of(membership)).collect();
    let wanted = found.into_iter().filter(|(membership, _)| credentials.firm.is_none_or(|firm| firm == membership.firm)).collect();
    let Some(last) = last_used(&login, wanted) else { return Ok(None) };
    let renewed = keys.passwords.renewed(&credentials.password, &login.password)?;
    Ok(Some(Opened { login: id, known: login, last, memberships, renewed }))
}

/// As whom of `memberships` somebody signed in last; else the one that they were invited to last.
pub(crate) fn last_used(
    login: &login::Credentials,
    mut memberships: Vec<(Membership, Record<Firm>)>,
) -> Option<(Membership, Record<Firm>)> {
    let used = memberships.iter().position(|(membership, _)| Some(membership.principal.subject()) == login.last_used);
    let last = used.or(memberships.len().checked_sub(1))?;
    Some(memberships.swap_remove(last))
}

/// What the refresh token `token` says. It counts for whose it is; what is none of ours, for the address.
async fn read(cx: &Cx, app: &App, token: &str) -> Result<Refresh, Problem> {
    let shown: Result<Refresh, _> = app.verifier.read(token, Refresh::TYPE, Refresh::AUDIENCE);
    match shown.map_err(|_| BadToken::Forged).and_then(|shown| shown.unexpired(cx.now)) {
        Ok(shown) => match cx.count_subject(app, shown.firm, &shown.sub).await {
            Ok(()) => Ok(shown),
            // Who isn't let in any more has no requests to be counted among.
            Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => cx.count_address(app).await.and(Err(problem)),
            Err(problem) => Err(problem),
        },
        Err(bad) => {
            cx.count_address(app).await?;
            Err(Problem::unauthorized(Some("invalid_token"), bad.to_string()))
        }
    }
}

/// Whom the event log names for what `principal` does.
pub(crate) fn actor(principal: Principal) -> Actor {
    match principal {
        Principal::Staff { user, .. } => Actor::User(user),
        Principal::Portal { user, .. } => Actor::PortalUser(user),
    }
}
