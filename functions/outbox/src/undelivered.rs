//! What follows from trying again what was set aside: all that follows from its event, of which what was done before isn't
//! done again; and that what is undelivered says what came of it.

use domain::{
    ids::UndeliveredId,
    undelivered::{Status, Undelivered},
};
use store::{Effect, LoggedEvent, Mark, Place, Reply};

use crate::{Cause, EffectKind, Failed, Outbox, change, follow, unreadable};

/// It is to be tried again.
pub(crate) async fn retried(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let id = logged.id::<Undelivered>()?;
    let item = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    if item.status != Status::Retried {
        return Ok(());
    }
    let Undelivered { kind, record, sequence, refused, effect, .. } = item.content;
    let place = Place { firm: logged.firm, kind, record, sequence };
    let event = outbox.store.events(place.firm, &place.kind, &place.record, sequence..=sequence).await?.pop();
    match event {
        Some(Ok(event)) => Box::pin(follow(outbox, &Cause::again(event, refused))).await?,
        Some(Err(event)) => unreadable(outbox, event).await?,
        None => outbox.fail(&place, None, &effect, Failed::Never("What happened isn't known any more.")).await?,
    }
    settle(outbox, logged, id, &Effect::of(&place, &effect)).await
}

/// Say what came of `effect`, unless it was set aside again and says so itself.
async fn settle(outbox: &Outbox, logged: &LoggedEvent, id: UndeliveredId, effect: &Effect) -> Result<(), Failed> {
    let done = match outbox.store.known(effect).await? {
        Mark::Done => true,
        Mark::Skipped => false,
        Mark::Aside => return Ok(()),
        // What could not be found out before was; or the event has no such effect any more.
        Mark::Open => effect.name() == EffectKind::Event.as_str(),
    };
    let item = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let Some(settled) = item.settle(done, outbox.clock.now()) else { return Ok(()) };
    let mut change = change(outbox, &logged.place());
    change.update(&item, settled)?;
    Ok(change.commit(&Reply::none()).await?)
}
