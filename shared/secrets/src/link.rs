//! The links in mails: who was invited where, whose e-mail is confirmed, under a key that `auth` and `outbox` share. A link
//! follows from what it is for alone, so a mail that is sent again has the same one; one that is for something passes for
//! nothing else.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{Email, Id, Time, firm::Firm, ids::LoginId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What a link is for.
pub trait Purpose: Serialize + DeserializeOwned {
    /// The `typ` of its token, so that no other token passes for it.
    const TYPE: &str;

    /// Until when it works, seconds since 1970.
    fn expires(&self) -> i64;
}

#[derive(Deserialize)]
struct Stored {
    key: String,
    previous: Option<String>,
}

/// Who was invited where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The firm.
    pub firm: Id<Firm>,
    /// The user's or portal user's id.
    pub sub: String,
    /// Where the mail went.
    pub email: Email,
    /// Which of their invitations.
    pub number: u32,
    /// Until when the link works, seconds since 1970.
    pub exp: i64,
}

/// Whose e-mail is confirmed, and with it the firm that they founded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirming {
    /// The firm.
    pub firm: Id<Firm>,
    /// What they sign in with.
    pub login: LoginId,
    /// Which link.
    pub number: u32,
    /// Until when it works, seconds since 1970.
    pub exp: i64,
}

/// Who forgot their password and chooses another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resetting {
    /// What they sign in with.
    pub login: LoginId,
    /// Which link.
    pub number: u32,
    /// Until when it works, seconds since 1970.
    pub exp: i64,
}

macro_rules! purposes {
    ($($purpose:ty = $typ:literal),*) => {
        $(
            impl Purpose for $purpose {
                const TYPE: &str = $typ;

                fn expires(&self) -> i64 {
                    self.exp
                }
            }
        )*
    };
}
purposes!(Invited = "invitation+jwt", Confirming = "confirmation+jwt", Resetting = "reset+jwt");

/// The link isn't one of ours, or is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// Not one that we sent.
    #[error("Not a link that we sent.")]
    Forged,
    /// Too old.
    #[error("This link has expired; ask for a new one.")]
    Expired,
}

/// Makes and checks links (HS256).
#[derive(Clone)]
pub struct LinkKey {
    encoding: EncodingKey,
    /// Its own, and that of the key before it, as long as links are on their way that were made with that.
    decoding: Vec<DecodingKey>,
}

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

impl LinkKey {
    /// The key of the secret `text`: `{"key": base64 of 32 bytes, "previous": the same}`, the latter only while it is being
    /// replaced.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Stored { key, previous } = crate::parse(text)?;
        let previous = previous.as_deref().map(Self::new).transpose()?;
        let mut new = Self::new(&key)?;
        new.decoding.extend(previous.into_iter().flat_map(|previous| previous.decoding));
        Ok(new)
    }

    /// The key that `base64` is: 32 bytes at least.
    pub fn new(base64: &str) -> Result<Self, String> {
        let key = STANDARD.decode(base64).map_err(|_| "the key isn't base64")?;
        if key.len() < 32 {
            return Err("the key is too short".to_owned());
        }
        Ok(Self { encoding: EncodingKey::from_secret(&key), decoding: vec![DecodingKey::from_secret(&key)] })
    }

    /// The token of the link that is for `purpose`.
    pub fn token<P: Purpose>(&self, purpose: &P) -> Result<String, String> {
        let header = Header { typ: Some(P::TYPE.to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, purpose, &self.encoding).map_err(|error| error.to_string())
    }

    /// What the link with `token` is for at `now`.
    pub fn read<P: Purpose>(&self, token: &str, now: Time) -> Result<P, BadLink> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false; // by our clock, below
        validation.validate_aud = false;
        let data = self.decoding.iter().find_map(|key| jsonwebtoken::decode::<P>(token, key, &validation).ok());
        let data = data.ok_or(BadLink::Forged)?;
        if data.header.typ.as_deref() != Some(P::TYPE) {
            return Err(BadLink::Forged);
        }
        if data.claims.expires() <= now.timestamp() { Err(BadLink::Expired) } else { Ok(data.claims) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_lets_in_whom_it_was_made_for_until_it_expires() {
        let key = LinkKey::new(&STANDARD.encode([7; 32])).unwrap();
        let now = Time::from_timestamp_millis(1_763_800_000_000).unwrap();
        let email = Email::new("ann@acme.example").unwrap();
        let invited = Invited { firm: Id::new(now, 1), sub: "portal_1".into(), email, number: 1, exp: now.timestamp() + 60 };
        let token = key.token(&invited).unwrap();
        assert_eq!(token, key.token(&invited).unwrap());
        assert_eq!(key.read(&token, now), Ok(invited.clone()));
        assert_eq!(key.read::<Invited>(&token, now + chrono::TimeDelta::seconds(60)), Err(BadLink::Expired));
        let other = LinkKey::new(&STANDARD.encode([8; 32])).unwrap();
        assert_eq!(other.read::<Invited>(&token, now), Err(BadLink::Forged));
        assert_eq!(key.read::<Confirming>(&token, now), Err(BadLink::Forged));
        let plain = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &invited, &key.encoding).unwrap();
        assert_eq!(key.read::<Invited>(&plain, now), Err(BadLink::Forged));
        assert!(LinkKey::new(&STANDARD.encode([7; 16])).is_err());

        // While a key is replaced, what was made with the one before it is taken too.
        let secret = format!(r#"{{"key": "{}", "previous": "{}"}}"#, STANDARD.encode([8; 32]), STANDARD.encode([7; 32]));
        let both = LinkKey::parse(&secret).unwrap();
        assert_eq!(both.read(&token, now), Ok(invited.clone()));
        assert_eq!(other.read(&both.token(&invited).unwrap(), now), Ok(invited));
        assert!(LinkKey::parse(r#"{"key": "short"}"#).is_err());
    }
}
