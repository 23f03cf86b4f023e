//! `/api/auth/login/`, `refresh/` and `logout/`

use api::{Answer, App, Cx, Problem, Routes, Valid, post, routes};
use axum::{Extension, extract::State};
use domain::{
    Email, Id, Time,
    event::Actor,
    firm::{Firm, FirmId},
    invitation::Standing,
    portal_user::PortalUser,
    session::{Principal, Refreshed, Session},
    user::User,
};
use http::StatusCode;
use secrets::Refresh;
use serde::Deserialize;
use store::{Found, Login, Membership};
use utoipa::ToSchema;

use crate::{
    grant::{self, Grant, Granted, Keys, Tokens},
    passwords,
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
    #[schema(max_length = 128)]
    password: String,
    /// Into which firm, for who belongs to several; the one that they joined last, unless said.
    firm: Option<FirmId>,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshToken {
    #[schema(max_length = 2048)]
    refresh: String,
}

/// Sign in: firm's people and portal users alike. Only what fails is counted, for the address and for the e-mail.
#[post("/api/auth/login/", 200, 401, tag = "auth")]
async fn login(
    cx: Cx,
    State(app): State<App>,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<Credentials>,
) -> Result<Answer<Granted>, Problem> {
    let attempt = cx.attempt(&body.username);
    let (admitted, login) = tokio::join!(app.limiter.admit(&cx.store, &attempt, cx.now), of_email(&cx, &body.username));
    admitted?;
    let Some(membership) = opened(&body, login?)? else {
        app.limiter.count_failure(&cx.store, &attempt, cx.now).await?;
        return Err(Problem::unauthorized(None, "No such login, or another password."));
    };
    let mut change = cx.change_anonymous(membership.firm, actor(membership.principal));
    // Of guesses that are made at once, only those count that are done before the others' failures are too many.
    change.require_fewer(attempt.username(), app.limiter.failures())?;
    let grant = Grant { id: cx.new_id(), session: Session::begin(membership.firm, membership.principal, cx.now) };
    change.begin_session(grant.id, &grant.session)?;
    grant::commit(&keys, change, StatusCode::OK, grant, None).await
}

/// Exchange a refresh token for new tokens, once: the used one is refused, and its reuse ends the session.
#[post("/api/auth/refresh/", 200, 401, tag = "auth")]
async fn refresh(
    cx: Cx,
    State(app): State<App>,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<RefreshToken>,
) -> Result<Answer<Tokens>, Problem> {
    let shown = read(&cx, &app, &keys, &body.refresh).await?;
    let found = find(&cx, &shown).await?;
    let over = || Problem::unauthorized(Some("invalid_token"), "The session is over; sign in again.");
    let session = found.session(shown.sid)?.ok_or_else(over)?;
    let Some(principal) = still(&found, &session)? else {
        cx.store.replace_session(shown.sid, &session, &session.revoke()).await?;
        return Err(over());
    };
    let session = match session.refresh(shown.generation, cx.idempotency_key(), cx.now) {
        Refreshed::Rotated(next) => {
            let next = Session { principal, ..next };
            cx.store.replace_session(shown.sid, &session, &next).await?;
            next
        }
        Refreshed::Repeated => session,
        Refreshed::Reused(revoked) => {
            cx.store.replace_session(shown.sid, &session, &revoked).await?;
            return Err(over());
        }
        Refreshed::Over => return Err(over()),
    };
    cx.json(&keys.tokens(&Grant { id: shown.sid, session })?)
}

/// Sign out: the session's refresh tokens aren't taken any more. Access tokens run out by themselves.
#[post("/api/auth/logout/", 204, 401, tag = "auth")]
async fn logout(
    cx: Cx,
    State(app): State<App>,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<RefreshToken>,
) -> Result<Answer<()>, Problem> {
    let shown = read(&cx, &app, &keys, &body.refresh).await?;
    let session = find(&cx, &shown).await?.session(shown.sid)?;
    if let Some(session) = session.filter(|session| !session.revoked) {
        cx.store.replace_session(shown.sid, &session, &session.revoke()).await?;
    }
    Ok(Answer::no_content())
}

/// The login of the e-mail `username`, if it is one and has one.
async fn of_email(cx: &Cx, username: &str) -> Result<Option<Login>, Problem> {
    match Email::new(username) {
        Ok(email) => Ok(cx.store.login(&email).await?),
        Err(_) => Ok(None),
    }
}

/// Where the login of `credentials` leads; nowhere, if the password is another.
fn opened(credentials: &Credentials, login: Option<Login>) -> Result<Option<Membership>, Problem> {
    let known = passwords::verify(&credentials.password, login.as_ref().map(|login| login.password.as_str()))?;
    let memberships = login.filter(|_| known).map(|login| login.memberships).unwrap_or_default();
    Ok(memberships.into_iter().rfind(|membership| credentials.firm.is_none_or(|firm| firm == membership.firm)))
}

/// What the refresh token `token` says. It counts for whose it is; what is none of ours, for the address.
async fn read(cx: &Cx, app: &App, keys: &Keys, token: &str) -> Result<Refresh, Problem> {
    match keys.signing.read_refresh(&keys.issuer, token, cx.now) {
        Ok(shown) => cx.count(app, shown.firm, &shown.sub).await.map(|()| shown),
        Err(bad) => {
            cx.count_address(app).await?;
            Err(Problem::unauthorized(Some("invalid_token"), bad.to_string()))
        }
    }
}

/// The session of a refresh token, and whose it is, as they are now.
async fn find(cx: &Cx, shown: &Refresh) -> Result<Found, Problem> {
    let firm: Id<Firm> = shown.firm;
    let user: Option<Id<User>> = shown.sub.parse().ok();
    let portal_user: Option<Id<PortalUser>> = shown.sub.parse().ok();
    Ok(cx.store.read(firm).session(shown.sid).maybe(user).maybe(portal_user).fetch().await?)
}

/// Whom the session is for, with the role or rights that they have now; none if they were shut out since it began.
fn still(found: &Found, session: &Session) -> Result<Option<Principal>, Problem> {
    let goes_on = |status, since: Option<Time>| status == Standing::Active && since.is_none_or(|since| since <= session.started_at);
    Ok(match session.principal {
        Principal::Staff { user, .. } => {
            let record = found.maybe(user)?.filter(|record| goes_on(record.status, record.active_since));
            record.map(|record| Principal::Staff { user, role: record.role })
        }
        Principal::Portal { user, .. } => {
            let record = found.maybe(user)?.filter(|record| goes_on(record.status, record.active_since));
            record.map(|record| Principal::Portal { user, client: record.client, rights: record.rights })
        }
    })
}

/// Whom the event log names for what `principal` does.
pub(crate) fn actor(principal: Principal) -> Actor {
    match principal {
        Principal::Staff { user, .. } => Actor::User(user),
        Principal::Portal { user, .. } => Actor::PortalUser(user),
    }
}
