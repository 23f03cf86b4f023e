//! What a client owes because a credit is overdrawn is settled from the client's other credits, as soon as there are any.

use domain::{
    client::ClientId,
    credit::{Credit, CreditId, Settled, Status},
};
use store::{Error, ListScope, LoggedEvent, PageRequest, Reply, Row};

use crate::{Failed, Outbox, change, mails::id};

/// How many of a client's credits are looked at a page.
const PAGE: u16 = 100;

/// The credit that `logged` is about has something left or is overdrawn: settle what is overdrawn from what is left.
pub(crate) async fn settle_overdrawn(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let id = id::<Credit>(logged)?;
    let credit = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let other = match credit.status() {
        Status::Open => Status::Overdrawn,
        Status::Overdrawn => Status::Open,
        Status::Used => return Ok(()),
    };
    for other in credits_at(outbox, logged, credit.client, other).await? {
        settle(outbox, logged, credit.id, other.id).await?;
    }
    Ok(())
}

/// Settle the one that is overdrawn from the other. Both are read anew, since lists lag, and since the one before changed one.
async fn settle(outbox: &Outbox, logged: &LoggedEvent, one: CreditId, other: CreditId) -> Result<(), Failed> {
    let found = outbox.store.read(logged.firm).record(one).record(other).fetch().await?;
    let (one, other) = (found.record(one)?, found.record(other)?);
    let (overdrawn, from) = if one.status() == Status::Overdrawn { (one, other) } else { (other, one) };
    let settled = overdrawn.settle(overdrawn.id, (from.id, &from), outbox.clock.now()).map_err(Error::from)?;
    let Some(Settled { overdrawn: settled, from: used }) = settled else { return Ok(()) };
    let mut change = change(outbox, logged);
    change.update(&overdrawn, settled)?;
    change.update(&from, used)?;
    Ok(change.commit(&Reply::none()).await?)
}

/// The credits of `client` that are at `status`, oldest first.
async fn credits_at(outbox: &Outbox, logged: &LoggedEvent, client: ClientId, status: Status) -> Result<Vec<Row<Credit>>, Failed> {
    let scope = ListScope::Parent(client.into());
    let mut page = PageRequest { limit: PAGE, ascending: true, cursor: None };
    let mut credits = Vec::new();
    loop {
        let listed = outbox.store.list::<Credit>(logged.firm, &scope, &page).await?;
        credits.extend(listed.items.into_iter().filter(|credit| credit.status == status));
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(credits),
        }
    }
}
