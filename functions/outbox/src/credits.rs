//! What a client owes because a credit is overdrawn is settled from the client's other credits, as soon as there are any; and an
//! invoice of which a payment is gone is paid from what was too much of its others.

use domain::{
    Id,
    credit::{Credit, Settled, Status},
    ids::{CreditId, InvoiceId},
    invoice::{Invoice, NewUse},
};
use store::{Error, Reply};

use crate::{Cause, EffectKind, Failed, Outbox, Outcome, change};

/// The credit that `logged` is about may have something left, or be overdrawn: settle what is overdrawn from what is left.
pub(crate) async fn changed(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Settle, async || settle_overdrawn(outbox, logged).await).await
}

/// Something is due again of an invoice, since a payment of it is gone: what was too much of its other payments pays it, if that
/// is there yet. A credit that paid it and was taken back is left alone: it is where somebody wants it.
pub(crate) async fn pay_again(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Pay, async || pay_from_excess(outbox, logged).await).await
}

async fn pay_from_excess(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<Invoice>()?;
    let paid = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let mut outcome = Outcome::Skipped("nothing is due, or none of it was paid too often");
    let taken_back = |credit: CreditId| paid.payments.iter().any(|payment| payment.credit == Some(credit) && payment.reversal.is_some());
    let excesses = paid.payments.iter().filter_map(|payment| payment.excess).map(|excess| excess.credit);
    for credit in excesses.filter(|credit| !taken_back(*credit)) {
        if pay_from(outbox, logged, id, credit).await? {
            outcome = Outcome::Done;
        }
    }
    Ok(outcome)
}

/// Pay the invoice `id` from `credit`, as far as something is due and left: whether it was.
async fn pay_from(outbox: &Outbox, logged: &Cause, id: InvoiceId, credit: CreditId) -> Result<bool, Failed> {
    let found = outbox.store.read(logged.firm).record(id).record(credit).record(logged.firm).fetch().await?;
    let (invoice, from, now) = (found.record(id)?, found.record(credit)?, outbox.clock.now());
    let new = NewUse { amount: None, date: found.record(logged.firm)?.time_zone.day(now), receipt: false };
    let Ok(applied) = invoice.apply_credit(id, (credit, &from), new, Id::new(now, rand::random()), now) else { return Ok(false) };
    let mut change = change(outbox, &logged.place());
    change.update(&invoice, applied.invoice)?;
    change.update(&from, applied.credit)?;
    change.commit(&Reply::none()).await?;
    Ok(true)
}

async fn settle_overdrawn(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<Credit>()?;
    let credit = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let fits = match credit.status() {
        Status::Open => Status::is_owed,
        Status::Overdrawn | Status::Uncollectible => |other| other == Status::Open,
        Status::Used => return Ok(Outcome::Skipped("nothing is left of it, and nothing is overdrawn")),
    };
    let credits = outbox.store.below::<Credit>(logged.firm, credit.client).await?;
    for other in credits.iter().filter(|credit| fits(credit.status)) {
        settle(outbox, logged, credit.id, other.id).await?;
    }
    Ok(Outcome::Done)
}

/// Settle the one that is overdrawn from the other. Both are read anew, since lists lag, and since the one before changed one.
async fn settle(outbox: &Outbox, logged: &Cause, one: CreditId, other: CreditId) -> Result<(), Failed> {
    let found = outbox.store.read(logged.firm).record(one).record(other).fetch().await?;
    let (one, other) = (found.record(one)?, found.record(other)?);
    let (overdrawn, from) = if one.status().is_owed() { (one, other) } else { (other, one) };
    let settled = overdrawn.settle(overdrawn.id, (from.id, &from), outbox.clock.now()).map_err(Error::from)?;
    let Some(Settled { overdrawn: settled, from: used }) = settled else { return Ok(()) };
    let mut change = change(outbox, &logged.place());
    change.update(&overdrawn, settled)?;
    change.update(&from, used)?;
    Ok(change.commit(&Reply::none()).await?)
}
