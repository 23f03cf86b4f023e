//! The third flow of the system: time becomes an invoice, and the invoice money.

use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime};

use super::{Firm, Walk, delivery::Work};
use crate::{
    caller::{Answer, Caller},
    error::{Error, Result},
};

/// How long a payment may take on its way through the queue, or a sum through the stream.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn walk(walk: &mut Walk, firm: &Firm, work: &Work) -> Result<()> {
    let caller = &walk.caller.clone();
    let (owner, portal) = (&firm.owner, &firm.portal_user);
    let entry = walk
        .step("2.5 hours at 200 are 500.00", async {
            let body = json!({ "project": work.project, "task": work.task, "hours": 2.5, "hourly_rate": 200 });
            let entry = caller.post("/api/projects/time-entries/", &body).by(owner).send().await?.is(201)?;
            entry.has("/billed_amount", &json!("500.00"))?.has("/invoice", &Value::Null)?.text("/id")
        })
        .await?;
    walk.step("the project's budget has them", async {
        // Sums come by the stream, a second or so later.
        let project = settles(caller, owner, &format!("/api/projects/projects/{}/", work.project), "/used_hours", &json!("2.50")).await?;
        project.has("/left_hours", &json!("97.50"))
    })
    .await?;
    let draft = || {
        let body = json!({ "client": firm.client, "project": work.project, "time_entries": [entry] });
        caller.post("/api/finance/invoices/", &body).by(owner).send()
    };
    let invoice = walk
        .step("an invoice takes them", async {
            let invoice = draft().await?.is(201)?.has("/status", &json!("draft"))?.has("/number", &Value::Null)?;
            invoice.has("/total", &json!("500.00"))?.text("/id")
        })
        .await?;
    walk.step("the time names its invoice", async {
        caller.get(&format!("/api/projects/time-entries/{entry}/")).by(owner).send().await?.is(200)?.has("/invoice", &json!(invoice))
    })
    .await?;
    walk.step("and is on no other: 409", async { draft().await?.is(409) }).await?;
    walk.step("the portal doesn't show a draft: 404", async {
        caller.get(&format!("/api/clients/invoices/{invoice}/")).by(portal).send().await?.is(404)
    })
    .await?;
    let number = walk
        .step("the invoice is sent, the firm's first", async {
            let sent = caller.post(&format!("/api/finance/invoices/{invoice}/send/"), &json!({})).by(owner).send().await?.is(200)?;
            sent.has("/status", &json!("sent"))?.has("/number", &json!("INV-000001"))?.text("/number")
        })
        .await?;
    walk.step("its mail arrives", caller.mail(&firm.contact_email, &number)).await?;
    walk.step("the portal shows it", async {
        let shown = caller.get(&format!("/api/clients/invoices/{invoice}/")).by(portal).send().await?.is(200)?;
        shown.has("/amount_due", &json!("500.00"))?.has("/line_items/0/quantity", &json!("2.5"))
    })
    .await?;
    let link = || caller.get(&format!("/api/clients/invoices/{invoice}/payment-link/")).by(portal).send();
    let url = walk.step("it has a payment link", async { link().await?.is(200)?.text("/url") }).await?;
    walk.step("the same as long as it is open", async { link().await?.is(200)?.has("/url", &json!(url)) }).await?;

    walk.step("the client pays on the payment page", async { caller.press(&url, "pay").await }).await?;
    walk.step("the invoice is paid by way of webhook and queue", async {
        settles(caller, owner, &format!("/api/finance/invoices/{invoice}/"), "/status", &json!("paid"))
            .await?
            .has("/amount_due", &json!("0.00"))
    })
    .await?;
    walk.step("a receipt arrives", caller.mail(&firm.contact_email, "Receipt from")).await?;
    walk.step("the same events again change nothing", async {
        let before = version(caller, owner, &invoice).await?;
        caller.post("/_local/stripe/resend/", &json!({})).send().await?.is(200)?;
        tokio::time::sleep(Duration::from_secs(4)).await;
        let after = version(caller, owner, &invoice).await?;
        if before == after { Ok(()) } else { Err(Error::new(format!("the invoice went from {before} to {after}"))) }
    })
    .await?;
    walk.step("a refund shows", async {
        caller.press(&url, "refund").await?;
        settles(caller, owner, &format!("/api/finance/invoices/{invoice}/"), "/amount_refunded", &json!("500.00"))
            .await?
            .has("/status", &json!("paid"))
    })
    .await?;
    walk.step("an invoice past its last day is marked as overdue by the schedule", async {
        let line = json!({ "description": "Workshop", "quantity": 1, "unit_price": "1200" });
        let body = json!({ "client": firm.client, "issue_date": days_ago(40), "due_date": days_ago(10), "line_items": [line] });
        let late = caller.post("/api/finance/invoices/", &body).by(owner).send().await?.is(201)?.text("/id")?;
        caller.post(&format!("/api/finance/invoices/{late}/send/"), &json!({})).by(owner).send().await?.is(200)?;
        caller.post("/_local/schedules/Timers/", &json!({})).send().await?.is(200)?;
        let overdue = caller.get("/api/finance/invoices/?status=overdue").by(owner).send().await?.is(200)?;
        overdue.has("/results/0/id", &json!(late))?.has("/results/0/overdue", &json!(true))
    })
    .await?;
    walk.step("a webhook that isn't Stripe's: 400", async {
        let forged = json!({ "id": "evt_forged", "type": "checkout.session.completed" });
        caller.post("/api/webhooks/stripe/", &forged).header("stripe-signature", "t=1,v1=00").send().await?.is(400)
    })
    .await?;
    Ok(())
}

/// What is at `path` as soon as it has `value` at `pointer`.
pub(super) async fn settles(caller: &Caller, owner: &str, path: &str, pointer: &str, value: &Value) -> Result<Answer> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let shown = caller.get(path).by(owner).send().await?.is(200)?;
        if shown.body().pointer(pointer) == Some(value) || Instant::now() > deadline {
            return shown.has(pointer, value);
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

fn days_ago(days: u64) -> String {
    let then = SystemTime::now() - Duration::from_secs(days * 86_400);
    chrono::DateTime::<chrono::Utc>::from(then).format("%Y-%m-%d").to_string()
}

/// Which version of the invoice there is.
async fn version(caller: &Caller, owner: &str, invoice: &str) -> Result<String> {
    caller.get(&format!("/api/finance/invoices/{invoice}/")).by(owner).send().await?.is(200)?.header("etag")
}
