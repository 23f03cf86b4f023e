//! What a person worked on a day, in minutes: an item of its own for each person and day, which the transactions that log
//! time add to. Its condition holds however many log at once, and only those who log one person's day meet there.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::{Date, Refusal, ids::UserId, time_entry};

use crate::{
    Change, Error,
    change::OnFailure,
    item::{Item, number},
    key::{Key, name},
};

/// What a change adds to the days of people.
pub(crate) type Workdays = BTreeMap<Key, Added>;

/// What is added to one day of one person.
#[derive(Debug, Clone)]
pub(crate) struct Added {
    date: Date,
    minutes: i64,
    /// What the caller calls it, where the day is to have room for it; nothing where less is logged than before.
    field: Option<&'static str>,
}

impl Added {
    /// Why it isn't taken: `day` is what was there.
    pub(crate) fn refusal(&self, day: Option<&Item>) -> Refusal {
        let worked: Option<i64> = day.and_then(|day| day.get(name::MINUTES)?.as_n().ok()?.parse().ok());
        time_entry::too_long_a_day(self.field.unwrap_or("hours"), self.date, worked.unwrap_or_default() + self.minutes)
    }
}

impl Change {
    /// That `user` worked so many `minutes` more on `date`, or less. Where `field` says what the caller calls them, they
    /// are refused if the day isn't long enough. What is added to one day in several calls is written at once.
    pub(crate) fn add_to_day(&mut self, user: UserId, date: Date, minutes: i64, field: Option<&'static str>) {
        let key = Key::workday(self.firm(), user, date);
        let day = self.workdays.entry(key).or_insert(Added { date, minutes: 0, field: None });
        day.minutes += minutes;
        day.field = day.field.or(field);
    }

    /// The additions as actions.
    pub(crate) fn push_workdays(&mut self) -> Result<(), Error> {
        for (key, added) in std::mem::take(&mut self.workdays) {
            if added.minutes == 0 {
                continue;
            }
            let update = Update::builder()
                .table_name(self.table())
                .set_key(Some(key.item()))
                .update_expression("ADD #minutes :minutes")
                .expression_attribute_names("#minutes", name::MINUTES)
                .expression_attribute_values(":minutes", number(added.minutes));
            let update = if added.field.is_some() && added.minutes > 0 {
                let room = time_entry::DAY - added.minutes;
                if room < 0 {
                    return Err(added.refusal(None).into());
                }
                update
                    .condition_expression("attribute_not_exists(#minutes) OR #minutes <= :room")
                    .expression_attribute_values(":room", number(room))
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            } else {
                update
            };
            let update = update.build().map_err(Error::internal)?;
            self.push(TransactWriteItem::builder().update(update).build(), OnFailure::DayIsFull(added));
        }
        Ok(())
    }
}
