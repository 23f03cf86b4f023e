//! What a million calls cost at list prices, us-east-1, on demand.
//!
//! Counted: HTTP API, Lambda's requests and time, DynamoDB's units, the rate limit's writes and, for a write, the
//! outbox's call for its event. Not counted: CloudWatch's logs, traces, data out, storage, SES, and the free tier.

use crate::{
    kinds::Kind,
    report::Report,
    units::{Cost, Costs},
};

/// Dollars per million.
const HTTP_API: f64 = 1.00;
const LAMBDA: f64 = 0.20;
const READ_UNIT: f64 = 0.125;
const WRITE_UNIT: f64 = 0.625;
/// Dollars per GB-second, arm64.
const GB_SECOND: f64 = 0.000_013_333_4;
/// What `template.yaml` gives `crm`, GB.
const MEMORY: f64 = 0.25;
/// The share of a processor that comes with it: 1,769 MB have one.
const SHARE: f64 = 256.0 / 1769.0;
/// What is waited for DynamoDB in a call, milliseconds: assumed, to be confirmed on AWS.
const WAIT_READ: f64 = 4.0;
const WAIT_WRITE: f64 = 12.0;

/// Print, from what the handlers take and what the `whole` process takes for a get.
pub(crate) fn measure(report: &mut Report, units: &Costs, cpu: &[(Kind, f64)], whole: f64) {
    // What the runtime and the logs add to a handler, whichever it is.
    let get = cpu.iter().find_map(|(kind, cpu)| (*kind == Kind::GetLead).then_some(*cpu)).unwrap();
    let around = (whole - get).max(0.0);
    report.part("cost per million calls, list prices of us-east-1");
    report.note(&format!(
        "HTTP API $1.00, Lambda arm64 256 MB at {:.0} % of a processor, {WAIT_READ} ms waited per read and {WAIT_WRITE} per write",
        SHARE * 100.0
    ));
    report.note("processor time as on this machine; with the rate limit and the outbox's call per event, without logs and data out");
    for ((kind, cost), (_, cpu)) in units.kinds.iter().zip(cpu) {
        let dollars = HTTP_API + dynamodb(cost, units.limit) + function(cost, cpu + around) + outbox(cost, around);
        report.row(kind.what(), dollars, "$", kind.reach().dollars);
    }
}

fn dynamodb(cost: &Cost, limit: f64) -> f64 {
    cost.rru * READ_UNIT + (cost.wru + limit) * WRITE_UNIT
}

fn function(cost: &Cost, cpu: f64) -> f64 {
    lambda(cpu, cost.reads as f64 * WAIT_READ + cost.transactions as f64 * WAIT_WRITE)
}

/// The outbox is called for each write's event, and most mean nothing to it.
fn outbox(cost: &Cost, cpu: f64) -> f64 {
    if cost.wru > 0.0 { lambda(cpu, 0.0) } else { 0.0 }
}

/// A million calls that each take so many milliseconds of a whole processor, and wait so many.
fn lambda(cpu: f64, waited: f64) -> f64 {
    let seconds = (cpu / SHARE + waited) / 1000.0;
    LAMBDA + seconds * 1e6 * MEMORY * GB_SECOND
}
