//! What every operation asks of DynamoDB, counted: a GET one request, a write at most one read and one write.

use http::Method;
use serde_json::json;
use tests::{Metered, Row, TestApp, catalog};

use super::{Part, assert_none, in_parts};

/// How many of `calls` read, how many write, and how many lease requests from the caller's limit. A call that is none
/// of the product's counts as a thousand reads.
fn counted(calls: &[Metered]) -> (usize, usize, usize) {
    calls.iter().fold((0, 0, 0), |(reads, writes, leases), call| match call.operation.as_str() {
        "GetItem" | "BatchGetItem" | "Query" => (reads + 1, writes, leases),
        "TransactWriteItems" | "PutItem" => (reads, writes + 1, leases),
        "UpdateItem" => (reads, writes, leases + 1),
        _ => (reads + 1000, writes, leases),
    })
}

in_parts!(a_get_makes_one_request_and_a_write_at_most_one_read_and_one_write);
async fn a_get_makes_one_request_and_a_write_at_most_one_read_and_one_write(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut faults = Vec::new();
    for row in part.of(catalog()) {
        let operation = row.described();
        let given = row.given(&firm).await;
        app.meter.take();
        let answer = row.rightful(&firm, &given).send().await;
        let calls = app.meter.take();
        let (reads, writes, leases) = counted(&calls);
        let good = match operation.method == Method::GET {
            _ if row.asks_others => reads <= 2 && writes <= 2,
            _ if row.keeps_nothing => reads == row.reads && writes == 0,
            true => reads == row.reads && writes == 0,
            false => reads <= row.reads && writes == 1,
        };
        if !answer.status.is_success() || !good || leases > if row.asks_others { 2 } else { 1 } {
            faults.push(format!("{}: {} after {calls:?}", row.operation, answer.status));
        }
    }
    assert_none(&faults);
}

#[tokio::test]
async fn a_clients_portal_users_take_one_request_more_only_where_there_are_none() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    app.meter.take();
    firm.owner.get(format!("/api/clients/clients/{client}/portal-users/")).await.expect(200);
    let (reads, writes, _) = counted(&app.meter.take());
    assert_eq!((reads, writes), (2, 0));
}

in_parts!(what_was_done_before_is_answered_again_and_writes_nothing);
async fn what_was_done_before_is_answered_again_and_writes_nothing(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut faults = Vec::new();
    for row in part.of(catalog().into_iter().filter(|row| row.repeatable)) {
        let given = row.given(&firm).await;
        let first = row.rightful(&firm, &given).send().await;
        let before = app.moment();
        app.meter.take();
        let again = row.rightful(&firm, &given).send().await;
        let calls = app.meter.take();
        let (reads, writes, _) = counted(&calls);
        if !again.status.is_success() || again.status == 201 || again.json != first.json {
            faults.push(format!("{}: {} {:#}, after {} {:#}", row.operation, again.status, again.json, first.status, first.json));
        }
        if reads > 2 || writes > 0 || !app.changed_since(&before).is_empty() {
            faults.push(format!("{}: {calls:?}", row.operation));
        }
    }
    assert_none(&faults);
}

in_parts!(the_same_idempotency_key_writes_once_and_reads_once_to_answer_the_same);
async fn the_same_idempotency_key_writes_once_and_reads_once_to_answer_the_same(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut faults = Vec::new();
    let is_kept = |row: &Row| row.described().method == Method::POST && !row.gives_up_access && !row.answers_anew;
    for row in part.of(catalog().into_iter().filter(is_kept)) {
        let given = row.given(&firm).await;
        let key = format!("{:032x}", rand::random::<u128>());
        let call = || row.rightful(&firm, &given).header("idempotency-key", &key);
        let first = call().send().await;
        let before = app.moment();
        app.meter.take();
        let again = call().send().await;
        let (reads, ..) = counted(&app.meter.take());
        // Tokens are given again only as far as is true now, which is read.
        let most = row.reads + usize::from(first.json["access"].is_string() || first.json["mfa_token"].is_string());
        if (again.status, &again.json, again.header("etag")) != (first.status, &first.json, first.header("etag")) || reads > most {
            faults.push(format!("{}: {} {:#}, after {} {:#}", row.operation, again.status, again.json, first.status, first.json));
        }
        if !app.changed_since(&before).is_empty() {
            faults.push(format!("{}: done twice", row.operation));
        }
    }
    assert_none(&faults);
}

#[tokio::test]
async fn counting_a_users_requests_takes_at_most_a_tenth_of_a_write_each() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    app.meter.take();
    for _ in 0..200 {
        firm.owner.get("/api/crm/leads/").await.expect(200);
    }
    let (reads, _, leases) = counted(&app.meter.take());
    assert_eq!(reads, 200);
    assert!((1..=20).contains(&leases), "{leases} leases for 200 requests");
}
