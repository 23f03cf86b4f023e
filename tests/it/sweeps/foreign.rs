//! What is another firm's is nowhere to be seen and can't be referred to, whichever way it is asked for.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::{Answer, Firm, Given, Moment, Operation, Row, TestApp, catalog};

use super::{Part, assert_none, in_parts};

/// The ids in a firm's partitions, as far as the app's stream was looked at.
struct Ids<'a> {
    app: &'a TestApp,
    partitions: String,
    seen: Moment,
    known: BTreeSet<String>,
}

impl<'a> Ids<'a> {
    /// Those that `firm` gets from now on, and its own.
    fn of(firm: &Firm<'a>) -> Self {
        let known = BTreeSet::from([firm.id.clone(), firm.owner.id.clone()]);
        Self { app: firm.app, partitions: format!("F#{}#", firm.id), seen: firm.app.moment(), known }
    }

    /// All of them by now.
    fn all(&mut self) -> &BTreeSet<String> {
        let written = self.app.written_since(&self.seen);
        self.seen = self.app.moment();
        let keys = written.iter().filter_map(|record| record["dynamodb"]["Keys"]["pk"]["S"].as_str());
        let own = keys.filter(|pk| pk.starts_with(&self.partitions));
        self.known.extend(own.flat_map(|pk| pk.split('#')).filter(|part| is_id(part)).map(str::to_owned));
        &self.known
    }

    /// The newest of `kind`.
    fn last(&mut self, kind: &str) -> Option<String> {
        let prefix = format!("{kind}_");
        self.all().iter().rfind(|id| id.starts_with(&prefix)).cloned()
    }
}

/// Whether `text` is a prefix, an underscore and a ULID.
fn is_id(text: &str) -> bool {
    text.rsplit_once('_').is_some_and(|(_, ulid)| ulid.len() == 26 && ulid.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()))
}

/// Where in `value`, however deep, there are ids: as JSON pointers, and the ids.
pub(super) fn ids_in(value: &Value) -> Vec<(String, String)> {
    let below = |(place, value): (String, &Value)| ids_in(value).into_iter().map(move |(below, id)| (format!("/{place}{below}"), id));
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).flat_map(below).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).flat_map(below).collect(),
        Value::String(text) if is_id(text) => vec![(String::new(), text.clone())],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// `body` with `id` at `place`.
pub(super) fn with_id(body: &Value, place: &str, id: &str) -> Value {
    let mut body = body.clone();
    *body.pointer_mut(place).unwrap() = id.into();
    body
}

/// Whether `field` of a problem is what is at `place` in the body, or in which that is.
pub(super) fn is_at(field: &str, place: &str) -> bool {
    let field = field.replace(['[', '.'], "/").replace(']', "");
    format!("{place}/").starts_with(&format!("/{field}/"))
}

/// The filters of a list that are ids, by name.
fn id_filters(operation: &Operation) -> impl Iterator<Item = &str> {
    let parameters = operation.json["parameters"].as_array().into_iter().flatten();
    let filters = parameters.filter(|parameter| parameter["in"] == "query");
    filters.filter(|filter| filter["schema"]["$ref"].as_str().is_some_and(|name| name.ends_with("Id"))).filter_map(|f| f["name"].as_str())
}

/// The lists, with the rows of what is made below the same path.
fn lists() -> Vec<(Row, Vec<Row>)> {
    let is_list = |row: &Row| {
        let operation = row.described();
        !operation.writes() && !operation.names_a_record() && operation.signed_in()
    };
    let below = |list: &Row| catalog().into_iter().filter(|row| row.described().path.starts_with(&list.described().path)).collect();
    catalog()
        .into_iter()
        .filter(is_list)
        .map(|list| {
            let below = below(&list);
            (list, below)
        })
        .collect()
}

