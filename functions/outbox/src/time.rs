//! The time of an invoice that is gone: it can be billed again.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ids::{InvoiceId, TimeEntryId},
    invoice::{Invoice, LineItem},
    time_entry::{self, TimeEntry},
};
use store::{Error, Found, Read, Record, Reply};

use crate::{Cause, Failed, Outbox, Outcome, change};

/// How many time entries are released in one transaction; each takes up to eight actions of its hundred: two for itself, two
/// for what takes it back or what it takes back, two for the draft that that is on, and one for somebody's day.
const AT_ONCE: usize = 12;

/// The invoice that billed it is void or deleted: its time can be billed again.
pub(crate) async fn free(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, "release", async || release_time(outbox, logged).await).await
}

/// The time that an invoice billed which is void or deleted can be billed again. The entries are in the invoice, or, of
/// one that is deleted, in what the event says that it had.
async fn release_time(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let invoice = logged.id::<Invoice>()?;
    let entries: Vec<TimeEntryId> = match outbox.store.read(logged.firm).record(invoice).fetch().await?.maybe(invoice)? {
        Some(invoice) => invoice.time_entries().collect(),
        None => {
            let [had, _] = logged.changed::<Vec<LineItem>>("line_items")?;
            had.unwrap_or_default().into_iter().filter_map(|line| line.time_entry).collect()
        }
    };
    for entries in entries.chunks(AT_ONCE) {
        release(outbox, logged, invoice, entries).await?;
    }
    Ok(Outcome::Done)
}

/// Release those of `entries` that `invoice`, which is gone, billed, with what takes them back. What takes back time that is
/// on no invoice any more goes itself: nobody is given back what nobody charged.
async fn release(outbox: &Outbox, logged: &Cause, invoice: InvoiceId, entries: &[TimeEntryId]) -> Result<(), Failed> {
    let found = fetch(outbox, logged, entries.iter().copied()).await?;
    // What was released before, and billed elsewhere since, is left alone.
    let billed = all(&found, entries.iter().copied())?;
    let billed: Vec<_> = billed.into_values().filter(|entry| entry.invoice == Some(invoice)).collect();
    let others: Vec<_> = billed.iter().flat_map(|entry| [entry.reversed_by, entry.reverses]).flatten().collect();
    let others = all(&fetch(outbox, logged, others.iter().copied()).await?, others)?;
    let other = |id: Option<TimeEntryId>| id.and_then(|id| others.get(&id));
    let reversals = || billed.iter().filter_map(|entry| other(entry.reversed_by));
    let on: BTreeSet<InvoiceId> = reversals().filter_map(|reversal| reversal.invoice).filter(|on| *on != invoice).collect();
    let found = on.iter().fold(outbox.store.read(logged.firm), |read, invoice| read.record(*invoice)).fetch().await?;
    let on = on.into_iter().map(|id| found.maybe(id)).collect::<Result<Vec<Option<Record<Invoice>>>, _>>()?;
    let back: Vec<TimeEntryId> = reversals().map(|reversal| reversal.id).collect();
    // A draft that can't do without them, since it would come to less than nothing, keeps them as one that is out does.
    let drafts = on.into_iter().flatten().filter_map(|draft| Some((draft.drop_time(&back).ok()?, draft)));
    let drafts: Vec<_> = drafts.collect();

    let mut change = change(outbox, &logged.place());
    for entry in billed {
        if let Some(original) = other(entry.reverses) {
            // The original is on this invoice too: it goes with that.
            if original.invoice == Some(invoice) {
                continue;
            }
            if original.invoice.is_none() {
                change.update(original, original.without_reversal())?;
                change.remove(&entry, time_entry::Event::Deleted)?;
                change.count_in_day(Some(&entry), None);
                continue;
            }
        }
        let reversal = other(entry.reversed_by);
        let charged = |on: InvoiceId| on != invoice && drafts.iter().all(|(_, draft)| draft.id != on);
        let is_charged = reversal.and_then(|reversal| reversal.invoice).is_some_and(charged);
        let (released, deleted) = entry.release_from_invoice(reversal.map(|reversal| &reversal.content), is_charged);
        change.update(&entry, released)?;
        if let Some((reversal, event)) = reversal.zip(deleted) {
            change.remove(reversal, event)?;
            change.count_in_day(Some(reversal), None);
        }
    }
    for (without, draft) in drafts {
        change.update(&draft, without)?;
    }
    Ok(change.commit(&Reply::none()).await?)
}

/// Those of the entries `ids` that were found.
fn all(found: &Found, ids: impl IntoIterator<Item = TimeEntryId>) -> Result<BTreeMap<TimeEntryId, Record<TimeEntry>>, Error> {
    let entries = ids.into_iter().map(|id| found.maybe(id)).collect::<Result<Vec<Option<Record<TimeEntry>>>, _>>()?;
    Ok(entries.into_iter().flatten().map(|entry| (entry.id, entry)).collect())
}

async fn fetch(outbox: &Outbox, logged: &Cause, entries: impl Iterator<Item = TimeEntryId>) -> Result<Found, Error> {
    entries.fold(outbox.store.read(logged.firm), Read::record).fetch().await
}
