//! What somebody who is signed in signs in with, as they change it themselves.

use api::{App, Attempt, Caller, Cx, Problem};
use domain::{
    firm::Firm,
    ids::SessionId,
    login::{Credentials, Login},
    session::Session,
};
use store::{Change, Error, Membership, Record, Reply};

use crate::{
    alive,
    grant::Keys,
    second_factor::{Code, Proven},
};

/// The caller's login, where it leads, and the session that they call in.
pub(crate) struct Own {
    caller: Caller,
    pub(crate) login: Record<Login>,
    pub(crate) firm: Record<Firm>,
    pub(crate) credentials: Credentials,
    pub(crate) memberships: Vec<Membership>,
    pub(crate) session: Session,
    /// The session from which that was switched to, if it is kept.
    parent: Option<(SessionId, Session)>,
}

impl Own {
    /// Read it: the record and the session, the secrets, and the memberships; and what the request was answered if it was done
    /// before. 401 if the session is over.
    pub(crate) async fn read(cx: &Cx, caller: Caller) -> Result<(Self, Option<Reply>), Problem> {
        let read = cx.read(&caller).record(caller.firm).login(caller.login).session(caller.login, caller.session);
        let (found, credentials) = tokio::join!(read.fetch_with_reply(), cx.store.credentials(caller.login));
        let ((found, reply), credentials) = (found?, credentials?.ok_or_else(alive::over)?);
        let session = found.session(caller.login, caller.session)?.ok_or_else(alive::over)?;
        if !session.goes_on(credentials.epoch, cx.now) {
            return Err(alive::over());
        }
        let login = found.login(caller.login)?.ok_or_else(alive::over)?;
        let parent = async {
            let Some(id) = session.parent else { return Ok::<_, Error>(None) };
            let parent = cx.store.read(caller.firm).session(caller.login, id).fetch().await?.session(caller.login, id)?;
            Ok(parent.map(|parent| (id, parent)))
        };
        let (parent, memberships) = tokio::join!(parent, cx.store.memberships(&credentials.joined));
        let (parent, memberships) = (parent?, memberships?);
        if parent.as_ref().is_some_and(|(_, parent)| parent.revoked) {
            return Err(alive::over());
        }
        let firm = found.record(caller.firm)?;
        Ok((Self { caller, login, firm, credentials, memberships, session, parent }, reply))
    }

    /// That `password` is theirs, and `code` where they have a second factor; where what they ask was `done` before, the code that was
    /// taken then. What isn't is counted for the login: who fails to sign in with its e-mail keeps nobody from this who is signed in; and
    /// who has somebody's token has as many guesses. Of guesses at once only those count that are done before the others' failures are
    /// too many, which the change is to depend on.
    pub(crate) async fn prove(
        &self,
        (cx, app, keys): (&Cx, &App, &Keys),
        password: &str,
        code: Option<&Code>,
        done: bool,
    ) -> Result<Proven, Problem> {
        let attempt = self.admit(cx, app).await?;
        if !keys.passwords.verify(password, Some(&self.credentials.password))? {
            cx.count_failure(app, &attempt).await?;
            return Err(Problem::invalid("current_password", "Not your password."));
        }
        Proven::by_code((cx, app), attempt, &self.credentials, code, done).await
    }

    /// That they may prove who they are: not too often of late did they fail to.
    pub(crate) async fn admit(&self, cx: &Cx, app: &App) -> Result<Attempt, Problem> {
        let attempt = Attempt::of(self.caller.login).about(Some(self.caller.login));
        app.limiter.admit(&cx.store, &attempt, cx.now).await?;
        Ok(attempt)
    }

    /// Begin a change of the login, which ends all its sessions but this one.
    pub(crate) fn change(&self, cx: &Cx) -> Result<Change, Problem> {
        let mut change = cx.change(&self.caller);
        let epoch = self.credentials.with_sessions_ended().epoch;
        change.end_access(&self.memberships, epoch, Some(self.caller.session))?;
        change.replace_session(self.caller.session, &self.session, &self.session.keep(epoch))?;
        self.require_parent(&mut change)?;
        Ok(change)
    }

    /// That the session goes on in which that is asked: whose session ends meanwhile does nothing more by it.
    pub(crate) fn require_session(&self, change: &mut Change) -> Result<(), Error> {
        change.require_session(self.caller.session, &self.session)?;
        self.require_parent(change)
    }

    /// That it goes on as far as the session matters from which it was switched to.
    pub(crate) fn require_parent(&self, change: &mut Change) -> Result<(), Error> {
        self.parent.iter().try_for_each(|(id, parent)| change.require_session(*id, parent))
    }
}
