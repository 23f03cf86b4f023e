use std::cell::Cell;

use domain::SingleLine;
use serde_json::json;

use super::*;

thread_local! {
    /// How often a body was begun to be read, and how often the value of a field.
    static READ: (Cell<usize>, Cell<usize>) = const { (Cell::new(0), Cell::new(0)) };
}

/// A short text, which counts how often one is read.
#[derive(Debug)]
struct Short(#[expect(dead_code, reason = "only read")] SingleLine<5>);

impl<'de> Deserialize<'de> for Short {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READ.with(|(_, values)| values.set(values.get() + 1));
        SingleLine::deserialize(deserializer).map(Self)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read")]
struct Line {
    text: Short,
    price: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read")]
struct Fields {
    title: Short,
    note: Option<Short>,
    discount: Option<JsonObject<Line>>,
    lines: Option<Vec<JsonObject<Line>>>,
}

/// What the tests read: counts how often it is begun.
#[derive(Debug)]
struct Given;

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READ.with(|(bodies, _)| bodies.set(bodies.get() + 1));
        Fields::deserialize(deserializer).map(|_| Self)
    }
}

/// The status with which `body` is refused, the fields that are named, and what is said of it all.
fn refused(body: &str) -> (u16, Vec<String>, String) {
    let response = axum::response::IntoResponse::into_response(read::<Given>(body.as_bytes()).unwrap_err());
    let written: serde_json::Value = serde_json::from_slice(&crate::problem::Unwritten::of(&response).unwrap().body("")).unwrap();
    let fields = written["errors"].as_object().unwrap().keys().cloned().collect();
    (response.status().as_u16(), fields, written["detail"].as_str().unwrap().to_owned())
}

/// How often bodies, and values of fields, are read until `body` is refused.
fn reads(body: &str) -> (usize, usize) {
    READ.with(|(bodies, values)| (bodies.set(0), values.set(0)));
    refused(body);
    READ.with(|(bodies, values)| (bodies.get(), values.get()))
}

#[test]
fn every_field_that_is_wrong_is_named_where_it_is() {
    for (body, status, fields) in [
        (json!({}), 400, vec!["title"]),
        (json!({"title": "much too long"}), 422, vec!["title"]),
        (json!({"title": "much too long", "note": "this one too"}), 422, vec!["note", "title"]),
        (json!({"title": 1, "note": "this one too", "other": 1, "a.b": 2}), 400, vec!["a.b", "note", "other", "title"]),
        (json!({"other": 1}), 400, vec!["other", "title"]),
        (json!({"title": "x", "lines": [{"text": "x", "price": 1}, {"text": "x"}]}), 400, vec!["lines[1].price"]),
        (json!({"title": "x", "lines": [{"text": "x", "price": 1, "title": 1}]}), 400, vec!["lines[0].title"]),
        (json!({"title": "x", "lines": [{"text": "much too long", "price": 1}], "discount": []}), 400, vec!["discount", "lines[0].text"]),
        (json!({"title": "x", "discount": {"discount": 1}}), 400, vec!["discount.discount"]),
        (json!({"title": "x", "discount": {"price": 1}, "lines": {}}), 400, vec!["discount.text", "lines"]),
    ] {
        let (found, named, _) = refused(&body.to_string());
        assert_eq!((found, named), (status, fields.into_iter().map(str::to_owned).collect()), "{body}");
    }
}

#[test]
fn a_field_that_is_there_twice_is_named_whatever_else_is_wrong() {
    assert_eq!(refused(r#"{"title": "x", "title": "y"}"#).1, ["title"]);
    assert_eq!(refused(r#"{"title": "x", "t\u0069tle": "y", "other": 1, "other": 2}"#).1, ["other", "title"]);
    assert_eq!(refused(r#"{"title": "x", "discount": {"text": "x", "text": "y", "price": 1}}"#).1, ["discount.text"]);
}

#[test]
fn what_is_no_json_object_is_refused_as_a_whole_whatever_its_fields_are() {
    for body in
        ["[1]", "null", "\"title\"", "{", r#"{"other": 1"#, r#"{"other": 1} {}"#, r#"{"title": "x"} {}"#, r#"{"other": 1, nothing}"#]
    {
        let (status, fields, _) = refused(body);
        assert_eq!((status, fields), (400, vec!["body".to_owned()]), "{body}");
    }
}

#[test]
fn of_many_faults_the_first_are_told_and_that_there_are_more() {
    let body = |n: usize| serde_json::Value::from_iter((0..n).map(|n| (format!("field_{n:06}"), json!(n)))).to_string();
    let (_, fields, detail) = refused(&body(TOLD - 1));
    assert_eq!((fields.len(), detail.contains("there are more")), (TOLD, false), "they and the title");
    let (status, fields, detail) = refused(&body(10_000));
    assert_eq!((status, fields.len(), detail.contains("there are more")), (400, TOLD, true));
    let long = format!(r#"{{"{}": 1, "title": "x"}}"#, "é".repeat(100_000));
    assert_eq!(refused(&long).1, [format!("{}…", "é".repeat(LONGEST.0))]);
}

#[test]
fn how_often_a_body_is_read_does_not_depend_on_how_much_of_it_is_wrong() {
    let unknown = |n: usize| serde_json::Value::from_iter((0..n).map(|n| (format!("field_{n:06}"), json!(n)))).to_string();
    assert!(reads(&unknown(50)).0 <= TOLD + 2);
    assert_eq!(reads(&unknown(60_000)).0, reads(&unknown(50)).0);
    let twice = |n: usize| format!(r#"{{"title": "x"{}}}"#, r#", "title": "x""#.repeat(n));
    assert_eq!(reads(&twice(60_000)), reads(&twice(50)));
    // Each value is read at most three times: with all, by itself, and with those that are right.
    let lines = |n: usize| json!(vec![json!({"text": "x", "price": 1}); n]);
    for wrong in [json!({"title": "much too long", "note": "this one too"}), json!({"title": "x", "other": 1, "another": 2})] {
        let mut body = wrong.clone();
        body["lines"] = lines(1_000);
        let (_, values) = reads(&body.to_string());
        assert!(values <= 3 * 1_002, "{values} for {wrong}");
    }
}
