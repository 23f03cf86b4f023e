//! Checking the event log: every chain of the table, from its first event to its record, and the record against what
//! its events add up to. So nobody can alter an event, or the record behind its events, unseen.

use domain::{
    DomainEvent, Id,
    event::{BrokenLink, Event, Replay, changes, replay, verify},
    firm::Firm,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    Entity, Error, Record, Store,
    entity::{fields_of, stored_fields},
    event,
    item::{Attributes, Item, text},
    key::{EVENTS, HEADER, name},
};

/// A record's history that holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many events it has.
    pub events: usize,
    /// How many of them no longer say what they changed. What only they could say of the record isn't compared.
    pub erased: usize,
}

/// The first thing that doesn't hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A link of the chain.
    #[error(transparent)]
    Link(#[from] BrokenLink),
    /// The record, in this field or attribute.
    #[error("{0} is not what its events say")]
    Record(String),
}

impl Store {
    /// Check the record and the chain in `partition`, which is one of [`Store::partitions`]. An event that can't even be
    /// read is an altered one.
    pub async fn verify(&self, partition: &str) -> Result<Result<Verified, Broken>, Error> {
        let (mut events, mut record) = (Vec::new(), None);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(partition))
            .consistent_read(true);
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.try_next().await? {
            let sk = item.text(name::SK)?;
            if let Some(sequence) = sk.strip_prefix(EVENTS) {
                events.push(readable(&item, sequence));
            } else if sk == HEADER {
                record = Some(item);
            }
        }
        Ok(verified(partition, &events, record.as_ref()))
    }
}

/// The event that `item` is. Its place in the table counts, so one whose sequence is another's is altered.
fn readable(item: &Item, place: &str) -> Event {
    let place = place.parse().unwrap_or_default();
    match event::from_item(item) {
        Ok(event) if event.sequence == place => event,
        Ok(_) | Err(_) => Event::unreadable(place),
    }
}

/// Check what lies in `partition`: `events`, in their order, and the `record`, unless that was deleted.
fn verified(partition: &str, events: &[Event], record: Option<&Item>) -> Result<Verified, Broken> {
    let firm = partition.split('#').nth(1).and_then(|firm| firm.parse().ok());
    let id = partition.rsplit('#').next().unwrap_or_default();
    // What can't be read can't be what the events led to.
    let hash = |item: &Item| item.text(name::HASH).ok().and_then(|hash| hash.parse().ok()).unwrap_or_default();
    verify(id, events, record.map(|item| (item.number(name::VERSION).unwrap_or_default(), hash(item))))?;
    let replay = replay(events)?;
    let kind = events.first().and_then(|event| DomainEvent::parse(&event.name));
    if let Some(difference) = record.and_then(|item| difference(kind, firm, item, &replay)) {
        return Err(Broken::Record(difference));
    }
    Ok(Verified { events: events.len(), erased: replay.erased() })
}

macro_rules! difference_by_kind {
    ($($module:ident: $name:ident,)+) => {
        /// What of `item`, which is a record of a kind to which `event` happens, isn't as its events say. Of a kind that
        /// this version doesn't know, only the fields are compared.
        fn difference(event: Option<DomainEvent>, firm: Option<Id<Firm>>, item: &Item, replay: &Replay) -> Option<String> {
            match event.zip(firm) {
                $(Some((DomainEvent::$name(_), firm)) => difference_of::<domain::$module::$name>(firm, item, replay),)+
                None => match stored_fields(item) {
                    Ok(stored) => replay.difference(&stored).map(str::to_owned),
                    Err(_) => Some(name::SUMMARY.to_owned()),
                },
            }
        }
    };
}
domain::aggregates!(difference_by_kind);

/// What of `item`, which is a record of this kind, isn't as its events say: a field, its row, or else an attribute beside
/// them. Fields are compared as this version reads them: what an older one left at its default is no difference.
fn difference_of<T: Entity>(firm: Id<Firm>, item: &Item, replay: &Replay) -> Option<String> {
    let Ok(stored) = stored_fields(item) else { return Some(name::SUMMARY.to_owned()) };
    let field = match (as_read::<T>(replay.fields()), as_read::<T>(stored.clone())) {
        (Some(said), Some(stored)) if replay.erased() == 0 => first(&said, &stored),
        _ => replay.difference(&stored).map(str::to_owned),
    };
    if field.is_some() {
        return field;
    }
    let Ok(content) = serde_json::from_value::<T>(Value::Object(stored)) else { return Some(name::DATA.to_owned()) };
    let row = item.fields(name::SUMMARY).ok().and_then(as_read::<T::Row>);
    let said = fields_of(&content.row()).ok();
    let in_row = row.zip(said).map_or(Some(name::SUMMARY.to_owned()), |(row, said)| first(&said, &row));
    in_row.or_else(|| beside(firm, content, item, replay))
}

/// What beside the fields isn't as the events say, or as follows from the `content`: the record's times, and its keys in
/// the indexes.
fn beside<T: Entity>(firm: Id<Firm>, content: T, item: &Item, replay: &Replay) -> Option<String> {
    let said = || {
        Record {
            id: item.text(name::PK).ok()?.rsplit('#').next()?.parse().ok()?,
            version: item.number(name::VERSION).ok()?,
            created_at: replay.created_at()?,
            updated_at: replay.updated_at()?,
            archived_at: replay.archived_at(),
            hash: item.text(name::HASH).ok()?.parse().ok()?,
            content,
        }
        .to_item(firm)
        .ok()
    };
    let Some(said) = said() else { return Some(name::PK.to_owned()) };
    let compared = |name: &&String| ![name::SUMMARY, name::DATA].contains(&name.as_str());
    let differs = |name: &&String| said.get(*name) != item.get(*name);
    said.keys().chain(item.keys()).filter(compared).filter(differs).min().cloned()
}

/// `fields` as this version reads and writes them; none if it can't read them.
fn as_read<T: Serialize + DeserializeOwned>(fields: Map<String, Value>) -> Option<Map<String, Value>> {
    fields_of(&serde_json::from_value::<T>(Value::Object(fields)).ok()?).ok()
}

/// The first field, by name, in which `said` and `stored` differ.
fn first(said: &Map<String, Value>, stored: &Map<String, Value>) -> Option<String> {
    changes(Some(&Value::Object(said.clone())), Some(&Value::Object(stored.clone()))).into_keys().next()
}
