//! Records: how a domain type lies in the table.

use std::{collections::BTreeSet, fmt, ops::Deref};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Aggregate, Date, Digest, Email, Id, Time, firm::Firm, ids::UserId, timer::Timer};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    Error, Guarded, KeptOpen,
    item::{Attributes, Item, millis, number, text},
    key::{Key, index, name},
};

/// A domain type that is kept as a record, with an event log.
pub trait Entity: Aggregate + Serialize + DeserializeOwned + Clone + fmt::Debug + Send + Sync + 'static {
    /// What its keys say it is.
    const TYPE: &'static str;

    /// Whether many write at once what depends on it: they look at its guards (`guard.rs`) instead of the record.
    const IS_GUARDED: bool = false;

    /// Whether lists find it. What isn't listed is in no index, which whoever may read the table's indexes could read.
    const IS_LISTED: bool = true;

    /// What lists know of it: the indexes hold this and nothing else. Short, so that a page of fifty stays cheap.
    type Row: Serialize + DeserializeOwned + Clone + fmt::Debug + Send + Sync + 'static;

    /// What lists know of it as it stands.
    fn row(&self) -> Self::Row;

    /// Where lists find it as it stands, what it keeps open, and what is to happen to it.
    fn placement(&self) -> Placement<Self>;
}

/// What the table knows of a record beside what it says. An entity says all of it: what is forgotten doesn't compile.
#[derive(Debug)]
pub struct Placement<T> {
    /// Whose it is, where that one's page lists it.
    pub parent: Option<Parent>,
    /// What lists can be filtered by beside the parent: its state, or what else it has to do with.
    pub filter: Option<String>,
    /// A record, and a state, by both of which at once it is listed.
    pub parent_state: Option<(Parent, &'static str)>,
    /// Who did it, is to do it or gets it, and on which day, if on one.
    pub person: Option<(Person, Option<Date>)>,
    /// What can't be archived as long as this is as it is: see `open.rs`.
    pub keeps_open: Vec<KeptOpen<T>>,
    /// What is to happen to it by itself, as long as it isn't archived.
    pub timers: Vec<Timer>,
}

impl<T> Placement<T> {
    /// Of a record that only the list of all has.
    pub fn nowhere() -> Self {
        Self { parent: None, filter: None, parent_state: None, person: None, keeps_open: Vec::new(), timers: Vec::new() }
    }
}

/// Who something is to do with, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// A member of the firm.
    User(UserId),
    /// Whoever is reached there.
    Address(Email),
}

impl From<UserId> for Person {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => user.fmt(f),
            Self::Address(email) => email.fmt(f),
        }
    }
}

/// The record that others belong to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parent {
    kind: &'static str,
    name: &'static str,
    id: String,
}

impl Parent {
    pub(crate) fn new(kind: &'static str, name: &'static str, id: String) -> Self {
        Self { kind, name, id }
    }

    /// What its keys say that it is.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// Its id, if it is a `T`.
    pub(crate) fn id<T: Entity>(&self) -> Option<Id<T>> {
        self.id.parse().ok().filter(|_| self.kind == T::TYPE)
    }

    /// What it is, in words.
    pub(crate) fn name(&self) -> String {
        self.name.replace('_', " ")
    }
}

impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.kind, self.id)
    }
}

/// A domain value with what the table knows of it.
#[derive(Debug, Clone)]
pub struct Record<T> {
    /// Its id.
    pub id: Id<T>,
    /// How often it was changed, 1 when new; also the sequence of its last event.
    pub version: u64,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
    /// When it was archived, if it was.
    pub archived_at: Option<Time>,
    /// The hash of its last event.
    pub(crate) hash: Digest,
    /// What it says.
    pub content: T,
}

/// What a list knows of a record. It isn't the record: nothing can be decided on it or written back from it.
#[derive(Debug, Clone)]
pub struct Row<T: Entity> {
    /// The record's id.
    pub id: Id<T>,
    /// How often the record was changed.
    pub version: u64,
    /// When the record was made.
    pub created_at: Time,
    /// When the record was changed last.
    pub updated_at: Time,
    /// What lists know of it.
    pub content: T::Row,
}

impl<T: Entity> Deref for Row<T> {
    type Target = T::Row;

    fn deref(&self) -> &T::Row {
        &self.content
    }
}

impl<T> Deref for Record<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.content
    }
}

impl<T: Entity> Record<T> {
    /// What can't be archived as long as it is as it is.
    pub fn keeps_open(&self) -> BTreeSet<Guarded> {
        if self.archived_at.is_some() {
            return BTreeSet::new();
        }
        self.content.placement().keeps_open.into_iter().map(Into::into).collect()
    }

    /// What is to happen to it by itself.
    pub(crate) fn timers(&self) -> Vec<Timer> {
        if self.archived_at.is_some() { Vec::new() } else { self.content.placement().timers }
    }
}

/// `value` as a JSON object without nulls, as it is stored and as the event log compares it.
pub(crate) fn fields_of<T: Serialize>(value: &T) -> Result<Map<String, Value>, Error> {
    let Value::Object(mut fields) = serde_json::to_value(value).map_err(Error::internal)? else {
        return Err(Error::internal("a record is an object"));
    };
    fields.retain(|_, value| !value.is_null());
    Ok(fields)
}

