//! Giving tokens. A session's tokens follow from the session alone, so that an answer that got lost is given again
//! without ever storing a token: what is kept under an idempotency key is what the tokens are made from.

use std::sync::Arc;

use api::{Answer, Claims, Problem, access_header};
use domain::{Id, session::Session};
use http::StatusCode;
use secrets::{LinkKey, SigningKey};
use serde::{Deserialize, Serialize};
use store::{Change, Reply};
use utoipa::ToSchema;

use crate::shapes::{FirmOut, UserOut};

/// What `auth` signs and checks with.
#[derive(Debug, Clone)]
pub struct Keys {
    pub(crate) issuer: Arc<str>,
    pub(crate) signing: Arc<SigningKey>,
    pub(crate) links: Arc<LinkKey>,
}

impl Keys {
    /// For tokens of `issuer`.
    pub fn new(issuer: impl Into<Arc<str>>, signing: SigningKey, links: LinkKey) -> Self {
        Self { issuer: issuer.into(), signing: Arc::new(signing), links: Arc::new(links) }
    }

    /// The newest tokens of a session.
    pub(crate) fn tokens(&self, grant: &Grant) -> Result<Tokens, Problem> {
        let Grant { id, session } = grant;
        let jti = format!("{id}.{}", session.generation);
        let claims = Claims::new(&self.issuer, session.firm, session.principal, session.rotated_at, jti);
        let access = self.signing.sign(&access_header(self.signing.kid()), &claims).map_err(Problem::internal)?;
        let refresh = self.signing.refresh_token(&self.issuer, *id, session).map_err(Problem::internal)?;
        Ok(Tokens { access, refresh, expires_in: domain::session::ACCESS.num_seconds() })
    }
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
struct Kept {
    grant: Grant,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<UserOut>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    firm: Option<FirmOut>,
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
}

/// Write `change`, in which a session begins, and answer with its tokens; the same ones to the same key.
pub(crate) async fn commit(
    keys: &Keys,
    change: Change,
    status: StatusCode,
    grant: Grant,
    founded: Option<(UserOut, FirmOut)>,
) -> Result<Answer<Granted>, Problem> {
    let (user, firm) = founded.unzip();
    let answer = Answer::json(status, &Kept { grant, user, firm })?;
    match change.commit(answer.reply()).await {
        Ok(()) => present(keys, answer.reply()),
        Err(error) => Ok(present(keys, &Problem::from(error).replayed()?)?.replayed()),
    }
}

/// The answer with tokens that was kept as `kept`.
pub(crate) fn present(keys: &Keys, kept: &Reply) -> Result<Answer<Granted>, Problem> {
    let body = kept.body.as_deref().unwrap_or_default();
    let Kept { grant, user, firm } = serde_json::from_str(body).map_err(Problem::internal)?;
    let status = StatusCode::from_u16(kept.status).map_err(Problem::internal)?;
    Answer::json(status, &Granted { tokens: keys.tokens(&grant)?, user, firm })
}
