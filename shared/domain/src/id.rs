//! Ids: `lead_01jd8x…`. The prefix says the kind; the rest is a ULID, so ids sort by the time they were made.

use std::{cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::Ulid;

use crate::Time;

/// What an id can be of.
pub trait Kind {
    /// What its ids begin with, before the underscore.
    const PREFIX: &'static str;
    /// Its name in sentences and event names: `lead`, `portal_user`.
    const NAME: &'static str;

    /// Its name with its article: `a portal user`, `an engagement`.
    fn one() -> String {
        let article = if Self::NAME.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        format!("{article} {}", Self::NAME.replace('_', " "))
    }
}

/// The id of a `K`. One spelling only: lower case, 26 characters after the prefix.
pub struct Id<K> {
    ulid: Ulid,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// The id that nothing has which is made.
    pub(crate) const fn nil() -> Self {
        Self { ulid: Ulid::nil(), kind: PhantomData }
    }

    /// The id of what is made at `now`; of `random`, 80 bits are used.
    pub fn new(now: Time, random: u128) -> Self {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Self { ulid: Ulid::from_parts(millis, random), kind: PhantomData }
    }

    /// When what has the id was made, to the millisecond.
    pub fn made_at(self) -> Time {
        i64::try_from(self.ulid.timestamp_ms()).ok().and_then(Time::from_timestamp_millis).unwrap_or_default()
    }

    /// The same in 16 bytes, where it has to be short.
    pub fn to_bytes(self) -> [u8; 16] {
        self.ulid.to_bytes()
    }

    /// The id that these bytes are.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self { ulid: Ulid::from_bytes(bytes), kind: PhantomData }
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.ulid.to_string().to_ascii_lowercase())
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.ulid, f)
    }
}

/// The text is no id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Not the id of {0}.")]
pub struct NotAnId(String);

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        text.strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .filter(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()))
            .and_then(|rest| Ulid::from_string(rest).ok())
            .map(|ulid| Self { ulid, kind: PhantomData })
            .filter(|id| id.to_string() == text)
            .ok_or_else(|| NotAnId(K::one()))
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.ulid == other.ulid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ulid.cmp(&other.ulid)
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.ulid.hash(state);
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{client::Client, engagement::Engagement, lead::Lead};

    fn id(millis: i64, random: u128) -> Id<Lead> {
        Id::new(Time::from_timestamp_millis(millis).unwrap(), random)
    }

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let written = id(1_763_800_000_000, 7).to_string();
        assert_eq!(written, "lead_01kanar9g00000000000000007");
        assert_eq!(written.parse::<Id<Lead>>(), Ok(id(1_763_800_000_000, 7)));
    }

    #[test]
    fn a_later_id_sorts_after_an_earlier_one_as_text_too() {
        assert!(id(1, u128::MAX >> 48) < id(2, 0));
        assert!(id(1, 5).to_string() < id(2, 1).to_string());
    }

    #[test]
    fn another_kind_another_case_and_other_letters_are_no_ids() {
        let good = id(1_763_800_000_000, 7).to_string();
        assert_eq!(good.parse::<Id<Client>>().unwrap_err().to_string(), "Not the id of a client.");
        assert_eq!(good.parse::<Id<Engagement>>().unwrap_err().to_string(), "Not the id of an engagement.");
        assert!(good.to_uppercase().parse::<Id<Lead>>().is_err());
        for bad in [
            "",
            "lead_",
            "lead",
            "lead_1",
            "lead_zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "lead_01kanar9g0000000000000000o",
            "lead_01kanar9g000000000000000é",
        ] {
            assert!(bad.parse::<Id<Lead>>().is_err(), "{bad}");
        }
    }
}
