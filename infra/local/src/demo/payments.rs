//! What becomes of the invoices that were sent: clients pay, late or in part, or don't.

use serde_json::{Value, json};
use std::time::{Duration, Instant};

use super::{
    billing::Billed,
    firm::BILLING,
    invoices::Fate,
    loader::{Loader, cents, decimal, together},
};
use crate::{
    caller::Answer,
    error::{Error, OrMissing, Result},
    stripe,
};

/// How long a payment may take on its way through the queue.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn load(loader: &Loader, billed: &[Billed]) -> Result<()> {
    // Credit pays once it is there.
    let (later, now): (Vec<_>, Vec<_>) = billed.iter().partition(|billed| billed.plan.fate == Fate::PaidFromCredit);
    together(now.into_iter().map(|billed| settle(loader, billed))).await?;
    together(later.into_iter().map(|billed| settle(loader, billed))).await?;
    Ok(())
}

async fn settle(loader: &Loader, billed: &Billed) -> Result<()> {
    let total = cents(&billed.total)?;
    match billed.plan.fate {
        Fate::Draft | Fate::Unpaid => Ok(()),
        Fate::Paid => pay(loader, billed, "bank_transfer", total).await,
        Fate::PaidByCard => pay(loader, billed, "card", total).await,
        Fate::PaidOnline => pay_online(loader, billed).await,
        Fate::PartPaid(percent) => pay(loader, billed, "bank_transfer", total * percent / 100).await,
        Fate::Overpaid(more) => pay(loader, billed, "bank_transfer", total + more).await,
        Fate::PaidFromCredit => {
            let rest = apply_credit(loader, billed).await?;
            pay(loader, billed, "bank_transfer", cents(&rest.text("/amount_due")?)?).await
        }
        Fate::NotedThenPaid(amount, reason) => {
            let noted = note(loader, billed, amount, reason, false).await?;
            pay(loader, billed, "bank_transfer", total - cents(&noted.text("/amount")?)?).await
        }
        Fate::PaidThenNoted(amount, reason) => {
            pay(loader, billed, "bank_transfer", total).await?;
            note(loader, billed, amount, reason, false).await.map(|_| ())
        }
        Fate::PaidThenRefunded(amount, reason) => {
            pay(loader, billed, "bank_transfer", total).await?;
            note(loader, billed, amount, reason, true).await.map(|_| ())
        }
        Fate::Uncollectible(reason) => act(loader, billed, "mark-uncollectible", &json!({ "reason": reason })).await.map(|_| ()),
        Fate::Void(reason) => act(loader, billed, "void", &json!({ "reason": reason })).await.map(|_| ()),
    }
}

/// Records what was paid, unless it will be.
async fn pay(loader: &Loader, billed: &Billed, method: &str, amount: i64) -> Result<()> {
    if billed.paid_on > loader.calendar.today {
        return Ok(());
    }
    let reference = format!("{} {}", billed.client.lead.company, billed.plan.issued.format("%m/%y"));
    let body = json!({ "amount": decimal(amount), "method": method, "date": billed.paid_on, "reference": reference });
    act(loader, billed, "record-payment", &body).await.map(|_| ())
}

/// The client pays on the page of the payment link. Nobody but a person could at Stripe itself.
async fn pay_online(loader: &Loader, billed: &Billed) -> Result<()> {
    if loader.caller.get(stripe::PATH).send().await?.status() != 200 {
        return Ok(());
    }
    let link = format!("/api/clients/invoices/{}/payment-link/", billed.id);
    let url = loader.get(billed.client.lead.email, &link).await?.text("/url")?;
    loader.caller.press(&url, "pay").await?;
    let deadline = Instant::now() + PATIENCE;
    while loader.get(BILLING, &format!("/api/finance/invoices/{}/", billed.id)).await?.text("/status")? != "paid" {
        if Instant::now() > deadline {
            return Err(Error::new("a payment on the payment page hasn't come through"));
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok(())
}

/// Pays with the client's credit; the invoice.
async fn apply_credit(loader: &Loader, billed: &Billed) -> Result<Answer> {
    let invoice = loader.get(BILLING, &format!("/api/finance/invoices/{}/", billed.id)).await?.text("/client")?;
    let credits = loader.get(BILLING, &format!("/api/finance/credits/?client={invoice}")).await?;
    let credit = credits.text("/results/0/id").ok().or_missing(format!("{} has no credit", billed.client.lead.company))?;
    act(loader, billed, "apply-credit", &json!({ "credit": credit })).await
}

/// Takes back so much of an invoice, without its tax, off its dearest lines; with the tax that is given back by transfer, or
/// becomes credit.
async fn note(loader: &Loader, billed: &Billed, amount: &str, reason: &str, give_back: bool) -> Result<Answer> {
    let shown = loader.get(BILLING, &format!("/api/finance/invoices/{}/", billed.id)).await?;
    let items = shown.body().pointer("/line_items").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut dearest = Vec::new();
    for (place, item) in items.iter().enumerate() {
        dearest.push((cents(item.pointer("/amount").and_then(Value::as_str).unwrap_or_default())?, place));
    }
    dearest.sort_unstable_by(|one, other| other.cmp(one));
    let (mut left, mut lines) = (cents(amount)?, Vec::new());
    for (net, place) in dearest {
        let part = left.min(net);
        if part > 0 {
            lines.push(json!({ "line": place, "amount": decimal(part) }));
            left -= part;
        }
    }
    let tax: i64 = billed.client.tax.parse().unwrap_or_default();
    let given_back = give_back.then_some(cents(amount)? * (100 + tax) / 100).map(decimal);
    let body = json!({ "invoice": billed.id, "lines": lines, "out_of_band_amount": given_back, "reason": reason });
    loader.create(BILLING, "/api/finance/credit-notes/", &body).await
}

async fn act(loader: &Loader, billed: &Billed, action: &str, body: &Value) -> Result<Answer> {
    loader.act(BILLING, &format!("/api/finance/invoices/{}/{action}/", billed.id), body).await
}
