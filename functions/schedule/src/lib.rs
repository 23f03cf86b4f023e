//! What happens by itself: every few minutes, the timers whose time has come are fired.
//!
//! A timer fires by changing its record, in the transaction that deletes it: a run that was missed is caught up by the
//! next, two runs at once fire it once, and mails follow from the event as they do for any other change. A timer that
//! can't be fired, or not even read, doesn't hold up the others, nor does a partition that has many; the run then fails, so
//! that the alarm tells of it, and the next run tries again. Deliberately absent: what is due when, which follows from the
//! record (`domain`).

use std::{collections::VecDeque, time::Duration};

use domain::{
    Date, Id, Time,
    client::Client,
    event::Actor,
    firm::Unconfirmed,
    ids::{FirmId, NotificationBatchId, UndeliveredId},
    invitation::Standing,
    invoice::{self, Invoice},
    login::Joined,
    proposal::Proposal,
    task::Task,
    timer::TimerKind,
};
use mail::Identities;
use runtime::Clock;
use senders::{Look, NotLooked, Senders};
use serde::{Deserialize, Serialize};
use store::{Audit, Change, Due, DueEnd, Entity, Error, Record, Reply, Store, retry_if_lost};
use tokio::time::{Instant, timeout};

/// How long a run goes on; the next one does the rest. The last timer may take its time beside it, and all of that is
/// less than the function's timeout.
const RUN: Duration = Duration::from_secs(40);
/// How long a timer may take.
const TIMER: Duration = Duration::from_secs(10);
/// How often another partition is the first, seconds: less than a run is apart from the next.
const TURN: i64 = 60;

/// What the function works with.
#[derive(Debug)]
pub struct Schedule {
    /// The table.
    pub store: Store,
    /// Firms' domains at the mail service.
    pub identities: Identities,
    /// Tells the time.
    pub clock: Clock,
}

/// What the function is called with.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Order {
    /// What to do; nothing if it isn't said.
    pub sweep: Option<Sweep>,
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sweep {
    /// Fire the timers whose time has come.
    Timers,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Timers that changed their records.
    pub fired: u32,
    /// Timers that their records didn't want any more.
    pub dropped: u32,
}

/// Some timers could not be fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{failed} timers could not be fired; {} were", done.fired)]
pub struct Failed {
    /// How many could not.
    pub failed: u32,
    /// What was done all the same.
    pub done: Done,
}

/// What became of a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Fired,
    Dropped,
}

/// Do what the function is called with.
pub async fn handle(schedule: &Schedule, order: Order) -> Result<Done, lambda_runtime::Error> {
    match order.sweep {
        Some(Sweep::Timers) => schedule.fire_timers().await,
        None => Ok(Done::default()),
    }
}

impl Schedule {
    /// Fire what is due, some of each partition in turn, so that none waits for all of another.
    async fn fire_timers(&self) -> Result<Done, lambda_runtime::Error> {
        let (started, now) = (Instant::now(), self.clock.now());
        let (mut done, mut failed) = (Done::default(), 0);
        let is_over = || started.elapsed() >= RUN;
        let mut turns: VecDeque<(u8, Option<DueEnd>)> = in_turn(Store::timer_shards(), now).map(|shard| (shard, None)).collect();
        while let Some((shard, last)) = turns.pop_front().filter(|_| !is_over()) {
            let page = match self.store.due(shard, now, last.as_ref()).await {
                Ok(page) => page,
                Err(error) => {
                    failed += 1;
                    tracing::error!(%error, shard, "not read");
                    continue;
                }
            };
            turns.extend(page.end.map(|end| (shard, Some(end))));
            for timer in page.unreadable {
                failed += 1;
                tracing::error!(timer, "can't be read");
            }
            for due in page.timers.into_iter().take_while(|_| !is_over()) {
                let late = || Err(Error::Unavailable("no time was left".to_owned()));
                match timeout(TIMER, self.fire(&due, now)).await.unwrap_or_else(|_| late()) {
                    Ok(Outcome::Fired) => done.fired += 1,
                    Ok(Outcome::Dropped) => done.dropped += 1,
                    Err(error) => {
                        failed += 1;
                        tracing::error!(%error, record = due.record, kind = due.kind.as_str(), "not fired");
                    }
                }
            }
        }
        tracing::info!(fired = done.fired, dropped = done.dropped, failed, "timers");
        if failed == 0 { Ok(done) } else { Err(Failed { failed, done }.into()) }
    }

