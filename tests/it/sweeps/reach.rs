//! Nothing leaves a firm whose founder hasn't confirmed their e-mail, whatever is called.

use tests::{Firm, PostOffice, TestApp, catalog};

use super::{Part, assert_none, in_parts};
use crate::confirmation::set_confirmed;

/// What is done to what was sent or to whom was let in, which there is none of in a firm that was never confirmed: the outbox alone
/// stops their mails here.
const NEEDS_WHAT_WAS_SENT: [&str; 2] = ["issue_credit_note", "record_invoice_payment"];

/// How much is undelivered of the firm.
async fn aside(firm: &Firm<'_>) -> usize {
    firm.owner.get("/api/auth/firm/undelivered/?limit=100").await.expect(200).json["results"].as_array().unwrap().len()
}

in_parts!(what_would_reach_others_is_refused_as_long_as_the_firm_is_not_confirmed);
async fn what_would_reach_others_is_refused_as_long_as_the_firm_is_not_confirmed(part: Part) {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    app.stripe.ready().await;
    let (mut faults, mut refused) = (Vec::new(), 0);
    for row in part.of(catalog().into_iter().filter(|row| row.described().writes() && row.described().is_for("staff"))) {
        let given = row.given(&firm).await;
        app.deliver_by(&post).await;
        let ((_, posted), before) = (post.since(0), aside(&firm).await);
        set_confirmed(&firm, false).await;
        let answer = row.rightful(&firm, &given).send().await;
        app.deliver_by(&post).await;
        let (to, _) = post.since(posted);
        let own = |to: &String| *to == firm.owner.email || given.by != firm.owner.access;
        if !to.iter().all(own) {
            faults.push(format!("{}: {} and mails to {to:?}", row.operation, answer.status));
        }
        if aside(&firm).await > before && !NEEDS_WHAT_WAS_SENT.contains(&row.operation) {
            faults.push(format!("{}: {}, and what it leads to is set aside", row.operation, answer.status));
        }
        refused += usize::from(answer.status == 403);
        set_confirmed(&firm, true).await;
    }
    assert_none(&faults);
    assert!(refused >= 1, "nothing was refused");
}
