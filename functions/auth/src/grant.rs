//! Giving tokens. A session's tokens follow from the session alone, so that an answer that got lost is given again
//! without ever storing a token: what is kept under an idempotency key is what the tokens are made from. Nor is anything
//! kept that follows from the password: who asks again proves it again.

use std::sync::Arc;

use api::{Answer, Claims, Cx, Problem, Verifier, access_header};
use domain::{Email, Id, Time, login::Credentials, payment_account::Mode, session::Session};
use http::StatusCode;
use secrets::{Kept, LinkKey, Purpose, SigningKey};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::json;
use store::{Change, Reply};
use utoipa::ToSchema;

use crate::{
    admission::Registration,
    alive, carrier,
    challenge::{self, Challenge, Challenged, Entry},
    device,
    passwords::Passwords,
    second_factor::Code,
    shapes::{FirmOut, MembershipOut, UserOut},
};

/// What `auth` signs and checks with, and whom it lets sign up.
#[derive(Debug, Clone)]
pub struct Keys {
    issuer: Arc<str>,
    signing: Kept<SigningKey>,
    pub(crate) links: Kept<LinkKey>,
    pub(crate) passwords: Passwords,
    pub(crate) registration: Registration,
}

impl Keys {
    /// For tokens of `issuer`, where those sign up firms who may by `registration`.
    pub fn new(
        issuer: impl Into<Arc<str>>,
        signing: impl Into<Kept<SigningKey>>,
        links: impl Into<Kept<LinkKey>>,
        passwords: Passwords,
        registration: Registration,
    ) -> Self {
        Self { issuer: issuer.into(), signing: signing.into(), links: links.into(), passwords, registration }
    }

    /// The same where payments are taken as `mode` says.
    pub(crate) fn under(self, mode: Mode) -> Self {
        Self { registration: self.registration.under(mode), ..self }
    }

    /// What the link with `token` is for.
    pub(crate) async fn link<P: Purpose>(&self, token: &str, now: Time) -> Result<P, Problem> {
        let read = self.links.read(token, now).await.map_err(Problem::unavailable)?;
        read.map_err(|bad| Problem::invalid("token", bad.to_string()))
    }

    /// The answer that was kept as `reply`, to who chose `password` in the request that it was given to, and does now; another password
    /// is another request, though what is kept of it doesn't tell.
    pub(crate) fn replayed(&self, password: &str, now: &Credentials, reply: Reply) -> Problem {
        match self.passwords.verify(password, Some(&now.password)) {
            Ok(true) => store::Error::Replayed(reply).into(),
            Ok(false) => store::Error::KeyReused.into(),
            Err(problem) => problem,
        }
    }

    /// What asks of who is `challenged` at `now` what is still to be shown.
    pub(crate) async fn challenge(&self, challenged: &Challenged, now: Time) -> Result<Challenge, Problem> {
        let Challenged { login, epoch, firm, ref subject, set_up, carrier, since } = *challenged;
        let (iss, aud, sub) = (self.issuer.to_string(), secrets::Challenged::AUDIENCE.to_owned(), subject.clone());
        let (cookie, exp) = (carrier.is_cookie(), (since + challenge::LASTS).timestamp());
        let claims = secrets::Challenged { iss, aud, sub, login, epoch, firm, cookie, exp };
        let signing = self.signing.get(now).await.map_err(Problem::unavailable)?;
        let mfa_token = signing.challenge(&claims).map_err(Problem::internal)?;
        Ok(Challenge { mfa_token, expires_in: challenge::LASTS.num_seconds(), set_up })
    }

    /// The newest tokens of a session; and the cookie that holds the refresh token, if that isn't among them.
    pub(crate) async fn tokens(&self, grant: &Grant, now: Time) -> Result<(Tokens, Option<String>), Problem> {
        let Grant { id, session } = grant;
        let signing = self.signing.get(now).await.map_err(Problem::unavailable)?;
        let claims = Claims::new(&self.issuer, *id, session);
        let access = signing.sign(&access_header(signing.kid()), &claims).map_err(Problem::internal)?;
        let refresh = signing.refresh_token(&self.issuer, *id, session).map_err(Problem::internal)?;
        let (refresh, cookie) = if session.in_cookie { (None, Some(carrier::cookie(&refresh))) } else { (Some(refresh), None) };
        Ok((Tokens { access, refresh, expires_in: domain::session::ACCESS.num_seconds() }, cookie))
    }
}

