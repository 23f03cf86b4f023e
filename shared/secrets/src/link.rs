//! The links in mails: who was invited where, whose e-mail is confirmed, which invoice is shown, under a key that `auth`,
//! `guest` and `outbox` share; and devices that are known again, under the same key. A link follows from what it is for alone, so a mail that is sent again has the same one; one
//! that is for something passes for nothing else.
//!
//! Its token is short enough for a line of a mail: a byte that says what it is for, the fields, and 128 bits of the HMAC-SHA256
//! of both, in base64url.

mod field;

use std::{fmt, str::FromStr};

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use domain::{
    Email, Id, Time,
    firm::Firm,
    ids::{InvoiceId, LoginId, PortalUserId, UserId},
    session::Session,
};
use serde::Deserialize;

use crate::{Kept, SecretError};
use field::Field;

/// How much of the HMAC a token has, bytes.
const TAG: usize = 16;

/// What a link is for.
pub trait Purpose: Sized {
    /// What its token begins with, so that no other passes for it.
    const TYPE: u8;

    /// Until when it works, seconds since 1970; for ever, as far as the link knows, if there is none.
    fn expires(&self) -> Option<i64>;

    /// Its fields as bytes.
    fn put(&self, bytes: &mut Vec<u8>);

    /// What these bytes say; nothing if they aren't its fields, one after the other.
    fn take(bytes: &[u8]) -> Option<Self>;
}

/// Say of each purpose which type it is, of what fields, and which of them says until when it works.
macro_rules! purposes {
    ($($number:literal: $purpose:ident { $($field:ident),+ } $(until $exp:ident)?;)+) => {
        $(
            impl Purpose for $purpose {
                const TYPE: u8 = $number;

                fn expires(&self) -> Option<i64> {
                    [$(self.$exp)?].first().copied()
                }

                fn put(&self, bytes: &mut Vec<u8>) {
                    $(Field::put(&self.$field, bytes);)+
                }

                fn take(mut bytes: &[u8]) -> Option<Self> {
                    let purpose = Self { $($field: Field::take(&mut bytes)?),+ };
                    bytes.is_empty().then_some(purpose)
                }
            }
        )+

        #[cfg(test)]
        const TYPES: &[u8] = &[$($number),+];
    };
}

purposes! {
    1: Invited { firm, sub, number, exp, email } until exp;
    2: Confirming { firm, login, number, exp } until exp;
    3: Resetting { login, number, exp } until exp;
    4: Showing { firm, invoice, number };
    5: ChangingEmail { login, number, exp } until exp;
    6: RestoringEmail { login, number, exp } until exp;
    7: RemovingFactor { login, since, exp, email } until exp;
    8: KnownDevice { login, session, exp } until exp;
}

/// Who was invited where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// The firm.
    pub firm: Id<Firm>,
    /// Who.
    pub sub: Invitee,
    /// Where the mail went.
    pub email: Email,
    /// Which of their invitations.
    pub number: u32,
    /// Until when the link works, seconds since 1970.
    pub exp: i64,
}

/// As what somebody was invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invitee {
    /// As one of the firm's people.
    User(UserId),
    /// As one of a client's.
    PortalUser(PortalUserId),
}

impl FromStr for Invitee {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let user = text.parse().map(Self::User);
        user.or_else(|_| text.parse().map(Self::PortalUser)).map_err(|_| format!("{text} can't be invited"))
    }
}

/// Whose e-mail is confirmed, and with it the firm that they founded.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resetting {
    /// What they sign in with.
    pub login: LoginId,
    /// Which link.
    pub number: u32,
    /// Until when it works, seconds since 1970.
    pub exp: i64,
}

/// From where somebody signed in: no link, but what is shown at the next sign-in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    /// What they signed in with.
    pub login: LoginId,
    /// The session that began then.
    pub session: Id<Session>,
    /// Until when it is known, seconds since 1970.
    pub exp: i64,
}

/// Whose e-mail is to be another, where the link was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangingEmail {
    /// What they sign in with.
    pub login: LoginId,
    /// Which link.
    pub number: u32,
    /// Until when it works, seconds since 1970.
    pub exp: i64,
}

/// Whose e-mail is to be again what it was, where the link was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoringEmail {
    /// What they sign in with.
    pub login: LoginId,
    /// By which link it was given up.
    pub number: u32,
    /// Until when it works, seconds since 1970.
    pub exp: i64,
}

