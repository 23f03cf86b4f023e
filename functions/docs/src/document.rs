//! `/api/docs/openapi.json`

use api::{Routes, routes};
use std::sync::LazyLock;

use axum::response::IntoResponse;

use crate::file::File;

/// The document of all functions. Tests make it from their routers, with what the functions really answer as examples, and
/// fail where this one differs.
static DOCUMENT: LazyLock<File> = LazyLock::new(|| File::new("application/json", include_bytes!("../openapi.json").as_slice()));

pub(crate) fn routes<R: Routes>() -> R {
    R::default().routes(routes!(show_openapi))
}

/// Show this document.
///
/// It is the same for everybody: operations that the caller may not call are in it too. It takes no token, and refuses
/// nobody.
#[utoipa::path(get, path = "/api/docs/openapi.json", tag = "docs",
    responses((status = 200, description = "The OpenAPI document", body = serde_json::Value)))]
async fn show_openapi() -> impl IntoResponse {
    &*DOCUMENT
}
