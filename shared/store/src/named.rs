//! What is named: ids of which it is to be a condition that there is such a record and that it isn't archived.
//!
//! What a body names is a [`Named`], of which nobody has looked yet. Only a [`Change`] makes an id of one, and a record, and in
//! doing so makes that a condition of its transaction. Which verb, by where the id stands:
//!
//! | where | verb |
//! |---|---|
//! | in a body | [`Change::depend`]; [`Change::depend_if`] where there may be none |
//! | in a patch, in place of one that is known | [`Change::depend_other`] |
//! | in a body, of a record that the same change writes | [`Change::depend`] too; the write's condition is then the only one |
//! | in a path, or in another record | [`Change::depend_on`] |
//! | in a body, of a record that the caller may not know of | [`Found::knows`] before |
//!
//! So what depends on another record can't be written without that being checked:
//!
//! ```compile_fail
//! fn unchecked(client: store::Named<domain::ids::ClientId>) -> domain::ids::ClientId {
//!     client.into() // there is no way around `Change::depend`
//! }
//! ```
//!
//! ```compile_fail,E0308
//! fn unchecked(found: &store::Found, client: store::Named<domain::ids::ClientId>) -> domain::ids::ClientId {
//!     found.record(client).unwrap().id // nor by what was found
//! }
//! ```
//!
//! ```
//! use domain::{client::Client, ids::ClientId};
//! use store::{Change, Error, Found, Named};
//!
//! fn checked(change: &mut Change, found: &Found, client: Named<ClientId>) -> Result<ClientId, Error> {
//!     Ok(change.depend::<Client>(found, "client", client)?.id)
//! }
//! ```

use std::borrow::Cow;

use domain::Id;
use serde::Deserialize;

use crate::{Change, Entity, Error, Found, Read, Record, change::OnFailure};

/// An id that a body names.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(transparent)]
pub struct Named<I>(I);

/// What is known to be an id can be treated as one that isn't.
impl<T> From<Id<T>> for Named<Id<T>> {
    fn from(id: Id<T>) -> Self {
        Self(id)
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use utoipa::{
        __dev::ComposeSchema,
        PartialSchema, ToSchema,
        openapi::{RefOr, Schema},
    };

    use super::Named;

    impl<I: PartialSchema> ComposeSchema for Named<I> {
        fn compose(parts: Vec<RefOr<Schema>>) -> RefOr<Schema> {
            parts.into_iter().next().unwrap_or_else(I::schema)
        }
    }

    impl<I: ToSchema> ToSchema for Named<I> {
        fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
            I::schemas(schemas);
        }
    }
}

impl Read<'_> {
    /// The record that a body names too, if it names one.
    #[must_use]
    pub fn named<T: Entity>(self, named: impl Into<Option<Named<Id<T>>>>) -> Self {
        self.maybe(named.into().map(|Named(id)| id))
    }
}

impl Found {
    /// That the record that a body names in `field` is one that the caller may `know` of. What they may not know of is not
    /// there, and nothing else is said of it: neither that it is archived nor that it is another's.
    pub fn knows<T: Entity>(
        &self,
        field: impl Into<Cow<'static, str>>,
        Named(id): Named<Id<T>>,
        know: impl FnOnce(&T) -> bool,
    ) -> Result<(), Error> {
        match self.maybe(id)? {
            Some(record) if !know(&record) => Err(Error::NoSuch { field: field.into(), kind: T::NAME }),
            Some(_) | None => Ok(()),
        }
    }
}

impl Change {
    /// The record that a body names in `field`, as it was `found`: that it is there and not archived becomes a condition. Where
    /// many depend on such a record at once, they don't hold each other up ([`Entity::IS_GUARDED`]).
    pub fn depend<T: Entity>(
        &mut self,
        found: &Found,
        field: impl Into<Cow<'static, str>>,
        Named(id): Named<Id<T>>,
    ) -> Result<Record<T>, Error> {
        let record = found.named(field, id)?;
        // Who reads it again is told what became of it.
        self.look_at(id, OnFailure::Lost)?;
        Ok(record)
    }

    /// The same, where the body may name none.
    pub fn depend_if<T: Entity>(
        &mut self,
        found: &Found,
        field: impl Into<Cow<'static, str>>,
        named: Option<Named<Id<T>>>,
    ) -> Result<Option<Record<T>>, Error> {
        named.map(|named| self.depend(found, field, named)).transpose()
    }

    /// The record that a body names in `field` in place of `known`, as it was `found`: checked like [`Change::depend`],
    /// unless it is the same, which gives none.
    pub fn depend_other<T: Entity>(
        &mut self,
        found: &Found,
        field: impl Into<Cow<'static, str>>,
        named: Named<Id<T>>,
        known: Option<Id<T>>,
    ) -> Result<(Id<T>, Option<Record<T>>), Error> {
        if known == Some(named.0) { Ok((named.0, None)) } else { Ok((named.0, Some(self.depend(found, field, named)?))) }
    }
}
