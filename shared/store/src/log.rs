//! Reading the event log itself: what happened, and how a record was when it had happened.

use std::{collections::BTreeSet, ops::RangeInclusive};

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use domain::{
    Id, Time,
    event::{Details, Event, Kept},
    firm::Firm,
    ids::UserId,
};
use serde_json::{Map, Value};

use crate::{
    Entity, Error, LoggedEvent, Record, Store, Unreadable,
    entity::fields_of,
    event::{self, logged},
    item::{Attributes, Item, text},
    key::{event_sk, name, partition_of},
};

/// An event of the log, if it can be read.
pub type Logged = Result<LoggedEvent, Unreadable>;

impl Store {
    /// Those events of the record `record` of `firm`, whose keys say that it is a `kind`, whose sequences are in `range`; the
    /// oldest first.
    pub async fn events(&self, firm: Id<Firm>, kind: &str, record: &str, range: RangeInclusive<u64>) -> Result<Vec<Logged>, Error> {
        let (mut events, mut start): (Vec<_>, Option<Item>) = (Vec::new(), None);
        loop {
            let output = self.query_events(firm, kind, record, &range).set_exclusive_start_key(start).send().await?;
            for item in output.items.unwrap_or_default() {
                events.extend(logged(&item)?);
            }
            start = output.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(events);
            }
        }
    }

    /// What `record` of `firm` said when the event `sequence` had just happened to it; none if that was erased. Costs a
    /// query where something has happened to it since, and nothing else.
    pub async fn as_of<T: Entity>(&self, firm: Id<Firm>, record: &Record<T>, sequence: u64) -> Result<Option<T>, Error> {
        if sequence > record.version {
            return Err(Error::Internal(format!("{} has no version {sequence} yet", record.id)));
        }
        self.rolled_back(firm, record, sequence + 1, |_| true).await
    }

    /// What `record` of `firm` said at `at`; none if it wasn't there yet, or what it said was erased. Costs a query where
    /// something has happened to it since, and nothing else.
    pub async fn as_at<T: Entity>(&self, firm: Id<Firm>, record: &Record<T>, at: Time) -> Result<Option<T>, Error> {
        if record.created_at > at {
            return Ok(None);
        }
        let oldest = if record.updated_at > at { 2 } else { record.version + 1 };
        self.rolled_back(firm, record, oldest, |event| event.at > at).await
    }

    /// `record` of `firm` without its events since `oldest`, as far back as they are `undone`; none if one of them was
    /// erased.
    async fn rolled_back<T: Entity>(
        &self,
        firm: Id<Firm>,
        record: &Record<T>,
        oldest: u64,
        undone: impl Fn(&Event) -> bool,
    ) -> Result<Option<T>, Error> {
        let (mut fields, mut newest) = (fields_of(&record.content)?, record.version);
        'back: while newest >= oldest {
            let events = self.newest_events(firm, T::TYPE, &record.id.to_string(), oldest..=newest).await?;
            if events.is_empty() {
                return Err(Error::Internal(format!("event {newest} of {} is missing", record.id)));
            }
            for item in events {
                let event = event::from_item(&item)?;
                if event.sequence != newest {
                    return Err(Error::Internal(format!("event {newest} of {} is missing", record.id)));
                }
                if !undone(&event) {
                    break 'back;
                }
                let Kept::Whole(details) = event.details else { return Ok(None) };
                undo(&mut fields, serde_json::from_str(&details).map_err(Error::internal)?);
                newest -= 1;
            }
        }
        serde_json::from_value(Value::Object(fields)).map(Some).map_err(|error| Error::Internal(format!("{}: {error}", record.id)))
    }

    /// As many of the events of a record whose sequences are in `range` as one request gives, the newest first.
    async fn newest_events(&self, firm: Id<Firm>, kind: &str, record: &str, range: RangeInclusive<u64>) -> Result<Vec<Item>, Error> {
        let query = self.query_events(firm, kind, record, &range).scan_index_forward(false);
        Ok(query.send().await?.items.unwrap_or_default())
    }

    /// Who of the firm had a hand in the record `record` of `firm`, whose keys say that it is a `kind`, until its event `last`: as
    /// far as one request tells.
    pub async fn hands(&self, firm: Id<Firm>, kind: &str, record: &str, last: u64) -> Result<BTreeSet<UserId>, Error> {
        let query = self.query_events(firm, kind, record, &(1..=last)).scan_index_forward(false);
        let query = query.projection_expression("#actor").expression_attribute_names("#actor", name::ACTOR);
        let events = query.send().await?.items.unwrap_or_default();
        Ok(events.iter().filter_map(|item| item.text(name::ACTOR).ok()?.parse().ok()).collect())
    }

    fn query_events(&self, firm: Id<Firm>, kind: &str, record: &str, range: &RangeInclusive<u64>) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(partition_of(firm, kind, record)))
            .expression_attribute_values(":from", text(event_sk(*range.start())))
            .expression_attribute_values(":to", text(event_sk(*range.end())))
            .consistent_read(true)
    }

    /// Which event of `record` of `firm` was made by `request`, the last such; none if none was.
    pub async fn sequence_of<T: Entity>(&self, firm: Id<Firm>, record: &Record<T>, request: &str) -> Result<Option<u64>, Error> {
        let mut newest = record.version;
        while newest > 0 {
            let events = self.newest_events(firm, T::TYPE, &record.id.to_string(), 1..=newest).await?;
            let Some(oldest) = events.last() else { return Ok(None) };
            newest = oldest.number(name::VERSION)?.saturating_sub(1);
            if let Some(made) = events.iter().find(|item| item.text(name::REQUEST).is_ok_and(|by| by == request)) {
                return made.number(name::VERSION).map(Some);
            }
        }
        Ok(None)
    }
}

/// Put what `details` say was before into the `fields` after.
pub(crate) fn undo(fields: &mut Map<String, Value>, details: Details) {
    for (field, change) in details.changes {
        match change.before {
            Some(before) => fields.insert(field, before),
            None => fields.remove(&field),
        };
    }
}
