//! Running totals: what is summed up beside a record, its time or its money, without counting through what belongs to it and
//! without a new version of the record: those who add don't contend with each other or with who edits.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::Id;

use crate::{
    Change, Entity, Error, Found, Read, Record, Store,
    change::OnFailure,
    item::{Item, number, text},
    key::{HEADER, Key, TOTALS, name, partition},
};
use domain::firm::Firm;

/// The sums beside a record, by name; in minutes, or in minor units of a currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunningTotals(BTreeMap<String, i64>);

impl RunningTotals {
    /// The sum called `name`; 0 if nothing was ever added.
    pub fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    fn of(item: &Item) -> Self {
        let sum =
            |(name, value): (&String, &aws_sdk_dynamodb::types::AttributeValue)| Some((name.clone(), value.as_n().ok()?.parse().ok()?));
        Self(item.iter().filter_map(sum).collect())
    }
}

impl Change {
    /// Add to the sums beside the record `id`. What is added to one record in several calls is written at once.
    pub fn add_to_totals<T: Entity>(&mut self, id: Id<T>, sums: &[(&'static str, i64)]) {
        let key = Key::running_totals(self.firm(), id);
        for (name, by) in sums {
            *self.totals.entry(key.clone()).or_default().entry(name).or_default() += by;
        }
    }

    /// The additions as actions.
    pub(crate) fn push_totals(&mut self) -> Result<(), Error> {
        for (key, sums) in std::mem::take(&mut self.totals) {
            let sums: Vec<_> = sums.into_iter().filter(|(_, by)| *by != 0).collect();
            if sums.is_empty() {
                continue;
            }
            let additions: Vec<String> = (0..sums.len()).map(|place| format!("#n{place} :n{place}")).collect();
            let update = Update::builder().table_name(self.table()).set_key(Some(key.item()));
            let update = update.update_expression(format!("ADD {}", additions.join(", ")));
            let update = sums.iter().enumerate().fold(update, |update, (place, (name, by))| {
                update.expression_attribute_names(format!("#n{place}"), *name).expression_attribute_values(format!(":n{place}"), number(by))
            });
            let update = update.build().map_err(Error::internal)?;
            self.push(TransactWriteItem::builder().update(update).build(), OnFailure::Lost);
        }
        Ok(())
    }
}

impl Read<'_> {
    /// The sums beside the record `id` too.
    #[must_use]
    pub fn running_totals<T: Entity>(self, id: Id<T>) -> Self {
        let key = Key::running_totals(self.firm(), id);
        self.key(key)
    }
}

impl Found {
    /// The sums beside the record `id`.
    pub fn running_totals<T: Entity>(&self, id: Id<T>) -> RunningTotals {
        self.item(&Key::running_totals(self.firm(), id)).map(RunningTotals::of).unwrap_or_default()
    }
}

impl Store {
    /// The record `id` of `firm` with the sums beside it, as they were a moment ago at the latest; one query, unless what
    /// lies there comes to more than a megabyte.
    pub async fn get_with_totals<T: Entity>(&self, firm: Id<Firm>, id: Id<T>) -> Result<(Record<T>, RunningTotals), Error> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :header)")
            .expression_attribute_values(":pk", text(partition::<T>(firm, &id.to_string())))
            .expression_attribute_values(":header", text(HEADER));
        let items: Vec<Item> = query.into_paginator().items().send().try_collect().await?;
        let at =
            |sk: &str| items.iter().find(|item| item.get(name::SK).and_then(|value| value.as_s().ok()).is_some_and(|found| found == sk));
        let record = Record::from_item(at(HEADER).ok_or(Error::NotFound(T::NAME))?)?;
        Ok((record, at(TOTALS).map(RunningTotals::of).unwrap_or_default()))
    }
}
