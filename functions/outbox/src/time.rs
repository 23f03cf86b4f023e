//! The time of an invoice that is gone: it can be billed again.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ids::{InvoiceId, TimeEntryId},
    invoice::{Invoice, LineItem},
    time_entry::TimeEntry,
};
use store::{Error, Found, Read, Record, Reply};

use crate::{Cause, Failed, Outbox, Outcome, change};

/// How many time entries are released in one transaction; each takes up to ten actions of its hundred: two for itself, what
/// takes it back, and the draft that that is on, two for sums and two for days.
const AT_ONCE: usize = 9;

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

/// Release those of `entries` that `invoice` billed, with what takes them back.
async fn release(outbox: &Outbox, logged: &Cause, invoice: InvoiceId, entries: &[TimeEntryId]) -> Result<(), Failed> {
    let found = fetch(outbox, logged, entries.iter().copied()).await?;
    // What was released before, and billed elsewhere since, is left alone.
    let billed = entries.iter().map(|entry| found.maybe(*entry)).collect::<Result<Vec<Option<Record<TimeEntry>>>, _>>()?;
    let billed: Vec<_> = billed.into_iter().flatten().filter(|entry| entry.invoice == Some(invoice)).collect();
    let found = fetch(outbox, logged, billed.iter().filter_map(|entry| entry.reversed_by)).await?;
    let reversals = billed.iter().filter_map(|entry| entry.reversed_by).map(|id| found.maybe(id)).collect::<Result<Vec<_>, _>>()?;
    let reversals: BTreeMap<TimeEntryId, Record<TimeEntry>> = reversals.into_iter().flatten().map(|entry| (entry.id, entry)).collect();
    let on: BTreeSet<InvoiceId> = reversals.values().filter_map(|reversal| reversal.invoice).collect();
    let found = on.iter().fold(outbox.store.read(logged.firm), |read, invoice| read.record(*invoice)).fetch().await?;
    let on = on.into_iter().map(|id| found.maybe(id)).collect::<Result<Vec<Option<Record<Invoice>>>, _>>()?;
    let back: Vec<TimeEntryId> = reversals.keys().copied().collect();
    // A draft that can't do without them, since it would come to less than nothing, keeps them as one that is out does.
    let drafts = on.into_iter().flatten().filter_map(|draft| Some((draft.drop_time(&back).ok()?, draft)));
    let drafts: Vec<_> = drafts.collect();

    let mut change = change(outbox, &logged.place());
    for entry in billed {
        let reversal = entry.reversed_by.and_then(|id| reversals.get(&id));
        let of_draft = reversal.and_then(|reversal| reversal.invoice).is_some_and(|on| drafts.iter().any(|(_, draft)| draft.id == on));
        let (released, deleted) = entry.release_from_invoice(reversal.map(|reversal| &reversal.content), !of_draft);
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

async fn fetch(outbox: &Outbox, logged: &Cause, entries: impl Iterator<Item = TimeEntryId>) -> Result<Found, Error> {
    entries.fold(outbox.store.read(logged.firm), Read::record).fetch().await
}
