//! What a client owes because a credit is overdrawn is settled from the client's other credits, as soon as there are any.

use domain::{
    credit::{Credit, Settled, Status},
    ids::CreditId,
};
use store::{Error, Reply};

use crate::{Cause, Failed, Outbox, Outcome, change};

/// The credit that `logged` is about may have something left, or be overdrawn: settle what is overdrawn from what is left.
pub(crate) async fn changed(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, "settle", async || settle_overdrawn(outbox, logged).await).await
}

async fn settle_overdrawn(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<Credit>()?;
    let credit = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let other = match credit.status() {
        Status::Open => Status::Overdrawn,
        Status::Overdrawn => Status::Open,
        Status::Used => return Ok(Outcome::Skipped("nothing is left of it, and nothing is overdrawn")),
    };
    let credits = outbox.store.below::<Credit>(logged.firm, credit.client).await?;
    for other in credits.iter().filter(|credit| credit.status == other) {
        settle(outbox, logged, credit.id, other.id).await?;
    }
    Ok(Outcome::Done)
}

/// Settle the one that is overdrawn from the other. Both are read anew, since lists lag, and since the one before changed one.
async fn settle(outbox: &Outbox, logged: &Cause, one: CreditId, other: CreditId) -> Result<(), Failed> {
    let found = outbox.store.read(logged.firm).record(one).record(other).fetch().await?;
    let (one, other) = (found.record(one)?, found.record(other)?);
    let (overdrawn, from) = if one.status() == Status::Overdrawn { (one, other) } else { (other, one) };
    let settled = overdrawn.settle(overdrawn.id, (from.id, &from), outbox.clock.now()).map_err(Error::from)?;
    let Some(Settled { overdrawn: settled, from: used }) = settled else { return Ok(()) };
    let mut change = change(outbox, &logged.place());
    change.update(&overdrawn, settled)?;
    change.update(&from, used)?;
    Ok(change.commit(&Reply::none()).await?)
}
