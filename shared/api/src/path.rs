//! Ids in paths. What is no id of the right kind names nothing, so it is not found.

use axum::extract::{FromRequestParts, RawPathParams};
use domain::{Id, Kind};
use http::request::Parts;

use crate::{App, Problem};

/// The id in the path.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<K: Kind> FromRequestParts<App> for Path<Id<K>> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::not_found())?;
        let id = params.iter().find(|(name, _)| *name == "id").and_then(|(_, id)| id.parse().ok());
        id.map(Self).ok_or_else(Problem::not_found)
    }
}
