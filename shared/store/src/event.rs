//! Events as they are stored: beside their record, in the order of their sequence.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Digest, Id, Time,
    event::{Actor, Event, Kept},
    firm::Firm,
    mail::Topic,
};

use crate::{
    Error, Parent, Redrive,
    item::{Attributes, Item, millis, number, text},
    key::{EVENTS, Key, name, of_partition},
};

/// An event, and whose it is.
#[derive(Debug, Clone)]
pub struct LoggedEvent {
    /// The firm.
    pub firm: Id<Firm>,
    /// What the keys say that its record is: `INVOICE`.
    pub kind: String,
    /// The event.
    pub event: Event,
}

impl LoggedEvent {
    /// Where it is in the log.
    pub fn place(&self) -> Place {
        Place { firm: self.firm, kind: self.kind.clone(), record: self.event.record.clone(), sequence: self.event.sequence }
    }
}

/// Where an event is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The firm.
    pub firm: Id<Firm>,
    /// What the keys say that its record is: `INVOICE`.
    pub kind: String,
    /// The id of its record.
    pub record: String,
    /// The version of the record that it made.
    pub sequence: u64,
}

impl Place {
    /// The event `sequence` of `record` of `firm`.
    pub fn about(firm: Id<Firm>, record: Topic, sequence: u64) -> Self {
        Self { firm, kind: Parent::from(record).kind().to_owned(), record: record.to_string(), sequence }
    }

    fn of(item: &Item) -> Result<Option<Self>, Error> {
        let Some(sequence) = item.text(name::SK)?.strip_prefix(EVENTS) else { return Ok(None) };
        let pk = item.text(name::PK)?;
        match (of_partition(pk), sequence.parse()) {
            (Some((firm, kind, record)), Ok(sequence)) => {
                Ok(Some(Self { firm, kind: kind.to_owned(), record: record.to_owned(), sequence }))
            }
            _ => Err(Error::Internal(format!("{pk} EVENT#{sequence} is no event's place"))),
        }
    }
}

/// An event of the log that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("event {} of {} can't be read: {why}", place.sequence, place.record)]
pub struct Unreadable {
    /// Where it is.
    pub place: Place,
    /// Why.
    pub why: Error,
}

/// What an image of the table's stream shows.
#[derive(Debug)]
pub enum Streamed {
    /// An event.
    Event(LoggedEvent),
    /// An event that can't be read.
    Unreadable(Unreadable),
    /// An order to look at events once more.
    Redrive(Redrive),
    /// Anything else.
    Other,
}

impl Streamed {
    /// Which firm's record it is about, and which of its records.
    pub fn record(&self) -> Option<(Id<Firm>, String)> {
        match self {
            Self::Event(LoggedEvent { firm, event, .. }) => Some((*firm, event.record.clone())),
            Self::Unreadable(Unreadable { place, .. }) => Some((place.firm, place.record.clone())),
            Self::Redrive(order) => Some((order.firm, order.record.clone())),
            Self::Other => None,
        }
    }

    /// What `image` shows.
    pub fn of_image(image: serde_dynamo::Item) -> Result<Self, Error> {
        let item = image.into();
        Ok(match logged(&item)? {
            Some(Ok(logged)) => Self::Event(logged),
            Some(Err(unreadable)) => Self::Unreadable(unreadable),
            None => Redrive::of(&item)?.map_or(Self::Other, Self::Redrive),
        })
    }
}

/// The event that an image of the table's stream shows; none if it shows anything else.
pub fn event_of_image(image: serde_dynamo::Item) -> Result<Option<LoggedEvent>, Error> {
    logged(&image.into())?.transpose().map_err(|unreadable| unreadable.why)
}

/// The event that `item` is; none if it is anything else.
pub(crate) fn logged(item: &Item) -> Result<Option<Result<LoggedEvent, Unreadable>>, Error> {
    let Some(place) = Place::of(item)? else { return Ok(None) };
    Ok(Some(match from_item(item) {
        Ok(event) if event.sequence == place.sequence => Ok(LoggedEvent { firm: place.firm, kind: place.kind, event }),
        Ok(_) => Err(Unreadable { place, why: Error::Internal("its sequence is another's".to_owned()) }),
        Err(why) => Err(Unreadable { place, why }),
    }))
}

pub(crate) fn to_item(key: &Key, event: &Event) -> Item {
    let Event { sequence, name: what, record: _, actor, at, request, details, previous, hash } = event;
    let mut item = key.item();
    let mut set = |name: &str, value: AttributeValue| item.insert(name.to_owned(), value);
    set(name::VERSION, number(sequence));
    set(name::EVENT, text(what));
    set(name::ACTOR, text(actor.to_string()));
    set(name::CREATED, millis(*at));
    set(name::REQUEST, text(request));
    match details {
        Kept::Whole(json) => set(name::DETAILS, text(json)),
        Kept::Erased(digest) => set(name::DIGEST, text(digest.to_string())),
    };
    set(name::PREVIOUS, text(previous.to_string()));
    set(name::HASH, text(hash.to_string()));
    item
}

pub(crate) fn from_item(item: &Item) -> Result<Event, Error> {
    let pk = item.text(name::PK)?;
    let record = pk.rsplit('#').next().unwrap_or_default().to_owned();
    let digest = |name| -> Result<Digest, Error> { item.text(name)?.parse().map_err(Error::internal) };
    let details = match item.text(name::DETAILS) {
        Ok(json) => Kept::Whole(json.to_owned()),
        Err(_) => Kept::Erased(digest(name::DIGEST)?),
    };
    Ok(Event {
        sequence: item.number(name::VERSION)?,
        name: item.text(name::EVENT)?.to_owned(),
        record,
        actor: item.text(name::ACTOR)?.parse::<Actor>().map_err(Error::Internal)?,
        at: item.time(name::CREATED)? as Time,
        request: item.text(name::REQUEST)?.to_owned(),
        details,
        previous: digest(name::PREVIOUS)?,
        hash: digest(name::HASH)?,
    })
}
