//! `/api/health/` and `/api/docs/`: whether the API is up, its OpenAPI document, and the pages that show it. All of it
//! is compiled in: this function knows no table, no keys and no caller.

mod document;
mod file;
mod health;
mod pages;

use api::Routes;

/// Every route of this function.
pub fn router<R: Routes>() -> R {
    R::default().merge(health::routes()).merge(document::routes()).merge(pages::routes())
}
