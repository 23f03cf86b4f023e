//! `/api/auth/login/`, `refresh/` and `logout/`

use api::{Anonymous, Answer, App, Caller, Cx, Problem, Routes, Valid, post, routes};
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
use store::Found;
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

/// Sign in: firm's people and portal users alike.
#[post("/api/auth/login/", 200, 401, tag = "auth")]
async fn login(
    cx: Cx,
    _: Anonymous,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<Credentials>,
) -> Result<Answer<Granted>, Problem> {
    let login = match Email::new(&body.username) {
        Ok(email) => cx.store.login(&email).await?,
        Err(_) => None,
    };
    let known = passwords::verify(&body.password, login.as_ref().map(|login| login.password.as_str()))?;
    let memberships = login.filter(|_| known).map(|login| login.memberships).unwrap_or_default();
    let membership = memberships.into_iter().rfind(|membership| body.firm.is_none_or(|firm| firm == membership.firm));
    let membership = membership.ok_or_else(|| Problem::unauthorized(None, "No such login, or another password."))?;
    let session = Session::begin(membership.firm, membership.principal, cx.now);
    let mut change = cx.change_anonymous(membership.firm, actor(membership.principal));
    let grant = Grant { id: cx.new_id(), session };
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
    let shown = read(&cx, &keys, &body.refresh)?;
    let found = find(&cx, &shown).await?;
    let over = || Problem::unauthorized(Some("invalid_token"), "The session is over; sign in again.");
    let session = found.session(shown.sid)?.ok_or_else(over)?;
    cx.count(&app, &Caller { firm: session.firm, principal: session.principal }).await?;
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
async fn logout(cx: Cx, Extension(keys): Extension<Keys>, Valid(body): Valid<RefreshToken>) -> Result<Answer<()>, Problem> {
    let shown = read(&cx, &keys, &body.refresh)?;
    let session = find(&cx, &shown).await?.session(shown.sid)?;
    if let Some(session) = session.filter(|session| !session.revoked) {
        cx.store.replace_session(shown.sid, &session, &session.revoke()).await?;
    }
    Ok(Answer::no_content())
}

fn read(cx: &Cx, keys: &Keys, token: &str) -> Result<Refresh, Problem> {
    let shown = keys.signing.read_refresh(&keys.issuer, token, cx.now);
    shown.map_err(|bad| Problem::unauthorized(Some("invalid_token"), bad.to_string()))
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
