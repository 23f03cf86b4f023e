//! Which route API Gateway chooses for a request.
//!
//! As HTTP APIs do it: a full match before one with variables before a greedy one, the longer greedy prefix before
//! the shorter, a method before `ANY`; `{proxy+}` takes at least one character, and a slash at the end counts.

use std::cmp::Reverse;

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
    /// The `routeKey` of its events.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
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
            return rest.next().is_some_and(|first| !first.is_empty() || rest.next().is_some());
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

    fn chosen(method: &str, path: &str) -> Option<String> {
        let routes = ["ANY /a/{proxy+}", "ANY /a/b/{proxy+}", "GET /a/b", "ANY /a/b", "GET /a/{id}/c"].map(|key| {
            let (method, path) = key.split_once(' ').unwrap();
            Route { method: method.into(), path: path.into(), function: "f".into() }
        });
        choose(&routes, method, path).map(Route::key)
    }

    #[test]
    fn the_most_specific_route_is_chosen() {
        for (method, path, expected) in [
            ("GET", "/a/b", Some("GET /a/b")),
            ("POST", "/a/b", Some("ANY /a/b")),
            ("GET", "/a/b/", Some("ANY /a/{proxy+}")),
            ("GET", "/a/b/c", Some("GET /a/{id}/c")),
            ("GET", "/a/b/x", Some("ANY /a/b/{proxy+}")),
            ("GET", "/a/x/y/z/", Some("ANY /a/{proxy+}")),
            ("GET", "/a/", None),
            ("GET", "/a", None),
            ("GET", "/other", None),
        ] {
            assert_eq!(chosen(method, path).as_deref(), expected, "{method} {path}");
        }
    }
}
