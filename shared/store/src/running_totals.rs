//! Running totals: the sums of time beside a project or a task, so that showing one needn't count through its time. The
//! function `projections` keeps them from the stream; they are a second behind, and nothing is decided by them.
//!
//! What a time entry adds lies beside it, with the version that it was taken from, and is written in the transaction that
//! adds it to the sums: whatever comes of the entry is added as the difference, once.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use chrono::TimeDelta;
use domain::{
    Id, Time,
    event::Actor,
    firm::Firm,
    ids::{ProjectId, TaskId, TimeEntryId},
    project::sum,
    time_entry::TimeEntry,
};
use serde::{Deserialize, Serialize};

use crate::{
    Audit, Change, Entity, Error, Found, Read, Record, Reply, Store,
    change::OnFailure,
    item::{Attributes, Item, number, text},
    key::{HEADER, Key, TOTALS, name, of_partition, partition},
    retry_if_lost,
};

/// How long it is known of a deleted entry that it adds nothing any more: longer than the stream tells of it.
const KEPT: TimeDelta = TimeDelta::days(7);

/// The sums beside a record, by name; in minutes, or in minor units of a currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunningTotals(BTreeMap<String, i64>);

impl RunningTotals {
    /// The sum called `name`; 0 if nothing was ever added.
    pub fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    pub(crate) fn of(item: &Item) -> Self {
        let sum = |(name, value): (&String, &AttributeValue)| Some((name.clone(), value.as_n().ok()?.parse().ok()?));
        Self(item.iter().filter_map(sum).collect())
    }
}

/// What a time entry adds to sums, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addend {
    firm: Id<Firm>,
    id: TimeEntryId,
    /// The entry's version; that of its deletion, if it is gone.
    version: u64,
    adds: Adds,
}

/// So much, to what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Adds {
    project: Option<ProjectId>,
    task: Option<TaskId>,
    minutes: i64,
    billable: i64,
}

/// Sums by what they are beside and by their name.
pub(crate) type Sums = BTreeMap<Key, BTreeMap<&'static str, i64>>;

impl Adds {
    fn of(entry: &TimeEntry) -> Self {
        let sums = BTreeMap::from(entry.sums());
        let sum = |name| sums.get(name).copied().unwrap_or_default();
        Self { project: Some(entry.project), task: entry.task, minutes: sum(sum::MINUTES), billable: sum(sum::BILLABLE) }
    }

    /// Add them to `sums`, or take them away.
    pub(crate) fn add_to(&self, firm: Id<Firm>, sums: &mut Sums, sign: i64) {
        let mut add = |key: Key, name: &'static str, by: i64| *sums.entry(key).or_default().entry(name).or_default() += sign * by;
        if let Some(project) = self.project {
            add(Key::running_totals(firm, project), sum::MINUTES, self.minutes);
            add(Key::running_totals(firm, project), sum::BILLABLE, self.billable);
        }
        if let Some(task) = self.task {
            add(Key::running_totals(firm, task), sum::MINUTES, self.minutes);
        }
    }
}

impl Addend {
    /// What the time entry adds that the stream tells of, by its images after and before; none where they are no entry's.
    pub fn of_images(after: serde_dynamo::Item, before: serde_dynamo::Item) -> Result<Option<Self>, Error> {
        let (after, before): (Item, Item) = (after.into(), before.into());
        if !after.is_empty() {
            return Self::of_item(&after);
        }
        let gone = Self::of_item(&before)?;
        Ok(gone.map(|gone| Self { version: gone.version + 1, adds: Adds::default(), ..gone }))
    }

    /// What the time entry adds that `item` is; none if it is anything else.
    pub(crate) fn of_item(item: &Item) -> Result<Option<Self>, Error> {
        if item.text(name::SK)? != HEADER {
            return Ok(None);
        }
        let pk = item.text(name::PK)?;
        let Some((firm, TimeEntry::TYPE, _)) = of_partition(pk) else { return Ok(None) };
        let record = Record::<TimeEntry>::from_item(item)?;
        Ok(Some(Self { firm, id: record.id, version: record.version, adds: Adds::of(&record) }))
    }

