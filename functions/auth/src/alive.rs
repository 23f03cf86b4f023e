//! Whether a session goes on, and as whom: what is true now, not what was when its tokens were given.

use api::{Cx, Problem};
use domain::{
    Id, Refusal, Time,
    firm::{Firm, INSTALLATION},
    ids::LoginId,
    invitation::Standing,
    login::Credentials,
    portal_user::PortalUser,
    session::{Principal, Session},
    user::User,
};
use store::{Change, Found, Read};

/// The session is over.
pub(crate) fn over() -> Problem {
    Problem::unauthorized(Some("invalid_token"), "The session is over; sign in again.")
}

/// Begin to read the session `id` of `login` in `firm`, the user or portal user `subject`, what the login proves itself by, and the
/// session from which it was switched to.
pub(crate) fn read<'c>(
    cx: &'c Cx,
    firm: Id<Firm>,
    (id, parent): (Id<Session>, Option<Id<Session>>),
    subject: &str,
    login: LoginId,
) -> Read<'c> {
    let user: Option<Id<User>> = subject.parse().ok();
    let portal_user: Option<Id<PortalUser>> = subject.parse().ok();
    let read = cx.store.read(firm).session(login, id);
    let read = parent.into_iter().fold(read, |read, parent| read.session(login, parent));
    read.maybe(user).maybe(portal_user).secrets(login).tokens_since(subject)
}

/// The session `asked_in` of `login`, which goes on where all others end of a login that proves itself by `credentials`, as `change`
/// depends on; none, if it was left alone for long. Whose session was ended has asked for nothing.
pub(crate) async fn kept(
    cx: &Cx,
    change: &mut Change,
    (login, asked_in): (LoginId, Option<Id<Session>>),
    credentials: &Credentials,
) -> Result<Option<(Id<Session>, Session)>, Problem> {
    let ended = || Refusal::state("The session in which it was asked was ended; ask for another link.");
    let read = async |id: Id<Session>| cx.store.read(INSTALLATION).session(login, id).fetch().await?.session(login, id);
    let Some(id) = asked_in else { return Ok(None) };
    let Some(session) = read(id).await? else { return Ok(None) };
    if session.revoked {
        return Err(ended().into());
    }
    if let Some(parent) = session.parent
        && let Some(known) = read(parent).await?
    {
        if known.revoked {
            return Err(ended().into());
        }
        change.require_session(parent, &known)?;
    }
    Ok(Some((id, session)).filter(|(_, session)| session.goes_on(credentials.epoch, cx.now)))
}

/// The session as it goes on at `now`: with the role or rights of now, and tokens that are taken. None if it is over, because who it
/// is for was shut out since it began, say, or its login has another password.
pub(crate) fn still(found: &Found, session: &Session, now: Time) -> Result<Option<Session>, Problem> {
    let secrets = found.secrets(session.login)?;
    if !secrets.is_some_and(|secrets| session.goes_on(secrets.epoch, now)) {
        return Ok(None);
    }
    // One that was left alone for long isn't kept, and ended nothing.
    let parent = session.parent.map(|parent| found.session(session.login, parent)).transpose()?.flatten();
    if parent.is_some_and(|parent| parent.revoked) {
        return Ok(None);
    }
    let goes_on = |status, since: Option<Time>| status == Standing::Active && since.is_none_or(|since| since <= session.started_at);
    let principal = match session.principal {
        Principal::Staff { user, .. } => {
            let record = found.maybe(user)?.filter(|record| goes_on(record.status, record.active_since));
            record.map(|record| Principal::Staff { user, role: record.role })
        }
        Principal::Portal { user, .. } => {
            let record = found.maybe(user)?.filter(|record| goes_on(record.status, record.active_since));
            record.map(|record| Principal::Portal { user, client: record.client, rights: record.rights })
        }
    };
    let since = found.tokens_since(&session.principal.subject()).unwrap_or_default();
    Ok(principal.map(|principal| Session { principal, rotated_at: session.rotated_at.max(since), ..session.clone() }))
}
