//! Whether a session goes on, and as whom: what is true now, not what was when its tokens were given.

use api::{Cx, Problem};
use domain::{
    Id, Time,
    firm::Firm,
    ids::LoginId,
    invitation::Standing,
    portal_user::PortalUser,
    session::{Principal, Session},
    user::User,
};
use store::{Found, Read};

/// The session is over.
pub(crate) fn over() -> Problem {
    Problem::unauthorized(Some("invalid_token"), "The session is over; sign in again.")
}

/// Begin to read the session `id` of `firm`, the user or portal user `subject`, and the login that they signed in with.
pub(crate) fn read<'c>(cx: &'c Cx, firm: Id<Firm>, id: Id<Session>, subject: &str, login: LoginId) -> Read<'c> {
    let user: Option<Id<User>> = subject.parse().ok();
    let portal_user: Option<Id<PortalUser>> = subject.parse().ok();
    cx.store.read(firm).session(id).maybe(user).maybe(portal_user).login(login)
}

/// Whom the session is for, with the role or rights that they have now; none if they were shut out since it began, or its login
/// is another's since.
pub(crate) fn still(found: &Found, session: &Session) -> Result<Option<Principal>, Problem> {
    let login = found.login(session.login)?;
    if login.is_none_or(|login| login.sessions_since.is_some_and(|since| since > session.started_at)) {
        return Ok(None);
    }
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
