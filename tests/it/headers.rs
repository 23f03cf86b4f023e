//! What answers carry besides their bodies, and who may read them from a browser.

use http::Method;
use serde_json::json;
use tests::{Answer, TestApp, WEB_ORIGIN};

/// One answer of each sort.
async fn answers(app: &TestApp) -> Vec<(&'static str, Answer)> {
    let firm = app.firm().await;
    let lead = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201);
    let path = format!("/api/crm/leads/{}/", lead.id());
    let shown = firm.owner.get(&path).await.expect(200);
    let known = firm.owner.call(Method::GET, &path).header("if-none-match", shown.header("etag").unwrap()).send().await.expect(304);
    vec![
        ("created", lead),
        ("shown", shown),
        ("known", known),
        ("wrong", firm.owner.post("/api/crm/leads/", json!({})).await.expect(400)),
        ("nobody", app.get(&path).send().await.expect(401)),
        ("not there", firm.owner.get("/api/crm/leads/nothing/").await.expect(404)),
        ("no route", firm.owner.get("/api/crm/nothing/").await.expect(404)),
        ("no method", firm.owner.call(Method::PUT, &path).send().await.expect(405)),
        ("too large", firm.owner.call(Method::POST, "/api/crm/leads/").body(vec![b' '; (1 << 20) + 1]).send().await.expect(413)),
        ("gone", firm.owner.delete(&path).await.expect(204)),
        ("health", app.get("/api/health/").send().await.expect(200)),
        ("document", app.get("/api/docs/openapi.json").send().await.expect(200)),
        ("page", app.get("/api/docs/").send().await.expect(200)),
    ]
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let app = TestApp::new().await;
    for (sort, answer) in answers(&app).await {
        for (name, value) in [
            ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("x-xss-protection", "1; mode=block"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{sort}");
        }
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{sort} has no policy"));
        assert!(policy.contains("default-src 'none'") || policy.contains("default-src 'self'"), "{sort}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{sort}: {policy}");
        assert!(!policy.contains("unsafe-eval") && !policy.contains('*'), "{sort}: {policy}");
    }
}

#[tokio::test]
async fn every_error_is_a_problem_that_names_its_request() {
    let app = TestApp::new().await;
    for (sort, answer) in answers(&app).await.into_iter().filter(|(_, answer)| answer.status.as_u16() >= 400) {
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{sort}");
        assert_eq!(answer.json["status"], answer.status.as_u16(), "{sort}");
        assert_eq!(Some(answer.text("/request_id").as_str()), answer.header("x-request-id"), "{sort}");
        for field in ["/type", "/title", "/detail"] {
            assert!(!answer.text(field).is_empty(), "{sort} {field}");
        }
    }
}

#[tokio::test]
async fn every_answer_names_its_request_by_the_callers_name_if_that_can_be_one() {
    let app = TestApp::new().await;
    let mut seen = std::collections::BTreeSet::new();
    for (sort, answer) in answers(&app).await {
        let id = answer.header("x-request-id").unwrap_or_else(|| panic!("{sort} has no id")).to_owned();
        assert!(!id.is_empty() && seen.insert(id), "{sort}");
    }
    let named = app.get("/api/health/").header("x-request-id", "order-42_a.b").send().await.expect(200);
    assert_eq!(named.header("x-request-id"), Some("order-42_a.b"));
}

#[tokio::test]
async fn what_can_be_no_request_id_is_replaced() {
    let app = TestApp::new().await;
    for id in ["", "two words", "semi;colon", "<script>", "\"quoted\"", &"x".repeat(1000)] {
        let answer = app.get("/api/health/").header("x-request-id", id).send().await.expect(200);
        let given = answer.header("x-request-id").unwrap();
        assert!(!given.is_empty() && given != id, "{id}");
    }
}

#[tokio::test]
async fn browsers_may_call_from_the_web_app_and_from_nowhere_else() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let preflight = |origin: &str, method: &str| {
        app.call(Method::OPTIONS, "/api/crm/leads/")
            .header("origin", origin)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "authorization,content-type,idempotency-key,if-match,x-request-id")
            .send()
    };
    for method in ["GET", "POST", "PATCH", "DELETE"] {
        let allowed = preflight(WEB_ORIGIN, method).await;
        assert!(allowed.status.is_success(), "{}", allowed.status);
        assert_eq!(allowed.header("access-control-allow-origin"), Some(WEB_ORIGIN));
        let methods = allowed.header("access-control-allow-methods").unwrap();
        assert!(methods.split(',').any(|allowed| allowed.trim() == method), "{method} in {methods}");
        let headers = allowed.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
        for header in ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id"] {
            assert!(headers.split(',').any(|allowed| allowed.trim() == header), "{header} in {headers}");
        }
    }
    let answer = owner.call(Method::GET, "/api/crm/leads/").header("origin", WEB_ORIGIN).send().await.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(WEB_ORIGIN));
    let exposed = answer.header("access-control-expose-headers").unwrap().to_ascii_lowercase();
    for header in ["etag", "location", "retry-after", "x-request-id"] {
        assert!(exposed.split(',').any(|exposed| exposed.trim() == header), "{header} in {exposed}");
    }
    let refused = app.get("/api/crm/leads/").header("origin", WEB_ORIGIN).send().await.expect(401);
    assert_eq!(refused.header("access-control-allow-origin"), Some(WEB_ORIGIN));
    // With its cookies, of which a session's is one.
    for answer in [preflight(WEB_ORIGIN, "POST").await, answer, refused] {
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    }

    // A browser lets a page read an answer only if it allows the page's own origin, or all.
    for origin in ["https://evil.example", "https://app.consultantpro.example.evil.example", "http://app.consultantpro.example", "null"] {
        let actual = owner.call(Method::GET, "/api/crm/leads/").header("origin", origin).send().await.expect(200);
        for answer in [preflight(origin, "GET").await, actual] {
            let allowed = answer.header("access-control-allow-origin");
            assert!(allowed.is_none_or(|allowed| allowed != origin && allowed != "*"), "{origin}: {allowed:?}");
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
    }
}

