//! What logs say of a request: its route, never its path or query, since links hold tokens.

use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tests::{Document, TestApp};
use tracing_subscriber::filter::LevelFilter;

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_logged_by_its_route_and_never_by_its_path_or_query() {
    let app = TestApp::unlimited().await;
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_max_level(LevelFilter::INFO);
    let logging = tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());
    let mut expected = BTreeSet::new();
    for operation in &Document::of_routers().operations {
        let path = format!("{}?token=the-secret", operation.path_of(operation.path.contains('{').then_some("the-secret.id")));
        app.call(operation.method.clone(), path).header("x-request-id", &operation.name).send().await;
        expected.insert((operation.name.clone(), operation.method.to_string(), operation.path.clone()));
    }
    for (name, path, route) in
        [("nowhere", "/api/the-secret/", "ANY /api/{proxy+}"), ("nothing", "/api/crm/the-secret/x/y/", "ANY /api/crm/{proxy+}")]
    {
        app.get(path).header("x-request-id", name).send().await.expect(404);
        expected.insert((name.to_owned(), "GET".to_owned(), route.to_owned()));
    }
    drop(logging);

    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
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
