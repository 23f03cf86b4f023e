//! Fields of a JSON merge patch (RFC 7396): absent leaves, null clears, a value sets.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    __dev::ComposeSchema,
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type, schema::OneOfBuilder},
};

/// A field that can be cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

    /// The same of what `convert` makes of its value.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Absent => Patch::Absent,
            Self::Clear => Patch::Clear,
            Self::To(value) => Patch::To(convert(value)),
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

/// utoipa writes the defaults of fields into the document, and so asks that they can be written. A patch's is absent, which
/// is dropped there; nothing else of a patch is ever written.
impl<T> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

impl<T> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

/// In the API's document what is set looks as if it were no patch; that it can be left out follows from its default.
/// The names are those of generic types; [`crate::openapi`] writes out what they stand for.
impl<T: PartialSchema> ComposeSchema for Set<T> {
    fn compose(parts: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        parts.into_iter().next().unwrap_or_else(T::schema)
    }
}

impl<T: ToSchema> ToSchema for Set<T> {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

/// What can be cleared is null, or looks as if it were no patch.
impl<T: PartialSchema> ComposeSchema for Patch<T> {
    fn compose(parts: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let value = parts.into_iter().next().unwrap_or_else(T::schema);
        OneOfBuilder::new().item(value).item(ObjectBuilder::new().schema_type(Type::Null)).into()
    }
}

impl<T: ToSchema> ToSchema for Patch<T> {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}
