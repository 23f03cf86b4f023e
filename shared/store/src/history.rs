//! Histories: what happened to a record, with the record as it was before and after each event.
//!
//! An event keeps the stored fields that changed. Callers are shown the difference in what they see of the record, so
//! the record is rolled back from how it stands now, event by event. One request reads the record and up to a
//! megabyte of its newest events; what is longer takes a request more for each further megabyte down to the page.

use std::collections::VecDeque;

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
    log::undo,
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

/// How much the changes of a page come to at most, bytes, unless it is a single event. An answer of Lambda has 6 MB.
const MOST_BYTES: usize = 1_000_000;
/// How often a history is read again of a record that is changed meanwhile.
const ATTEMPTS: u32 = 5;

impl Store {
    /// A page of what happened to the record `id`, by when it happened: shorter than was asked for where it would be
    /// larger than a megabyte.
    pub async fn history<T: Entity>(&self, firm: Id<Firm>, id: Id<T>, page: &PageRequest) -> Result<Page<Happened<T>>, Error> {
        for _ in 0..ATTEMPTS {
            if let Some(page) = self.history_once(firm, id, page).await? {
                return Ok(page);
            }
        }
        Err(Error::Lost)
    }

    /// The same; nothing if the record isn't as its newest event left it, since one of them was read before the other.
    async fn history_once<T: Entity>(&self, firm: Id<Firm>, id: Id<T>, page: &PageRequest) -> Result<Option<Page<Happened<T>>>, Error> {
        let partition = partition::<T>(firm, &id.to_string());
        let (items, mut start) = self.newest(&partition, None).await?;
        let header = match items.iter().find(|item| item.text(name::SK).is_ok_and(|sk| sk == HEADER)) {
            Some(header) => Some(Record::<T>::from_item(header)?),
            // The header lies behind the oldest event; a record that was deleted has none.
            None if start.is_some() => self.get(firm, id).await.map(Some).or_else(absent)?,
            None => None,
        };
        let mut events = events_of(&items)?;
        let newest = events.first().ok_or(Error::NotFound(T::NAME))?;
        let sequence = newest.sequence;
        if header.as_ref().map_or(!newest.deletes(), |header| header.version != sequence) {
            return Ok(None);
        }
        let wanted = Wanted::of(page, sequence)?;
        let mut back = RollBack::of(id, header)?;
        let mut shown = Shown::new(wanted);
        loop {
            let oldest = events.last().map_or(0, |event| event.sequence);
            for event in events {
                if event.sequence > shown.wanted.last {
                    back.skip(&event);
                } else if !shown.take(back.step(event)) {
                    return Ok(Some(shown.page(page.ascending, sequence)));
                }
            }
            if start.is_none() || oldest <= shown.wanted.first {
                return Ok(Some(shown.page(page.ascending, sequence)));
            }
            let (items, next) = self.newest(&partition, start).await?;
            (events, start) = (events_of(&items)?, next);
        }
    }

    /// Items of `partition`, the newest event first and the header last, as many as one request gives.
    async fn newest(&self, partition: &str, start: Option<Item>) -> Result<(Vec<Item>, Option<Item>), Error> {
        let query = self.client.query().table_name(&self.table).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", text(partition)).scan_index_forward(false);
        let output = query.set_exclusive_start_key(start).send().await?;
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key.filter(|key| !key.is_empty())))
    }
}

/// The events among `items`, in their order.
fn events_of(items: &[Item]) -> Result<Vec<Event>, Error> {
    let is_event = |item: &&Item| item.text(name::SK).is_ok_and(|sk| sk.starts_with(EVENTS));
    items.iter().filter(is_event).map(event::from_item).collect()
}

fn absent<T>(error: Error) -> Result<Option<T>, Error> {
    if matches!(error, Error::NotFound(_)) { Ok(None) } else { Err(error) }
}

/// The events of a page: those from `first` to `last`, without gaps, since an event's sequence is its record's version.
struct Wanted {
    first: u64,
    last: u64,
    /// Whether the page goes towards newer events, so that its oldest stay where not all fit.
    upwards: bool,
}

impl Wanted {
    fn of(page: &PageRequest, newest: u64) -> Result<Self, Error> {
        let limit = u64::from(page.limit.max(1));
        let edge = |text: &str| text.parse::<u64>().map_err(|_| NotACursor);
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
        Ok(Self { first, last, upwards })
    }
}

/// What is on a page, the newest first; no more of it than fits.
struct Shown<T: Entity> {
    wanted: Wanted,
    items: VecDeque<Happened<T>>,
    bytes: usize,
}

impl<T: Entity> Shown<T> {
    fn new(wanted: Wanted) -> Self {
        Self { wanted, items: VecDeque::new(), bytes: 0 }
    }

    /// Take the next older event, if it is wanted and fits; whether there may be another.
    fn take(&mut self, happened: Happened<T>) -> bool {
        let sequence = happened.event.sequence;
        if sequence < self.wanted.first {
            return false;
        }
        let bytes = size(&happened);
        if !self.wanted.upwards && !self.items.is_empty() && self.bytes + bytes > MOST_BYTES {
            self.wanted.first = sequence + 1;
            return false;
        }
        self.items.push_back(happened);
        self.bytes += bytes;
        while self.bytes > MOST_BYTES && self.items.len() > 1 {
            let Some(newest) = self.items.pop_front() else { break };
            self.bytes -= size(&newest);
            self.wanted.last = newest.event.sequence - 1;
        }
        true
    }

    fn page(self, ascending: bool, newest: u64) -> Page<Happened<T>> {
        let mut items = Vec::from(self.items);
        if ascending {
            items.reverse();
        }
        let (older, newer) = (self.wanted.first > 1, self.wanted.last < newest);
        let (after, before) = if ascending { (newer, older) } else { (older, newer) };
        let edge = |happened: Option<&Happened<T>>| happened.map(|happened| format!("{:010}", happened.event.sequence));
        Page {
            next: edge(items.last()).filter(|_| after).map(Cursor::After),
            previous: edge(items.first()).filter(|_| before).map(Cursor::Before),
            items,
        }
    }
}

fn size<T: Entity>(happened: &Happened<T>) -> usize {
    match &happened.event.details {
        Kept::Whole(json) => json.len(),
        Kept::Erased(_) => 0,
    }
}

/// A record on its way back from how it stands now, event by event.
struct RollBack<T: Entity> {
    id: Id<T>,
    created_at: Option<Time>,
    state: State,
}

impl<T: Entity> RollBack<T> {
    /// From `header` on, which is none if the record was deleted.
    fn of(id: Id<T>, header: Option<Record<T>>) -> Result<Self, Error> {
        let state = header.as_ref().map_or(Ok(State::Absent), |header| fields_of(&header.content).map(State::Fields))?;
        Ok(Self { id, created_at: header.map(|header| header.created_at), state })
    }

    /// Over `event`, the newest that it hasn't gone over, and don't tell.
    fn skip(&mut self, event: &Event) {
        self.state = self.state.before(event);
    }

    /// Over `event`, the newest that it hasn't gone over.
    fn step(&mut self, event: Event) -> Happened<T> {
        let before = self.state.before(&event);
        let after = std::mem::replace(&mut self.state, before);
        let created_at = self.created_at.unwrap_or(event.at);
        let record = |state: &State, version: u64| state.record(self.id, version, created_at, &event);
        let change = match (record(&self.state, event.sequence - 1), record(&after, event.sequence)) {
            (Some(before), Some(after)) => Some(BeforeAndAfter { before, after }),
            _ => None,
        };
        Happened { event, change }
    }
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
        undo(&mut fields, details);
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
