//! What somebody had still to do, which is handed to somebody else.

use domain::{
    ids::{TaskId, UserId},
    task::Task,
    user::User,
};
use store::{ListScope, PageRequest, Reply};

use crate::{Cause, EffectKind, Failed, Outbox, Outcome, change};

/// How many tasks are handed over in one transaction: each takes two of its hundred actions.
const AT_ONCE: u16 = 40;

/// Somebody's work was handed over: their tasks that aren't done are the other's.
pub(crate) async fn work(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::HandOver, async || hand_over(outbox, logged).await).await
}

/// Hand over all of it, some at a time. What was handed over when this was begun before is theirs no more, so it is passed over, and so
/// is what somebody took since.
async fn hand_over(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let from = logged.id::<User>()?;
    let user = outbox.store.read(logged.firm).record(from).fetch().await?.record(from)?;
    let Some(to) = logged.then(outbox, &user).await?.handed_over_to else { return Ok(Outcome::Skipped("it was handed to nobody")) };
    let mut page = PageRequest { limit: AT_ONCE, ascending: true, cursor: None };
    loop {
        let rows = outbox.store.list::<Task>(logged.firm, &ListScope::Person(from.into()), &page).await?;
        let tasks: Vec<_> = rows.items.iter().map(|row| row.id).collect();
        move_tasks(outbox, logged, (from, to), &tasks).await?;
        if rows.next.is_none() {
            return Ok(Outcome::Done);
        }
        page.cursor = rows.next;
    }
}

/// Give those of `tasks` to `to` that `from` has still to do.
async fn move_tasks(outbox: &Outbox, logged: &Cause, (from, to): (UserId, UserId), tasks: &[TaskId]) -> Result<(), Failed> {
    let found = tasks.iter().fold(outbox.store.read(logged.firm).record(to), |read, task| read.record(*task)).fetch().await?;
    if found.record(to)?.takes_work("to").is_err() {
        return Err(Failed::Never("Whom it was handed to is deactivated; hand it to somebody else."));
    }
    let mut change = change(outbox, &logged.place());
    for id in tasks {
        if let Some(task) = found.maybe(*id)?.filter(|task| task.archived_at.is_none())
            && let Some(handed) = task.hand_over(from, to)
        {
            change.update(&task, handed)?;
        }
    }
    Ok(change.commit(&Reply::none()).await?)
}