    /// Fire one timer.
    async fn fire(&self, due: &Due, now: Time) -> Result<Outcome, Error> {
        let today = Date::anywhere_on_earth(now);
        match due.kind {
            TimerKind::ProposalExpiry => self.change(due, async |proposal: &Proposal| Ok(proposal.expire(today))).await,
            TimerKind::FirmUnconfirmed => retry_if_lost(async || self.close_firm_once(due, now).await).await,
            TimerKind::InvoiceOverdue => self.change(due, async |invoice: &Invoice| Ok(invoice.mark_overdue(now))).await,
            TimerKind::MailRetry => retry_if_lost(async || self.retry_once(due).await).await,
            TimerKind::NotificationsDue => retry_if_lost(async || self.close_batch_once(due, now).await).await,
            TimerKind::SenderDomainCheck => self.look(due, now).await,
            TimerKind::TaskDue => self.change(due, async |task: &Task| Ok(task.come_due(now))).await,
            TimerKind::InvoiceReminder => self.change(due, async |invoice: &Invoice| self.remind(due.firm, invoice, now).await).await,
        }
    }

    /// Change the timer's record as `decide` says; drop the timer if the record doesn't want it. Others may change the
    /// record at the same moment: then it is read and decided again, a little later.
    async fn change<T: Entity>(
        &self,
        due: &Due,
        decide: impl AsyncFn(&T) -> Result<Option<(T, T::Event)>, Error>,
    ) -> Result<Outcome, Error> {
        let id: Id<T> = due.record.parse().map_err(|_| Error::Internal(format!("{} is no {}", due.record, T::NAME)))?;
        retry_if_lost(async || self.change_once(due, id, &decide).await).await
    }

    /// Close the timer's firm, whose founder hasn't confirmed their e-mail. They are shut out; and unless they have proven since that
    /// the e-mail is theirs, as who was invited to another firm has, it is free again.
    async fn close_firm_once(&self, due: &Due, now: Time) -> Result<Outcome, Error> {
        let firm = self.store.read(due.firm).record(due.firm).fetch().await?.maybe(due.firm)?;
        let closed = firm.as_ref().filter(|firm| due.is_wanted_by(firm)).and_then(|firm| Some((firm, firm.unconfirmed?, firm.close(now)?)));
        let mut change = self.begin(due);
        let Some((firm, Unconfirmed { founder, login, .. }, closed)) = closed else {
            change.cancel(due)?;
            change.commit(&Reply::none()).await?;
            return Ok(Outcome::Dropped);
        };
        let found = self.store.read(due.firm).record(founder).login(login).first_firm().fetch().await?;
        change.update(firm, closed)?;
        if let Some(founder) = found.maybe(founder)?.filter(|founder| founder.status != Standing::Deactivated) {
            change.update(&founder, founder.close())?;
        }
        change.remove_membership(&founder.to_string())?;
        if let Some(login) = found.login(login)?.filter(|login| login.proven_at.is_none()) {
            change.remove_login(&login, &[Joined { firm: due.firm, subject: founder.to_string(), client: None, since: now }])?;
        }
        change.forget_first_firm(due.firm, &found)?;
        change.commit(&Reply::none()).await?;
        Ok(Outcome::Fired)
    }

    /// Try again what waited for the firm's next day.
    async fn retry_once(&self, due: &Due) -> Result<Outcome, Error> {
        let id: UndeliveredId = due.record.parse().map_err(|_| Error::Internal(format!("{} is nothing undelivered", due.record)))?;
        let waiting = self.store.read(due.firm).record(id).fetch().await?.maybe(id)?.filter(|waiting| due.is_wanted_by(waiting));
        let mut change = self.begin(due);
        let outcome = match waiting {
            None => {
                change.cancel(due)?;
                Outcome::Dropped
            }
            Some(waiting) => {
                change.retry(&waiting)?;
                Outcome::Fired
            }
        };
        change.commit(&Reply::none()).await?;
        Ok(outcome)
    }

