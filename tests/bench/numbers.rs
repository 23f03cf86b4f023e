//! Numbers under load: proposals drafted, and invoices sent, sixteen at a time.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use tests::TestApp;

use crate::{
    kinds::{Kind, Work},
    report::{Report, Target},
};

const REQUESTS: usize = 1_000;
const AT_A_TIME: usize = 16;

/// Measure and print.
pub(crate) async fn measure(report: &mut Report) {
    report.part(&format!("{REQUESTS} numbers, {AT_A_TIME} at a time"));
    for (kind, made, prefix) in [(Kind::CreateProposal, 201, "PRO"), (Kind::SendInvoice, 200, "INV")] {
        let app = TestApp::unlimited().await;
        let owner = app.firm().await.owner;
        let work = Work::begin(&owner).await;
        let requests = work.requests(&owner, kind, REQUESTS).await;
        app.meter.take();
        let answers = stream::iter(requests).map(|request| request.by(&owner).send()).buffer_unordered(AT_A_TIME);
        let answers: Vec<_> = answers.collect().await;
        let good = || answers.iter().filter(|answer| answer.status == made);
        let numbers: BTreeSet<_> = good().map(|answer| answer.text("/number")).collect();
        let missing = (1..=REQUESTS).filter(|n| !numbers.contains(&format!("{prefix}-{n:06}"))).count();
        let transactions = app.meter.take().iter().filter(|call| call.operation == "TransactWriteItems").count();
        report.row(&format!("{}: refused or failed", kind.what()), (REQUESTS - good().count()) as f64, "", Target::Exactly(0.0));
        report.row(&format!("{}: of 1 to {REQUESTS} missing or double", kind.what()), missing as f64, "", Target::Exactly(0.0));
        report.row(
            &format!("{}: transactions each, races included", kind.what()),
            transactions as f64 / REQUESTS as f64,
            "",
            Target::Unset,
        );
    }
}
