//! What follows for the archive, whatever happened: what is archived has nothing open below it.

use std::collections::BTreeSet;

use domain::{DomainEvent, Id, Lifecycle, event::Actor};
use store::{Closable, Entity, Guarded, retry_if_lost};

use crate::{Cause, EffectKind, Failed, Outbox, Outcome, change};

/// Do what follows for the archive from `logged`, which is the event `event`.
pub(crate) async fn follow(outbox: &Outbox, logged: &Cause, event: DomainEvent) -> Result<(), Failed> {
    let restored = match logged.event.actor {
        Actor::System(_) if may_be_open(event) => restore_parents(outbox, logged, event).await,
        Actor::System(_) | Actor::User(_) | Actor::PortalUser(_) | Actor::Guest | Actor::Login(_) => Ok(()),
    };
    let rechecked = if event.lifecycle() == Lifecycle::Archiving { recheck(outbox, logged, event).await } else { Ok(()) };
    restored.and(rechecked)
}

/// Whether what `event` happened to is of a kind that keeps something out of the archive.
fn may_be_open(event: DomainEvent) -> bool {
    macro_rules! any_below {
        ($($module:ident::$kind:ident: [$($below:ident $($by_hand:ident)?),*];)+) => {
            [$($(matches!(event, DomainEvent::$below(_)),)*)+].contains(&true)
        };
    }
    store::closables!(any_below)
}

/// It happened by itself, which nothing refuses: money that a bank took back, time that is to be billed again. If the record
/// came to be open by that, what it belongs to comes out of the archive.
async fn restore_parents(outbox: &Outbox, logged: &Cause, event: DomainEvent) -> Result<(), Failed> {
    macro_rules! by_kind {
        ($($module:ident: $kind:ident,)+) => {
            match event {
                $(DomainEvent::$kind(_) => restore_parents_of::<domain::$module::$kind>(outbox, logged).await,)+
            }
        };
    }
    domain::aggregates!(by_kind)
}

async fn restore_parents_of<T: Entity>(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let id: Id<T> = logged.id()?;
    let Some(record) = outbox.store.read(logged.firm).record(id).fetch().await?.maybe(id)? else { return Ok(()) };
    restore(outbox, logged, &record.keeps_open()).await
}

/// Take those of `parents` that are archived out of the archive: something below them is open. Once they are, nothing is done.
async fn restore(outbox: &Outbox, logged: &Cause, parents: &BTreeSet<Guarded>) -> Result<(), Failed> {
    if parents.is_empty() {
        return Ok(());
    }
    let begin = || change(outbox, &logged.place());
    Ok(retry_if_lost(async || outbox.store.restore_archived(logged.firm, parents, begin).await).await?)
}

/// It was archived: out of the archive again, if something below it is open after all. Whoever archived it may have looked in
/// the moment in which that came to be.
async fn recheck(outbox: &Outbox, logged: &Cause, event: DomainEvent) -> Result<(), Failed> {
    macro_rules! by_kind {
        ($($module:ident::$kind:ident: $below:tt;)+) => {
            match event {
                $(DomainEvent::$kind(_) => recheck_one::<domain::$module::$kind>(outbox, logged).await,)+
                _ => Ok(()),
            }
        };
    }
    store::closables!(by_kind)
}

async fn recheck_one<T: Closable>(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    if !T::HAS_BELOW {
        return Ok(());
    }
    outbox.run_effect(logged, EffectKind::Recheck, async || restore_open::<T>(outbox, logged).await).await
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
    change.commit(&store::Reply::none()).await?;
    Ok(Outcome::Done)
}
