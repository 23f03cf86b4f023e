//! The routers, the document and `template.yaml` name the same routes, whichever of them one starts from.

use std::collections::BTreeSet;

use http::Method;
use tests::{Document, Operation, TestApp};

use super::assert_none;

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// The operation's path with something in the place of its parameters, as it is documented and without its last slash.
fn paths(operation: &Operation) -> Vec<String> {
    let parameters = operation.json["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "path");
    let values: Vec<_> = parameters.map(|parameter| parameter["example"].as_str().unwrap_or("some-id")).collect();
    let path = operation.path_of((!values.is_empty()).then(|| values.join("/")).as_deref());
    let bare = path.strip_suffix('/').map(str::to_owned);
    [path].into_iter().chain(bare).collect()
}

#[tokio::test]
async fn every_documented_operation_is_routed_to_the_function_that_has_it_with_and_without_the_last_slash() {
    let app = TestApp::unlimited().await;
    let mut faults = Vec::new();
    for operation in &Document::of_routers().operations {
        for path in paths(operation) {
            let name = format!("{}: {} {path}", operation.name, operation.method);
            let Some(route) = app.template.route(operation.method.as_str(), &path) else {
                faults.push(format!("{name}: template.yaml has no route for it"));
                continue;
            };
            if route.function != operation.function {
                faults.push(format!("{name}: {} goes to {}, but {} has it", route.key(), route.function, operation.function));
                continue;
            }
            let status = app.call(operation.method.clone(), &path).send().await.status.as_u16();
            let expected = match (operation.signed_in(), operation.writes()) {
                _ if operation.is_by_link() => 404,
                (true, _) => 401,
                // Where nothing has to be in the body, a cookie may show who asks.
                (false, true) if operation.body().is_some_and(|body| body["required"].is_null()) => 401,
                (false, true) => 400,
                (false, false) => 200,
            };
            if status != expected {
                faults.push(format!("{name}: {status}, not {expected}"));
            }
        }
    }
    assert_none(&faults);
}

#[tokio::test]
async fn every_route_of_the_template_serves_a_documented_operation() {
    let app = TestApp::unlimited().await;
    let chosen: BTreeSet<String> = Document::of_routers()
        .operations
        .iter()
        .flat_map(|operation| paths(operation).into_iter().map(|path| (operation.method.clone(), path)))
        .filter_map(|(method, path)| app.template.route(method.as_str(), &path).map(|route| route.key()))
        .collect();
    let idle: Vec<String> = app.template.routes.iter().map(|route| route.key()).filter(|key| !chosen.contains(key)).collect();
    assert_none(&idle);
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_answered_with_those_that_it_has() {
    let app = TestApp::unlimited().await;
    let operations = &Document::of_routers().operations;
    let mut faults = Vec::new();
    for operation in operations {
        let has: BTreeSet<&str> =
            operations.iter().filter(|other| other.path == operation.path).map(|operation| operation.method.as_str()).collect();
        let lacking = METHODS.iter().filter(|method| !has.contains(method.as_str()));
        for (method, path) in lacking.flat_map(|method| paths(operation).into_iter().map(move |path| (method, path))) {
            let answer = app.call(method.clone(), &path).send().await;
            let allowed: BTreeSet<&str> =
                answer.header("allow").unwrap_or_default().split(',').map(str::trim).filter(|method| *method != "HEAD").collect();
            if answer.status != 405 || allowed != has || answer.header("content-type") != Some("application/problem+json") {
                faults.push(format!("{method} {path}: {}, Allow: {allowed:?}, not {has:?}", answer.status));
            }
        }
    }
    assert_none(&faults);
}

#[tokio::test]
async fn a_path_that_is_nowhere_is_not_found() {
    let app = TestApp::unlimited().await;
    let mut faults = Vec::new();
    for prefix in app.template.routes.iter().filter_map(|route| route.path.strip_suffix("{proxy+}")) {
        for below in
            ["", "/", "some-id/nothing-here/", "some-id/nothing-here", "a/b/c/d/e/f/", "%2e%2e/%2e%2e/", "%2F%20%FF/", "no.such.file"]
        {
            let path = format!("{prefix}{below}");
            if app.template.route("GET", &path).is_none() {
                assert!(["/api/", "/api//"].contains(&path.as_str()), "{path} has no route");
                continue; // API Gateway answers this itself
            }
            for method in METHODS {
                let answer = app.call(method.clone(), &path).send().await;
                // A file's name could be an id, which only somebody who is signed in may know not to be there, and be
                // told what can't be done to it.
                let known: &[u16] = if below == "no.such.file" { &[404, 401, 405] } else { &[404] };
                if !known.contains(&answer.status.as_u16()) || answer.header("content-type") != Some("application/problem+json") {
                    faults.push(format!("{method} {path}: {} {}", answer.status, answer.json));
                }
            }
        }
    }
    assert_none(&faults);
}
