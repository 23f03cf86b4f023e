//! What an accepted proposal means for the records around it.

use domain::{Id, event::Actor, proposal::Proposal};
use store::{Audit, Change, Error, LoggedEvent, PageRequest, Reply, Which};

use crate::{Failed, Outbox};

/// The prospect is won.
pub(crate) async fn win_prospect(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let proposal = outbox.store.read(logged.firm).record(id(logged)?).fetch().await?.record(id(logged)?)?;
    let Some(acceptance) = &proposal.acceptance else { return Ok(()) };
    let prospect = outbox.store.read(logged.firm).record(proposal.prospect).fetch().await?.record(proposal.prospect)?;
    if prospect.client.is_some() {
        return Ok(());
    }
    let mut change = change(outbox, logged);
    change.update(&prospect, prospect.win(acceptance.client, acceptance.portal_user).map_err(Error::from)?)?;
    Ok(change.commit(&Reply::none()).await?)
}

/// The other proposals to the prospect can't be accepted any more.
pub(crate) async fn cancel_siblings(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let accepted = outbox.store.read(logged.firm).record(id(logged)?).fetch().await?.record(id(logged)?)?;
    let which = Which::Parent(accepted.prospect.into());
    let mut page = PageRequest { limit: 100, ascending: true, cursor: None };
    loop {
        let siblings = outbox.store.list::<Proposal>(logged.firm, &which, &page).await?;
        for sibling in siblings.items.iter().filter(|sibling| sibling.id != accepted.id) {
            cancel(outbox, logged, sibling.id, &accepted.label()).await?;
        }
        match siblings.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// Cancel the proposal `id`, unless it is over; it is read anew, since lists lag.
async fn cancel(outbox: &Outbox, logged: &LoggedEvent, id: Id<Proposal>, accepted: &str) -> Result<(), Failed> {
    let Some(proposal) = outbox.store.read(logged.firm).record(id).fetch().await?.maybe(id)? else { return Ok(()) };
    let Ok(cancelled) = proposal.give_way(accepted) else { return Ok(()) };
    let mut change = change(outbox, logged);
    change.update(&proposal, cancelled)?;
    Ok(change.commit(&Reply::none()).await?)
}

fn id(logged: &LoggedEvent) -> Result<Id<Proposal>, Error> {
    logged.event.record.parse().map_err(|_| Error::Internal(format!("{} is no proposal", logged.event.record)))
}

/// A change that follows up `logged`, as the event log tells it.
fn change(outbox: &Outbox, logged: &LoggedEvent) -> Change {
    let actor = Actor::System("outbox".to_owned());
    let request = format!("{}/{}", logged.event.record, logged.event.sequence);
    outbox.store.change(logged.firm, Audit { actor, at: outbox.clock.now(), request, source_address: None }, None)
}