    /// Look whether the domain of the timer's firm says what it is to. If the mail service doesn't say, the next run asks again.
    async fn look(&self, due: &Due, now: Time) -> Result<Outcome, Error> {
        let senders = Senders { store: &self.store, identities: &self.identities };
        let looked = retry_if_lost(async || senders.look(due.firm, Look::Due(due), now, || self.begin(due)).await).await;
        match looked {
            Ok(true) => Ok(Outcome::Fired),
            Ok(false) => Ok(Outcome::Dropped),
            Err(NotLooked::Store(error)) => Err(error),
            Err(NotLooked::Identity(error)) => Err(Error::Unavailable(error.to_string())),
        }
    }

    /// Nothing more comes to the timer's notifications: they are mailed. What comes from now on opens others.
    async fn close_batch_once(&self, due: &Due, now: Time) -> Result<Outcome, Error> {
        let id: NotificationBatchId = due.record.parse().map_err(|_| Error::Internal(format!("{} is no batch", due.record)))?;
        let batch = self.store.read(due.firm).record(id).fetch().await?.maybe(id)?.filter(|batch| due.is_wanted_by(batch));
        let mut change = self.begin(due);
        let Some((batch, closed)) = batch.as_ref().and_then(|batch| Some((batch, batch.close(now)?))) else {
            change.cancel(due)?;
            change.commit(&Reply::none()).await?;
            return Ok(Outcome::Dropped);
        };
        let subject = batch.recipient.subject();
        let inbox = self.store.read(due.firm).inbox(&subject).fetch().await?.inbox(&subject)?;
        change.update(batch, closed)?;
        change.replace_inbox(&subject, &inbox, inbox.close(id))?;
        change.commit(&Reply::none()).await?;
        Ok(Outcome::Fired)
    }

    /// A change that fires `due`.
    fn begin(&self, due: &Due) -> Change {
        let actor = Actor::System("schedule".to_owned());
        let request = format!("{}/{}", due.record, due.kind);
        self.store.change(due.firm, Audit { actor, at: self.clock.now(), request, source_address: None }, None)
    }

    /// Remind the client of `invoice`, unless its reminders are paused.
    async fn remind(&self, firm: FirmId, invoice: &Invoice, now: Time) -> Result<Option<(Invoice, invoice::Event)>, Error> {
        let client: Option<Record<Client>> = self.store.read(firm).record(invoice.client).fetch().await?.maybe(invoice.client)?;
        let is_paused = client.is_some_and(|client| client.reminders_paused);
        Ok(if is_paused { invoice.pass_over_reminder(now) } else { invoice.remind(now) })
    }

    async fn change_once<T: Entity>(
        &self,
        due: &Due,
        id: Id<T>,
        decide: &impl AsyncFn(&T) -> Result<Option<(T, T::Event)>, Error>,
    ) -> Result<Outcome, Error> {
        let record = self.store.read(due.firm).record(id).fetch().await?.maybe(id)?;
        let mut change = self.begin(due);
        let outcome = match record.filter(|record| due.is_wanted_by(record)) {
            None => {
                change.cancel(due)?;
                Outcome::Dropped
            }
            Some(record) => {
                let decided = decide(&record).await?.ok_or_else(|| Error::Internal(format!("{} isn't ready for its timer", due.record)))?;
                change.update(&record, decided)?;
                Outcome::Fired
            }
        };
        change.commit(&Reply::none()).await?;
        Ok(outcome)
    }
}

/// `shards`, beginning with another every minute, so that what a run leaves undone isn't always of the same.
fn in_turn(shards: impl Iterator<Item = u8>, now: Time) -> impl Iterator<Item = u8> {
    let mut shards: Vec<u8> = shards.collect();
    let turn = usize::try_from(now.timestamp().div_euclid(TURN)).unwrap_or_default();
    let first = turn.checked_rem(shards.len()).unwrap_or_default();
    shards.rotate_left(first);
    shards.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_follow_each_other_begin_with_another_partition() {
        let order = |minutes: i64| in_turn(0..4, Time::from_timestamp(1_790_000_040 + minutes * 60, 0).unwrap()).collect::<Vec<_>>();
        let first = order(0);
        assert_eq!([5, 10, 15, 20].map(|minutes| order(minutes)[0]), [1, 2, 3, 0].map(|turn| first[turn]));
        assert!([0, 1, 2, 3, 4].iter().all(|minutes| (0..4).all(|shard| order(*minutes).contains(&shard))));
    }
}
