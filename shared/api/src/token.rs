//! Access tokens (RFC 9068): JWTs signed with EdDSA. Functions hold public keys only; `auth` alone can sign.

use std::collections::HashMap;

use domain::{
    Id, Time,
    access::{Rights, Role},
    client::Client,
    firm::Firm,
    ids::LoginId,
    session::{Principal, Session},
};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, jwk::JwkSet};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Caller, Problem};

/// The `typ` of an access token's header, so that no other token passes for one.
const ACCESS: &str = "at+jwt";

/// Which side a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The firm's people.
    Firm,
    /// A client's.
    Portal,
}

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Who made it.
    pub iss: String,
    /// Which side it is for.
    pub aud: Audience,
    /// The user's or portal user's id.
    pub sub: String,
    /// The firm.
    pub firm: Id<Firm>,
    /// The client, of a portal user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Id<Client>>,
    /// The role, of a member of the firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What they may do, for whoever reads tokens.
    pub scope: String,
    /// Until when it is taken, seconds since 1970.
    pub exp: i64,
    /// When it was made.
    pub iat: i64,
    /// When who it is for last proved who they are (OpenID Connect Core, 2).
    pub auth_time: i64,
    /// The session that it is of.
    pub sid: Id<Session>,
    /// What they signed in with.
    pub login: LoginId,
    /// In which of its epochs: another begins when its sessions are ended.
    pub epoch: u64,
    /// Which one it is.
    pub jti: String,
}

impl Claims {
    /// What the newest token of `session`, whose id is `sid`, says.
    pub fn new(issuer: &str, sid: Id<Session>, session: &Session) -> Self {
        let Session { login, epoch, firm, principal, rotated_at, authenticated_at, generation, .. } = *session;
        let (aud, client, role, scope) = match principal {
            Principal::Staff { role, .. } => {
                let scope: Vec<_> = role.permissions().map(|p| p.as_str()).collect();
                (Audience::Firm, None, Some(role), scope.join(" "))
            }
            Principal::Portal { client, rights, .. } => (Audience::Portal, Some(client), None, rights.scope()),
        };
        let (iat, exp) = (rotated_at.timestamp(), (rotated_at + domain::session::ACCESS).timestamp());
        let (auth_time, jti) = (authenticated_at.timestamp(), format!("{sid}.{generation}"));
        Self {
            iss: issuer.to_owned(),
            aud,
            sub: principal.subject(),
            firm,
            client,
            role,
            scope,
            exp,
            iat,
            auth_time,
            sid,
            login,
            epoch,
            jti,
        }
    }

    fn caller(&self) -> Option<Caller> {
        let principal = match self.aud {
            Audience::Firm => Principal::Staff { user: self.sub.parse().ok()?, role: self.role? },
            Audience::Portal => {
                let given = |right| self.scope.split(' ').any(|given| given == right);
                let rights = Rights {
                    see: given("see"),
                    comment: given("comment"),
                    pay: given("pay"),
                    sign: given("sign"),
                    upload: given("upload"),
                };
                Principal::Portal { user: self.sub.parse().ok()?, client: self.client?, rights }
            }
        };
        Some(Caller {
            firm: self.firm,
            principal,
            issued: self.iat,
            authenticated: self.auth_time,
            login: self.login,
            epoch: self.epoch,
            session: self.sid,
        })
    }
}

/// The header of an access token signed with the key `kid`.
pub fn access_header(kid: &str) -> Header {
    Header { typ: Some(ACCESS.to_owned()), kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) }
}

/// Checks tokens against the public keys of their issuer, each against the one that its `kid` names: so a key that takes
/// another's place makes no token worthless that the other signed.
pub struct Verifier {
    keys: HashMap<String, DecodingKey>,
    issuer: String,
    access: Validation,
}

/// Why a token isn't taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is none.
    #[error("Not a token.")]
    NotAToken,
    /// It is for something else.
    #[error("Not an access token.")]
    OtherType,
    /// Its key isn't among ours.
    #[error("Signed with an unknown key.")]
    UnknownKey,
    /// Its signature, issuer, audience or content is wrong.
    #[error("Not a token that we gave.")]
    Forged,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl Verifier {
    /// For tokens of `issuer`, whose public keys are `jwks` (RFC 7517); several while one replaces another.
    pub fn new(jwks: &str, issuer: &str) -> Result<Self, String> {
        let set: JwkSet = serde_json::from_str(jwks).map_err(|e| format!("the public keys are no JWK set: {e}"))?;
        let mut keys = HashMap::new();
        for jwk in &set.keys {
            let kid = jwk.common.key_id.clone().ok_or("a public key has no kid")?;
            keys.insert(kid, DecodingKey::from_jwk(jwk).map_err(|e| format!("a public key can't be used: {e}"))?);
        }
        Ok(Self { keys, issuer: issuer.to_owned(), access: validation(issuer, &["firm", "portal"]) })
    }

    /// What `token` says, of type `typ` and for `audience`. Whether it has expired is for the caller to see.
    pub fn read<T: DeserializeOwned>(&self, token: &str, typ: &str, audience: &str) -> Result<T, Unread> {
        self.read_valid(token, typ, &validation(&self.issuer, &[audience]))
    }

    fn read_valid<T: DeserializeOwned>(&self, token: &str, typ: &str, validation: &Validation) -> Result<T, Unread> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Unread::NotAToken)?;
        if header.typ.as_deref() != Some(typ) {
            return Err(Unread::OtherType);
        }
        let key = header.kid.and_then(|kid| self.keys.get(&kid)).ok_or(Unread::UnknownKey)?;
        Ok(jsonwebtoken::decode::<T>(token, key, validation).map_err(|_| Unread::Forged)?.claims)
    }

    /// Who shows `token` at `now`.
    pub fn caller(&self, token: &str, now: Time) -> Result<Caller, Problem> {
        let refused = |detail: &str| Problem::unauthorized(Some("invalid_token"), detail);
        let claims: Claims = self.read_valid(token, ACCESS, &self.access).map_err(|unread| refused(&unread.to_string()))?;
        if claims.exp <= now.timestamp() {
            return Err(refused("The token has expired."));
        }
        claims.caller().ok_or_else(|| refused(&Unread::Forged.to_string()))
    }
}

/// Of `issuer`, for one of `audiences`, whenever: expiry is by our clock.
fn validation(issuer: &str, audiences: &[&str]) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[issuer]);
    validation.set_audience(audiences);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    validation.validate_exp = false;
    validation
}