/// Whose second factor, which they didn't set up, is to be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovingFactor {
    /// What they sign in with.
    pub login: LoginId,
    /// Since when it has that, seconds since 1970.
    pub since: i64,
    /// Until when it works, seconds since 1970.
    pub exp: i64,
    /// Where the mail went.
    pub email: Email,
}

/// Which invoice is shown to whoever has the link. It works as long as it is the invoice's, which the invoice knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Showing {
    /// Whose it is.
    pub firm: Id<Firm>,
    /// Which.
    pub invoice: InvoiceId,
    /// Which of its links.
    pub number: u32,
}

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

#[derive(Deserialize)]
struct Stored {
    key: String,
    previous: Option<String>,
}

/// Makes and checks links.
#[derive(Clone)]
pub struct LinkKey {
    own: hmac::Key,
    /// The key before it, as long as links are on their way that were made with that.
    previous: Option<hmac::Key>,
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

impl LinkKey {
    /// The key of the secret `text`: `{"key": base64 of 32 bytes, "previous": the same}`, the latter only while it is being
    /// replaced.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Stored { key, previous } = crate::parse(text)?;
        Ok(Self { previous: previous.as_deref().map(hmac_key).transpose()?, ..Self::new(&key)? })
    }

    /// The key that `base64` is: 32 bytes at least.
    pub fn new(base64: &str) -> Result<Self, String> {
        Ok(Self { own: hmac_key(base64)?, previous: None })
    }

