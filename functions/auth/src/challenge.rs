//! What is asked of who knows the password of a login and isn't signed in by that alone: a code of its second factor, or that it gets
//! one, where the firm asks that of its people.

use api::{App, Cx, Problem};
use chrono::TimeDelta;
use domain::{
    Time,
    firm::Firm,
    ids::{FirmId, LoginId},
    login::Credentials,
    session::{Principal, Session},
};
use secrets::Challenged as Claims;
use serde::{Deserialize, Serialize};
use store::{Change, Error};
use utoipa::ToSchema;

use crate::{carrier::Carrier, grant::Grant};

/// How long somebody has to enter a code.
pub(crate) const LASTS: TimeDelta = TimeDelta::minutes(10);

/// That more is to be shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Challenge {
    /// For `login/mfa/`, with a code.
    pub(crate) mfa_token: String,
    /// How long it is taken, seconds.
    pub(crate) expires_in: i64,
    /// Whether there is no second factor yet, which the firm asks of its people: `login/mfa/totp/` sets it up.
    pub(crate) set_up: bool,
}

/// Of whom it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Challenged {
    pub(crate) login: LoginId,
    /// In which of the login's epochs they knew its password.
    pub(crate) epoch: u64,
    pub(crate) firm: FirmId,
    /// As whom they sign in.
    pub(crate) subject: String,
    pub(crate) set_up: bool,
    /// How the session's refresh tokens are to come.
    pub(crate) carrier: Carrier,
    /// Since when it is asked.
    pub(crate) since: Time,
}

/// What comes of it that somebody proves who they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// They are signed in.
    Session(Grant),
    /// More is asked.
    Challenge(Challenged),
}

impl Entry {
    /// Whether they are signed in.
    pub(crate) fn is_session(&self) -> bool {
        matches!(self, Self::Session(_))
    }
}

/// Who comes in: the login, as which it is once they do, and whom it stands for in which firm.
pub(crate) struct Entering<'e> {
    pub(crate) login: LoginId,
    pub(crate) credentials: &'e Credentials,
    /// Whether a code of its second factor was taken.
    pub(crate) by_code: bool,
    pub(crate) firm: (FirmId, &'e Firm),
    pub(crate) principal: Principal,
    /// How the session's refresh tokens are to come.
    pub(crate) carrier: Carrier,
}

impl Entering<'_> {
    /// Begin a session in `change`, or ask for more.
    pub(crate) fn enter(self, cx: &Cx, change: &mut Change) -> Result<Entry, Error> {
        let Self { login, credentials, by_code, firm: (id, firm), principal, carrier } = self;
        let (epoch, is_on) = (credentials.epoch, credentials.factor.is_on());
        if is_on && !by_code || !is_on && firm.asks_second_factor_of(principal) {
            let (subject, set_up, since) = (principal.subject(), !is_on, cx.now);
            return Ok(Entry::Challenge(Challenged { login, epoch, firm: id, subject, set_up, carrier, since }));
        }
        let session = Session::begin((login, epoch), id, principal, cx.origin(), cx.now);
        let grant = Grant { id: cx.new_id(), session: Session { in_cookie: carrier.is_cookie(), ..session } };
        change.begin_session(grant.id, &grant.session)?;
        Ok(Entry::Session(grant))
    }
}

/// Who showed `token`: it counts for their address if it is none of ours. 401, too, if it is too old.
pub(crate) async fn read(cx: &Cx, app: &App, token: &str) -> Result<Claims, Problem> {
    let shown: Result<Claims, _> = app.verifier.read(token, Claims::TYPE, Claims::AUDIENCE);
    match shown {
        Ok(shown) if cx.now.timestamp() < shown.exp => Ok(shown),
        Ok(_) => Err(over()),
        Err(_) => {
            cx.count_address(app).await?;
            Err(Problem::unauthorized(Some("invalid_token"), "Not the mfa_token of a sign-in that we gave."))
        }
    }
}

/// Too late, or the password is another by now.
pub(crate) fn over() -> Problem {
    Problem::unauthorized(Some("invalid_token"), "It took too long, or the password was changed; sign in again.")
}
