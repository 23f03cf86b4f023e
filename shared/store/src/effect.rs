//! Effects of events, each claimed before it is done and marked after: a crash in between is tried again, what is
//! done isn't. What reached the outside world just before a crash may so be done twice; effects bear that.
//!
//! A mark is kept as long as its event, for ever: whoever goes through the event log again can't tell otherwise what was
//! done from what is missing. It counts how often an effect was begun, so that one that never succeeds, or kills who does
//! it, ends somewhere: it is set aside, and that is marked as well.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemFluentBuilder},
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use chrono::TimeDelta;
use domain::{
    Id, Time,
    ids::{MailId, UndeliveredId},
    undelivered::Undelivered,
};

use crate::{
    Error, Found, Place, Read, Store,
    item::{Attributes, Item, millis, number, text},
    key::{Key, name},
};

/// How long a claim holds; longer than any attempt takes, shorter than the stream's last retry.
const CLAIMED: TimeDelta = TimeDelta::seconds(30);
/// The longest pause after an attempt that failed.
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(30);

/// What is marked of an effect.
pub(crate) mod state {
    /// Somebody is at it, until its time is up.
    pub(crate) const CLAIMED: &str = "claimed";
    /// It failed, and may be tried again once its time has come.
    pub(crate) const FAILED: &str = "failed";
    pub(crate) const DONE: &str = "done";
    /// It is needed no more.
    pub(crate) const SKIPPED: &str = "skipped";
    pub(crate) const ASIDE: &str = "aside";
}

/// One effect of one event.
#[derive(Debug, Clone)]
pub struct Effect {
    pub(crate) key: Key,
    name: String,
}

impl Effect {
    /// The effect called `name` of the event at `place`.
    pub fn of(place: &Place, name: &str) -> Self {
        Self { key: Key::effect(place.firm, &place.record, place.sequence, name), name: name.to_owned() }
    }

    /// What it is called among the effects of its event.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// A claim to an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// How often the effect was claimed, this time included, since it was set aside or at all.
    pub attempts: u32,
    /// When it was claimed first, since then.
    pub first_tried_at: Time,
    /// Under what it was set aside before, if it was.
    pub undelivered: Option<UndeliveredId>,
    /// Until when it is held.
    pub(crate) until: Time,
}

/// Whether to do an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Do it, now.
    Mine(Held),
    /// It was done, is needed no more, or was set aside.
    Over,
    /// Somebody is at it, or was and crashed, or it failed a moment ago; come back later.
    Busy,
}

/// What is known of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It was done.
    Done,
    /// It is needed no more.
    Skipped,
    /// It was set aside.
    Aside,
    /// Neither; it may have been begun.
    Open,
}

/// What is known of an effect that may be a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// Whether it was done.
    pub mark: Mark,
    /// The mail that it was when it was done last.
    pub mail: Option<MailId>,
    /// Under what it was set aside last.
    pub undelivered: Option<UndeliveredId>,
}

impl Read<'_> {
    /// What is known of `effect`, too.
    #[must_use]
    pub fn effect(self, effect: &Effect) -> Self {
        self.key(effect.key.clone())
    }
}

impl Found {
    /// What is known of `effect`, which was read.
    pub fn effect(&self, effect: &Effect) -> Marked {
        let item = self.item(&effect.key);
        let mail = item.and_then(|item| item.text(name::MAIL).ok()?.parse().ok());
        Marked { mark: item.map_or(Mark::Open, Mark::of), mail, undelivered: item.and_then(undelivered) }
    }
}

impl Store {
    /// Claim `effect` at `now`.
    pub async fn claim(&self, effect: &Effect, now: Time) -> Result<Claim, Error> {
        let until = now + CLAIMED;
        let result = self
            .mark(effect, state::CLAIMED, until)
            .update_expression("SET #state = :state, #until = :at, #first = if_not_exists(#first, :now) ADD #attempts :one")
            .condition_expression("attribute_not_exists(pk) OR ((#state = :claimed OR #state = :failed) AND #until <= :now)")
            .expression_attribute_names("#first", name::CREATED)
            .expression_attribute_names("#attempts", name::ATTEMPTS)
            .expression_attribute_values(":claimed", text(state::CLAIMED))
            .expression_attribute_values(":failed", text(state::FAILED))
            .expression_attribute_values(":now", millis(now))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match result {
            Ok(UpdateItemOutput { attributes, .. }) => return held(&attributes.unwrap_or_default(), until).map(Claim::Mine),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => Ok(match failed.item().map_or(Mark::Open, Mark::of) {
                Mark::Done | Mark::Skipped | Mark::Aside => Claim::Over,
                Mark::Open => Claim::Busy,
            }),
            _ => Err(error.into()),
        }
    }

    /// `effect` was done, or is needed no more because of `skipped`.
    pub async fn done(&self, effect: &Effect, skipped: Option<&str>, now: Time) -> Result<(), Error> {
        let state = if skipped.is_some() { state::SKIPPED } else { state::DONE };
        let mut update = "SET #state = :state, #until = :at".to_owned();
        let mut mark = self.mark(effect, state, now);
        if let Some(reason) = skipped {
            update.push_str(", #reason = :reason");
            mark = mark.expression_attribute_names("#reason", name::REASON).expression_attribute_values(":reason", text(reason));
        }
        mark.update_expression(update).send().await?;
        Ok(())
    }

    /// `effect`, which was claimed as `held`, failed; it is tried again after a pause that grows from none, so that a fault
    /// of some minutes doesn't use up its attempts. A claim that ran out and was taken by somebody else is theirs.
    pub async fn release(&self, effect: &Effect, held: &Held, now: Time) -> Result<(), Error> {
        let seconds = (1_i64 << held.attempts.saturating_sub(1).min(10)) - 1;
        let again = now + TimeDelta::seconds(seconds).min(LONGEST_PAUSE);
        self.mark(effect, state::FAILED, again)
            .update_expression("SET #state = :state, #until = :at")
            .condition_expression("#state = :claimed AND #until = :until")
            .expression_attribute_values(":claimed", text(state::CLAIMED))
            .expression_attribute_values(":until", millis(held.until))
            .send()
            .await?;
        Ok(())
    }

    /// What is known of `effect` now.
    pub async fn known(&self, effect: &Effect) -> Result<Mark, Error> {
        Ok(self.item(&effect.key).await?.as_ref().map_or(Mark::Open, Mark::of))
    }

    fn mark(&self, effect: &Effect, state: &str, at: Time) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(effect.key.item()))
            .expression_attribute_names("#state", name::STATE)
            .expression_attribute_names("#until", name::UPDATED)
            .expression_attribute_values(":state", text(state))
            .expression_attribute_values(":at", millis(at))
    }
}

impl Mark {
    fn of(item: &Item) -> Self {
        match item.text(name::STATE) {
            Ok(state::DONE) => Self::Done,
            Ok(state::SKIPPED) => Self::Skipped,
            Ok(state::ASIDE) => Self::Aside,
            Ok(_) | Err(_) => Self::Open,
        }
    }
}

fn held(item: &Item, until: Time) -> Result<Held, Error> {
    let attempts = u32::try_from(item.number(name::ATTEMPTS)?).unwrap_or(u32::MAX);
    Ok(Held { attempts, first_tried_at: item.time(name::CREATED)?, undelivered: undelivered(item), until })
}

/// Under what the effect with the mark `item` was set aside last.
fn undelivered(item: &Item) -> Option<Id<Undelivered>> {
    item.text(name::HOLDER).ok()?.parse().ok()
}
