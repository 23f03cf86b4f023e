//! The second factor of a login, as it is asked: a code beside the password.

use api::{Answer, App, Attempt, Cx, Problem};
use domain::{
    SingleLine, Time, Why,
    ids::LoginId,
    login::{Credentials, Login},
    second_factor::{SecondFactor, Taken, TotpSecret},
};
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use store::{Change, Error, Record, Reply};
use utoipa::ToSchema;

/// A code as it is typed: one that an app shows, or a recovery code.
pub(crate) type Code = SingleLine<64>;

/// What an app makes codes from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotpOut {
    /// In base32, to be typed.
    secret: String,
    /// The same as the content of a QR code, in the form that authenticator apps read: `otpauth://totp/…`.
    uri: String,
}

/// Codes for who lost the app, each of which works once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// All ten; they are shown this once.
    pub(crate) recovery_codes: Vec<String>,
}

/// What somebody proved, and is to be written with what they do by it.
pub(crate) struct Proven {
    guesses: Attempt,
    /// What they prove themselves by afterwards: a code was taken.
    pub(crate) credentials: Credentials,
    taken: Option<Taken>,
}

impl TotpOut {
    /// What is set up of `factor` at `now`, for the login of `email`.
    pub(crate) fn waiting(factor: &SecondFactor, email: &str, now: Time) -> Option<Self> {
        let secret = factor.waiting(now)?.base32();
        let account = utf8_percent_encode(email, NON_ALPHANUMERIC);
        let uri = format!("otpauth://totp/ConsultantPro:{account}?secret={secret}&issuer=ConsultantPro&algorithm=SHA1&digits=6&period=30");
        Some(Self { secret, uri })
    }

    /// The same as an answer, of `login`, which proves itself by `credentials`; what was set up isn't kept anywhere else.
    pub(crate) fn answer(credentials: &Credentials, login: &Login, now: Time) -> Result<Answer<Self>, Problem> {
        let waiting = Self::waiting(&credentials.factor, login.email.as_str(), now);
        let waiting = waiting.ok_or_else(|| Problem::conflict("What was set up is in use, or was left too long; begin anew."))?;
        Ok(Answer::json(StatusCode::OK, &waiting)?.keeping(None).secret())
    }
}

impl RecoveryCodes {
    /// Write `change`, since which a login proves itself by `credentials`, and answer with the recovery codes of `nonce`.
    pub(crate) async fn commit(cx: &Cx, change: Change, credentials: &Credentials, nonce: u128) -> Result<Answer<Self>, Problem> {
        cx.commit_anew(change, Self::answer(credentials, nonce)).await
    }

    /// The answer that was kept as `reply`.
    pub(crate) fn again(credentials: &Credentials, reply: &Reply) -> Result<Answer<Self>, Problem> {
        let nonce = reply.body.as_deref().unwrap_or_default().parse().map_err(Problem::internal)?;
        Ok(Self::answer(credentials, nonce)?.replayed())
    }

    fn answer(credentials: &Credentials, nonce: u128) -> Result<Answer<Self>, Problem> {
        let recovery_codes = credentials.factor.recovery_codes(nonce);
        let recovery_codes = recovery_codes.ok_or_else(|| Problem::conflict("There are other recovery codes since."))?;
        Ok(Answer::json(StatusCode::OK, &Self { recovery_codes })?.keeping(Some(nonce.to_string())).secret())
    }
}

impl Proven {
    /// By the password alone, or with a code where `credentials` ask for one, which is taken; where what they ask was `done` before, the
    /// one that was taken then. Codes that aren't theirs are counted as `guesses`, as passwords are.
    pub(crate) async fn by_code(
        (cx, app): (&Cx, &App),
        guesses: Attempt,
        credentials: &Credentials,
        code: Option<&Code>,
        done: bool,
    ) -> Result<Self, Problem> {
        let credentials = credentials.clone();
        if !credentials.factor.is_on() {
            return Ok(Self { guesses, credentials, taken: None });
        }
        let Some(code) = code else {
            return Err(Problem::invalid("code", "This login has a second factor; enter a code of it, or a recovery code."));
        };
        if done {
            recognise((cx, app), &guesses, &credentials, code).await?;
            return Ok(Self { guesses, credentials, taken: None });
        }
        match credentials.factor.take(code, cx.now) {
            Some((factor, kind)) => Ok(Self { guesses, credentials: credentials.with_factor(factor), taken: Some(kind) }),
            None => {
                cx.count_failure(app, &guesses).await?;
                Err(wrong())
            }
        }
    }

    /// That `change` is made only if not too many guesses at once were wrong.
    pub(crate) fn depend(&self, change: &mut Change, app: &App) -> Result<(), Error> {
        change.require_fewer(self.guesses.name(), app.limiter.failures())
    }

    /// The same, and that whose login `login` is hears of a recovery code that was used.
    pub(crate) fn depend_and_tell(&self, change: &mut Change, app: &App, login: &Record<Login>) -> Result<(), Error> {
        self.depend(change, app)?;
        match self.taken {
            Some(Taken::Recovery) => change.update_login(login, login.use_recovery_code()),
            Some(Taken::Totp) | None => Ok(()),
        }
    }
}

/// Set up another secret for the login `id`, which its codes are made from once one of them is seen.
pub(crate) fn set_up(
    cx: &Cx,
    change: &mut Change,
    id: LoginId,
    (before, after): (&Credentials, &Credentials),
) -> Result<Credentials, Error> {
    let after = after.with_factor(after.factor.set_up(TotpSecret::new(rand::random()), cx.now));
    change.update_credentials(id, before, &after)?;
    Ok(after)
}

/// That `code` is the one that was taken when the same was asked before. Another is another request, though what is kept of it doesn't
/// tell; it counts as one of `guesses`, so that whoever has the key guesses no more than others.
pub(crate) async fn recognise((cx, app): (&Cx, &App), guesses: &Attempt, credentials: &Credentials, code: &Code) -> Result<(), Problem> {
    if credentials.factor.was_taken_last(code) {
        return Ok(());
    }
    cx.count_failure(app, guesses).await?;
    Err(Error::KeyReused.into())
}

/// What was set up, which `code` is the first of: the second factor with the recovery codes of the nonce beside it. Codes of others
/// count as `guesses`.
pub(crate) async fn confirm(
    (cx, app): (&Cx, &App),
    guesses: &Attempt,
    credentials: &Credentials,
    (code, nonce): (&Code, u128),
) -> Result<SecondFactor, Problem> {
    let confirmed = credentials.factor.confirm(code, nonce, cx.now);
    if confirmed.as_ref().is_err_and(|refusal| refusal.why == Why::Rule) {
        cx.count_failure(app, guesses).await?;
    }
    Ok(confirmed?)
}

/// The code isn't theirs.
pub(crate) fn wrong() -> Problem {
    Problem::invalid("code", "Not a code of yours, or one that was used; wait for the next.")
}
