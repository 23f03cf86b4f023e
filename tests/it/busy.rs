//! A table that has too much to do, as DynamoDB may at any time: nothing is lost or doubled, and whoever asks waits a little.

use chrono::TimeDelta;
use domain::{Id, ids::ClientId};
use http::Method;
use schedule::{Done, Order, Schedule, Sweep, handle};
use serde_json::{Value, json};
use tests::{Firm, TestApp};

use crate::{
    invoices::{client, line},
    steps::day,
};

/// None of the keys are read.
fn unprocessed(request: &Value) -> (u16, Value) {
    (200, json!({"Responses": {}, "UnprocessedKeys": request["RequestItems"]}))
}

/// The first action is cancelled because of `code`, and with it all.
fn cancelled(code: &str, request: &Value) -> (u16, Value) {
    let others = request["TransactItems"].as_array().unwrap().iter().skip(1).map(|_| json!({"Code": "None"}));
    let reasons: Vec<_> = [json!({"Code": code, "Message": "Too much"})].into_iter().chain(others).collect();
    let exception = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    (400, json!({"__type": exception, "Message": "Transaction cancelled", "CancellationReasons": reasons}))
}

/// Each way in which a transaction is cancelled that is worth another try.
const CANCELLED: [tests::Instead; 3] = [
    |request| cancelled("TransactionConflict", request),
    |request| cancelled("ThrottlingError", request),
    |request| cancelled("ProvisionedThroughputExceeded", request),
];

#[tokio::test]
async fn keys_that_the_table_did_not_get_to_are_asked_for_again() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let lead = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let path = format!("/api/crm/leads/{lead}/");
    app.meter.answer_instead("BatchGetItem", 5, unprocessed);
    firm.owner.patch(&path, json!({"company_name": "Acme Ltd"})).await.expect(200);
    app.meter.answer_instead("BatchGetItem", usize::MAX, unprocessed);
    let refused = firm.owner.patch(&path, json!({"company_name": "Acme Inc"})).await.expect(503);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(firm.owner.get(&path).await.expect(200).text("/company_name"), "Acme Ltd");
}

#[tokio::test]
async fn more_keys_are_read_than_dynamodb_takes_in_a_batch() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let id = firm.id.parse().unwrap();
    let real = client(&firm).await.parse::<ClientId>().unwrap();
    let ids: Vec<ClientId> = (0..250).map(|random| Id::new(app.clock.now(), random)).chain([real]).collect();
    let found = ids.iter().fold(app.store.read(id), |read, id| read.record(*id)).fetch().await.unwrap();
    let there: Vec<_> = ids.into_iter().filter(|id| found.maybe(*id).unwrap().is_some()).collect();
    assert_eq!(there, [real]);
}

#[tokio::test]
async fn a_transaction_that_is_cancelled_because_there_is_too_much_to_do_is_tried_again() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    for answer in CANCELLED {
        app.meter.answer_instead("TransactWriteItems", 4, answer);
        let call = firm.owner.call(Method::POST, "/api/crm/leads/").json(json!({"company_name": "Acme Corp"}));
        call.header("idempotency-key", "once").send().await.expect(201);
        assert_eq!(app.meter.left_to_answer(), 0);
    }
    let leads = firm.owner.get("/api/crm/leads/").await.expect(200);
    assert_eq!(leads.json["results"].as_array().unwrap().len(), 1);
}

async fn run(app: &TestApp) -> Result<Done, String> {
    let schedule = Schedule { store: app.store_without_patience(), identities: app.identities(), clock: app.clock.clone() };
    handle(&schedule, Order { sweep: Some(Sweep::Timers) }).await.map_err(|error| error.to_string())
}

/// An invoice that was sent, and is due in `days`.
async fn invoice(firm: &Firm<'_>, days: u64) {
    let body = json!({"client": client(firm).await, "due_date": day(firm.app, days), "line_items": [line("1", "100")]});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
}

#[tokio::test]
async fn a_timer_whose_transaction_is_cancelled_is_fired_a_little_later_in_the_same_run() {
    for answer in CANCELLED {
        let app = TestApp::unlimited().await;
        let firm = app.firm().await;
        invoice(&firm, 2).await;
        app.clock.advance(TimeDelta::days(4));
        app.meter.answer_instead("TransactWriteItems", 4, answer);
        assert_eq!(run(&app).await, Ok(Done { fired: 2, dropped: 0 }));
    }
}

/// The partitions of the table's timers.
fn shards(app: &TestApp) -> Vec<String> {
    let timers = app.records().into_keys().map(|(pk, _)| pk).filter(|pk| pk.starts_with("TIMER#"));
    timers.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

#[tokio::test]
async fn a_partition_that_has_many_timers_does_not_hold_up_the_others() {
    const MANY: usize = 150;
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    invoice(&firm, 2).await;
    app.clock.advance(TimeDelta::days(4));
    let [shard] = &shards(&app)[..] else { panic!("an invoice's timers lie together") };
    let number: u8 = shard.trim_start_matches("TIMER#").parse().unwrap();
    // In each partition but the invoice's, more timers of records that are gone than are read at once.
    for other in (0..4u8).filter(|other| *other != number) {
        for n in 0..MANY {
            let sk = format!("{:013}#invoice_overdue#{}#inv_{n:026}", 1_600_000_000_000u64, firm.id);
            let item = json!({"pk": {"S": format!("TIMER#{other}")}, "sk": {"S": sk}});
            let put = json!({"TableName": app.template.table.name, "Item": item});
            app.dynamo.database().put_item(serde_json::from_value(put).unwrap()).unwrap();
        }
    }
    // A page of each: a read of the page, and a read and a transaction a timer, and of the one that reminds another read, of the
    // client. Then the run ends, as when its time is over.
    app.meter.crash(4 + 2 * (3 * 100 + 2) + 1, tests::Fault::Lost);
    let broken_off = run(&app).await.unwrap_err();
    assert!(app.meter.heal());
    assert!(broken_off.ends_with("; 2 were"), "the invoice had its turn: {broken_off}");
    assert_eq!(run(&app).await, Ok(Done { fired: 0, dropped: 150 }));
}
