//! CPU time of the handlers: this thread's, from the event's text to the answer's bytes, the SDK and its HTTP client
//! included. The table is in other threads and isn't counted.

use std::time::Duration;

use nix::time::ClockId;

use crate::{
    product::Product,
    report::{Report, Target},
};

/// How many calls are measured, after some that aren't.
const CALLS: usize = 2_000;
const WARM_UP: usize = 200;

/// CPU time per call, milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpu {
    pub(crate) get: f64,
    pub(crate) list: f64,
    pub(crate) lead: f64,
    pub(crate) proposal: f64,
}

/// The CPU time that this thread has had.
pub(crate) fn of_this_thread() -> Duration {
    ClockId::CLOCK_THREAD_CPUTIME_ID.now().unwrap().into()
}

/// The CPU time of one call of `crm`, milliseconds: the mean over all `events` but those it warms up with.
pub(crate) async fn per_call(product: &Product, events: impl Iterator<Item = String>) -> f64 {
    let events: Vec<_> = events.collect();
    let (first, measured) = events.split_at(WARM_UP.min(events.len() / 10));
    for event in first {
        product.body("crm", event).await;
    }
    let before = of_this_thread();
    for event in measured {
        product.body("crm", event).await;
    }
    (of_this_thread() - before).as_secs_f64() * 1000.0 / measured.len() as f64
}

/// Measure and print.
pub(crate) async fn measure(report: &mut Report) -> Cpu {
    let product = Product::new().await;
    let n = CALLS + WARM_UP;
    let lead = per_call(&product, (0..n).map(|n| product.lead(n))).await;
    let id = product.answer("crm", &product.lead(n)).await["id"].as_str().unwrap().to_owned();
    let get = per_call(&product, std::iter::repeat_n(product.event("GET", &format!("/api/crm/leads/{id}/"), None), n)).await;
    let list = per_call(&product, std::iter::repeat_n(product.event("GET", "/api/crm/leads/", None), n)).await;
    let prospect = product.prospect().await;
    let proposal = per_call(&product, std::iter::repeat_n(product.proposal(&prospect), n)).await;

    report.part(&format!("CPU per call of the handler, mean of {CALLS}"));
    report.row("get a lead", get, "ms", Target::AtMost(1.5));
    report.row("list 50 leads", list, "ms", Target::AtMost(3.0));
    report.row("create a lead", lead, "ms", Target::AtMost(2.5));
    report.row("create a proposal of 10 lines", proposal, "ms", Target::AtMost(4.0));
    Cpu { get, list, lead, proposal }
}
