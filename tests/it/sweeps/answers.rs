//! What is answered is what the document says: of every operation the good answer, and each error that can be provoked
//! the same way everywhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tests::{Answer, Firm, Given, Operation, Row, TestApp, answers, catalog, example};

use super::{
    Part, assert_none,
    examples::{self, difference},
    in_parts,
};

/// On every answer, whatever it is.
const EVERYWHERE: [&str; 8] = [
    "x-request-id",
    "strict-transport-security",
    "x-frame-options",
    "x-content-type-options",
    "x-xss-protection",
    "referrer-policy",
    "content-security-policy",
    "cache-control",
];

/// What of `answer` isn't as the document says of `operation`.
fn faults(operation: &Operation, answer: &Answer) -> Vec<String> {
    let mut faults: Vec<String> = EVERYWHERE.iter().filter(|name| answer.header(name).is_none()).map(|name| format!("no {name}")).collect();
    match operation.answer(answer.status.as_u16()) {
        Some(documented) => faults.extend(departures(operation, documented, answer)),
        None => faults.push("isn't documented".to_owned()),
    }
    if answer.status.is_client_error() {
        for field in ["type", "title", "detail"] {
            if answer.json[field].as_str().is_none_or(str::is_empty) {
                faults.push(format!("no {field}"));
            }
        }
        if answer.json["status"] != answer.status.as_u16() || answer.json["request_id"].as_str() != answer.header("x-request-id") {
            faults.push("another status or request_id than the answer's own".to_owned());
        }
    }
    faults.iter().map(|fault| format!("{} {}: {fault}\n{:#}", operation.name, answer.status, answer.json)).collect()
}

/// What of `answer` isn't as the document describes an answer of its status.
fn departures(operation: &Operation, documented: &Value, answer: &Answer) -> Vec<String> {
    let headers = documented["headers"].as_object().into_iter().flatten();
    let mut faults: Vec<String> = headers
        .filter(|(name, header)| header["required"] == true && answer.header(name).is_none())
        .map(|(name, _)| format!("no {name}"))
        .collect();
    let Some((media_type, content)) = documented["content"].as_object().and_then(|content| content.iter().next()) else {
        if !answer.body.is_empty() {
            faults.push("a body where none is documented".to_owned());
        }
        return faults;
    };
    if answer.header("content-type").and_then(|sent| sent.split(';').next()) != Some(media_type) {
        faults.push(format!("{:?}, not {media_type}", answer.header("content-type")));
    }
    if media_type.ends_with("json") {
        faults.extend(operation.faults(&content["schema"], &answer.json));
    }
    faults
}

/// The same call by the owner.
async fn answer(row: &Row, firm: &Firm<'_>, given: &Given) -> Answer {
    row.rightful(firm, given).send().await
}

in_parts!(every_operation_answers_as_the_document_says);
async fn every_operation_answers_as_the_document_says(part: Part) {
    let app = TestApp::unlimited().await;
    let shown = examples::taken_from(&mut examples::served());
    let (mut found, mut compared) = (Vec::new(), BTreeSet::new());
    for row in part.of(by_operation()).flatten() {
        for answer in answers(&app, &row).await {
            if !answer.status.is_success() {
                found.push(format!("{}: {} {}", row.operation, answer.status, answer.json));
            }
            found.extend(faults(row.described(), &answer));
            let of = (row.operation.to_owned(), answer.status.as_u16().to_string());
            // The example is of the first of an operation's calls that is answered so.
            if let Some(example) = example(&answer).filter(|_| compared.insert(of.clone())) {
                let difference = difference(shown.get(&of).unwrap_or_default(), &example);
                found.extend(difference.map(|difference| format!("{of:?}: the example {difference}")));
            }
        }
    }
    assert_none(&found);
}

/// The rows of each operation.
fn by_operation() -> impl Iterator<Item = Vec<Row>> {
    let mut rows = BTreeMap::<_, Vec<_>>::new();
    catalog().into_iter().for_each(|row| rows.entry(row.operation).or_default().push(row));
    rows.into_values()
}

