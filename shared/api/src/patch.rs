//! Fields of a JSON merge patch (RFC 7396): absent leaves, null clears, a value sets.

use serde::{Deserialize, Deserializer};

/// A field that can be cleared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Not in the body.
    #[default]
    Absent,
    /// Null.
    Clear,
    /// A value.
    To(T),
}

/// A field that can't be cleared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Set<T> {
    /// Not in the body.
    #[default]
    Absent,
    /// A value.
    To(T),
}

impl<T> Patch<T> {
    /// What the field is after the patch, if it was `before`.
    pub fn over(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Absent => before,
            Self::Clear => None,
            Self::To(value) => Some(value),
        }
    }

    /// The same patch of what `convert` makes of the value.
    pub fn try_map<U, E>(self, convert: impl FnOnce(T) -> Result<U, E>) -> Result<Patch<U>, E> {
        Ok(match self {
            Self::Absent => Patch::Absent,
            Self::Clear => Patch::Clear,
            Self::To(value) => Patch::To(convert(value)?),
        })
    }
}

impl<T> Set<T> {
    /// What the field is after the patch, if it was `before`.
    pub fn over(self, before: T) -> T {
        match self {
            Self::Absent => before,
            Self::To(value) => value,
        }
    }

    /// The value that is set, if one is.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Absent => None,
            Self::To(value) => Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::To))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::To)
    }
}
