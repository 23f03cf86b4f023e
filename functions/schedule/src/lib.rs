//! What happens by itself: every few minutes, the timers whose time has come are fired.
//!
//! A timer fires by changing its record, in the transaction that deletes it: a run that was missed is caught up by the
//! next, two runs at once fire it once, and mails follow from the event as they do for any other change. A timer that
//! can't be fired doesn't hold up the others; the run then fails, so that the alarm tells of it, and the next run tries
//! again. Deliberately absent: what is due when, which follows from the record (`domain`).

use std::time::{Duration, Instant};

use api::Clock;
use domain::{Date, Id, Time, event::Actor, invoice::Invoice, proposal::Proposal, timer::TimerKind};
use serde::{Deserialize, Serialize};
use store::{Audit, Due, Entity, Error, Reply, Store};

/// How long a run goes on; the next one does the rest.
const RUN: Duration = Duration::from_secs(40);
/// How often a record is read again that others change at the same moment.
const ATTEMPTS: u32 = 5;

/// What the function works with.
#[derive(Debug)]
pub struct Schedule {
    /// The table.
    pub store: Store,
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
    async fn fire_timers(&self) -> Result<Done, lambda_runtime::Error> {
        let (started, now) = (Instant::now(), self.clock.now());
        let (mut done, mut failed) = (Done::default(), 0);
        for shard in Store::timer_shards() {
            let mut last = None;
            while started.elapsed() < RUN {
                let page = self.store.due(shard, now, last.as_ref()).await?;
                let Some(end) = page.last().cloned() else { break };
                for due in page {
                    match self.fire(&due, now).await {
                        Ok(Outcome::Fired) => done.fired += 1,
                        Ok(Outcome::Dropped) => done.dropped += 1,
                        Err(error) => {
                            failed += 1;
                            tracing::error!(%error, record = due.record, kind = due.kind.as_str(), "not fired");
                        }
                    }
                }
                last = Some(end);
            }
        }
        tracing::info!(fired = done.fired, dropped = done.dropped, failed, "timers");
        if failed == 0 { Ok(done) } else { Err(Failed { failed, done }.into()) }
    }

    /// Fire one timer.
    async fn fire(&self, due: &Due, now: Time) -> Result<Outcome, Error> {
        let today = Date::today(now);
        match due.kind {
            TimerKind::ProposalExpiry => self.change(due, |proposal: &Proposal| proposal.expire(today)).await,
            TimerKind::InvoiceOverdue => self.change(due, |invoice: &Invoice| invoice.mark_overdue(now)).await,
            TimerKind::InvoiceReminder => self.change(due, |invoice: &Invoice| invoice.remind(now)).await,
        }
    }

    /// Change the timer's record as `decide` says; drop the timer if the record doesn't want it. Others may change the
    /// record at the same moment: then it is read and decided again.
    async fn change<T: Entity>(&self, due: &Due, decide: impl Fn(&T) -> Option<(T, T::Event)>) -> Result<Outcome, Error> {
        let id: Id<T> = due.record.parse().map_err(|_| Error::Internal(format!("{} is no {}", due.record, T::NAME)))?;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let record = self.store.read(due.firm).record(id).fetch().await?.maybe(id)?;
            let actor = Actor::System("schedule".to_owned());
            let request = format!("{}/{}", due.record, due.kind);
            let mut change = self.store.change(due.firm, Audit { actor, at: self.clock.now(), request, source_address: None }, None);
            let outcome = match record.filter(|record| due.is_wanted_by(record)) {
                None => {
                    change.cancel(due)?;
                    Outcome::Dropped
                }
                Some(record) => {
                    let decided = decide(&record).ok_or_else(|| Error::Internal(format!("{} isn't ready for its timer", due.record)))?;
                    change.update(&record, decided)?;
                    Outcome::Fired
                }
            };
            match change.commit(&Reply::none()).await {
                Ok(()) => return Ok(outcome),
                Err(Error::Lost) if attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
    }
}
