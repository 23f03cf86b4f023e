//! Requests as no client of ours sends them: whatever a stranger puts into headers, paths, queries and bodies, and
//! whatever API Gateway makes of it, a function answers, and what it refuses is a problem of our shape.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Document, TestApp};

/// What is wrong with an answer that is a fault of ours, or an error of another shape.
fn fault(answer: &Answer) -> Option<String> {
    let status = answer.status.as_u16();
    let shaped = answer.header("content-type") == Some("application/problem+json")
        && answer.json["status"] == status
        && answer.json["request_id"].as_str().is_some_and(|id| answer.header("x-request-id") == Some(id));
    (status >= 500 || status >= 400 && !shaped).then(|| format!("{status} {:#}", answer.json))
}

/// A path of each function, by its name.
fn paths() -> BTreeMap<&'static str, (Method, &'static str)> {
    let operations = &Document::of_routers().operations;
    operations
        .iter()
        .filter(|operation| !operation.path.contains('{'))
        .map(|of| (of.function, (of.method.clone(), of.path.as_str())))
        .collect()
}

#[tokio::test]
async fn no_header_of_a_proxy_changes_what_is_answered() {
    let app = TestApp::unlimited().await;
    let mut faults = Vec::new();
    for (method, path) in paths().into_values() {
        let plain = app.call(method.clone(), path).send().await.status;
        for (name, values) in [
            (
                "x-forwarded-proto",
                &["http, https", "http,https", "", " ", "https://x/api/health/?", "javascript:", "//", "#", "%", "é"][..],
            ),
            ("host", &["a b", "[", "host:99999", "host:port", "user:pass@host", "..", "x/api/health/?", "#", "%", "é"]),
            ("x-forwarded-host", &["a b", "[", "", "é"]),
            ("x-forwarded-for", &["", ",", "999.1.1.1", "::1, x", "é"]),
            ("x-forwarded-port", &["", "-1", "99999", "é"]),
            ("forwarded", &["", "for=;proto=;;", "é"]),
            ("x-amzn-trace-id", &["", "é", "Root=1"]),
            ("cookie", &["", ";", "a", "a=1; a=2; ", "é=ü"]),
        ] {
            for value in values {
                let answer = app.call(method.clone(), path).header(name, value).send().await;
                faults.extend(fault(&answer).map(|fault| format!("{path} {name}: {value:?}: {fault}")));
                if answer.status != plain {
                    faults.push(format!("{path} {name}: {value:?}: {}, not {plain}", answer.status));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn no_header_of_a_client_is_a_fault_of_ours() {
    let app = TestApp::unlimited().await;
    let mut faults = Vec::new();
    for (method, path) in paths().into_values() {
        for (name, values) in [
            ("authorization", &["", "Bearer", "Bearer ", "Bearer é", "Basic eDp5", "Bearer a.b.c", "bearer a", "Bearer a b"][..]),
            ("content-type", &["", ";", "text/plain; charset=", "application/json; charset=utf-16", "application/pdf", "é"]),
            ("content-length", &["", "-1", "99999999999999999999", "é"]),
            ("transfer-encoding", &["", "chunked, chunked", "é"]),
            ("accept", &["", "*", "application/xml", "é"]),
            ("if-match", &["", "*", "W/", "\"", ",,,", "\"18446744073709551616\"", "é"]),
            ("if-none-match", &["", "*", "W/", "\"", ",,,", "é"]),
            ("idempotency-key", &["", " ", "é", "a\tb"]),
            ("x-request-id", &["", " ", "é", "a\tb"]),
            ("origin", &["", "null", "é", "https://a, https://b"]),
            ("stripe-signature", &["", "t=,v1=", "t=99999999999999999999,v1=00", "é"]),
            ("expect", &["100-continue", "é"]),
            ("x-http-method-override", &["DELETE"]),
        ] {
            for value in values {
                let answer = app.call(method.clone(), path).header(name, value).send().await;
                faults.extend(fault(&answer).map(|fault| format!("{path} {name}: {value:?}: {fault}")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn whatever_an_event_holds_a_function_answers() {
    let app = TestApp::unlimited().await;
    let long = "/ü".repeat(20_000);
    let odd = [
        ("", vec![json!(null), json!(5), json!("text"), json!([]), json!({}), json!({"Records": []})]),
        ("/version", vec![json!(null), json!("1.0"), json!(2)]),
        ("/routeKey", vec![json!(null), json!("")]),
        (
            "/rawPath",
            vec![
                json!(null),
                json!(""),
                json!("no-slash"),
                json!(":80"),
                json!("@host"),
                json!("//"),
                json!("/\u{0}\u{7f}\u{a0}\u{fffd}"),
                json!("/api/crm/?a#b"),
                json!("/api/crm/leads/a b<>\"`{}|\\^[]/"),
                json!("/../../"),
                json!("/api/%/%2/%2e%2e/%ff/"),
                json!("\n"),
                json!(long),
                json!(5),
            ],
        ),
        (
            "/rawQueryString",
            vec![
                json!(null),
                json!("<script>"),
                json!("limit=a b"),
                json!("#"),
                json!("?"),
                json!("\"\\^`{|}"),
                json!("é=ü"),
                json!("\u{0}\n\u{7f}"),
                json!("%=%zz&&==&%ff"),
                json!(long),
                json!(5),
            ],
        ),
        ("/queryStringParameters", vec![json!(null), json!({"a": null}), json!({"a": "b,c"}), json!("text")]),
        ("/pathParameters", vec![json!(null), json!({"proxy": null}), json!({"proxy": "/"}), json!("text")]),
        (
            "/headers",
            vec![json!(null), json!([]), json!("text"), json!({"a b": "c"}), json!({"a": "\u{1}"}), json!({"a": null}), json!({"": ""})],
        ),
        ("/headers/host", vec![json!("a b"), json!(""), json!("\u{7f}")]),
        ("/headers/x-forwarded-proto", vec![json!("http, https"), json!(""), json!(["http", "https"])]),
        ("/cookies", vec![json!(null), json!([]), json!(["\n"]), json!(["a", "é"]), json!("text")]),
        ("/body", vec![json!(null), json!(""), json!("***"), json!("aGk"), json!("/w=="), json!(5)]),
        ("/isBase64Encoded", vec![json!(null), json!(false), json!("yes")]),
        ("/requestContext", vec![json!(null), json!({}), json!({"http": null}), json!({"http": {}}), json!("text")]),
        ("/requestContext/domainName", vec![json!(null), json!(""), json!("a b"), json!("["), json!("x/y?")]),
        ("/requestContext/stage", vec![json!(null), json!(""), json!("a b"), json!("?#[")]),
        ("/requestContext/requestId", vec![json!(null), json!(""), json!("\n")]),
        (
            "/requestContext/http/method",
            vec![json!(null), json!(""), json!("GE T"), json!("é"), json!("get"), json!("CONNECT"), json!("BREW")],
        ),
        ("/requestContext/http/path", vec![json!(null), json!("elsewhere")]),
        ("/requestContext/http/sourceIp", vec![json!(null), json!(""), json!("no address")]),
    ];
    let mut faults = Vec::new();
    for (function, (method, path)) in paths() {
        let request = http::Request::builder().method(method).uri(path).header("host", "localhost").header("x-forwarded-proto", "https");
        let request = request.header("cookie", "a=1").header("content-type", "application/pdf").body("hi".into()).unwrap();
        let event = local::gateway::event(&request, "ANY /api/{proxy+}", [192, 0, 2, 1].into());
        for (pointer, values) in &odd {
            for value in values {
                let mut event = event.clone();
                set(&mut event, pointer, value.clone());
                let answer = app.invoke(function, &event).await.into();
                faults.extend(fault(&answer).map(|fault| format!("{function} {pointer}: {value:.80}: {fault}")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Set what is at `pointer`, there or not.
fn set(event: &mut Value, pointer: &str, value: Value) {
    match pointer.rsplit_once('/') {
        Some((parent, key)) => event.pointer_mut(parent).unwrap()[key] = value,
        None => *event = value,
    }
}

#[tokio::test]
async fn a_path_says_what_it_says_once() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let lead = owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    // As API Gateway, a function decodes a path once: what stands for a letter is that letter.
    let escaped: String = lead.bytes().map(|byte| format!("%{byte:02x}")).collect();
    owner.get(format!("/api/crm/leads/{escaped}/")).await.expect(200);
    for path in [
        format!("/api/crm/leads/{}/", escaped.replace('%', "%25")),
        format!("/api/crm/leads/{lead}%3Flimit=1"),
        format!("/api/crm/leads/{lead}%23/"),
        format!("/api/crm/leads/{lead}%0A/"),
        format!("/api/crm/leads%5C{lead}/"),
    ] {
        owner.get(&path).await.expect(404);
    }
}
