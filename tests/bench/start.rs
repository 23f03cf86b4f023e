//! Cold starts, from the start of a function's process to its first answer, and what it takes once it is warm. The
//! first answer comes from the table, so the token is checked and the table's client connects in that time.

use std::{collections::BTreeMap, time::Instant};

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
    report.note("without TLS; wall time depends on what else this machine does; auth and clients read secrets before it");
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
    warm(report, here, beside, &product)
}

/// The same for processes that are warm: each has a thousand requests of each kind that it answers.
fn warm(report: &mut Report, here: &Runtime, beside: &Handle, product: &Product) -> f64 {
    report.part(&format!("CPU per call of the whole process, mean of {REQUESTS}, and what it then has in memory"));
    report.note("the runtime, the logs and the connection to the table included");
    let work = here.block_on(Work::begin(product));
    let mut functions = BTreeMap::<String, Function>::new();
    let mut get = 0.0;
    for kind in Kind::ALL {
        let requests = here.block_on(work.requests(product, kind, REQUESTS + 1));
        let events: Vec<_> = requests.iter().map(|request| product.event(request)).collect();
        let (first, events) = events.split_first().unwrap();
        let name = first.function.as_str();
        match functions.get(name) {
            Some(function) => function.call(first),
            None => {
                let function = Function::start(product, beside, first);
                function.answered();
                functions.insert(name.to_owned(), function);
            }
        }
        let function = &functions[name];
        let before = function.cpu();
        events.iter().for_each(|event| function.call(event));
        let cpu = (function.cpu() - before).as_secs_f64() * 1000.0 / REQUESTS as f64;
        report.row(kind.what(), cpu, "ms", Target::Unset);
        if kind == Kind::GetLead {
            get = cpu;
        }
    }
    for (name, function) in &functions {
        if let Some(resident) = function.resident() {
            report.row(&format!("{name}: resident memory"), resident, "MB", Target::AtMost(40.0));
        }
    }
    get
}

/// What each function that answers HTTP from the table is asked first; `crm` for a lead.
async fn firsts(product: &Product) -> Vec<Event> {
    let work = Work::begin(product).await;
    let lead = product.id(lead(usize::MAX)).await;
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
