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

/// Begin to read the session `id` of `firm` and the user or portal user `subject`.
fn read<'c>(cx: &'c Cx, firm: Id<Firm>, id: Id<Session>, subject: &str) -> Read<'c> {
    let user: Option<Id<User>> = subject.parse().ok();
    let portal_user: Option<Id<PortalUser>> = subject.parse().ok();
    cx.store.read(firm).session(id).maybe(user).maybe(portal_user)
}

/// The session `id` of `firm`, and whose it is.
pub(crate) async fn find(cx: &Cx, firm: Id<Firm>, id: Id<Session>, subject: &str) -> Result<Found, Problem> {
    Ok(read(cx, firm, id, subject).fetch().await?)
}

/// The same, and the password's hash of the login `login`, if there is one.
pub(crate) async fn find_with_password(
    cx: &Cx,
    firm: Id<Firm>,
    id: Id<Session>,
    subject: &str,
    login: Option<LoginId>,
) -> Result<Found, Problem> {
    Ok(read(cx, firm, id, subject).password(login).fetch().await?)
}

/// Whom the session is for, with the role or rights that they have now; none if they were shut out since it began.
pub(crate) fn still(found: &Found, session: &Session) -> Result<Option<Principal>, Problem> {
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
