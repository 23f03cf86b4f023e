//! `/api/auth/login/mfa/`: the second step of a sign-in, which a code is asked for.

use api::{Answer, App, Attempt, Cx, Problem, Routes, Valid, post, routes};
use axum::{Extension, extract::State};
use domain::{
    event::Actor,
    firm::INSTALLATION,
    login::{Credentials, Login},
};
use secrets::Challenged;
use serde::Deserialize;
use store::{Change, Membership, Record, Reply};
use utoipa::ToSchema;

use crate::{
    carrier::Carrier,
    challenge::{self, Entering},
    grant::{self, Granted, Keys, Proof, Remembered},
    login::actor,
    second_factor::{self, Code, Proven, TotpOut},
    shapes::MembershipOut,
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(complete_login)).routes(routes!(set_up_totp_at_login))
}

/// The second step of a sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecondStep {
    /// From the first.
    #[schema(max_length = 2048)]
    mfa_token: String,
    /// A code that the app shows, or a recovery code.
    #[schema(value_type = String, format = Password, max_length = 64)]
    code: Code,
}

/// The first step of a sign-in, of who has no second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetUp {
    #[schema(max_length = 2048)]
    mfa_token: String,
}

/// Complete a sign-in with a code.
///
/// With what `login/`, `password-reset/confirm/` or `activate/` answered. A code works once; so does a recovery code, and they are told
/// by mail. Where a second factor was just set up by `login/mfa/totp/`, it is on from then on, and ten recovery codes are in the answer.
/// 401 if it took longer than ten minutes, or the password was changed; 409 if nothing is set up; 422 if it isn't one of their codes,
/// which counts as a failure to sign in: 429 after too many.
#[post("/api/auth/login/mfa/", 200, 401, 403, tag = "auth")]
async fn complete_login(
    cx: Cx,
    State(app): State<App>,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<SecondStep>,
) -> Result<Answer<Granted>, Problem> {
    let shown = challenge::read(&cx, &app, &body.mfa_token).await?;
    let carrier = Carrier::asked(shown.cookie.then_some(Carrier::Cookie), &cx, &app)?;
    let (first, done) = FirstStep::read(&cx, &app, &shown).await?;
    if let Some(reply) = done {
        second_factor::recognise((&cx, &app), &first.guesses, &first.credentials, &body.code).await?;
        return grant::again(&cx, &keys, Proof::Code(&body.code), &reply).await;
    }
    let found = cx.store.memberships_in(&first.credentials.joined).await?;
    let memberships = found.iter().map(|(membership, _)| MembershipOut::of(membership)).collect();
    let all: Vec<_> = found.iter().map(|(membership, _)| membership.clone()).collect();
    let last = found.into_iter().find(|(membership, _)| membership.firm == shown.firm && membership.principal.subject() == shown.sub);
    let (Membership { firm: id, principal }, firm) = last.ok_or_else(challenge::over)?;
    let mut change = cx.change_anonymous(id, actor(principal));
    let (proven, nonce) = first.prove((&cx, &app), &mut change, &all, &body.code).await?;
    let after = proven.signed_in(&principal.subject());
    change.update_credentials(first.login.id, &first.credentials, &after)?;
    let entering = Entering { login: first.login.id, credentials: &after, by_code: true, firm: (id, &firm), principal, carrier };
    let kept = Remembered::of(entering.enter(&cx, &mut change)?).listing(memberships).with_recovery_codes(nonce);
    grant::commit(&cx, &keys, Proof::Code(&body.code), change, (kept, &after)).await
}

/// Set up a second factor in a sign-in.
///
/// With what `login/`, `password-reset/confirm/` or `activate/` answered where `set_up` is true: an app makes codes from what is
/// answered, the first of which goes to `login/mfa/` within the hour. Set up again, what was before is worthless. 401 if it took longer
/// than ten minutes, or the password was changed; 409 if there is a second factor already.
#[post("/api/auth/login/mfa/totp/", 200, 401, tag = "auth")]
async fn set_up_totp_at_login(cx: Cx, State(app): State<App>, Valid(body): Valid<SetUp>) -> Result<Answer<TotpOut>, Problem> {
    let shown = challenge::read(&cx, &app, &body.mfa_token).await?;
    let (FirstStep { login, credentials, .. }, done) = FirstStep::read(&cx, &app, &shown).await?;
    if credentials.factor.is_on() {
        return Err(Problem::conflict("There is a second factor already; enter a code of it."));
    }
    if done.is_some() {
        return TotpOut::answer(&credentials, &login, cx.now);
    }
    let mut change = cx.change_anonymous(INSTALLATION, Actor::Login(login.id));
    let after = second_factor::set_up(&cx, &mut change, login.id, (&credentials, &credentials))?;
    cx.commit_anew(change, TotpOut::answer(&after, &login, cx.now)).await
}

/// Who knew the password.
struct FirstStep {
    login: Record<Login>,
    credentials: Credentials,
    guesses: Attempt,
}

impl FirstStep {
    /// Who `shown` says, if their password is the same; and what the request was answered if it was done before.
    async fn read(cx: &Cx, app: &App, shown: &Challenged) -> Result<(Self, Option<Reply>), Problem> {
        let guesses = Attempt::of(shown.login).about(Some(shown.login));
        let read = cx.read_anonymous(INSTALLATION).login(shown.login);
        let (admitted, found, credentials) =
            tokio::join!(app.limiter.admit(&cx.store, &guesses, cx.now), read.fetch_with_reply(), cx.store.credentials(shown.login));
        admitted?;
        let (found, reply) = found?;
        // What is asked again may have begun another epoch: who shows the same code is shown the same.
        let is_of_then = |credentials: &Credentials| reply.is_some() || credentials.epoch == shown.epoch;
        let known = found.login(shown.login)?.zip(credentials?).filter(|(_, credentials)| is_of_then(credentials));
        let (login, credentials) = known.ok_or_else(challenge::over)?;
        Ok((Self { login, credentials, guesses }, reply))
    }

    /// As what the login proves itself once `code` was taken; where that is the first of what was set up, with what its recovery codes
    /// follow from, and `all` its memberships are over for who signed in without a code.
    async fn prove(
        &self,
        (cx, app): (&Cx, &App),
        change: &mut Change,
        all: &[Membership],
        code: &Code,
    ) -> Result<(Credentials, Option<u128>), Problem> {
        let Self { login, credentials, guesses } = self;
        if credentials.factor.is_on() {
            let proven = Proven::by_code((cx, app), guesses.clone(), credentials, Some(code), false).await?;
            proven.depend_and_tell(change, app, login)?;
            return Ok((proven.credentials, None));
        }
        let nonce = rand::random();
        let factor = second_factor::confirm((cx, app), guesses, credentials, (code, nonce)).await?;
        let after = credentials.with_sessions_ended().with_factor(factor);
        change.require_fewer(guesses.name(), app.limiter.failures())?;
        change.update_login(login, login.add_factor())?;
        change.end_access(all, after.epoch, None)?;
        Ok((after, Some(nonce)))
    }
}
