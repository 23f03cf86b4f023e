//! What follows for the archive: what is archived has nothing open below it.

use std::collections::BTreeSet;

use domain::{
    Archive, Id,
    client::Client,
    event::Actor,
    ids::{ClientId, ProjectId},
    project::Project,
};
use store::{Closable, Entity, Error, Found, Guarded, Record, Reply};

use crate::{Cause, Failed, Outbox, Outcome, change};

/// It was archived: out of the archive again, if something below it is open after all. Whoever archived it may have looked in
/// the moment in which that came to be.
pub(crate) async fn recheck<T: Closable>(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, crate::EffectKind::Recheck, async || restore_open::<T>(outbox, logged).await).await
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
    restore_one(outbox, logged, &record).await?;
    Ok(Outcome::Done)
}

async fn restore_one<T: Entity + Archive>(outbox: &Outbox, logged: &Cause, record: &Record<T>) -> Result<(), Failed> {
    let mut change = change(outbox, &logged.place());
    change.restore(record)?;
    Ok(change.commit(&Reply::none()).await?)
}

/// It may have come to be open by itself, which nothing refuses: money that a bank took back. What it belongs to and is archived
/// comes out of the archive.
pub(crate) async fn restore_parents<T: Entity>(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    if !matches!(logged.event.actor, Actor::System(_)) {
        return Ok(());
    }
    let id: Id<T> = logged.id()?;
    let Some(record) = outbox.store.read(logged.firm).record(id).fetch().await?.maybe(id)? else { return Ok(()) };
    let parents = record.keeps_open().into_iter().collect();
    let (clients, projects) = archived(outbox, logged, &parents).await?;
    if clients.is_empty() && projects.is_empty() {
        return Ok(());
    }
    let effect = async || {
        restore(outbox, logged, &parents).await?;
        Ok(Outcome::Done)
    };
    outbox.run_effect(logged, crate::EffectKind::Restore, effect).await
}

/// Take those of `parents` that are archived out of the archive: something below them is open.
pub(crate) async fn restore(outbox: &Outbox, logged: &Cause, parents: &BTreeSet<Guarded>) -> Result<(), Failed> {
    let (clients, projects) = archived(outbox, logged, parents).await?;
    for client in &clients {
        restore_one(outbox, logged, client).await?;
    }
    for project in &projects {
        restore_one(outbox, logged, project).await?;
    }
    Ok(())
}

/// Those of `parents` that are archived: clients and projects, which are all that money and time belong to.
async fn archived(
    outbox: &Outbox,
    logged: &Cause,
    parents: &BTreeSet<Guarded>,
) -> Result<(Vec<Record<Client>>, Vec<Record<Project>>), Error> {
    let (clients, projects): (Vec<ClientId>, Vec<ProjectId>) =
        (parents.iter().filter_map(Guarded::id).collect(), parents.iter().filter_map(Guarded::id).collect());
    let read = clients.iter().fold(outbox.store.read(logged.firm), |read, id| read.record(*id));
    let found = projects.iter().fold(read, |read, id| read.record(*id)).fetch().await?;
    Ok((all_archived(&found, clients)?, all_archived(&found, projects)?))
}

fn all_archived<T: Entity>(found: &Found, ids: Vec<Id<T>>) -> Result<Vec<Record<T>>, Error> {
    let records = ids.into_iter().map(|id| found.maybe(id)).collect::<Result<Vec<_>, _>>()?;
    Ok(records.into_iter().flatten().filter(|record| record.archived_at.is_some()).collect())
}
