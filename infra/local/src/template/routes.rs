//! Which routes API Gateway makes, and which of them it chooses for a request.
//!
//! As HTTP APIs do it: a full match before one with variables before a greedy one, the longer greedy prefix before
//! the shorter, a method before `ANY`; `{proxy+}` takes at least one character besides slashes, and a slash at the end
//! counts. A path that ends in one is no route at all: AWS SAM makes an integration of it, which nothing leads to, and
//! says nothing. Here it is refused, as is all else that API Gateway wouldn't take.

use std::cmp::Reverse;

use crate::error::{Error, Result};

/// The methods that a route can have.
const METHODS: [&str; 8] = ["ANY", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// A route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `GET`, … or `ANY`.
    pub method: String,
    /// `/api/crm/{proxy+}`.
    pub path: String,
    /// The function that answers.
    pub function: String,
}

impl Route {
    /// A route, if API Gateway would make it.
    pub(super) fn new(method: &str, path: String, function: String) -> Result<Self> {
        let route = Self { method: method.to_uppercase(), path, function };
        match route.fault() {
            Some(why) => Err(Error::new(format!("API Gateway makes no route of `{}` ({}): {why}", route.key(), route.function))),
            None => Ok(route),
        }
    }

    /// The `routeKey` of its events.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn fault(&self) -> Option<&'static str> {
        let Some(below) = self.path.strip_prefix('/') else { return Some("a path begins with a slash") };
        if !METHODS.contains(&self.method.as_str()) {
            return Some("it knows no such method");
        }
        if below.ends_with('/') {
            return Some("its path ends in a slash; {proxy+} takes such paths");
        }
        let mut segments = below.split('/').peekable();
        while let Some(segment) = segments.next() {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            if segment.is_empty() && !below.is_empty() {
                return Some("a segment of its path is empty");
            }
            if name.unwrap_or(segment).contains(['{', '}']) || name == Some("") {
                return Some("a variable is a whole segment");
            }
            if name.is_some_and(|name| name.ends_with('+')) && segments.peek().is_some() {
                return Some("a greedy variable is the last segment");
            }
        }
        None
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        (self.method == "ANY" || self.method == method) && path_matches(&self.path, path)
    }

    /// Smaller is chosen first.
    fn rank(&self) -> impl Ord + use<> {
        let variables = self.path.matches('{').count();
        (self.path.ends_with("+}"), variables, Reverse(self.path.split('/').count()), self.method == "ANY")
    }
}

/// The best of `routes` for a request.
pub(super) fn choose<'a>(routes: &'a [Route], method: &str, path: &str) -> Option<&'a Route> {
    routes.iter().filter(|route| route.matches(method, path)).min_by_key(|route| route.rank())
}

fn path_matches(pattern: &str, path: &str) -> bool {
    let mut rest = path.split('/');
    for segment in pattern.split('/') {
        if segment.starts_with('{') && segment.ends_with("+}") {
            return rest.any(|segment| !segment.is_empty());
        }
        let Some(actual) = rest.next() else { return false };
        let fits = if segment.starts_with('{') { !actual.is_empty() } else { segment == actual };
        if !fits {
            return false;
        }
    }
    rest.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(key: &str) -> Result<Route> {
        let (method, path) = key.split_once(' ').unwrap();
        Route::new(method, path.into(), "f".into())
    }

    fn chosen(method: &str, path: &str) -> Option<String> {
        let routes = ["ANY /a/{proxy+}", "ANY /a/b/{proxy+}", "GET /a/b", "ANY /a/b", "GET /a/{id}/c"].map(|key| route(key).unwrap());
        choose(&routes, method, path).map(Route::key)
    }

    #[test]
    fn the_most_specific_route_is_chosen() {
        for (method, path, expected) in [
            ("GET", "/a/b", Some("GET /a/b")),
            ("POST", "/a/b", Some("ANY /a/b")),
            ("GET", "/a/b/c", Some("GET /a/{id}/c")),
            ("GET", "/a/b/x", Some("ANY /a/b/{proxy+}")),
            ("GET", "/a/x/y/z/", Some("ANY /a/{proxy+}")),
            ("GET", "/other", None),
        ] {
            assert_eq!(chosen(method, path).as_deref(), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_greedy_variable_takes_neither_nothing_nor_slashes_alone() {
        for (path, expected) in [
            ("/a", None),
            ("/a/", None),
            ("/a//", None),
            ("/a/b/", Some("ANY /a/{proxy+}")),
            ("/a/b//", Some("ANY /a/{proxy+}")),
            ("/a//x", Some("ANY /a/{proxy+}")),
            ("/a/b/x/", Some("ANY /a/b/{proxy+}")),
        ] {
            assert_eq!(chosen("DELETE", path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn what_api_gateway_makes_no_route_of_is_refused() {
        for (key, why) in [
            ("GET /api/health/", "ends in a slash"),
            ("POST /api/webhooks/stripe/", "ends in a slash"),
            ("ANY /api/{proxy+}/", "ends in a slash"),
            ("GET api/health", "begins with a slash"),
            ("GET /api//health", "empty"),
            ("GET /api/{proxy+}/health", "last segment"),
            ("GET /api/v{version}", "whole segment"),
            ("GET /api/{}", "whole segment"),
            ("LIST /api/leads", "no such method"),
        ] {
            let refused = route(key).unwrap_err().to_string();
            assert!(refused.contains(key) && refused.contains(why), "{key}: {refused}");
        }
        for key in ["GET /", "any /api/{proxy+}", "PATCH /api/{id}/lines/{line}"] {
            route(key).unwrap();
        }
    }
}
