//! `cargo bench -p tests`: the figures that the design asks for, each with what it should reach and whether it does.
//!
//! Counts, capacity units, CPU time and sizes don't depend on how busy the machine is; the few wall times do and say
//! so. `BENCH_LEADS` is the size of the large table (200,000 unless set). Nothing here fails for being slow.
//! `cargo bench -p tests -- units cpu growth numbers size start cost`: just some of the parts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a bench fails by panicking")]

mod cost;
mod cpu;
mod function;
mod growth;
mod kinds;
mod numbers;
mod product;
mod report;
mod size;
mod start;
mod units;

use report::Report;

fn main() {
    // `cargo test --benches` and the like only ask whether it builds.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let mut report = Report::default();
    // What is called runs on this thread, what it is called by and what it calls on others: CPU time is by thread.
    let here = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let beside = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();

    let only: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| only.is_empty() || only.iter().any(|only| only == part);
    let units = (wanted("units") || wanted("cost")).then(|| beside.block_on(units::measure(&mut report)));
    let cpu = (wanted("cpu") || wanted("cost")).then(|| here.block_on(cpu::measure(&mut report)));
    if wanted("growth") {
        here.block_on(growth::measure(&mut report));
    }
    if wanted("numbers") {
        beside.block_on(numbers::measure(&mut report));
    }
    if wanted("size") || wanted("start") || wanted("cost") {
        function::build();
    }
    if wanted("size") {
        size::measure(&mut report);
    }
    let whole = (wanted("start") || wanted("cost")).then(|| start::measure(&mut report, &here, beside.handle()));
    if let (Some(units), Some(cpu), Some(whole)) = (units, cpu, whole) {
        cost::measure(&mut report, &units, &cpu, whole);
    }
    report.end();
}