/// `key`, if its public half is among those of `verifier`: nobody would take what another signs for `issuer`.
pub fn published(key: SigningKey, verifier: &Verifier, issuer: &str) -> Result<SigningKey, String> {
    let probe = json!({"iss": issuer, "aud": "probe", "sub": "", "exp": 0});
    let token = key.sign(&access_header(key.kid()), &probe)?;
    let read: Result<IgnoredAny, _> = verifier.read(&token, "at+jwt", "probe");
    read.map(|_| key).map_err(|_| "its public key isn't published".to_owned())
}

/// A session, from which its tokens follow.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) id: Id<Session>,
    pub(crate) session: Session,
}

/// Tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// For `Authorization: Bearer …`.
    access: String,
    /// For `refresh/`, once; unless it comes as a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh: Option<String>,
    /// How long `access` is taken, seconds.
    expires_in: i64,
}

/// What is kept of an answer with tokens, or with what is asked before there are any.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Remembered {
    entry: Entry,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<UserOut>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    firm: Option<FirmOut>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memberships: Option<Vec<MembershipOut>>,
    /// From which recovery codes follow that are shown with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<u128>,
}

impl Remembered {
    /// Of who comes in by `entry`.
    pub(crate) fn of(entry: Entry) -> Self {
        Self { entry, user: None, firm: None, memberships: None, nonce: None }
    }

    /// Of whose tokens are those of `grant`.
    pub(crate) fn session(grant: Grant) -> Self {
        Self::of(Entry::Session(grant))
    }

    /// The same of who can be signed in as any of `memberships`; where they are signed in.
    pub(crate) fn listing(self, memberships: Vec<MembershipOut>) -> Self {
        match self.entry {
            Entry::Session(_) => Self { memberships: Some(memberships), ..self },
            Entry::Challenge(_) => self,
        }
    }

    /// The same of who founded `firm` just now.
    pub(crate) fn founding(self, user: UserOut, firm: FirmOut) -> Self {
        Self { user: Some(user), firm: Some(firm), ..self }
    }

    /// The same of who has the recovery codes since that follow from `nonce`, if there is one.
    pub(crate) fn with_recovery_codes(self, nonce: Option<u128>) -> Self {
        Self { nonce, ..self }
    }

    /// Tell the security log whom that lets in, who showed `proof`.
    fn tell(&self, cx: &Cx, proof: Proof<'_>) {
        match (&self.entry, proof) {
            // Who was signed in already.
            (Entry::Session(_), Proof::Given) => {}
            (Entry::Session(grant), Proof::PasswordGiven | Proof::Password(..) | Proof::Code(_)) => {
                cx.tell("session.began", Some(grant.session.login));
            }
            (Entry::Challenge(challenged), _) => cx.tell("session.challenged", Some(challenged.login)),
        }
    }

    fn status(&self) -> StatusCode {
        match (&self.entry, &self.firm) {
            (Entry::Challenge(_), _) => StatusCode::ACCEPTED,
            (Entry::Session(_), Some(_)) => StatusCode::CREATED,
            (Entry::Session(_), None) => StatusCode::OK,
        }
    }
}

/// Tokens, and for whom they are where that is new.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Granted {
    #[serde(flatten)]
    tokens: Tokens,
    /// What shows at the next sign-in, of a year, that they signed in here; unless it comes as a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    device: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user: Option<UserOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    firm: Option<FirmOut>,
    /// All whom they can be signed in as, where they just signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    memberships: Option<Vec<MembershipOut>>,
    /// Codes for who lost the app that makes codes, where that was set up just now; they are shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    recovery_codes: Option<Vec<String>>,
}

/// What shows that who asks again for the tokens that they were given is who they were.
#[derive(Clone, Copy)]
pub(crate) enum Proof<'p> {
    /// What they proved was looked at.
    Given,
    /// The same of who proved to know the password, and no more.
    PasswordGiven,
    /// The password of the login of this e-mail, and, where it has a second factor, the code that was taken.
    Password(&'p Email, &'p str, Option<&'p Code>),
    /// The code that was taken.
    Code(&'p Code),
}

impl Proof<'_> {
    /// That it is one of a login that proves itself by `known`; a code is asked of who was signed in.
    fn proves(self, keys: &Keys, known: Option<&Credentials>, signed_in: bool) -> Result<bool, Problem> {
        let is_last = |code: &Code| known.is_some_and(|known| known.factor.was_taken_last(code));
        let is_asked = signed_in && known.is_some_and(|known| known.factor.is_on());
        Ok(match self {
            Self::Given => true,
            Self::PasswordGiven => !is_asked,
            Self::Code(code) => is_last(code),
            Self::Password(_, password, code) => {
                keys.passwords.verify(password, known.map(|known| known.password.as_str()))? && (!is_asked || code.is_some_and(is_last))
            }
        })
    }
}

