//! Numbers under load: proposals drafted sixteen at a time, as invoices will be sent.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use serde_json::json;
use tests::TestApp;

use crate::{
    product::ten_lines,
    report::{Report, Target},
};

const PROPOSALS: usize = 1_000;
const AT_A_TIME: usize = 16;

/// Measure and print.
pub(crate) async fn measure(report: &mut Report) {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let prospect = owner.post("/api/crm/prospects/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let drafts = stream::iter(0..PROPOSALS).map(|_| owner.post("/api/crm/proposals/", ten_lines(&prospect)));
    let answers: Vec<_> = drafts.buffer_unordered(AT_A_TIME).collect().await;
    let numbers: BTreeSet<_> = answers.iter().filter(|answer| answer.status == 201).map(|answer| answer.text("/number")).collect();
    let refused = answers.len() - answers.iter().filter(|answer| answer.status == 201).count();
    let last = format!("PRO-{PROPOSALS:06}");
    let missing = PROPOSALS - numbers.len() + usize::from(numbers.last().is_none_or(|number| *number != last));
    report.part(&format!("{PROPOSALS} proposals, {AT_A_TIME} at a time"));
    report.row("refused or failed", refused as f64, "", Target::Exactly(0.0));
    report.row("numbers that are missing or double", missing as f64, "", Target::Exactly(0.0));
}
