//! How many mails a firm sent on a day, and what became of all of them: items of their own, beside the counts of requests.

use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure, Update},
};
use chrono::TimeDelta;
use domain::{Date, Id, Time, allowance::Standing, firm::Firm};

use crate::{
    Change, Error, Found, Read, Store,
    item::{Attributes, number},
    key::{Key, name},
};

/// How long a day's count is kept.
const KEPT: TimeDelta = TimeDelta::days(3);

const DELIVERED: &str = "delivered";
const BOUNCED: &str = "bounced";
const COMPLAINED: &str = "complained";

impl Read<'_> {
    /// What became of the firm's mails so far, too.
    #[must_use]
    pub fn mail_standing(self) -> Self {
        let key = standing(self.firm());
        self.key(key)
    }
}

impl Found {
    /// What became of the firm's mails so far, which was read.
    pub fn mail_standing(&self) -> Standing {
        let item = self.item(&standing(self.firm()));
        let count = |name| item.and_then(|item| item.number(name).ok()).unwrap_or_default();
        Standing { delivered: count(DELIVERED), bounced: count(BOUNCED), complained: count(COMPLAINED) }
    }
}

impl Change {
    /// That `gained` is what became of mails, beside what did before.
    pub fn add_to_standing(&mut self, gained: Standing) -> Result<(), Error> {
        if gained == Standing::default() {
            return Ok(());
        }
        let update = Update::builder()
            .table_name(self.table())
            .set_key(Some(standing(self.firm()).item()))
            .update_expression("ADD #delivered :delivered, #bounced :bounced, #complained :complained")
            .expression_attribute_names("#delivered", DELIVERED)
            .expression_attribute_names("#bounced", BOUNCED)
            .expression_attribute_names("#complained", COMPLAINED)
            .expression_attribute_values(":delivered", number(gained.delivered))
            .expression_attribute_values(":bounced", number(gained.bounced))
            .expression_attribute_values(":complained", number(gained.complained));
        self.push_update(update)
    }
}

impl Store {
    /// Count a mail of `firm` to so many `recipients` on `day`, if there were fewer than `allowance`; whether there were.
    pub async fn count_mail(&self, firm: Id<Firm>, day: Date, (recipients, allowance): (u64, u64), now: Time) -> Result<bool, Error> {
        let counted = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(sent(firm, day).item()))
            .update_expression("SET #expires = :expires ADD #sent :recipients")
            .condition_expression("(attribute_not_exists(#sent) AND :allowance > :none) OR #sent < :allowance")
            .expression_attribute_names("#expires", name::EXPIRES)
            .expression_attribute_names("#sent", name::LAST)
            .expression_attribute_values(":expires", number((now + KEPT).timestamp()))
            .expression_attribute_values(":recipients", number(recipients))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":allowance", number(allowance))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None)
            .send()
            .await;
        match counted {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(error.into()),
            },
        }
    }

    /// Take back that a mail of `firm` to so many `recipients` was counted on `day`, which wasn't sent.
    pub async fn uncount_mail(&self, firm: Id<Firm>, day: Date, recipients: u64) -> Result<(), Error> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(sent(firm, day).item()))
            .update_expression("ADD #sent :less")
            .expression_attribute_names("#sent", name::LAST)
            .expression_attribute_values(":less", AttributeValue::N(format!("-{recipients}")))
            .send()
            .await?;
        Ok(())
    }
}

fn standing(firm: Id<Firm>) -> Key {
    Key::rate(Some(firm), "mails")
}

fn sent(firm: Id<Firm>, day: Date) -> Key {
    Key::rate(Some(firm), &format!("mails#{}", day.get()))
}
