//! Ids, links' tokens and names in paths. What is no id of the right kind, or none of the names, names nothing, so it is not found.

use std::fmt;

use axum::extract::{FromRequestParts, RawPathParams};
use domain::{Id, Kind};
use http::request::Parts;
use serde::de::{DeserializeOwned, IntoDeserializer, value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::{App, Problem};

/// The id, or the link's token, in the path; or two names, in their order.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

/// The token of a link in a mail. It lets somebody in: never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(String);

impl LinkToken {
    /// The token as text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

impl PartialSchema for LinkToken {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).description(Some("From the link in a mail"));
        text.pattern(Some("^[A-Za-z0-9_-]+$")).max_length(Some(128)).into()
    }
}

impl ToSchema for LinkToken {}

impl<K: Kind> FromRequestParts<App> for Path<Id<K>> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let id = named(parts, app, "id").await?.parse();
        id.map(Self).map_err(|_| Problem::not_found())
    }
}

impl FromRequestParts<App> for Path<LinkToken> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(LinkToken(named(parts, app, "token").await?)))
    }
}

impl<A: DeserializeOwned, B: DeserializeOwned> FromRequestParts<App> for Path<(A, B)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::not_found())?;
        let mut names = params.iter().map(|(_, name)| name);
        let (Some(first), Some(second)) = (names.next(), names.next()) else { return Err(Problem::not_found()) };
        Ok(Self((known(first)?, known(second)?)))
    }
}

/// What is called `name`.
fn known<T: DeserializeOwned>(name: &str) -> Result<T, Problem> {
    let name: value::StrDeserializer<'_, value::Error> = name.into_deserializer();
    T::deserialize(name).map_err(|_| Problem::not_found())
}

/// What stands in the path for its variable `name`.
async fn named(parts: &mut Parts, app: &App, name: &str) -> Result<String, Problem> {
    let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::not_found())?;
    let found = params.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
    found.ok_or_else(Problem::not_found)
}
