//! Events as they are stored: beside their record, in the order of their sequence.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Digest, Id, Time,
    event::{Actor, Event, Kept},
    firm::Firm,
};

use crate::{
    Error,
    item::{Attributes, Item, millis, number, text},
    key::{EVENTS, Key, name},
};

/// An event, and whose it is.
#[derive(Debug, Clone)]
pub struct LoggedEvent {
    /// The firm.
    pub firm: Id<Firm>,
    /// The event.
    pub event: Event,
}

/// The event that an image of the table's stream shows; none if it shows anything else.
pub fn event_of_image(image: serde_dynamo::Item) -> Result<Option<LoggedEvent>, Error> {
    let item: Item = image.into();
    if !item.text(name::SK)?.starts_with(EVENTS) {
        return Ok(None);
    }
    let pk = item.text(name::PK)?;
    let firm = pk.split('#').nth(1).and_then(|firm| firm.parse().ok());
    let firm = firm.ok_or_else(|| Error::Internal(format!("{pk} names no firm")))?;
    Ok(Some(LoggedEvent { firm, event: from_item(&item)? }))
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
