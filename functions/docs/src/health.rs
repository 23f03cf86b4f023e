//! `/api/health/`

use api::{Answer, Problem, Routes, routes};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) fn routes<R: Routes>() -> R {
    R::default().routes(routes!(show_health))
}

/// How the API is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"status": "ok", "version": "1.0.0"}))]
struct Health {
    /// `ok`: whoever can read this has reached it.
    status: &'static str,
    /// Which version answers.
    version: &'static str,
}

/// Show whether the API is up.
///
/// Who reads the answer has reached it: nothing else is asked, neither the table nor Stripe. It takes no token, and refuses
/// nobody.
#[utoipa::path(get, path = "/api/health/", tag = "docs", responses((status = 200, description = "It is up", body = Health)))]
async fn show_health() -> Result<Answer<Health>, Problem> {
    Answer::json(StatusCode::OK, &Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}
