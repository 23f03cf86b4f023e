//! Histories: what happened to a record, with the record as it was before and after each event.
//!
//! An event keeps the stored fields that changed. Callers are shown the difference in what they see of the record, so
//! the record is rolled back from how it stands now, event by event. One request reads the record and up to a
//! megabyte of its newest events; what is longer takes a request more for each further megabyte down to the page.

use domain::{
    Id, Time,
    event::{Details, Event, Kept},
    firm::Firm,
};
use serde_json::{Map, Value};

use crate::{
    Cursor, Entity, Error, NotACursor, Page, PageRequest, Record, Store,
    entity::fields_of,
    event,
    item::{Attributes, Item, text},
    key::{EVENTS, HEADER, name, partition},
};

/// Something that happened to a record.
#[derive(Debug, Clone)]
pub struct Happened<T: Entity> {
    /// The event.
    pub event: Event,
    /// What it did to the record; none where that can't be told any more, since details were erased.
    pub change: Option<BeforeAndAfter<T>>,
}

/// A record before and after an event: none before the first, none after it was deleted.
#[derive(Debug, Clone)]
pub struct BeforeAndAfter<T: Entity> {
    /// The record before it.
    pub before: Option<Record<T>>,
    /// The record after it.
    pub after: Option<Record<T>>,
}

/// A record's fields at a version, as far as they are known.
#[derive(Debug, Clone)]
enum State {
    /// There is no record.
    Absent,
    /// They are these.
    Fields(Map<String, Value>),
    /// Not known: an event between now and then was erased.
    Unknown,
}

impl Store {
    /// A page of what happened to the record `id`, by when it happened.
    pub async fn history<T: Entity>(&self, firm: Id<Firm>, id: Id<T>, page: &PageRequest) -> Result<Page<Happened<T>>, Error> {
        let (mut items, mut start) = self.newest(&partition::<T>(firm, &id.to_string()), None).await?;
        let events = |items: &[Item]| items.iter().filter(|item| is_event(item)).count() as u64;
        let newest = items.iter().find(|item| is_event(item)).map(|item| item.number(name::VERSION)).transpose()?;
        let newest = newest.ok_or(Error::NotFound(T::NAME))?;
        let wanted = Wanted::of(page, newest)?;
        while start.is_some() && newest - events(&items) >= wanted.first {
            let (more, next) = self.newest(&partition::<T>(firm, &id.to_string()), start).await?;
            items.extend(more);
            start = next;
        }
        let header = match items.iter().find(|item| item.text(name::SK).is_ok_and(|sk| sk == HEADER)) {
            Some(header) => Some(Record::<T>::from_item(header)?),
            // The header lies behind the oldest event; a record that was deleted has none.
            None if start.is_some() => self.get(firm, id).await.map(Some).or_else(absent)?,
            None => None,
        };
        let events = items.iter().filter(|item| is_event(item)).map(event::from_item).collect::<Result<Vec<_>, _>>()?;
        let mut happened = roll_back(id, header, events)?;
        happened.retain(|happened| (wanted.first..=wanted.last).contains(&happened.event.sequence));
        if page.ascending {
            happened.reverse();
        }
        Ok(wanted.page(happened, page.ascending, newest))
    }

    /// Items of `partition`, the newest event first and the header last, as many as one request gives.
    async fn newest(&self, partition: &str, start: Option<Item>) -> Result<(Vec<Item>, Option<Item>), Error> {
        let query = self.client.query().table_name(&self.table).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", text(partition)).scan_index_forward(false);
        let output = query.set_exclusive_start_key(start).send().await?;
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key.filter(|key| !key.is_empty())))
    }
}

fn is_event(item: &Item) -> bool {
    item.text(name::SK).is_ok_and(|sk| sk.starts_with(EVENTS))
}

fn absent<T>(error: Error) -> Result<Option<T>, Error> {
    match error {
        Error::NotFound(_) => Ok(None),
        error => Err(error),
    }
}

