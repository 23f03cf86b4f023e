//! `/api/auth/sessions/`: where somebody is signed in.

use api::{Answer, App, Caller, Cx, Path, Problem, Routes, delete, get, routes};
use chrono::{DateTime, Utc};
use domain::{
    ids::{ClientId, FirmId, SessionId},
    session::{Principal, Session},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::own::Own;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(list_sessions, end_other_sessions)).routes(routes!(end_session))
}

/// Where somebody is signed in, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct Sessions {
    results: Vec<SessionOut>,
}

/// A session: what goes on from a sign-in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionOut {
    id: SessionId,
    /// The firm that they are signed in to.
    firm: FirmId,
    /// The client, of who is signed in to a portal.
    client: Option<ClientId>,
    /// What the program says that it is, the last time that it had tokens: its `User-Agent`.
    device: Option<String>,
    /// From which network address that was.
    address: Option<String>,
    started_at: DateTime<Utc>,
    /// When it had tokens last.
    last_used: DateTime<Utc>,
    /// Whether this was asked in it.
    current: bool,
    /// How often it had tokens.
    version: u64,
}

impl SessionOut {
    fn of((id, session): (SessionId, Session), caller: Caller) -> Self {
        let client = match session.principal {
            Principal::Staff { .. } => None,
            Principal::Portal { client, .. } => Some(client),
        };
        Self {
            id,
            firm: session.firm,
            client,
            device: session.origin.device.map(|device| device.to_string()),
            address: session.origin.address,
            started_at: session.started_at,
            last_used: session.rotated_at,
            current: id == caller.session,
            version: session.generation,
        }
    }
}

/// List where one is signed in.
///
/// With one's login in all firms, the newest first: those that are neither ended nor left alone for a week.
#[get("/api/auth/sessions/", tag = "auth")]
async fn list_sessions(cx: Cx, caller: Caller) -> Result<Answer<Sessions>, Problem> {
    let sessions = cx.store.sessions(caller.login, cx.now).await?;
    cx.json(&Sessions { results: sessions.into_iter().map(|session| SessionOut::of(session, caller)).collect() })
}

/// Sign out everywhere else.
///
/// All sessions of one's login end but this one, and their access tokens are answered 401 within a minute.
#[delete("/api/auth/sessions/", 204, tag = "auth")]
async fn end_other_sessions(cx: Cx, caller: Caller) -> Result<Answer<()>, Problem> {
    let (own, _) = Own::read(&cx, caller).await?;
    let mut change = own.change(&cx)?;
    change.update_login(&own.login, own.login.end_sessions())?;
    change.update_credentials(caller.login, &own.credentials, &own.credentials.with_sessions_ended())?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Sign out somewhere.
///
/// The session's refresh tokens aren't taken any more, nor those of what was switched to from it, and their access tokens are answered
/// 401 within a minute; those of other sessions too, but this one, which are refreshed. If it is over already, that is no reason to
/// refuse.
#[delete("/api/auth/sessions/{id}/", 204, tag = "auth")]
async fn end_session(cx: Cx, caller: Caller, Path(id): Path<SessionId>) -> Result<Answer<()>, Problem> {
    let session = cx.store.read(caller.firm).session(caller.login, id).fetch().await?.session(caller.login, id)?;
    let (own, _) = Own::read(&cx, caller).await?;
    let session = session.ok_or_else(Problem::not_found)?;
    cx.matches_version(session.generation)?;
    let mut change = cx.change(&caller);
    // Whose session ends meanwhile ends no other.
    change.update_credentials(caller.login, &own.credentials, &own.credentials)?;
    // Who ends this one, or the one from which it was switched to, is out here too.
    let kept = (id != caller.session && own.session.parent != Some(id)).then_some(caller.session);
    if kept.is_some() {
        own.require_session(&mut change)?;
    }
    if !session.revoked {
        change.replace_session(id, &session, &session.revoke())?;
        // What was switched to from it ends too, wherever that led.
        own.memberships.iter().try_for_each(|member| change.end_tokens(member, session.rotated_at, kept))?;
    }
    let answer = cx.commit(change, Ok(Answer::no_content())).await?;
    cx.tell("session.ended", Some(caller.login));
    Ok(answer)
}