    /// That the entry of `partition` is gone, which is later than all that is known of it: at `version`.
    pub(crate) fn gone(partition: &str, version: u64) -> Result<Self, Error> {
        let place = of_partition(partition).and_then(|(firm, _, id)| Some((firm, id.parse().ok()?)));
        let (firm, id) = place.ok_or_else(|| Error::Internal(format!("{partition} is no entry's")))?;
        Ok(Self { firm, id, version, adds: Adds::default() })
    }

    fn to_item(&self, now: Time) -> Result<Item, Error> {
        let mut item = Key::addend(self.firm, self.id).item();
        item.insert(name::VERSION.to_owned(), number(self.version));
        item.insert(name::DATA.to_owned(), serde_dynamo::to_attribute_value(&self.adds).map_err(Error::internal)?);
        if self.adds == Adds::default() {
            item.insert(name::EXPIRES.to_owned(), number((now + KEPT).timestamp()));
        }
        Ok(item)
    }
}

/// What an entry is known to add, and as of which version.
pub(crate) fn known(item: &Item) -> Result<(u64, Adds), Error> {
    let data = item.get(name::DATA).cloned().ok_or_else(|| Error::internal("an addend has no data"))?;
    Ok((item.number(name::VERSION)?, serde_dynamo::from_attribute_value(data).map_err(Error::internal)?))
}

impl Store {
    /// Add to the sums what the entry adds as it stands, instead of what it added before. Nothing is done where something
    /// later is known of it. [`Error::Lost`] where others added at the same time all the while.
    pub async fn add_up(&self, addend: &Addend, now: Time) -> Result<(), Error> {
        retry_if_lost(async || self.add_up_once(addend, now).await).await
    }

    async fn add_up_once(&self, addend: &Addend, now: Time) -> Result<(), Error> {
        let found = self.item(&Key::addend(addend.firm, addend.id)).await?;
        let (before, adds) =
            found.as_ref().map(known).transpose()?.map_or((None, Adds::default()), |(version, adds)| (Some(version), adds));
        if before.is_some_and(|before| before >= addend.version) {
            return Ok(());
        }
        let mut sums = Sums::new();
        adds.add_to(addend.firm, &mut sums, -1);
        addend.adds.add_to(addend.firm, &mut sums, 1);
        let audit = Audit { actor: Actor::System("projections".to_owned()), at: now, request: addend.id.to_string(), source_address: None };
        let mut change = self.change(addend.firm, audit, None);
        let put = change.put(addend.to_item(now)?);
        let put = match before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(version) => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", name::VERSION)
                .expression_attribute_values(":version", number(version)),
        };
        change.push_put(put, OnFailure::Lost)?;
        change.push_sums(&sums)?;
        change.commit(&Reply::none()).await
    }
}

impl Change {
    /// What is added to sums. Each sum counts its additions, so that who sets it right sees that another came between.
    fn push_sums(&mut self, sums: &Sums) -> Result<(), Error> {
        for (key, sums) in sums {
            let sums: Vec<_> = sums.iter().filter(|(_, by)| **by != 0).collect();
            if sums.is_empty() {
                continue;
            }
            let additions: String = (0..sums.len()).map(|place| format!(", #n{place} :n{place}")).collect();
            let update = Update::builder()
                .table_name(self.table())
                .set_key(Some(key.item()))
                .update_expression(format!("ADD #version :one{additions}"))
                .expression_attribute_names("#version", name::VERSION)
                .expression_attribute_values(":one", number(1));
            let update = sums.iter().enumerate().fold(update, |update, (place, (name, by))| {
                update
                    .expression_attribute_names(format!("#n{place}"), **name)
                    .expression_attribute_values(format!(":n{place}"), number(by))
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