/// Write `change`, by which somebody comes in, and answer with tokens or with what is asked first; to the same key, with those of then.
pub(crate) async fn commit(
    cx: &Cx,
    keys: &Keys,
    proof: Proof<'_>,
    change: Change,
    (kept, known): (Remembered, &Credentials),
) -> Result<Answer<Granted>, Problem> {
    let answer = Answer::json(kept.status(), &kept)?;
    match cx.committed(change, answer.reply()).await {
        Ok(()) => {
            kept.tell(cx, proof);
            present(cx, keys, proof, kept, known).await
        }
        Err(error) => again(cx, keys, proof, &Problem::from(error).replayed()?).await,
    }
}

/// The answer that was kept as `reply`, to who proves anew that it was them: with the tokens that the session has now, with the role or
/// rights of now; 401, if it is over. Or with what is asked of them still.
pub(crate) async fn again(cx: &Cx, keys: &Keys, proof: Proof<'_>, reply: &Reply) -> Result<Answer<Granted>, Problem> {
    let kept: Remembered = serde_json::from_str(reply.body.as_deref().unwrap_or_default()).map_err(Problem::internal)?;
    let of_email = match proof {
        Proof::Given | Proof::PasswordGiven | Proof::Code(_) => None,
        Proof::Password(email, ..) => cx.store.login_of(email).await?,
    };
    let (login, read) = match &kept.entry {
        Entry::Session(Grant { id, session }) => {
            let read = alive::read(cx, session.firm, (*id, session.parent), &session.principal.subject(), session.login);
            (session.login, read)
        }
        Entry::Challenge(challenged) => (challenged.login, cx.store.read(challenged.firm).secrets(challenged.login)),
    };
    let found = read.fetch().await?;
    let known = found.secrets(login)?;
    let proves = match proof {
        // Whose e-mail it is by now, has nothing to do with it.
        Proof::Password(..) if of_email != Some(login) => None,
        Proof::Password(..) | Proof::Given | Proof::PasswordGiven | Proof::Code(_) => known.as_ref(),
    };
    if !proof.proves(keys, proves, matches!(kept.entry, Entry::Session(_)))? {
        // Another password or code is another request, though what is kept of it doesn't tell.
        return Err(store::Error::KeyReused.into());
    }
    let known = known.ok_or_else(alive::over)?;
    let entry = match kept.entry {
        Entry::Session(Grant { id, session }) => {
            let session = found.session(session.login, id)?.ok_or_else(alive::over)?;
            Entry::Session(Grant { id, session: alive::still(&found, &session, cx.now)?.ok_or_else(alive::over)? })
        }
        Entry::Challenge(asked) if asked.epoch == known.epoch && cx.now < asked.since + challenge::LASTS => Entry::Challenge(asked),
        Entry::Challenge(_) => return Err(challenge::over()),
    };
    Ok(present(cx, keys, proof, Remembered { entry, ..kept }, &known).await?.replayed())
}

/// The answer of `kept`, of a login that proves itself by `known`.
async fn present(cx: &Cx, keys: &Keys, proof: Proof<'_>, kept: Remembered, known: &Credentials) -> Result<Answer<Granted>, Problem> {
    let status = kept.status();
    let Remembered { entry, user, firm, memberships, nonce } = kept;
    match entry {
        Entry::Challenge(challenged) => Ok(Answer::json(status, &keys.challenge(&challenged, cx.now).await?)?.instead().secret()),
        Entry::Session(grant) => {
            let recovery_codes = nonce.and_then(|nonce| known.factor.recovery_codes(nonce));
            let (tokens, cookie) = keys.tokens(&grant, cx.now).await?;
            // Who was signed in already proved nothing that strangers don't know.
            let (device, device_cookie) = if matches!(proof, Proof::Given) { (None, None) } else { device::of(keys, &grant, cx.now).await };
            let cookies = cookie.into_iter().chain(device_cookie);
            Ok(Answer::json(status, &Granted { tokens, device, user, firm, memberships, recovery_codes })?.cookies(cookies).secret())
        }
    }
}
