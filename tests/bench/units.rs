//! What requests cost in DynamoDB, as a meter before the table counts it.

use serde_json::json;
use tests::{Call, Metered, TestApp};

use crate::{
    kinds::{Answers, Kind, Work, lead},
    report::{Report, Target},
};

/// How many of each kind are sent; the last is counted. Those before it make what a list of 50 lists, and counters, which
/// are there for all but a firm's first.
const EACH: usize = 60;
/// How many requests the rate limit's share is counted over.
const COUNTED: usize = 200;

/// What a request cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) reads: usize,
    pub(crate) transactions: usize,
    /// Read units.
    pub(crate) rru: f64,
    /// Write units.
    pub(crate) wru: f64,
    /// Bytes of the answer.
    bytes: usize,
}

/// What each kind of request cost, for what it costs in money.
#[derive(Debug, Clone)]
pub(crate) struct Costs {
    pub(crate) kinds: Vec<(Kind, Cost)>,
    /// Write units for the rate limit, per request.
    pub(crate) limit: f64,
}

/// Send `call`, which succeeds, and tell what it cost beside the rate limit, which is counted on its own.
async fn cost(app: &TestApp, call: Call<'_>) -> Cost {
    app.meter.take();
    let answer = call.send().await;
    assert!(answer.status.is_success(), "{:#}", answer.json);
    let mut cost = Cost { bytes: answer.body.len(), ..Cost::default() };
    for Metered { operation, units, .. } in app.meter.take() {
        match operation.as_str() {
            "GetItem" | "BatchGetItem" | "Query" => (cost.reads, cost.rru) = (cost.reads + 1, cost.rru + units),
            "TransactWriteItems" => (cost.transactions, cost.wru) = (cost.transactions + 1, cost.wru + units),
            "UpdateItem" => {}
            other => panic!("{other} isn't counted yet"),
        }
    }
    cost
}

/// Measure and print.
pub(crate) async fn measure(report: &mut Report) -> Costs {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let work = Work::begin(&owner).await;
    report.part("DynamoDB requests and capacity units");
    let mut kinds = Vec::new();
    for kind in Kind::ALL {
        let mut requests = work.requests(&owner, kind, if kind.reads() { 1 } else { EACH }).await;
        let last = requests.pop().unwrap();
        for request in requests {
            owner.answer(request).await;
        }
        let cost = cost(&app, last.by(&owner)).await;
        print(report, kind.what(), &cost, kind.reach().units);
        if kind.lists() {
            report.row(&format!("{}: bytes", kind.what()), cost.bytes as f64 / 1000.0, "kB", Target::AtMost(40.0));
        }
        kinds.push((kind, cost));
    }
    let once = cost(&app, lead(EACH).by(&owner).header("idempotency-key", "once")).await;
    print(report, "create a lead under an Idempotency-Key", &once, Kind::CreateLead.reach().units);
    let proposal = owner.id(work.proposal()).await;
    let accepted = cost(&app, owner.call(http::Method::POST, format!("/api/crm/proposals/{proposal}/accept/")).json(json!({}))).await;
    print(report, "accept a proposal", &accepted, Target::Unset);
    let limit = limit(report).await;
    Costs { kinds, limit }
}

/// Print the requests and units of what only reads, or of what writes.
fn print(report: &mut Report, what: &str, cost: &Cost, units: Target) {
    if cost.transactions == 0 {
        report.row(&format!("{what}: requests"), cost.reads as f64, "", Target::Exactly(1.0));
        report.row(&format!("{what}: read units"), cost.rru, "RRU", units);
        return;
    }
    report.row(&format!("{what}: reads"), cost.reads as f64, "", Target::AtMost(1.0));
    report.row(&format!("{what}: transactions"), cost.transactions as f64, "", Target::Exactly(1.0));
    report.row(&format!("{what}: write units"), cost.wru, "WRU", units);
    if cost.rru > 0.0 {
        report.row(&format!("{what}: read units"), cost.rru, "RRU", Target::Unset);
    }
}

/// The writes of the rate limit per request, for a caller who is busy enough to be worth a lease.
async fn limit(report: &mut Report) -> f64 {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    app.meter.take();
    for _ in 0..COUNTED {
        owner.get("/api/crm/leads/").await.expect(200);
    }
    let leases: Vec<_> = app.meter.take().into_iter().filter(|call| call.operation == "UpdateItem").collect();
    let per_request = leases.len() as f64 / COUNTED as f64;
    report.row(&format!("rate limit: writes per request, over {COUNTED}"), per_request, "", Target::AtMost(0.1));
    leases.iter().map(|lease| lease.units).sum::<f64>() / COUNTED as f64
}
