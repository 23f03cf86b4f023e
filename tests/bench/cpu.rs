//! CPU time of the handlers: this thread's, from the event's text to the answer's bytes, the SDK and its HTTP client
//! included. The table is in other threads and isn't counted.

use std::time::Duration;

use nix::time::ClockId;

use crate::{
    kinds::{Kind, Work},
    product::{Event, Product},
    report::Report,
};

/// How many calls are measured, after some that aren't.
const CALLS: usize = 2_000;
const WARM_UP: usize = 200;

/// The CPU time that this thread has had.
pub(crate) fn of_this_thread() -> Duration {
    ClockId::CLOCK_THREAD_CPUTIME_ID.now().unwrap().into()
}

/// The CPU time of one call, milliseconds: the mean over all `events` but those it warms up with.
pub(crate) async fn per_call(product: &Product, events: &[Event]) -> f64 {
    let (first, measured) = events.split_at(WARM_UP.min(events.len() / 10));
    for event in first {
        product.body(event).await;
    }
    let before = of_this_thread();
    for event in measured {
        product.body(event).await;
    }
    (of_this_thread() - before).as_secs_f64() * 1000.0 / measured.len() as f64
}

/// Measure and print; what a call of each kind takes, milliseconds.
pub(crate) async fn measure(report: &mut Report) -> Vec<(Kind, f64)> {
    let product = Product::new().await;
    let work = Work::begin(&product).await;
    report.part(&format!("CPU per call of the handler, mean of {CALLS}"));
    let mut measured = Vec::new();
    for kind in Kind::ALL {
        let requests = work.requests(&product, kind, CALLS + WARM_UP).await;
        let events: Vec<_> = requests.iter().map(|request| product.event(request)).collect();
        let cpu = per_call(&product, &events).await;
        report.row(kind.what(), cpu, "ms", kind.reach().cpu);
        measured.push((kind, cpu));
    }
    measured
}
