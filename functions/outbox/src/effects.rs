//! Doing effects: each is claimed before, marked after, tried ten times at the most, and set aside if it can't be done.

use domain::{effect::EffectName, ids::UndeliveredId, undelivered::Failure};
use mail::Message;
use store::{Claim, Effect, Error, Held, Place, Reply, retry_if_lost};

use crate::{Cause, Failed, Outbox, change, post::Sent};

/// How often an effect is tried before it is set aside.
const ATTEMPTS: u32 = 10;

/// What came of an effect that didn't fail.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// It was done, and is marked so.
    Finished,
    /// It is this mail, which is to be sent.
    Mail(Box<Message>),
    /// It isn't needed, or not any more: why.
    Skipped(&'static str),
}

/// How an effect that didn't fail ended.
enum Ended {
    Done,
    Finished,
    Sent(Box<Sent>),
    Skipped(&'static str),
}

impl Outbox {
    /// Do `effect`, which is called `name` among the effects of `logged` and alone is, unless it was done. What can't be done is
    /// set aside, so it is no failure: the one failure is that it is to be delivered again.
    pub(crate) async fn run_effect(
        &self,
        logged: &Cause,
        name: impl Into<EffectName>,
        effect: impl AsyncFn() -> Result<Outcome, Failed>,
    ) -> Result<(), Failed> {
        let (place, name) = (logged.place(), name.into());
        let mark = Effect::of(&place, &name.to_string());
        logged.begin(name.clone())?;
        let Some(held) = self.claim(&mark).await? else { return Ok(()) };
        let outcome = if held.attempts > ATTEMPTS { Err(Failed::Unfinished) } else { retry_if_lost(effect).await };
        let ended = match outcome {
            Ok(Outcome::Mail(message)) => self.post(logged, &name, *message).await.map(|sent| Ended::Sent(Box::new(sent))),
            Ok(Outcome::Done) => Ok(Ended::Done),
            Ok(Outcome::Finished) => Ok(Ended::Finished),
            Ok(Outcome::Skipped(why)) => Ok(Ended::Skipped(why)),
            Err(error) => Err(error),
        };
        self.settle(&place, Some(&logged.event.name), &mark, &held, ended).await
    }

    /// The same for what failed before it could be claimed.
    pub(crate) async fn fail(&self, place: &Place, event: Option<&str>, name: &str, error: Failed) -> Result<(), Failed> {
        let mark = Effect::of(place, name);
        let Some(held) = self.claim(&mark).await? else { return Ok(()) };
        self.settle(place, event, &mark, &held, Err(error)).await
    }

    /// A claim to `mark`; none if there is nothing to do.
    async fn claim(&self, mark: &Effect) -> Result<Option<Held>, Failed> {
        match self.store.claim(mark, self.clock.now()).await {
            Ok(Claim::Mine(held)) => Ok(Some(held)),
            Ok(Claim::Over) => Ok(None),
            Ok(Claim::Busy) => Err(Failed::Again),
            Err(error) => Err(again(error, "an effect could not be claimed")),
        }
    }

    async fn settle(
        &self,
        place: &Place,
        event: Option<&str>,
        mark: &Effect,
        held: &Held,
        ended: Result<Ended, Failed>,
    ) -> Result<(), Failed> {
        let error = match ended {
            Ok(ended) => {
                let marked = match ended {
                    Ended::Finished => Ok(()),
                    Ended::Done => self.store.done(mark, None, self.clock.now()).await,
                    Ended::Sent(sent) => self.note(place, event, mark, held, &sent).await,
                    Ended::Skipped(why) => self.store.done(mark, Some(why), self.clock.now()).await,
                };
                return marked.map_err(|error| again(error, "an effect was done and could not be marked"));
            }
            Err(error) => error,
        };
        let Place { record, sequence, .. } = place;
        let (effect, attempts) = (mark.name(), held.attempts);
        if error.is_final() || attempts >= ATTEMPTS {
            let id = self.set_aside(place, event, mark, held, &error).await;
            let id = id.map_err(|error| again(error, "an effect could not be set aside"))?;
            tracing::error!(%error, record, sequence, effect, attempts, undelivered = %id, "set aside");
            return Ok(());
        }
        tracing::warn!(%error, record, sequence, effect, attempts, "not done");
        // If this fails too, the claim runs out by itself.
        if let Err(error) = self.store.release(mark, held, self.clock.now()).await {
            tracing::warn!(%error, "a claim was not released");
        }
        Err(Failed::Again)
    }

    /// Set the effect of `mark` aside, which is `held`: under the id under which it was before, or a new one.
    async fn set_aside(
        &self,
        place: &Place,
        event: Option<&str>,
        mark: &Effect,
        held: &Held,
        error: &Failed,
    ) -> Result<UndeliveredId, Error> {
        let Held { attempts, first_tried_at, .. } = *held;
        let (last_tried_at, attempts) = (self.clock.now(), attempts.min(ATTEMPTS));
        let failure = Failure {
            to: error.to(),
            refused: error.is_of_address(),
            reason: error.in_words(),
            first_tried_at,
            last_tried_at,
            attempts,
            retry_at: error.retry_at(),
        };
        let found = self.store.read(place.firm).maybe(held.undelivered).fetch().await?;
        let known = held.undelivered.map(|id| found.maybe(id)).transpose()?.flatten();
        let mut change = change(self, place);
        let id = change.show_undelivered(known.as_ref(), place, event, mark, failure)?;
        change.set_aside(mark, held, id)?;
        change.commit(&Reply::none()).await?;
        Ok(id)
    }
}

/// It will be delivered again.
fn again(error: Error, what: &'static str) -> Failed {
    tracing::warn!(%error, "{what}");
    Failed::Again
}