#[tokio::test]
async fn a_portal_user_is_told_who_they_are_as_the_document_says() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let accepted = firm.accepted().await;
    let portal = firm.activated(&accepted.text("/portal_user/id"), &accepted.text("/portal_user/email"), 1).await;
    let row = catalog().into_iter().find(|row| row.operation == "show_me").unwrap();
    let answer = portal.get("/api/auth/me/").await.expect(200);
    assert_eq!(answer.text("/role"), "client");
    assert_none(&faults(row.described(), &answer));
}

in_parts!(what_a_caller_knows_already_is_not_sent_again);
async fn what_a_caller_knows_already_is_not_sent_again(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut found = Vec::new();
    for row in part.of(catalog().into_iter().filter(|row| !row.described().writes())) {
        let given = row.given(&firm).await;
        let known = answer(&row, &firm, &given).await;
        let tag = known.header("etag").unwrap_or_default().to_owned();
        let again = row.rightful(&firm, &given).header("if-none-match", &tag).send().await;
        if again.status != 304 {
            found.push(format!("{}: {}, not 304", row.operation, again.status));
        }
        found.extend(faults(row.described(), &again));
    }
    assert_none(&found);
}

/// A way to spoil a call, and what is answered then.
struct Spoiled {
    how: &'static str,
    status: u16,
    applies: fn(&Operation) -> bool,
    headers: &'static [(&'static str, &'static str)],
    spoil: fn(&mut Given),
}

const SPOILED: [Spoiled; 6] = [
    Spoiled {
        how: "a field that isn't",
        status: 400,
        applies: |operation| operation.body().is_some(),
        headers: &[],
        spoil: |given| given.body.as_mut().unwrap()["no_such_field"] = 1.into(),
    },
    Spoiled {
        how: "an empty idempotency key",
        status: 400,
        applies: |operation| operation.method == http::Method::POST,
        headers: &[("idempotency-key", "")],
        spoil: |_| {},
    },
    Spoiled {
        how: "an id that isn't",
        status: 404,
        applies: Operation::names_a_record,
        headers: &[],
        spoil: |given| {
            let id = given.named.as_mut().unwrap();
            let other = if id.ends_with('0') { '1' } else { '0' };
            id.pop();
            id.push(other);
        },
    },
    Spoiled {
        how: "an id of nothing",
        status: 404,
        applies: Operation::names_a_record,
        headers: &[],
        spoil: |given| given.named = Some("lead_".to_owned()),
    },
    Spoiled {
        how: "a version that it never had",
        status: 412,
        applies: |operation| operation.writes() && operation.names_a_record(),
        headers: &[("if-match", "\"999\"")],
        spoil: |_| {},
    },
    Spoiled {
        how: "no version at all",
        status: 412,
        applies: |operation| operation.writes() && operation.names_a_record(),
        headers: &[("if-match", "")],
        spoil: |_| {},
    },
];

in_parts!(every_operation_answers_a_spoiled_call_as_the_document_says_and_changes_nothing);
async fn every_operation_answers_a_spoiled_call_as_the_document_says_and_changes_nothing(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut found = Vec::new();
    for row in part.of(catalog()) {
        let operation = row.described();
        let given = row.given(&firm).await;
        let before = app.moment();
        for Spoiled { how, status, headers, spoil, .. } in SPOILED.iter().filter(|spoiled| (spoiled.applies)(operation)) {
            let mut given = given.clone();
            spoil(&mut given);
            let call = row.rightful(&firm, &given);
            let answer = headers.iter().fold(call, |call, (name, value)| call.header(name, value)).send().await;
            if answer.status.as_u16() != *status {
                found.push(format!("{} with {how}: {}, not {status}", row.operation, answer.status));
            }
            found.extend(faults(operation, &answer));
        }
        if !app.changed_since(&before).is_empty() {
            found.push(format!("{}: a spoiled call changed something", row.operation));
        }
    }
    assert_none(&found);
}

in_parts!(who_is_not_signed_in_is_told_so_as_the_document_says);
async fn who_is_not_signed_in_is_told_so_as_the_document_says(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut found = Vec::new();
    for row in part.of(catalog().into_iter().filter(|row| row.described().signed_in())) {
        let given = row.given(&firm).await;
        let answer = row.call(&firm, &given).send().await.expect(401);
        found.extend(faults(row.described(), &answer));
    }
    assert_none(&found);
}
