//! The second factor of a login: the codes that an app makes from a secret and the time (TOTP, RFC 6238, with what all apps know:
//! SHA-1, six digits, 30 seconds), and recovery codes for who lost the app. Each code is taken once.

use std::fmt;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Secret};

use crate::{Digest, Refusal, Time, password::normal};

/// How many recovery codes there are.
pub const RECOVERY_CODES: u8 = 10;
/// How long whose login got a second factor can take it back, if it wasn't them: as long as another e-mail.
pub const RETURNS: TimeDelta = TimeDelta::hours(72);
/// How long a secret that was set up waits for the first code that is made from it.
pub const SET_UP: TimeDelta = TimeDelta::hours(1);

/// What recovery codes are written in: Crockford's alphabet, in which nothing looks like something else.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What codes are made from: 160 random bits, as RFC 4226 (4, R6) recommends. Never shown but when it is set up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TotpSecret([u8; 20]);

/// The text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Not 20 bytes in base32.")]
pub struct NotASecret;

/// What a login proves itself by beside its password, if it has that.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SecondFactor {
    /// What its codes are made from; none, where the password is all that is asked.
    pub totp: Option<Totp>,
    /// What they are to be made from once a code shows that somebody's app has it.
    pub pending: Option<Pending>,
    /// The digests of the recovery codes that weren't used.
    pub recovery: Vec<Digest>,
    /// The digest of the code that was taken last: who asks the same again shows the same again.
    pub taken: Option<Digest>,
}

/// A secret that is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// What codes are made from.
    pub secret: TotpSecret,
    /// Since when there is a second factor; another app in place of the first doesn't change that.
    pub since: Time,
    /// Of which 30 seconds the last code was that was taken: those of before it are taken no more (RFC 6238, 5.2).
    pub last_step: u64,
}

/// A secret that was set up, and of which no code was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// What codes are to be made from.
    pub secret: TotpSecret,
    /// When it was set up.
    pub since: Time,
}

/// Which kind of code was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// One that an app made.
    Totp,
    /// A recovery code, which is used up by it.
    Recovery,
}

impl TotpSecret {
    /// The secret that `random` is.
    pub fn new(random: [u8; 20]) -> Self {
        Self(random)
    }

    /// The secret in base32 (RFC 4648), as it is typed into an app that can't see the QR code.
    pub fn base32(&self) -> String {
        Secret::from(self.0).to_base32()
    }

    /// The recovery codes that follow from it and `nonce`, 80 bits each, as they are shown.
    fn recovery_codes(&self, nonce: u128) -> impl Iterator<Item = String> {
        (0..RECOVERY_CODES).map(move |number| {
            let digest = Digest::of(&[&self.0, b"recovery code", &nonce.to_be_bytes(), &[number]]);
            let bits = digest.as_bytes().iter().take(10).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
            let letter = |at: u32| ALPHABET.get((bits >> (75 - 5 * at) & 31) as usize).map_or('0', |letter| char::from(*letter));
            let group = |group: u32| (4 * group..4 * group + 4).map(letter).collect::<String>();
            (0..4).map(group).collect::<Vec<_>>().join("-")
        })
    }

    /// Of which 30 seconds `code` is: those of `now`, or those before or after, since clocks differ (RFC 6238, 5.2).
    fn step_of(&self, code: &str, now: Time) -> Option<u64> {
        let totp = Builder::new().with_secret(self.0).build().ok()?;
        totp.check(code, u64::try_from(now.timestamp()).ok()?)
    }