#[tokio::test]
async fn what_can_be_done_is_told_to_anybody_and_nothing_is_done() {
    let app = TestApp::new().await;
    for (path, methods) in [
        ("/api/crm/leads/", Some("GET,HEAD,POST")),
        ("/api/crm/leads", Some("GET,HEAD,POST")),
        ("/api/auth/login/", Some("POST")),
        ("/api/health/", Some("GET,HEAD")),
        // A page that calls what isn't there is to see that it isn't.
        ("/api/crm/nothing/", None),
    ] {
        let before = app.moment();
        for _ in 0..25 {
            let answer = app.call(Method::OPTIONS, path).send().await.expect(204);
            assert_eq!(answer.header("allow").filter(|allow| !allow.is_empty()), methods, "{path}");
            assert!(answer.body.is_empty(), "{path}");
        }
        assert_eq!(app.changed_since(&before), [], "{path}");
    }
}

#[tokio::test]
async fn the_web_app_can_read_every_header_that_an_answer_has_for_it() {
    let app = TestApp::new().await;
    let health = app.get("/api/health/").header("origin", WEB_ORIGIN).send().await.expect(200);
    let exposed: Vec<_> = health.header("access-control-expose-headers").unwrap().split(',').collect();
    // What any page may read, and what is for browsers and caches.
    let rest = [
        ["cache-control", "content-length", "content-type", "allow", "www-authenticate", "strict-transport-security"],
        ["x-frame-options", "x-content-type-options", "x-xss-protection", "referrer-policy", "content-security-policy", "vary"],
    ];
    for (sort, answer) in answers(&app).await {
        for name in answer.headers.keys().map(http::HeaderName::as_str) {
            assert!(exposed.contains(&name) || rest.concat().contains(&name), "{sort} has {name}");
        }
    }
}

#[tokio::test]
async fn a_path_works_without_its_last_slash() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let lead = owner.post("/api/crm/leads", json!({"company_name": "Acme Corp"})).await.expect(201);
    assert_eq!(owner.get(format!("/api/crm/leads/{}", lead.id())).await.expect(200).json, lead.json);
    assert_eq!(owner.get("/api/crm/leads?limit=1").await.expect(200).json, owner.get("/api/crm/leads/?limit=1").await.expect(200).json);
    owner.post(format!("/api/crm/leads/{}/convert", lead.id()), json!({})).await.expect(201);
    owner.get("/api/clients/clients").await.expect(200);
    app.get("/api/health").send().await.expect(200);
}

#[tokio::test]
async fn a_head_is_answered_like_a_get_without_the_body() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let lead = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    for (path, status) in [(format!("/api/crm/leads/{lead}/"), 200), ("/api/crm/leads/nothing/".to_owned(), 404)] {
        let get = firm.owner.get(&path).await.expect(status);
        let head = firm.owner.call(Method::HEAD, &path).send().await.expect(status);
        assert!(head.body.is_empty(), "{path}: {:?}", head.body);
        for name in ["etag", "content-type", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_refused_with_those_that_it_has() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let lead = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    for (method, path, allowed) in [
        (Method::DELETE, "/api/crm/leads/".to_owned(), vec!["GET", "POST"]),
        (Method::PUT, format!("/api/crm/leads/{lead}/"), vec!["DELETE", "GET", "PATCH"]),
        (Method::GET, format!("/api/crm/leads/{lead}/convert/"), vec!["POST"]),
        (Method::GET, "/api/auth/login/".to_owned(), vec!["POST"]),
        (Method::POST, "/api/auth/me/".to_owned(), vec!["GET", "PATCH"]),
    ] {
        let refused = firm.owner.call(method, &path).send().await.expect(405);
        let mut named: Vec<_> = refused.header("allow").unwrap().split(',').map(str::trim).filter(|m| *m != "HEAD").collect();
        named.sort_unstable();
        assert_eq!(named, allowed, "{path}");
    }
}

#[tokio::test]
async fn only_a_read_is_answered_with_not_modified() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    let path = format!("/api/crm/proposals/{proposal}/accept/");
    let accepted = firm.owner.post(&path, json!({})).await.expect(200);
    let again = firm.owner.call(Method::POST, &path).json(json!({})).header("if-none-match", accepted.header("etag").unwrap());
    assert_ne!(again.send().await.status, 304);
    let patch = firm.owner.call(Method::PATCH, format!("/api/clients/clients/{}/", accepted.text("/client/id")));
    assert_ne!(patch.json(json!({"phone": "1"})).header("if-none-match", "*").send().await.status, 304);
}
