use super::*;
use std::net::Ipv4Addr;

fn converted(request: Request<impl Into<Bytes>>) -> Value {
    event(&request.map(Into::into), "ANY /api/crm/{proxy+}", IpAddr::V4(Ipv4Addr::LOCALHOST))
}

#[test]
fn a_request_becomes_the_event_of_payload_version_two() {
    let request = Request::post("/api/crm/leads/?a=1&a=2&b=x%20y+z")
        .header("Host", "api.example")
        .header("Content-Type", "application/json; charset=utf-8")
        .header("X-Two", "one")
        .header("X-Two", "two")
        .header("Cookie", "a=1; b=2")
        .body(r#"{"company_name":"Müller"}"#)
        .unwrap();
    let event = converted(request);
    assert_eq!(event["rawPath"], "/api/crm/leads/");
    assert_eq!(event["rawQueryString"], "a=1&a=2&b=x%20y+z");
    assert_eq!(event["queryStringParameters"], json!({ "a": "1,2", "b": "x y z" }));
    assert_eq!(event["headers"]["x-two"], "one,two");
    assert_eq!(event["headers"].get("cookie"), None);
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(event["body"], r#"{"company_name":"Müller"}"#);
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(event["requestContext"]["http"]["method"], "POST");
    assert_eq!(event["routeKey"], event["requestContext"]["routeKey"]);
}

#[test]
fn bytes_that_are_no_text_travel_as_base64() {
    for (kind, body) in [("application/pdf", &b"%PDF"[..]), ("application/json", &b"{\"a\": \"\xff\"}"[..])] {
        let event = converted(Request::put("/a").header("content-type", kind).body(body).unwrap());
        assert_eq!(event["isBase64Encoded"], true, "{kind}");
        assert_eq!(STANDARD.decode(event["body"].as_str().unwrap()).unwrap(), body);
    }
    assert_eq!(converted(Request::get("/a").body("").unwrap()).get("body"), None);
}

#[test]
fn an_answer_becomes_a_response_with_all_its_cookies_and_bytes() {
    let answer = json!({
        "statusCode": 201,
        "headers": { "etag": "\"1\"", "content-type": "image/png" },
        "cookies": ["a=1; Secure", "b=2"],
        "body": STANDARD.encode([0, 159, 146, 150]),
        "isBase64Encoded": true,
    });
    let response = response(&answer).unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["etag"], "\"1\"");
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
    assert_eq!(response.body().as_ref(), [0, 159, 146, 150]);
}

#[test]
fn an_answer_without_a_status_is_its_own_body() {
    let response = response(&json!({ "ok": true })).unwrap();
    assert_eq!((response.status(), response.body().as_ref()), (StatusCode::OK, &br#"{"ok":true}"#[..]));
}

#[test]
fn an_answer_that_is_no_response_is_refused() {
    for answer in [
        json!({ "statusCode": "abc" }),
        json!({ "statusCode": 99999 }),
        json!({ "statusCode": 200, "body": "***", "isBase64Encoded": true }),
        json!({ "statusCode": 200, "headers": { "a b": "c" } }),
    ] {
        assert!(response(&answer).is_err(), "{answer}");
    }
}

#[test]
fn the_path_comes_decoded_and_the_query_as_it_was() {
    for (path, decoded) in [
        ("/api/crm/leads/a%20b+c/", "/api/crm/leads/a b+c/"),
        ("/api/crm/a%2Fb%3Fc%23d", "/api/crm/a/b?c#d"),
        ("/api/crm/%C3%BC", "/api/crm/ü"),
        ("/api/crm/%252e", "/api/crm/%2e"),
        ("/api/crm/%zz%4", "/api/crm/%zz%4"),
        ("/api/crm/%ff", "/api/crm/\u{fffd}"),
    ] {
        let event = converted(Request::get(format!("{path}?q=%20%2F")).body("").unwrap());
        assert_eq!(event["rawPath"], decoded, "{path}");
        assert_eq!(event["requestContext"]["http"]["path"], decoded, "{path}");
        assert_eq!(event["rawQueryString"], "q=%20%2F");
    }
}

#[test]
fn broken_percent_signs_are_kept() {
    assert_eq!(decoded("a%zz%4"), "a%zz%4");
    assert_eq!(decoded("%C3%BC"), "ü");
}
