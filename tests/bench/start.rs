//! Cold starts of `crm`, from the start of its process to its first answer, and what it takes once it is warm. The
//! first answer is a record from the table, so the token is checked and the table's client connects in that time.

use std::time::Instant;

use tokio::runtime::{Handle, Runtime};

use crate::{
    function::Function,
    product::Product,
    report::{Report, Target},
};

const STARTS: usize = 20;
const REQUESTS: usize = 1_000;

/// Measure and print; the CPU time of one warm get in the whole process, milliseconds.
pub(crate) fn measure(report: &mut Report, here: &Runtime, beside: &Handle) -> f64 {
    let product = here.block_on(Product::new());
    let lead = here.block_on(product.answer("crm", &product.lead(0)));
    let get = product.event("GET", &format!("/api/crm/leads/{}/", lead["id"].as_str().unwrap()), None);
    let starts = (0..STARTS).map(|_| {
        let started = Instant::now();
        let function = Function::start(&product, beside, get.clone());
        function.answered();
        (started.elapsed().as_secs_f64() * 1000.0, function.cpu().as_secs_f64() * 1000.0)
    });
    let (walls, cpus): (Vec<_>, Vec<_>) = starts.unzip();
    report.part(&format!("cold start of crm, median of {STARTS}"));
    report.note("without TLS; wall time depends on what else this machine does");
    report.row("process start to first answer, wall", median(walls), "ms", Target::AtMost(15.0));
    report.row("process start to first answer, CPU", median(cpus), "ms", Target::AtMost(10.0));

    let function = Function::start(&product, beside, get.clone());
    function.answered();
    let before = function.cpu();
    (1..REQUESTS).for_each(|_| function.call(get.clone()));
    let cpu = (function.cpu() - before).as_secs_f64() * 1000.0 / (REQUESTS - 1) as f64;
    report.part(&format!("the process of crm over {REQUESTS} requests"));
    report.row("get a lead: CPU of the whole process, runtime and logs included", cpu, "ms", Target::Unset);
    if let Some(resident) = function.resident() {
        report.row("resident memory", resident, "MB", Target::AtMost(40.0));
    }
    cpu
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
