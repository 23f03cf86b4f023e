//! Giving tokens. A session's tokens follow from the session alone, so that an answer that got lost is given again
//! without ever storing a token: what is kept under an idempotency key is what the tokens are made from. Nor is anything
//! kept that follows from the password: who asks again proves it again.

use std::sync::Arc;

use api::{Answer, Claims, Cx, Problem, Verifier, access_header};
use domain::{Email, Id, Time, login::Credentials, session::Session};
use http::StatusCode;
use secrets::{Kept, LinkKey, Purpose, SigningKey};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::json;
use store::{Change, Reply};
use utoipa::ToSchema;

use crate::{
    alive,
    passwords::Passwords,
    shapes::{FirmOut, MembershipOut, UserOut},
};

/// What `auth` signs and checks with.
#[derive(Debug, Clone)]
pub struct Keys {
    issuer: Arc<str>,
    signing: Kept<SigningKey>,
    links: Kept<LinkKey>,
    pub(crate) passwords: Passwords,
}

impl Keys {
    /// For tokens of `issuer`.
    pub fn new(
        issuer: impl Into<Arc<str>>,
        signing: impl Into<Kept<SigningKey>>,
        links: impl Into<Kept<LinkKey>>,
        passwords: Passwords,
    ) -> Self {
        Self { issuer: issuer.into(), signing: signing.into(), links: links.into(), passwords }
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

    /// The newest tokens of a session.
    pub(crate) async fn tokens(&self, grant: &Grant, now: Time) -> Result<Tokens, Problem> {
        let Grant { id, session } = grant;
        let signing = self.signing.get(now).await.map_err(Problem::unavailable)?;
        let claims = Claims::new(&self.issuer, *id, session);
        let access = signing.sign(&access_header(signing.kid()), &claims).map_err(Problem::internal)?;
        let refresh = signing.refresh_token(&self.issuer, *id, session).map_err(Problem::internal)?;
        Ok(Tokens { access, refresh, expires_in: domain::session::ACCESS.num_seconds() })
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
    /// For `refresh/`, once.
    refresh: String,
    /// How long `access` is taken, seconds.
    expires_in: i64,
}

/// What is kept of an answer with tokens.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    grant: Grant,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<UserOut>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    firm: Option<FirmOut>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memberships: Option<Vec<MembershipOut>>,
}

/// Tokens, and for whom they are where that is new.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Granted {
    #[serde(flatten)]
    tokens: Tokens,
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
}

/// What shows that who asks for tokens is who they say.
#[derive(Clone, Copy)]
pub(crate) enum Proof<'p> {
    /// Their password, which was looked at.
    Given,
    /// The password of the login of this e-mail; to be looked at where the tokens are another's by then.
    Password(&'p Email, &'p str),
}

/// Write `change`, in which a session begins, and answer with its tokens; to the same key, with those that it has now.
pub(crate) async fn commit(cx: &Cx, keys: &Keys, proof: Proof<'_>, change: Change, grant: Grant) -> Result<Answer<Granted>, Problem> {
    write(cx, keys, proof, change, StatusCode::OK, Remembered { grant, user: None, firm: None, memberships: None }).await
}

/// The same of who just signed in, and can be signed in as any of `memberships`.
pub(crate) async fn commit_listing(
    cx: &Cx,
    keys: &Keys,
    change: Change,
    grant: Grant,
    memberships: Vec<MembershipOut>,
) -> Result<Answer<Granted>, Problem> {
    let kept = Remembered { grant, user: None, firm: None, memberships: Some(memberships) };
    write(cx, keys, Proof::Given, change, StatusCode::OK, kept).await
}

/// The same of a firm that was founded just now.
pub(crate) async fn commit_founded(
    cx: &Cx,
    keys: &Keys,
    proof: Proof<'_>,
    change: Change,
    grant: Grant,
    (user, firm): (UserOut, FirmOut),
) -> Result<Answer<Granted>, Problem> {
    write(cx, keys, proof, change, StatusCode::CREATED, Remembered { grant, user: Some(user), firm: Some(firm), memberships: None }).await
}

async fn write(
    cx: &Cx,
    keys: &Keys,
    proof: Proof<'_>,
    change: Change,
    status: StatusCode,
    kept: Remembered,
) -> Result<Answer<Granted>, Problem> {
    let answer = Answer::json(status, &kept)?;
    match change.commit(answer.reply()).await {
        Ok(()) => present(cx, keys, status, kept).await,
        Err(error) => again(cx, keys, proof, &Problem::from(error).replayed()?).await,
    }
}

/// The answer with tokens that was kept as `reply`, to who proves anew that it was them: the tokens that the session has
/// now, with the role or rights of now. None, if it is over.
pub(crate) async fn again(cx: &Cx, keys: &Keys, proof: Proof<'_>, reply: &Reply) -> Result<Answer<Granted>, Problem> {
    let kept: Remembered = serde_json::from_str(reply.body.as_deref().unwrap_or_default()).map_err(Problem::internal)?;
    let Grant { id, session } = &kept.grant;
    let login = match proof {
        Proof::Given => None,
        Proof::Password(email, _) => cx.store.login_of(email).await?,
    };
    let read = alive::read(cx, session.firm, (*id, session.parent), &session.principal.subject(), session.login);
    let found = login.into_iter().fold(read, |read, login| read.secrets(login)).fetch().await?;
    let known = login.map(|login| found.secrets(login)).transpose()?.flatten();
    if let Proof::Password(_, password) = proof
        && !keys.passwords.verify(password, known.as_ref().map(|known| known.password.as_str()))?
    {
        // Another password is another request, though what is kept of it doesn't tell.
        return Err(store::Error::KeyReused.into());
    }
    let session = found.session(session.login, *id)?.ok_or_else(alive::over)?;
    let grant = Grant { id: *id, session: alive::still(&found, &session, cx.now)?.ok_or_else(alive::over)? };
    let status = StatusCode::from_u16(reply.status).map_err(Problem::internal)?;
    Ok(present(cx, keys, status, Remembered { grant, ..kept }).await?.replayed())
}

async fn present(
    cx: &Cx,
    keys: &Keys,
    status: StatusCode,
    Remembered { grant, user, firm, memberships }: Remembered,
) -> Result<Answer<Granted>, Problem> {
    Ok(Answer::json(status, &Granted { tokens: keys.tokens(&grant, cx.now).await?, user, firm, memberships })?.secret())
}
