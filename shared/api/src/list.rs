//! Lists: their query, and the page they are answered with.

use axum::extract::FromRequestParts;
use http::{Uri, request::Parts};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use store::{Cursor, ListScope, PageRequest, Parent};
use utoipa::{IntoParams, ToSchema};

use crate::{App, Problem, body::no_variant};

const DEFAULT_LIMIT: u16 = 50;
const LARGEST_LIMIT: u16 = 100;

/// Which page of a list, and the filters `F` of its records.
#[derive(Debug, Clone)]
pub struct ListQuery<F> {
    /// The filters.
    pub filter: F,
    /// Which page.
    pub page: PageRequest,
    /// The list's address, to make those of other pages from.
    uri: Uri,
}

/// The parameters that every list takes.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `ListQuery` reads them")]
pub struct PageParams {
    /// At most how many.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u16>,
    /// Where the page begins: from `next` or `previous` of another.
    #[param(pattern = "^1[ab][0-9A-Za-z_]+$", max_length = 64)]
    cursor: Option<String>,
    /// By when they were made, or by their days where the list is by day. Default: newest first (`-created`).
    #[param(inline)]
    ordering: Option<Ordering>,
}

/// The orders in which lists can be had.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the parameter; `ListQuery` reads it")]
enum Ordering {
    /// Oldest first.
    #[schema(rename = "created")]
    Created,
    /// Newest first.
    #[schema(rename = "-created")]
    CreatedDescending,
}

/// For lists that can't be filtered.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// What is on it.
    pub results: Vec<T>,
    /// The address of the page after it.
    pub next: Option<String>,
    /// The address of the page before it.
    pub previous: Option<String>,
}

/// The one way in which a list is filtered: there is no index for two filters at once.
pub fn list_scope(archived: Option<bool>, state: Option<&'static str>, parent: Option<Parent>) -> Result<ListScope, Problem> {
    match (archived.unwrap_or(false), state, parent) {
        (false, None, None) => Ok(ListScope::All),
        (true, None, None) => Ok(ListScope::Archived),
        (false, Some(state), None) => Ok(ListScope::State(state)),
        (false, None, Some(parent)) => Ok(ListScope::Parent(parent)),
        _ => Err(Problem::two_filters()),
    }
}

impl<F: DeserializeOwned> FromRequestParts<App> for ListQuery<F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|_| Problem::malformed("query", "Can't be read."))?;
        let mut page = PageRequest { limit: DEFAULT_LIMIT, ascending: false, cursor: None };
        let mut filters = Vec::new();
        for (name, value) in pairs {
            match name.as_str() {
                "limit" => page.limit = limit(&value)?,
                "cursor" => {
                    page.cursor = Some(value.parse().map_err(|bad: store::NotACursor| Problem::malformed("cursor", bad.to_string()))?)
                }
                "ordering" => page.ascending = ascending(&value)?,
                _ => filters.push((name, value)),
            }
        }
        let first = filters.first().map_or_else(|| "query".to_owned(), |(name, _)| name.clone());
        let filter = read(&filters).map_err(|error| {
            let wrong = filters.iter().find_map(|filter| Some((&filter.0, read::<F>(std::slice::from_ref(filter)).err()?)));
            let (name, error) = wrong.map_or((first, error.clone()), |(name, error)| (name.clone(), error));
            Problem::malformed(name, told(&error))
        })?;
        Ok(Self { filter, page, uri: parts.uri.clone() })
    }
}

impl<F> ListQuery<F> {
    /// `page` of what `shape` makes of its items.
    pub fn page<T, U>(&self, page: &store::Page<T>, shape: impl Fn(&T) -> U) -> Page<U> {
        let address = |cursor: &Option<Cursor>| cursor.as_ref().map(|cursor| self.address(cursor));
        Page { results: page.items.iter().map(shape).collect(), next: address(&page.next), previous: address(&page.previous) }
    }

    fn address(&self, cursor: &Cursor) -> String {
        let query = self.uri.query().unwrap_or_default();
        let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
        let cursor = format!("cursor={cursor}");
        let query: Vec<&str> = kept.chain([cursor.as_str()]).collect();
        format!("{}?{}", self.uri.path(), query.join("&"))
    }
}

/// What `filters`, names and values, come to; or why they can't be read.
fn read<F: DeserializeOwned>(filters: &[(String, String)]) -> Result<F, String> {
    let text = serde_urlencoded::to_string(filters).map_err(|error| error.to_string())?;
    serde_urlencoded::from_str(&text).map_err(|error| error.to_string())
}

/// What is wrong with a filter, of which serde says `error`.
fn told(error: &str) -> String {
    if error.starts_with("unknown field") {
        "There is no such filter.".to_owned()
    } else if error.starts_with("provided string was not") {
        "Not one of these: `true`, `false`.".to_owned()
    } else {
        no_variant(error).unwrap_or_else(|| error.to_owned())
    }
}

fn limit(text: &str) -> Result<u16, Problem> {
    // `parse` also takes +5 and 005.
    let limit = text.parse().ok().filter(|limit: &u16| (1..=LARGEST_LIMIT).contains(limit) && limit.to_string() == text);
    limit.ok_or_else(|| Problem::malformed("limit", format!("A number from 1 to {LARGEST_LIMIT}.")))
}

fn ascending(text: &str) -> Result<bool, Problem> {
    match text {
        "created" => Ok(true),
        "-created" => Ok(false),
        _ => Err(Problem::malformed("ordering", "One of these: created, -created.")),
    }
}
