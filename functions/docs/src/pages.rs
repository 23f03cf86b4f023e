//! `/api/docs/`: Swagger UI, from the copy that its crate brings along. Nothing is fetched from elsewhere.

use std::sync::{Arc, LazyLock};

use api::{Problem, Routes, routes};
use axum::{
    extract::{Path, rejection::PathRejection},
    response::IntoResponse,
};
use http::{HeaderName, HeaderValue, header};
use utoipa_swagger_ui::Config;

use crate::file::File;

/// What the page may do: run and show what comes with it, and call the API that it describes.
const POLICY: [(HeaderName, HeaderValue); 1] = [(
    header::CONTENT_SECURITY_POLICY,
    HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
    ),
)];
/// For what the page names by its version.
const FOREVER: [(HeaderName, HeaderValue); 1] = [(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"))];

/// The files that the page is made of.
static ASSETS: LazyLock<Vec<(&str, File)>> = LazyLock::new(|| {
    let config = Arc::new(Config::default());
    let theirs = |name, content_type| {
        let content = utoipa_swagger_ui::serve(name, Arc::clone(&config)).ok().flatten().map(|file| file.bytes).unwrap_or_default();
        (name, File::new(content_type, content))
    };
    vec![
        theirs("swagger-ui.css", "text/css; charset=utf-8"),
        theirs("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        theirs("favicon-32x32.png", "image/png"),
        ("start.js", File::new("text/javascript; charset=utf-8", include_bytes!("start.js").as_slice())),
    ]
});

static PAGE: LazyLock<File> = LazyLock::new(|| {
    let page = ASSETS.iter().fold(include_str!("page.html").to_owned(), |page, (name, file)| {
        page.replace(&format!("/api/docs/{name}"), &format!("/api/docs/{name}?{}", file.version))
    });
    File::new("text/html; charset=utf-8", page.into_bytes())
});

pub(crate) fn routes<R: Routes>() -> R {
    R::default().routes(routes!(show_docs)).routes(routes!(show_docs_asset))
}

/// Show the documentation, for people.
///
/// Swagger UI, to try the API out; all of it comes from here. It takes no token, and refuses nobody.
#[utoipa::path(get, path = "/api/docs/", tag = "docs",
    responses((status = 200, description = "Swagger UI", body = String, content_type = "text/html")))]
async fn show_docs() -> impl IntoResponse {
    (POLICY, &*PAGE)
}

/// Show a file that the documentation is made of.
///
/// It may be kept for a year, since the page names it by its version. 404 for any other file.
#[utoipa::path(get, path = "/api/docs/{asset}", tag = "docs", params(("asset" = String, Path, example = "swagger-ui.css")),
    responses((status = 200, description = "The file", body = String, content_type = "text/css"),
              (status = 404, description = "No such file", body = api::ProblemOut, content_type = "application/problem+json")))]
async fn show_docs_asset(asset: Result<Path<String>, PathRejection>) -> Result<impl IntoResponse, Problem> {
    let asset = asset.map_err(|_| Problem::not_found())?;
    let (_, file) = ASSETS.iter().find(|(name, _)| *name == asset.as_str()).ok_or_else(Problem::not_found)?;
    Ok((FOREVER, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_asset_by_its_version_and_nothing_else() {
        let page = String::from_utf8(PAGE.content.to_vec()).unwrap();
        let mut named: Vec<&str> = page.split('"').filter(|text| text.starts_with('/') || text.contains("://")).collect();
        named.sort_unstable();
        let mut served: Vec<String> = ASSETS.iter().map(|(name, file)| format!("/api/docs/{name}?{}", file.version)).collect();
        served.sort();
        assert_eq!(named, served);
        assert!(ASSETS.iter().all(|(_, file)| !file.content.is_empty()));
    }
}