    /// What is kept of `code`, which was made for who has this secret.
    fn digest(&self, code: &str) -> Digest {
        Digest::of(&[&self.0, b"code", code.as_bytes()])
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl From<TotpSecret> for String {
    fn from(secret: TotpSecret) -> Self {
        secret.base32()
    }
}

impl TryFrom<String> for TotpSecret {
    type Error = NotASecret;

    fn try_from(text: String) -> Result<Self, NotASecret> {
        let secret = Secret::try_from_base32(&text).map_err(|_| NotASecret)?;
        secret.as_bytes().try_into().map(Self).map_err(|_| NotASecret)
    }
}

impl SecondFactor {
    /// Whether a code is asked beside the password.
    pub fn is_on(&self) -> bool {
        self.totp.is_some()
    }

    /// The factor once another `secret` was set up at `now`; what was before goes on until a code of it is seen.
    #[must_use]
    pub fn set_up(&self, secret: TotpSecret, now: Time) -> Self {
        Self { pending: Some(Pending { secret, since: now }), ..self.clone() }
    }

    /// What was set up and waits at `now` for a code.
    pub fn waiting(&self, now: Time) -> Option<&TotpSecret> {
        self.pending.as_ref().filter(|pending| now < pending.since + SET_UP).map(|pending| &pending.secret)
    }

    /// The factor once `code`, which was typed at `now`, showed that an app has what was set up. Its recovery codes are those of
    /// `nonce`; those of before are worthless.
    pub fn confirm(&self, code: &str, nonce: u128, now: Time) -> Result<Self, Refusal> {
        let secret = self.waiting(now).ok_or_else(|| Refusal::state("Nothing was set up within the hour; begin anew."))?;
        let code = spelled(code);
        let last_step =
            secret.step_of(&code, now).ok_or_else(|| Refusal::rule("code", "Not the code that the app shows; is its clock right?"))?;
        let since = self.totp.as_ref().map_or(now, |before| before.since);
        let totp = Totp { secret: secret.clone(), since, last_step };
        let taken = Some(secret.digest(&code));
        Ok(Self { totp: Some(totp), pending: None, recovery: Vec::new(), taken }.with_recovery_codes(nonce))
    }

    /// The factor with the recovery codes of `nonce`; those of before are worthless.
    #[must_use]
    pub fn with_recovery_codes(&self, nonce: u128) -> Self {
        let digests = |Totp { secret, .. }: &Totp| secret.recovery_codes(nonce).map(|code| secret.digest(&spelled(&code))).collect();
        Self { recovery: self.totp.as_ref().map(digests).unwrap_or_default(), ..self.clone() }
    }

    /// The recovery codes of `nonce`, if they are those that it has: they can be shown again to who asks the same again, without having
    /// been kept.
    pub fn recovery_codes(&self, nonce: u128) -> Option<Vec<String>> {
        let of_nonce = self.with_recovery_codes(nonce).recovery;
        let Totp { secret, .. } = self.totp.as_ref().filter(|_| self.recovery.iter().all(|code| of_nonce.contains(code)))?;
        Some(secret.recovery_codes(nonce).collect())
    }

    /// The factor once `code`, which was typed at `now`, was taken; none, if it isn't one of its codes, or was taken before.
    pub fn take(&self, code: &str, now: Time) -> Option<(Self, Taken)> {
        let (totp, code) = (self.totp.as_ref()?, spelled(code));
        let digest = totp.secret.digest(&code);
        let taken = Some(digest);
        if let Some(last_step) = totp.secret.step_of(&code, now) {
            let totp = Some(Totp { last_step, ..totp.clone() }).filter(|_| last_step > totp.last_step)?;
            return Some((Self { totp: Some(totp), taken, ..self.clone() }, Taken::Totp));
        }
        let recovery: Vec<_> = self.recovery.iter().filter(|left| **left != digest).copied().collect();
        (recovery.len() < self.recovery.len()).then(|| (Self { recovery, taken, ..self.clone() }, Taken::Recovery))
    }

    /// Whether `code` is the one that was taken last.
    pub fn was_taken_last(&self, code: &str) -> bool {
        self.totp.as_ref().zip(self.taken).is_some_and(|(totp, taken)| totp.secret.digest(&spelled(code)) == taken)
    }
}

/// `code` as it is compared: apps show codes with a space in them, some keyboards write full-width digits, and who copies a recovery
/// code from paper takes `0` for `o` and `1` for `l`.
fn spelled(code: &str) -> String {
    let letters = normal(code).to_lowercase();
    let alike = |letter| match letter {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    letters.chars().filter(|letter| letter.is_alphanumeric()).map(alike).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_timestamp_secs(seconds).unwrap()
    }

    /// The secret of RFC 6238's test vectors, and what an app shows at some time.
    fn secret() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    fn shown(now: Time) -> String {
        Builder::new().with_secret(secret().0).build().unwrap().generate(now.timestamp() as u64).to_string()
    }

    fn on(now: Time) -> SecondFactor {
        SecondFactor::default().set_up(secret(), now).confirm(&shown(now), 7, now).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B, SHA-1; six digits are the last six of its eight.
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().step_of(code, at(time)), Some(time as u64 / 30), "{time}");
        }
        assert_eq!(String::from(secret()), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(TotpSecret::try_from(secret().base32()), Ok(secret()));
        assert!(TotpSecret::try_from("GEZDGNBV".to_owned()).is_err() && TotpSecret::try_from("1".to_owned()).is_err());
        assert_eq!(format!("{:?}", on(at(0))).matches("GEZD").count(), 0);
    }

    #[test]
    fn a_code_is_taken_once_and_none_from_before_it() {
        let now = at(1_234_567_890);
        let factor = on(now);
        assert!(factor.take(&shown(now), now).is_none(), "the one that confirmed it");
        let step = TimeDelta::seconds(30);
        assert!(factor.take(&shown(now - step), now).is_none());
        // One that is shown a moment later, by a clock that is ahead or behind; and no further away.
        let (taken, kind) = factor.take(&shown(now + step), now).unwrap();
        assert_eq!(kind, Taken::Totp);
        assert!(taken.take(&shown(now + step), now).is_none() && taken.take(&shown(now), now).is_none());
        assert!(taken.was_taken_last(&shown(now + step)) && !taken.was_taken_last(&shown(now)));
        assert!(factor.take(&shown(now + step * 3), now + step).is_none());
        assert!(factor.take(&shown(now + step * 2), now + step * 3).is_some());
        for bad in ["", "000000", "12345", "1234567", "+23456", "abcdef", "١٢٣٤٥٦"] {
            assert!(factor.take(bad, now + step).is_none(), "{bad}");
        }
        let code = shown(now + step);
        let (first, second) = code.split_at(3);
        assert!(factor.take(&format!(" {first} {second} "), now + step).is_some());
        let full_width: String = shown(now + step).chars().map(|digit| char::from_u32(digit as u32 + 0xfee0).unwrap()).collect();
        assert!(factor.take(&full_width, now + step).is_some());
    }

    #[test]
    fn a_recovery_code_is_taken_once_however_it_is_typed() {
        let now = at(1_234_567_890);
        let factor = on(now);
        let codes = factor.recovery_codes(7).unwrap();
        assert_eq!((codes.len(), factor.recovery.len()), (10, 10));
        assert!(codes.iter().all(|code| code.len() == 19 && code.split('-').all(|group| group.len() == 4)), "{codes:?}");
        let mut left = factor.clone();
        for (used, code) in codes.iter().enumerate() {
            let typed =
                if used % 2 == 0 { code.to_uppercase().replace('-', " ").replace('0', "O").replace('1', "l") } else { code.clone() };
            let (after, kind) = left.take(&typed, now).unwrap();
            assert_eq!((kind, after.recovery.len()), (Taken::Recovery, 9 - used));
            assert!(after.take(code, now).is_none() && after.was_taken_last(code));
            left = after;
        }
        let other = factor.with_recovery_codes(8);
        assert!(codes.iter().all(|code| other.take(code, now).is_none()));
        assert!(other.take(&other.recovery_codes(8).unwrap()[9], now).is_some());
        assert!(other.recovery_codes(7).is_none() && left.recovery_codes(7).is_some());
    }

    #[test]
    fn what_is_set_up_replaces_what_was_once_a_code_of_it_is_seen_within_the_hour() {
        let now = at(1_234_567_890);
        let before = on(now);
        let other = before.set_up(TotpSecret::new([9; 20]), now);
        assert!(other.is_on() && other.take(&shown(now + TimeDelta::seconds(30)), now).is_some());
        assert_eq!(other.confirm(&shown(now), 9, now).unwrap_err().field, Some("code".into()));
        let again = before.set_up(secret(), now);
        assert!(again.confirm(&shown(now + SET_UP), 9, now + SET_UP).is_err());
        let after = again.confirm(&shown(now), 9, now).unwrap();
        assert!(after.waiting(now).is_none() && after.recovery.len() == 10 && after.recovery != before.recovery);
        assert!(SecondFactor::default().confirm(&shown(now), 9, now).is_err());
        assert!(SecondFactor::default().take(&shown(now), now).is_none() && SecondFactor::default().recovery_codes(1).is_none());
    }
}