in_parts!(no_list_shows_what_is_another_firms_not_even_by_its_ids_and_cursors);
async fn no_list_shows_what_is_another_firms_not_even_by_its_ids_and_cursors(part: Part) {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let mut foreign = Ids::of(&firm);
    other.portal().await;
    let (mut faults, mut cursors) = (Vec::new(), 0);
    for (list, below) in part.of(lists()) {
        for row in below {
            let given = row.given(&firm).await;
            row.rightful(&firm, &given).send().await;
        }
        let foreign = foreign.all();
        let mut check = |asked: &str, answer: Answer| {
            let text = String::from_utf8_lossy(&answer.body);
            let shown: Vec<_> = foreign.iter().filter(|id| text.contains(id.as_str())).collect();
            if !shown.is_empty() || !matches!(answer.status.as_u16(), 200 | 400) {
                faults.push(format!("{asked}: {} {shown:?}", answer.status));
            }
        };
        let operation = list.described();
        let (us, them) =
            if operation.is_for("staff") { (&other.owner, &firm.owner) } else { (&other.portal().await.user, &firm.portal().await.user) };
        check(&operation.path, us.get(&operation.path).await);
        for filter in id_filters(operation) {
            for id in foreign.iter().filter(|id| id.starts_with(filter)).take(3) {
                // A filter by an id of their own answers nothing, so the id isn't in the page's addresses either.
                let answer = us.get(format!("{}?{filter}={id}", operation.path)).await.expect(200);
                assert_eq!(answer.json["results"], serde_json::json!([]), "{} of {id}", operation.path);
            }
        }
        let theirs = them.get(format!("{}?limit=1", operation.path)).await.expect(200);
        if let Some(next) = theirs.json["next"].as_str() {
            cursors += 1;
            check(next, us.get(next).await);
        }
    }
    assert_none(&faults);
    assert!(cursors >= 3, "only {cursors} lists had a second page: too little was made to show anything");
}

#[tokio::test]
async fn no_portal_user_is_shown_what_is_another_clients_not_even_by_its_ids() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    // What the catalog makes for portals is of one client; the ids of what that client may see are what it is shown.
    let for_portal: Vec<_> = catalog().into_iter().filter(|row| row.described().right().is_some()).collect();
    for row in &for_portal {
        row.given(&firm).await;
    }
    let lists = || for_portal.iter().map(tests::Row::described).filter(|operation| !operation.writes() && !operation.names_a_record());
    let mut foreign = BTreeSet::new();
    for operation in lists() {
        let shown = firm.portal().await.user.get(format!("{}?limit=100", operation.path)).await.expect(200);
        let shown = shown.json["results"].as_array().into_iter().flatten().filter_map(|record| record["id"].as_str());
        foreign.extend(shown.map(str::to_owned));
    }
    let neighbour = firm.another_client().await.user;
    let mut faults = Vec::new();
    for operation in lists() {
        let filters = id_filters(operation).flat_map(|filter| {
            let named = foreign.iter().filter(move |id| id.starts_with(filter)).take(3);
            named.map(move |id| format!("{}?{filter}={id}", operation.path))
        });
        for path in filters.chain([operation.path.clone()]) {
            let answer = neighbour.get(&path).await;
            let nothing = answer.status == 404 || answer.json["results"] == serde_json::json!([]);
            if !nothing {
                faults.push(format!("{path}: {} {}", answer.status, answer.json));
            }
        }
    }
    assert_none(&faults);
    assert!(lists().next().is_none() || !foreign.is_empty(), "too little was made to show anything");
}

in_parts!(a_body_that_names_another_firms_record_is_refused_by_the_name_of_its_field_and_changes_nothing);
async fn a_body_that_names_another_firms_record_is_refused_by_the_name_of_its_field_and_changes_nothing(part: Part) {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let (mut faults, mut swept) = (Vec::new(), 0);
    for row in part.of(catalog().into_iter().filter(|row| row.described().signed_in() && row.described().body().is_some())) {
        let theirs = row.given(&firm).await;
        let ids = ids_in(theirs.body.as_ref().unwrap());
        if ids.is_empty() {
            continue;
        }
        let ours = row.given(&other).await;
        for (place, id) in ids {
            let given = Given { body: ours.body.as_ref().map(|body| with_id(body, &place, &id)), ..ours.clone() };
            let before = app.moment();
            let answer = row.rightful(&other, &given).send().await;
            swept += 1;
            let named = matches!(answer.fields()[..], [field] if is_at(field, &place));
            if answer.status != 422 || !named {
                faults.push(format!("{} with another firm's {place}: {} {}", row.operation, answer.status, answer.json));
            }
            if !app.changed_since(&before).is_empty() {
                faults.push(format!("{} with another firm's {place} changed something", row.operation));
            }
        }
    }
    assert_none(&faults);
    assert!(swept >= 1, "only {swept} references were tried");
}

