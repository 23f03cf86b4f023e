//! What follows from that something was archived: a second look whether anything below it is open.

use domain::Id;
use store::{Closable, Reply};

use crate::{Cause, Failed, Outbox, Outcome, change};

/// It was archived: out of the archive again, if something below it is open after all. Whoever archived it may have looked in
/// the moment in which that came to be.
pub(crate) async fn look_again<T: Closable>(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, "look again", async || restore_open::<T>(outbox, logged).await).await
}

async fn restore_open<T: Closable>(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id: Id<T> = logged.id()?;
    let record = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    if record.archived_at.is_none() {
        return Ok(Outcome::Skipped("it isn't archived any more"));
    }
    if T::open_below(&outbox.store, logged.firm, &record).await?.is_empty() {
        return Ok(Outcome::Skipped("nothing below it is open"));
    }
    let mut change = change(outbox, &logged.place());
    change.restore(&record)?;
    change.commit(&Reply::none()).await?;
    Ok(Outcome::Done)
}
