//! Cold starts, from the start of a function's process to its first answer, and what `crm` takes once it is warm. The
//! first answer comes from the table, so the token is checked and the table's client connects in that time.

use std::time::Instant;

use tokio::runtime::{Handle, Runtime};

use crate::{
    function::Function,
    kinds::{Answers, Kind, Request, Work, lead},
    product::{Event, Product},
    report::{Report, Target},
};

const STARTS: usize = 20;
const REQUESTS: usize = 1_000;

/// Measure and print; the CPU time of one warm get in the whole process of `crm`, milliseconds.
pub(crate) fn measure(report: &mut Report, here: &Runtime, beside: &Handle) -> f64 {
    let product = here.block_on(Product::new());
    let firsts = here.block_on(firsts(&product));
    report.part(&format!("process start to first answer, median of {STARTS}"));
    report.note("without TLS; wall time depends on what else this machine does; auth and portal read secrets before it");
    for first in &firsts {
        let starts = (0..STARTS).map(|_| {
            let started = Instant::now();
            let function = Function::start(&product, beside, first);
            function.answered();
            (started.elapsed().as_secs_f64() * 1000.0, function.cpu().as_secs_f64() * 1000.0)
        });
        let (walls, cpus): (Vec<_>, Vec<_>) = starts.unzip();
        report.row(&format!("{}: wall", first.function), median(walls), "ms", Target::AtMost(15.0));
        report.row(&format!("{}: CPU", first.function), median(cpus), "ms", Target::AtMost(10.0));
    }
    report.part(&format!("a process over {REQUESTS} requests"));
    report.note("CPU of the whole process per request, runtime and logs included");
    let mut whole = 0.0;
    for first in &firsts {
        let function = Function::start(&product, beside, first);
        function.answered();
        let before = function.cpu();
        (1..REQUESTS).for_each(|_| function.call(first));
        let cpu = (function.cpu() - before).as_secs_f64() * 1000.0 / (REQUESTS - 1) as f64;
        report.row(&format!("{}: CPU per request", first.function), cpu, "ms", Target::Unset);
        if let Some(resident) = function.resident() {
            report.row(&format!("{}: resident memory", first.function), resident, "MB", Target::AtMost(40.0));
        }
        if first.function == "crm" {
            whole = cpu;
        }
    }
    whole
}

/// What each function that answers HTTP from the table is asked first; `crm` for a lead.
async fn firsts(product: &Product) -> Vec<Event> {
    let work = Work::begin(product).await;
    let lead = product.id(lead(0)).await;
    for kind in [Kind::SendInvoice, Kind::CreateTimeEntry] {
        for request in work.requests(product, kind, 1).await {
            product.answer(request).await;
        }
    }
    let mut firsts = vec![Request::get(format!("/api/crm/leads/{lead}/"))];
    for kind in [Kind::GetInvoice, Kind::GetTimeEntry] {
        firsts.extend(work.requests(product, kind, 1).await);
    }
    firsts.push(Request::get(format!("/api/clients/clients/{}/", work.client)));
    firsts.push(Request::get("/api/auth/firm/"));
    firsts.push(Request::get(format!("/api/clients/comments/?task={}", work.task)));
    firsts.iter().map(|request| product.event(request)).collect()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