/// The fields of the record that `item` is, as [`fields_of`] gave them.
pub(crate) fn stored_fields(item: &Item) -> Result<Map<String, Value>, Error> {
    let mut fields = item.fields(name::SUMMARY)?;
    if item.contains_key(name::DATA) {
        fields.extend(item.fields(name::DATA)?);
    }
    fields.retain(|_, value| !value.is_null());
    Ok(fields)
}

impl<T: Entity> Record<T> {
    /// What lists know of it.
    pub fn row(&self) -> Row<T> {
        let Self { id, version, created_at, updated_at, .. } = *self;
        Row { id, version, created_at, updated_at, content: self.content.row() }
    }

    pub(crate) fn to_item(&self, firm: Id<Firm>) -> Result<Item, Error> {
        let summary = fields_of(&self.content.row())?;
        let data = beyond(fields_of(&self.content)?, &summary);
        let mut item = Key::record(firm, self.id).item();
        let mut set = |name: &str, value: AttributeValue| item.insert(name.to_owned(), value);
        set(name::VERSION, number(self.version));
        set(name::CREATED, millis(self.created_at));
        set(name::UPDATED, millis(self.updated_at));
        set(name::HASH, text(self.hash.to_string()));
        set(name::SUMMARY, serde_dynamo::to_attribute_value(summary).map_err(Error::internal)?);
        if !data.is_empty() {
            set(name::DATA, serde_dynamo::to_attribute_value(data).map_err(Error::internal)?);
        }
        if let Some(archived) = self.archived_at {
            set(name::ARCHIVED, millis(archived));
        }
        if !T::IS_LISTED {
            return Ok(item);
        }
        let id = self.id.to_string();
        if self.archived_at.is_some() {
            set(name::BY_TYPE_PK, text(index::archived::<T>(firm)));
            set(name::BY_TYPE_SK, text(id));
            return Ok(item);
        }
        let Placement { parent, filter, parent_state, person, keeps_open: _, timers: _ } = self.content.placement();
        if let Some(parent) = parent {
            set(name::BY_PARENT_PK, text(index::by_parent::<T>(firm, &parent)));
            set(name::BY_PARENT_SK, text(&id));
        }
        if let Some(key) = filter {
            set(name::BY_STATE_PK, text(index::by_state::<T>(firm, &key)));
            set(name::BY_STATE_SK, text(&id));
        }
        if let Some((parent, state)) = parent_state {
            set(name::BY_PARENT_STATE_PK, text(index::by_parent_state::<T>(firm, &parent, state)));
            set(name::BY_PARENT_STATE_SK, text(&id));
        }
        if let Some((person, day)) = person {
            set(name::BY_PERSON_PK, text(index::by_person::<T>(firm, &person)));
            set(name::BY_PERSON_SK, text(index::of_day(day, &id)));
        }
        set(name::BY_TYPE_PK, text(index::by_type::<T>(firm)));
        set(name::BY_TYPE_SK, text(id));
        Ok(item)
    }

    /// The record that `item` is.
    pub(crate) fn from_item(item: &Item) -> Result<Self, Error> {
        let pk = item.text(name::PK)?;
        let content = serde_json::from_value(Value::Object(stored_fields(item)?));
        let content = content.map_err(|e| Error::Internal(format!("{pk}: {e}")))?;
        Ok(Self {
            id: id_of(item)?,
            version: item.number(name::VERSION)?,
            created_at: item.time(name::CREATED)?,
            updated_at: item.time(name::UPDATED)?,
            archived_at: item.contains_key(name::ARCHIVED).then(|| item.time(name::ARCHIVED)).transpose()?,
            hash: item.text(name::HASH)?.parse().map_err(Error::internal)?,
            content,
        })
    }
}

impl<T: Entity> Row<T> {
    /// The row that `item`, as an index projects it, is.
    pub(crate) fn from_item(item: &Item) -> Result<Self, Error> {
        let pk = item.text(name::PK)?;
        let content = serde_json::from_value(Value::Object(item.fields(name::SUMMARY)?));
        Ok(Self {
            id: id_of(item)?,
            version: item.number(name::VERSION)?,
            created_at: item.time(name::CREATED)?,
            updated_at: item.time(name::UPDATED)?,
            content: content.map_err(|error| Error::Internal(format!("the row of {pk}: {error}")))?,
        })
    }
}

fn id_of<T: Entity>(item: &Item) -> Result<Id<T>, Error> {
    let pk = item.text(name::PK)?;
    pk.rsplit('#').next().and_then(|id| id.parse().ok()).ok_or_else(|| Error::Internal(format!("{pk} ends in no id")))
}

/// What of a record's `fields` its `summary` doesn't say: they are stored together, and each value once. A name that both
/// have for different things is null here where the record has nothing by it.
fn beyond(mut fields: Map<String, Value>, summary: &Map<String, Value>) -> Map<String, Value> {
    let only_in_row: Vec<String> = summary.keys().filter(|name| !fields.contains_key(*name)).cloned().collect();
    fields.retain(|name, value| summary.get(name) != Some(value));
    fields.extend(only_in_row.into_iter().map(|name| (name, Value::Null)));
    fields
}
