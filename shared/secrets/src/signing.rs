//! Signing tokens (EdDSA, RFC 8037). The same claims give the same token, so an answer can be given again.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    Id, Time,
    firm::Firm,
    ids::LoginId,
    session::{REFRESH, Session},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Stored {
    kid: String,
    pkcs8: String,
}

/// What a refresh token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    /// Who made it.
    pub iss: String,
    /// `refresh`.
    pub aud: String,
    /// The user's or portal user's id.
    pub sub: String,
    /// What they signed in with.
    pub login: LoginId,
    /// The firm.
    pub firm: Id<Firm>,
    /// The session.
    pub sid: Id<Session>,
    /// The session from which it was switched to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id<Session>>,
    /// Which of the session's refresh tokens.
    pub generation: u64,
    /// Until when it is taken, seconds since 1970.
    pub exp: i64,
    /// When it was made.
    pub iat: i64,
}

impl Refresh {
    /// The `typ` of a refresh token's header, so that no other token passes for one, nor it for another.
    pub const TYPE: &str = "rt+jwt";
    /// Its audience.
    pub const AUDIENCE: &str = "refresh";

    /// What it says, if it can still be used at `now`.
    pub fn unexpired(self, now: Time) -> Result<Self, BadToken> {
        if self.exp <= now.timestamp() { Err(BadToken::Expired) } else { Ok(self) }
    }
}

/// What shows that somebody knew the password of a login whose second factor is asked next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenged {
    /// Who made it.
    pub iss: String,
    /// `mfa`.
    pub aud: String,
    /// As whom they sign in: a user's or portal user's id.
    pub sub: String,
    /// What they sign in with.
    pub login: LoginId,
    /// In which of its epochs they knew the password.
    pub epoch: u64,
    /// The firm.
    pub firm: Id<Firm>,
    /// Whether the session's refresh tokens are to come as a cookie.
    pub cookie: bool,
    /// Until when it is taken, seconds since 1970.
    pub exp: i64,
}

impl Challenged {
    /// The `typ` of its header.
    pub const TYPE: &str = "mfa+jwt";
    /// Its audience.
    pub const AUDIENCE: &str = "mfa";
}

/// The refresh token isn't one of ours, or is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// Not one that we gave.
    #[error("Not a refresh token that we gave.")]
    Forged,
    /// Too old.
    #[error("The refresh token has expired; sign in again.")]
    Expired,
}

/// The key that signs tokens.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    encoding: EncodingKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

impl SigningKey {
    /// The key of the secret `text`: `{"kid": …, "pkcs8": base64}`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Stored { kid, pkcs8 } = crate::parse(text)?;
        Self::new(&kid, &pkcs8)
    }

    /// The Ed25519 key whose PKCS#8 is `pkcs8`, in base64; verifiers know it as `kid`.
    pub fn new(kid: &str, pkcs8: &str) -> Result<Self, String> {
        let der = STANDARD.decode(pkcs8).map_err(|_| "the key isn't base64")?;
        let encoding = EncodingKey::from_ed_der(&der);
        Jwk::from_encoding_key(&encoding, Algorithm::EdDSA).map_err(|_| "the key is no Ed25519 key")?;
        Ok(Self { kid: kid.to_owned(), encoding })
    }

    /// What verifiers know the key as.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// A token with this header and these claims.
    pub fn sign(&self, header: &Header, claims: &impl Serialize) -> Result<String, String> {
        jsonwebtoken::encode(header, claims, &self.encoding).map_err(|error| error.to_string())
    }

    /// The token that says `challenged`.
    pub fn challenge(&self, challenged: &Challenged) -> Result<String, String> {
        let header = Header { typ: Some(Challenged::TYPE.to_owned()), kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        self.sign(&header, challenged)
    }

    /// The newest refresh token of `session`, whose id is `sid`.
    pub fn refresh_token(&self, issuer: &str, sid: Id<Session>, session: &Session) -> Result<String, String> {
        let header = Header { typ: Some(Refresh::TYPE.to_owned()), kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let claims = Refresh {
            iss: issuer.to_owned(),
            aud: Refresh::AUDIENCE.to_owned(),
            sub: session.principal.subject(),
            login: session.login,
            firm: session.firm,
            sid,
            parent: session.parent,
            generation: session.generation,
            exp: (session.rotated_at + REFRESH).timestamp(),
            iat: session.rotated_at.timestamp(),
        };
        self.sign(&header, &claims)
    }
}
