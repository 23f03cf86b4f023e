//! What logs say of a request: its route, never its path or query, since links hold tokens.

use std::{cell::RefCell, collections::BTreeSet, io};

use serde_json::Value;
use tests::{Document, TestApp};
use tracing_subscriber::filter::LevelFilter;

thread_local! {
    /// What this thread logged, while that is kept.
    static LOGGED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Writes into [`LOGGED`].
struct Keeper;

impl io::Write for Keeper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.iter_mut().for_each(|logged| logged.extend(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keep what this thread logs. The subscriber is the whole process's: with one of this thread alone, `tracing` would take
/// what another thread logs first for something that nobody wants.
fn keep_logged() {
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_max_level(LevelFilter::INFO).with_writer(|| Keeper);
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    tracing::callsite::rebuild_interest_cache();
    LOGGED.set(Some(Vec::new()));
}

#[tokio::test]
async fn a_request_is_logged_by_its_route_and_never_by_its_path_or_query() {
    let app = TestApp::unlimited().await;
    keep_logged();
    let mut expected = BTreeSet::new();
    for operation in &Document::of_routers().operations {
        let path = format!("{}?token=the-secret", operation.path_of(secret_ids(&operation.path).as_deref()));
        app.call(operation.method.clone(), path).header("x-request-id", &operation.name).send().await;
        expected.insert((operation.name.clone(), operation.method.to_string(), operation.path.clone()));
    }
    for (name, path, route) in
        [("nowhere", "/api/the-secret/", "ANY /api/{proxy+}"), ("nothing", "/api/crm/the-secret/x/y/", "ANY /api/crm/{proxy+}")]
    {
        app.get(path).header("x-request-id", name).send().await.expect(404);
        expected.insert((name.to_owned(), "GET".to_owned(), route.to_owned()));
    }

    let logged = String::from_utf8(LOGGED.take().unwrap()).unwrap();
    let told: Vec<&str> = logged.lines().filter(|line| line.contains("the-secret")).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    let lines = logged.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|line| line["message"] == "answered");
    let text = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
    let logged: BTreeSet<_> = lines.map(|line| (text(&line, "request_id"), text(&line, "method"), text(&line, "route"))).collect();
    assert_eq!(expected.symmetric_difference(&logged).collect::<Vec<_>>(), Vec::<&_>::new());
}

#[test]
fn api_gateway_logs_the_route_and_neither_path_nor_query() {
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    let format = template.lines().find(|line| line.contains("$context.requestId")).unwrap();
    let format: Value = serde_json::from_str(format).unwrap();
    assert_eq!(format["route"], "$context.routeKey");
    let fields: Vec<&str> = format.as_object().unwrap().values().map(|value| value.as_str().unwrap()).collect();
    for field in &fields {
        assert!(
            !field.to_ascii_lowercase().contains("path") && !field.contains("querystring") && !field.contains("$context.protocol"),
            "{field}"
        );
    }
}

/// Something to be named by each parameter of `path`.
fn secret_ids(path: &str) -> Option<String> {
    let parameters = path.matches('{').count();
    (parameters > 0).then(|| vec!["the-secret.id"; parameters].join("/"))
}
