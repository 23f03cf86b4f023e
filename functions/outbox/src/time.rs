//! The time of an invoice that is gone, or that charges it no more: it can be billed again.

use domain::{
    ids::{InvoiceId, TimeEntryId},
    invoice::{Invoice, LineItem},
};
use store::Reply;

use crate::{Cause, EffectKind, Failed, Outbox, Outcome, change};

/// How many time entries are released in one transaction: each takes two of its hundred actions.
const AT_ONCE: usize = 40;

/// The invoice that billed it is void or deleted: its time can be billed again.
pub(crate) async fn free(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Release, async || release_time(outbox, logged).await).await
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
    release_all(outbox, logged, invoice, &entries).await
}

/// Release those of `entries` that `invoice`, which charges them no more, billed.
pub(crate) async fn release_all(outbox: &Outbox, logged: &Cause, invoice: InvoiceId, entries: &[TimeEntryId]) -> Result<Outcome, Failed> {
    for entries in entries.chunks(AT_ONCE) {
        release(outbox, logged, invoice, entries).await?;
    }
    Ok(Outcome::Done)
}

/// Release those of `entries` that `invoice` billed. What was released before, and billed elsewhere since, is left alone, and so
/// is what other time takes back.
async fn release(outbox: &Outbox, logged: &Cause, invoice: InvoiceId, entries: &[TimeEntryId]) -> Result<(), Failed> {
    let found = entries.iter().fold(outbox.store.read(logged.firm), |read, entry| read.record(*entry)).fetch().await?;
    let mut change = change(outbox, &logged.place());
    for id in entries {
        if let Some(entry) = found.maybe(*id)?.filter(|entry| entry.invoice == Some(invoice))
            && let Ok(released) = entry.release()
        {
            change.update(&entry, released)?;
        }
    }
    Ok(change.commit(&Reply::none()).await?)
}
