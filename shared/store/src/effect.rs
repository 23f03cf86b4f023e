//! Effects of events, each claimed before it is done and marked after: a crash in between is tried again, what is
//! done isn't. What reached the outside world just before a crash may so be done twice; effects bear that.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use chrono::TimeDelta;
use domain::Time;

use crate::{
    Error, LoggedEvent, Store,
    item::{Attributes, Item, millis, number, text},
    key::{Key, name},
};

/// How long a claim holds; longer than any attempt takes, shorter than the stream's last retry.
const CLAIMED: TimeDelta = TimeDelta::seconds(30);
/// How long it is known that an effect was done; the stream forgets an event after a day.
const KEPT: TimeDelta = TimeDelta::days(30);

const DONE: &str = "done";

/// One effect of one event.
#[derive(Debug, Clone)]
pub struct Effect {
    key: Key,
}

impl Effect {
    /// The effect called `effect` of `logged`.
    pub fn of(logged: &LoggedEvent, effect: &str) -> Self {
        Self { key: Key::effect(&logged.firm.to_string(), &logged.event.record, logged.event.sequence, effect) }
    }

    fn item(&self, state: &str, until: Time, now: Time) -> Item {
        let mut item = self.key.item();
        item.insert(name::STATE.to_owned(), text(state));
        item.insert(name::UPDATED.to_owned(), millis(until));
        item.insert(name::EXPIRES.to_owned(), number((now + KEPT).timestamp()));
        item
    }
}

/// Whether to do an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Do it, now.
    Mine,
    /// It was done.
    Done,
    /// Somebody is at it, or was and crashed; come back later.
    Busy,
}

impl Store {
    /// Claim `effect` at `now`.
    pub async fn claim(&self, effect: &Effect, now: Time) -> Result<Claim, Error> {
        let result = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(effect.item("claimed", now + CLAIMED, now)))
            .condition_expression("attribute_not_exists(pk) OR (#state <> :done AND #until < :now)")
            .expression_attribute_names("#state", name::STATE)
            .expression_attribute_names("#until", name::UPDATED)
            .expression_attribute_values(":done", text(DONE))
            .expression_attribute_values(":now", millis(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match result {
            Ok(_) => return Ok(Claim::Mine),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed)) => {
                let done = failed.item().is_some_and(|item| item.text(name::STATE).is_ok_and(|state| state == DONE));
                Ok(if done { Claim::Done } else { Claim::Busy })
            }
            _ => Err(error.into()),
        }
    }

    /// `effect` was done.
    pub async fn done(&self, effect: &Effect, now: Time) -> Result<(), Error> {
        self.client.put_item().table_name(&self.table).set_item(Some(effect.item(DONE, now, now))).send().await?;
        Ok(())
    }

    /// `effect`, which was claimed at `claimed`, wasn't done; whoever comes next need not wait. A claim that ran out and
    /// was taken by somebody else is theirs and stays.
    pub async fn release(&self, effect: &Effect, claimed: Time) -> Result<(), Error> {
        let mut delete = self.client.delete_item().table_name(&self.table).condition_expression("#state <> :done AND #until = :until");
        delete = delete.expression_attribute_names("#state", name::STATE);
        delete = delete.expression_attribute_names("#until", name::UPDATED);
        delete = delete.expression_attribute_values(":done", AttributeValue::S(DONE.to_owned()));
        delete = delete.expression_attribute_values(":until", millis(claimed + CLAIMED));
        delete.set_key(Some(effect.key.item())).send().await?;
        Ok(())
    }
}