/// The events of a page: those from `first` to `last`, without gaps, since an event's sequence is its record's version.
struct Wanted {
    first: u64,
    last: u64,
}

impl Wanted {
    fn of(page: &PageRequest, newest: u64) -> Result<Self, Error> {
        let limit = u64::from(page.limit.max(1));
        let edge = |text: &str| text.parse::<u64>().map_err(|_| NotACursor);
        // Whether the page goes towards newer events from its edge.
        let (edge, upwards) = match (&page.cursor, page.ascending) {
            (None, true) => (0, true),
            (None, false) => (newest.saturating_add(1), false),
            (Some(Cursor::After(id)), ascending) => (edge(id)?, ascending),
            (Some(Cursor::Before(id)), ascending) => (edge(id)?, !ascending),
        };
        let (first, last) = if upwards {
            let first = edge.saturating_add(1);
            (first, first.saturating_add(limit - 1).min(newest))
        } else {
            let last = edge.saturating_sub(1).min(newest);
            (last.saturating_sub(limit - 1).max(1), last)
        };
        Ok(Self { first, last })
    }

    fn page<T: Entity>(&self, items: Vec<Happened<T>>, ascending: bool, newest: u64) -> Page<Happened<T>> {
        let (older, newer) = (self.first > 1, self.last < newest);
        let (after, before) = if ascending { (newer, older) } else { (older, newer) };
        let edge = |happened: Option<&Happened<T>>| happened.map(|happened| format!("{:010}", happened.event.sequence));
        Page {
            next: edge(items.last()).filter(|_| after).map(Cursor::After),
            previous: edge(items.first()).filter(|_| before).map(Cursor::Before),
            items,
        }
    }
}

/// `events`, the newest first, with the record around each, which stands as `header` now.
fn roll_back<T: Entity>(id: Id<T>, header: Option<Record<T>>, events: Vec<Event>) -> Result<Vec<Happened<T>>, Error> {
    let created_at = header.as_ref().map(|header| header.created_at);
    let mut state = match &header {
        Some(header) => State::Fields(fields_of(&header.content)?),
        None => State::Absent,
    };
    let mut happened = Vec::with_capacity(events.len());
    for event in events {
        let before = state.before(&event);
        let record = |state: &State, version: u64| state.record(id, version, created_at.unwrap_or(event.at), &event);
        let change = match (record(&before, event.sequence - 1), record(&state, event.sequence)) {
            (Some(before), Some(after)) => Some(BeforeAndAfter { before, after }),
            _ => None,
        };
        happened.push(Happened { event, change });
        state = before;
    }
    Ok(happened)
}

impl State {
    /// The state before `event`, after which it is this.
    fn before(&self, event: &Event) -> Self {
        if event.sequence <= 1 {
            return Self::Absent;
        }
        let details = match &event.details {
            Kept::Whole(json) => serde_json::from_str::<Details>(json).ok(),
            Kept::Erased(_) => None,
        };
        let (Some(details), false) = (details, matches!(self, Self::Unknown)) else { return Self::Unknown };
        let mut fields = match self {
            Self::Fields(fields) => fields.clone(),
            Self::Absent | Self::Unknown => Map::new(),
        };
        for (field, change) in details.changes {
            match change.before {
                Some(value) => fields.insert(field, value),
                None => fields.remove(&field),
            };
        }
        Self::Fields(fields)
    }

    /// The record in this state; none if it isn't known, or can't be read by now.
    fn record<T: Entity>(&self, id: Id<T>, version: u64, created_at: Time, event: &Event) -> Option<Option<Record<T>>> {
        match self {
            Self::Absent => Some(None),
            Self::Unknown => None,
            Self::Fields(fields) => {
                let content = serde_json::from_value(Value::Object(fields.clone())).ok()?;
                Some(Some(Record { id, version, created_at, updated_at: event.at, archived_at: None, hash: event.hash, content }))
            }
        }
    }
}
