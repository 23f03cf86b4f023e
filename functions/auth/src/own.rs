//! What somebody who is signed in signs in with, as they change it themselves.

use api::{App, Caller, Cx, Problem};
use domain::{
    firm::Firm,
    login::{Credentials, Login},
    session::Session,
};
use store::{Change, Membership, Record, Reply};

use crate::{alive, grant::Keys};

/// The caller's login, where it leads, and the session that they call in.
pub(crate) struct Own {
    caller: Caller,
    pub(crate) login: Record<Login>,
    pub(crate) firm: Record<Firm>,
    pub(crate) credentials: Credentials,
    memberships: Vec<Membership>,
    session: Session,
}

impl Own {
    /// Read it: the record and the session, the secrets, and the memberships; and what the request was answered if it was done
    /// before. 401 if the session is over.
    pub(crate) async fn read(cx: &Cx, caller: Caller) -> Result<(Self, Option<Reply>), Problem> {
        let read = cx.read(&caller).record(caller.firm).login(caller.login).session(caller.login, caller.session);
        let (found, credentials) = tokio::join!(read.fetch_with_reply(), cx.store.credentials(caller.login));
        let ((found, reply), credentials) = (found?, credentials?.ok_or_else(alive::over)?);
        let session = found.session(caller.login, caller.session)?.ok_or_else(alive::over)?;
        if !session.goes_on(credentials.sessions_since, cx.now) {
            return Err(alive::over());
        }
        let login = found.login(caller.login)?.ok_or_else(alive::over)?;
        let (firm, memberships) = (found.record(caller.firm)?, cx.store.memberships(&credentials.joined).await?);
        Ok((Self { caller, login, firm, credentials, memberships, session }, reply))
    }

    /// That `password` is theirs; what isn't counts as a failure to sign in, and too many of these are refused.
    pub(crate) async fn prove(&self, cx: &Cx, app: &App, keys: &Keys, password: &str) -> Result<(), Problem> {
        let attempt = cx.attempt(self.login.email.as_str());
        app.limiter.admit(&cx.store, &attempt, cx.now).await?;
        if keys.passwords.verify(password, Some(&self.credentials.password))? {
            return Ok(());
        }
        cx.count_failure(app, &attempt).await?;
        Err(Problem::invalid("current_password", "Not your password."))
    }

    /// Begin a change of the login, which ends all its sessions but this one.
    pub(crate) fn change(&self, cx: &Cx) -> Result<Change, Problem> {
        let mut change = cx.change(&self.caller);
        change.end_access(&self.memberships, Some(self.caller.session))?;
        change.replace_session(self.caller.session, &self.session, &self.session.keep(cx.now))?;
        Ok(change)
    }
}
