//! What requests cost in DynamoDB, as a meter before the table counts it.

use serde_json::json;
use tests::{Call, Metered, TestApp, email};

use crate::{
    product::ten_lines,
    report::{Report, Target},
};

/// How many requests the rate limit's share is counted over.
const COUNTED: usize = 200;

/// What a request cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    reads: usize,
    transactions: usize,
    /// Read units.
    pub(crate) rru: f64,
    /// Write units.
    pub(crate) wru: f64,
    /// Bytes of the answer.
    bytes: usize,
}

/// What each kind of request cost, for what it costs in money.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Costs {
    pub(crate) get: Cost,
    pub(crate) list: Cost,
    pub(crate) lead: Cost,
    pub(crate) proposal: Cost,
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
    let post = |path: &str, body| owner.call(http::Method::POST, path).json(body);
    let get = |path: String| owner.call(http::Method::GET, path);
    let lead = || {
        json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": email("ann"), "phone": "+46 8 123 456",
            "source": "website", "notes": "Met at the fair; wants a study of three markets."})
    };
    let mut ids = Vec::new();
    for _ in 0..60 {
        ids.push(post("/api/crm/leads/", lead()).send().await.expect(201).id());
    }
    let shown = cost(&app, get(format!("/api/crm/leads/{}/", ids[0]))).await;
    let listed = cost(&app, get("/api/crm/leads/?limit=50".to_owned())).await;
    let created = cost(&app, post("/api/crm/leads/", lead())).await;
    let once = cost(&app, post("/api/crm/leads/", lead()).header("idempotency-key", "once")).await;
    let prospect = post("/api/crm/prospects/", json!({"company_name": "Acme Corp", "email": email("ann")})).send().await.expect(201).id();
    // The counter is there already, as for all proposals but a firm's first.
    post("/api/crm/proposals/", ten_lines(&prospect)).send().await.expect(201);
    let offered = cost(&app, post("/api/crm/proposals/", ten_lines(&prospect))).await;
    let proposal = post("/api/crm/proposals/", ten_lines(&prospect)).send().await.expect(201).id();
    let accepted = cost(&app, post(&format!("/api/crm/proposals/{proposal}/accept/"), json!({}))).await;

    report.part("DynamoDB requests and capacity units");
    for (what, cost) in [("get a lead", &shown), ("list 50 leads", &listed)] {
        report.row(&format!("{what}: requests"), (cost.reads + cost.transactions) as f64, "", Target::Exactly(1.0));
        let most = if cost.bytes == shown.bytes { 0.5 } else { 4.0 };
        report.row(&format!("{what}: read units"), cost.rru, "RRU", Target::AtMost(most));
    }
    report.row("list 50 leads: bytes", listed.bytes as f64 / 1000.0, "kB", Target::AtMost(40.0));
    for (what, cost, most) in [
        ("create a lead", &created, Target::AtMost(10.0)),
        ("create a lead under an Idempotency-Key", &once, Target::AtMost(10.0)),
        ("create a proposal of 10 lines", &offered, Target::AtMost(16.0)),
        ("accept a proposal", &accepted, Target::Unset),
    ] {
        report.row(&format!("{what}: reads"), cost.reads as f64, "", Target::AtMost(1.0));
        report.row(&format!("{what}: transactions"), cost.transactions as f64, "", Target::Exactly(1.0));
        report.row(&format!("{what}: write units"), cost.wru, "WRU", most);
    }
    let limit = limit(report).await;
    Costs { get: shown, list: listed, lead: created, proposal: offered, limit }
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