    /// The token of the link that is for `purpose`.
    pub fn token<P: Purpose>(&self, purpose: &P) -> String {
        let mut bytes = vec![P::TYPE];
        purpose.put(&mut bytes);
        bytes.extend(tag(&self.own, &bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What the link with `token` is for at `now`.
    pub fn read<P: Purpose>(&self, token: &str, now: Time) -> Result<P, BadLink> {
        let purpose: P = self.genuine(token).ok_or(BadLink::Forged)?;
        let is_over = purpose.expires().is_some_and(|end| end <= now.timestamp());
        if is_over { Err(BadLink::Expired) } else { Ok(purpose) }
    }

    fn genuine<P: Purpose>(&self, token: &str) -> Option<P> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (said, of_token) = bytes.split_last_chunk::<TAG>()?;
        let mut keys = [Some(&self.own), self.previous.as_ref()].into_iter().flatten();
        if !keys.any(|key| verify_slices_are_equal(&tag(key, said), of_token).is_ok()) {
            return None;
        }
        let (first, fields) = said.split_first()?;
        if *first == P::TYPE { P::take(fields) } else { None }
    }
}

impl Kept<LinkKey> {
    /// What the link with `token` is for at `now`. One that doesn't verify may have been made with a newer key than ours.
    pub async fn read<P: Purpose>(&self, token: &str, now: Time) -> Result<Result<P, BadLink>, SecretError> {
        let key = self.get(now).await?;
        let read = key.read(token, now);
        if !matches!(read, Err(BadLink::Forged)) {
            return Ok(read);
        }
        Ok(self.again(&key, now).await.map_or(Err(BadLink::Forged), |newer| newer.read(token, now)))
    }
}

/// The key that `base64` is.
fn hmac_key(base64: &str) -> Result<hmac::Key, String> {
    let key = STANDARD.decode(base64).map_err(|_| "the key isn't base64")?;
    if key.len() < 32 { Err("the key is too short".to_owned()) } else { Ok(hmac::Key::new(hmac::HMAC_SHA256, &key)) }
}

/// What shows that `said` is ours.
fn tag(key: &hmac::Key, said: &[u8]) -> [u8; TAG] {
    let whole = hmac::sign(key, said);
    let mut tag = [0; TAG];
    tag.iter_mut().zip(whole.as_ref()).for_each(|(byte, of_whole)| *byte = *of_whole);
    tag
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::TimeDelta;

    use super::*;

    fn key(byte: u8) -> LinkKey {
        LinkKey::new(&STANDARD.encode([byte; 32])).unwrap()
    }

    fn now() -> Time {
        Time::from_timestamp_millis(1_763_800_000_000).unwrap()
    }

    fn invited() -> Invited {
        let (firm, sub) = (Id::new(now(), 1), Invitee::PortalUser(Id::new(now(), 2)));
        Invited { firm, sub, email: Email::new("ann@acme.example").unwrap(), number: 1, exp: now().timestamp() + 60 }
    }

    #[test]
    fn a_link_lets_in_whom_it_was_made_for_until_it_expires() {
        let (key, invited) = (key(7), invited());
        let token = key.token(&invited);
        assert_eq!(token, key.token(&invited));
        assert_eq!(key.read(&token, now()), Ok(invited));
        assert_eq!(key.read::<Invited>(&token, now() + TimeDelta::seconds(60)), Err(BadLink::Expired));
        assert_eq!(self::key(8).read::<Invited>(&token, now()), Err(BadLink::Forged));
        for too_short in [16, 31] {
            assert!(LinkKey::new(&STANDARD.encode(vec![7; too_short])).is_err());
        }
        assert!(LinkKey::new("no base64!").is_err());
    }

    #[test]
    fn while_a_key_is_replaced_what_was_made_with_the_one_before_it_is_taken_too() {
        let secret = format!(r#"{{"key": "{}", "previous": "{}"}}"#, STANDARD.encode([8; 32]), STANDARD.encode([7; 32]));
        let both = LinkKey::parse(&secret).unwrap();
        assert_eq!(both.read(&key(7).token(&invited()), now()), Ok(invited()));
        assert_eq!(key(8).read(&both.token(&invited()), now()), Ok(invited()));
        assert_eq!(key(7).read::<Invited>(&both.token(&invited()), now()), Err(BadLink::Forged));
        assert!(LinkKey::parse(r#"{"key": "short"}"#).is_err());
    }

    #[test]
    fn a_link_of_one_purpose_passes_for_no_other() {
        let (key, login) = (key(7), Id::new(now(), 3));
        let (number, exp) = (1, now().timestamp() + 60);
        let confirming = key.token(&Confirming { firm: Id::new(now(), 1), login, number, exp });
        let resetting = key.token(&Resetting { login, number, exp });
        let showing = key.token(&Showing { firm: Id::new(now(), 1), invoice: Id::new(now(), 4), number });
        for (token, good) in [(&confirming, 1), (&resetting, 2), (&showing, 3), (&key.token(&invited()), 0)] {
            let read = [
                key.read::<Invited>(token, now()).is_ok(),
                key.read::<Confirming>(token, now()).is_ok(),
                key.read::<Resetting>(token, now()).is_ok(),
                key.read::<Showing>(token, now()).is_ok(),
            ];
            assert_eq!(read, [0, 1, 2, 3].map(|purpose| purpose == good), "{token}");
        }
        assert_eq!(TYPES.iter().collect::<BTreeSet<_>>().len(), TYPES.len());
        assert_eq!(key.read(&showing, now() + TimeDelta::days(36_500)).map(|shown: Showing| shown.number), Ok(1));
    }

    #[test]
    fn a_token_that_is_altered_anywhere_is_none_of_ours() {
        let key = key(7);
        let token = key.token(&Resetting { login: Id::new(now(), 3), number: 1, exp: now().timestamp() + 60 });
        for (place, letter) in token.char_indices() {
            for other in ['A', 'B', 'x', '_', '=', '.', 'é'].into_iter().filter(|other| *other != letter) {
                let altered: String = token.char_indices().map(|(at, letter)| if at == place { other } else { letter }).collect();
                assert_eq!(key.read::<Resetting>(&altered, now()), Err(BadLink::Forged), "{altered}");
            }
            let (before, _) = token.split_at(place);
            assert_eq!(key.read::<Resetting>(before, now()), Err(BadLink::Forged), "{before}");
        }
        for longer in [format!("{token}A"), format!("{token}="), format!("{token} "), format!("A{token}"), String::new()] {
            assert_eq!(key.read::<Resetting>(&longer, now()), Err(BadLink::Forged), "{longer}");
        }
        // Nor is what has our tag and isn't what it says.
        for said in [vec![3], vec![3; 17], vec![9; 40], Vec::new()] {
            let made = URL_SAFE_NO_PAD.encode([said.as_slice(), &tag(&key.own, &said)].concat());
            assert_eq!(key.read::<Resetting>(&made, now()), Err(BadLink::Forged));
        }
    }

    #[test]
    fn tokens_are_short() {
        let (key, login, exp) = (key(7), Id::new(now(), 3), now().timestamp());
        assert_eq!(key.token(&Resetting { login, number: 1, exp }).len(), 52);
        assert_eq!(key.token(&Confirming { firm: Id::new(now(), 1), login, number: 1, exp }).len(), 74);
        assert_eq!(key.token(&Showing { firm: Id::new(now(), 1), invoice: Id::new(now(), 4), number: 1 }).len(), 67);
        assert_eq!(key.token(&invited()).len(), 98);
        let longest = Email::new(&format!("{}@{}.example", "a".repeat(64), ["b".repeat(59).as_str(); 3].join("."))).unwrap();
        assert!(key.token(&Invited { email: longest, ..invited() }).len() <= 512);
    }
}
