//! What was deleted is gone, or in the archive: there it can't be changed, but be restored.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;
use tests::{Document, Firm, Given, Operation, Row, TestApp, catalog};

use super::{
    Part, assert_none,
    foreign::{ids_in, is_at, with_id},
    in_parts,
};

#[test]
fn what_can_be_changed_or_deleted_has_a_history_and_what_can_be_archived_can_be_restored() {
    let document = Document::of_routers();
    let (mut faults, mut archived) = (Vec::new(), 0);
    for row in catalog().into_iter().filter(|row| !row.of_no_record) {
        let operation = row.described();
        if !matches!(operation.method, Method::PATCH | Method::DELETE) {
            continue;
        }
        // The firm itself is named by no path, and shows no history so far.
        let Some(record) = operation.record() else { continue };
        let mut needed = |method: Method, path: String| {
            if document.at(&method, &path).is_none() {
                faults.push(format!("{} goes without {method} {path}", operation.name));
            }
        };
        needed(Method::GET, record.clone());
        needed(Method::GET, format!("{record}history/"));
        if operation.method == Method::DELETE && shows_archive(document, &record) {
            archived += 1;
            needed(Method::POST, format!("{record}restore/"));
        }
    }
    for operation in document.operations.iter().filter(|operation| operation.path.ends_with("{id}/restore/")) {
        let record = operation.record().unwrap();
        if document.at(&Method::DELETE, &record).is_none() || !shows_archive(document, &record) {
            faults.push(format!("{} restores what can't be archived, or doesn't say when it was", operation.name));
        }
    }
    assert_none(&faults);
    assert!(archived >= 10, "only {archived} kinds of record can be archived");
}

/// Whether what is shown at `path` says when it was archived.
fn shows_archive(document: &Document, path: &str) -> bool {
    let Some(shows) = document.at(&Method::GET, path) else { return false };
    let schema = shows.answer(200).map(|answer| &answer["content"]["application/json"]["schema"]).unwrap();
    has_field(shows, schema, "archived_at")
}

fn has_field(operation: &Operation, schema: &Value, field: &str) -> bool {
    let schema = operation.resolved(schema);
    let mut parts = schema["allOf"].as_array().into_iter().flatten();
    schema["properties"].get(field).is_some() || parts.any(|part| has_field(operation, part, field))
}

/// Whether there still is a record at `path` after it was deleted; nothing if that is refused.
async fn deleted(firm: &Firm<'_>, path: &str) -> Option<bool> {
    let answer = firm.owner.delete(path).await;
    (answer.status == 204).then_some(())?;
    Some(firm.owner.get(path).await.status == 200)
}

in_parts!(what_was_deleted_is_not_found_or_archived);
async fn what_was_deleted_is_not_found_or_archived(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut faults = Vec::new();
    for row in part.of(catalog().into_iter().filter(|row| row.described().method == Method::DELETE && !row.of_no_record)) {
        let given = row.given(&firm).await;
        row.rightful(&firm, &given).send().await.expect(204);
        let path = row.described().path_of(given.named.as_deref());
        let read = app.get(&path).bearer(&given.by).send().await;
        if read.status != 404 && !(read.status == 200 && read.json["archived_at"].is_string()) {
            faults.push(format!("{}: then {} {:#}", row.operation, read.status, read.json));
        }
        let list = row.described().path.replace("{id}/", "");
        let listed = firm.owner.get(format!("{list}?limit=100")).await.expect(200);
        if String::from_utf8_lossy(&listed.body).contains(&format!("\"id\":\"{}\"", given.named.unwrap())) {
            faults.push(format!("{}: {list} still shows it", row.operation));
        }
    }
    assert_none(&faults);
}

in_parts!(what_is_archived_or_deleted_is_changed_by_nothing);
async fn what_is_archived_or_deleted_is_changed_by_nothing(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut tried) = (Vec::new(), 0);
    let writes = |row: &Row| {
        let operation = row.described();
        let deletes = operation.record().is_some_and(|record| Document::of_routers().at(&Method::DELETE, &record).is_some());
        operation.writes() && deletes && !operation.path.ends_with("/restore/")
    };
    for row in part.of(catalog().into_iter().filter(writes)) {
        let record = row.described().record().unwrap();
        let mut given = row.given(&firm).await;
        let path = record.replace("{id}", given.named.as_deref().unwrap());
        // What can't be deleted as it stands gives way to another that was.
        let is_there = match deleted(&firm, &path).await {
            Some(is_there) => is_there,
            None => {
                let restores = catalog().into_iter().find(|row| row.described().path == format!("{record}restore/"));
                let Some(restores) = restores else { continue };
                given = Given { named: restores.given(&firm).await.named, ..given };
                true
            }
        };
        tried += 1;
        let before = app.moment();
        let answer = row.rightful(&firm, &given).send().await;
        if is_there && row.takes_out_of_the_archive && answer.status == 200 && answer.json["archived_at"].is_null() {
            continue;
        }
        if answer.status != if is_there { 409 } else { 404 } || !app.changed_since(&before).is_empty() {
            faults.push(format!("{}: {} {:#}", row.operation, answer.status, answer.json));
        }
    }
    assert_none(&faults);
    assert!(tried >= 5, "only {tried} operations were tried");
}

/// Where records are found that can be deleted, by what their ids begin with.
async fn deletable(firm: &Firm<'_>) -> BTreeMap<String, String> {
    let mut paths = BTreeMap::new();
    for row in catalog().into_iter().filter(|row| row.described().method == Method::DELETE && !row.of_no_record) {
        let id = row.given(firm).await.named.unwrap();
        paths.insert(id.split_once('_').unwrap().0.to_owned(), row.described().path.clone());
    }
    paths
}

in_parts!(what_is_archived_or_deleted_is_named_by_no_body);
async fn what_is_archived_or_deleted_is_named_by_no_body(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let paths = deletable(&firm).await;
    let (mut faults, mut tried) = (Vec::new(), 0);
    for row in part.of(catalog().into_iter().filter(|row| row.described().signed_in() && row.described().body().is_some())) {
        let places = ids_in(row.given(&firm).await.body.as_ref().unwrap()).into_iter().map(|(place, _)| place);
        for place in places.collect::<Vec<_>>() {
            let given = row.given(&firm).await;
            let id = given.body.as_ref().and_then(|body| body.pointer(&place)?.as_str()).unwrap();
            let Some(path) = paths.get(id.split_once('_').unwrap().0) else { continue };
            // What is open, or has something open below it, can't be archived, and gives way to another that was.
            let (given, is_there) = match deleted(&firm, &path.replace("{id}", id)).await {
                Some(is_there) => (given, is_there),
                None => {
                    let restores = catalog().into_iter().find(|row| row.described().path == format!("{path}restore/"));
                    let Some(restores) = restores else { continue };
                    let another = restores.given(&firm).await.named.unwrap();
                    (Given { body: given.body.as_ref().map(|body| with_id(body, &place, &another)), ..given }, true)
                }
            };
            tried += 1;
            let before = app.moment();
            let answer = row.rightful(&firm, &given).send().await;
            let named = answer.status == 422 && matches!(answer.fields()[..], [field] if is_at(field, &place));
            let why = String::from_utf8_lossy(&answer.body).contains(if is_there { "archived" } else { "no such" });
            if !named || !why || !app.changed_since(&before).is_empty() {
                faults.push(format!("{} with what is archived at {place}: {} {:#}", row.operation, answer.status, answer.json));
            }
        }
    }
    assert_none(&faults);
    assert!(tried >= 1, "only {tried} records were archived");
}