/// An id of the same kind that nothing has, which would lie beside it.
fn of_nothing(id: &str) -> String {
    let (before, last) = id.split_at(id.len() - 1);
    format!("{before}{}", if last == "0" { "1" } else { "0" })
}

/// What is told in an answer, but for when, with "ID" for `id`.
fn told(answer: &Answer, id: &str) -> String {
    let headers: Vec<_> = answer.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "date" | "etag")).collect();
    format!("{} {headers:?} {}", answer.status, String::from_utf8_lossy(&answer.body)).replace(id, "ID")
}

#[tokio::test]
async fn what_is_another_clients_is_answered_for_like_what_is_not_there_byte_for_byte() {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let mut ids = [Ids::of(&firm), Ids::of(&other)];
    let neighbour = firm.another_client().await;
    let (mut faults, mut swept) = (Vec::new(), [0; 4]);
    for row in catalog().into_iter().filter(|row| row.described().right().is_some()) {
        let operation = row.described();
        let (theirs, others) = (row.given(&firm).await, row.given(&other).await);
        // One call for each id: a client's of the same firm, another firm's, and nobody's.
        let mut compare = async |what: &str, ids: [String; 3], call: &dyn Fn(&str) -> (String, Option<Value>)| {
            let mut answers = Vec::new();
            for id in &ids {
                let (path, body) = call(id);
                let call = neighbour.user.call(operation.method.clone(), path).header("x-request-id", "same");
                let call = if let Some(body) = body { call.json(body) } else { call };
                answers.push(told(&call.send().await, id));
            }
            answers.dedup();
            if answers.len() > 1 {
                faults.push(format!("{} by {what}:\n  {}", row.operation, answers.join("\n  ")));
            }
        };
        let three = |theirs: &str, others: &str| [theirs.to_owned(), others.to_owned(), of_nothing(theirs)];
        if let (Some(named), Some(of_others)) = (&theirs.named, &others.named) {
            swept[0] += 1;
            compare("its path", three(named, of_others), &|id| (operation.path_of(Some(id)), theirs.body.clone())).await;
        }
        if operation.names_a_record() {
            continue;
        }
        for filter in id_filters(operation) {
            let [Some(named), Some(of_others)] = ids.each_mut().map(|ids| ids.last(filter)) else { continue };
            let named = if filter == "client" { firm.portal().await.client.clone() } else { named };
            swept[1] += 1;
            let ids = three(&named, &of_others);
            compare(filter, ids.clone(), &|id| (format!("{}?{filter}={id}", operation.path), None)).await;
            compare(filter, ids, &|id| (format!("{}?{filter}={id}&limit=1&cursor=1a{id}", operation.path), None)).await;
        }
        if !operation.writes() {
            // Where a page would begin: what is the neighbour's own was made before any of these.
            let (theirs, others) = (firm.portal().await, other.portal().await);
            let first = async |user: &tests::User<'_>| user.get(&operation.path).await.expect(200).json["results"][0]["id"].clone();
            let (theirs, others) = (first(&theirs.user).await, first(&others.user).await);
            if let (Some(theirs), Some(others)) = (theirs.as_str(), others.as_str()) {
                swept[2] += 1;
                for way in ["a", "b"] {
                    compare("its cursor", three(theirs, others), &|id| (format!("{}?cursor=1{way}{id}", operation.path), None)).await;
                }
            }
        }
        let (Some(theirs), Some(others)) = (&theirs.body, &others.body) else { continue };
        for (place, id) in ids_in(theirs) {
            swept[3] += 1;
            let of_others = others.pointer(&place).and_then(Value::as_str).unwrap();
            let body = |id: &str| (operation.path.clone(), Some(with_id(theirs, &place, id)));
            compare(&place, three(&id, of_others), &body).await;
        }
    }
    assert_none(&faults);
    assert!(swept.iter().zip([4, 2, 3, 1]).all(|(swept, least)| *swept >= least), "too little was tried: {swept:?}");
}
