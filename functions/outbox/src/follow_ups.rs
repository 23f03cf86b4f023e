//! What an event means for the records around its own: an accepted proposal, an invoice that is gone.

use domain::{
    Id,
    event::{Actor, Details, Kept},
    invoice::{Invoice, LineItem},
    proposal::Proposal,
    time_entry::{TimeEntry, TimeEntryId},
};
use store::{Audit, Change, Error, Found, ListScope, LoggedEvent, PageRequest, Read, Record, Reply};

use crate::{Failed, Outbox, mails};

/// How many time entries are released in one transaction; each takes up to six actions of its hundred.
const AT_ONCE: usize = 16;

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
    let which = ListScope::Parent(accepted.prospect.into());
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
    let Ok(cancelled) = proposal.cancel_as_sibling(accepted) else { return Ok(()) };
    let mut change = change(outbox, logged);
    change.update(&proposal, cancelled)?;
    Ok(change.commit(&Reply::none()).await?)
}

/// The time that an invoice billed which is void or deleted can be billed again. The entries are in the invoice, or, of
/// one that is deleted, in what the event says that it had.
pub(crate) async fn release_time(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let invoice = mails::id::<Invoice>(logged)?;
    let entries: Vec<TimeEntryId> = match outbox.store.read(logged.firm).record(invoice).fetch().await?.maybe(invoice)? {
        Some(invoice) => invoice.time_entries().collect(),
        None => had(logged)?,
    };
    for entries in entries.chunks(AT_ONCE) {
        let found = fetch(outbox, logged, entries.iter().copied()).await?;
        // What was released before, and billed elsewhere since, is left alone.
        let billed = entries.iter().map(|entry| found.maybe(*entry)).collect::<Result<Vec<Option<Record<TimeEntry>>>, _>>()?;
        let billed: Vec<_> = billed.into_iter().flatten().filter(|entry| entry.invoice == Some(invoice)).collect();
        let reversals = fetch(outbox, logged, billed.iter().filter_map(|entry| entry.reversed_by)).await?;
        let mut change = change(outbox, logged);
        for entry in billed {
            let reversal = entry.reversed_by.map(|id| reversals.maybe(id)).transpose()?.flatten();
            let (released, gone) = entry.release_from_invoice(reversal.as_deref());
            change.update(&entry, released)?;
            if let Some((reversal, event)) = reversal.zip(gone) {
                change.remove(&reversal, event)?;
                change.add_time_to_totals(Some(&reversal), None);
            }
        }
        change.commit(&Reply::none()).await?;
    }
    Ok(())
}

async fn fetch(outbox: &Outbox, logged: &LoggedEvent, entries: impl Iterator<Item = TimeEntryId>) -> Result<Found, Error> {
    entries.fold(outbox.store.read(logged.firm), Read::record).fetch().await
}

/// The time entries of a deleted invoice.
fn had(logged: &LoggedEvent) -> Result<Vec<TimeEntryId>, Error> {
    let unreadable = |error: &dyn std::fmt::Display| Error::Internal(format!("{}: {error}", logged.event.record));
    let Kept::Whole(json) = &logged.event.details else { return Ok(Vec::new()) };
    let details: Details = serde_json::from_str(json).map_err(|error| unreadable(&error))?;
    let lines = details.changes.get("line_items").and_then(|change| change.before.clone());
    let lines: Vec<LineItem> = lines.map(serde_json::from_value).transpose().map_err(|error| unreadable(&error))?.unwrap_or_default();
    Ok(lines.into_iter().filter_map(|line| line.time_entry).collect())
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
