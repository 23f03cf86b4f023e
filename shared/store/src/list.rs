//! Lists: one query of one index, a page at a time.
//!
//! A cursor is the id at the edge of a page (with its day, where days say the order) and the direction; the keys are rebuilt
//! from it under the caller's own firm, so a forged cursor leads nowhere else. DynamoDB cuts a page by size too, at a
//! megabyte: such a page is shorter than was asked for, and there is more after it.

use std::{fmt, str::FromStr};

use domain::{Id, firm::Firm};

use crate::{
    Entity, Error, Parent, Person, Row, Store,
    item::{Item, text},
    key::{EVENTS, HEADER, Key, index, name},
};

/// How many letters a day has in a cursor: `20261125`.
const DAY: usize = 8;
/// How many rows are read beside those that are wanted, where some aren't shown.
const HIDDEN: u16 = 10;

/// Which records of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListScope {
    /// All that aren't archived.
    All,
    /// Those that are archived.
    Archived,
    /// Those in a state.
    State(&'static str),
    /// Those of what they can be filtered by instead of a state.
    Filter(String),
    /// Those of a parent.
    Parent(Parent),
    /// Those of a parent in a state.
    ParentState(Parent, &'static str),
    /// What somebody did, is to do or gets, by its days.
    Person(Person),
}

/// The edge at which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// What comes after this id, in the list's order.
    After(String),
    /// What comes before it.
    Before(String),
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(id) => write!(f, "1a{id}"),
            Self::Before(id) => write!(f, "1b{id}"),
        }
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Not a cursor of this list.")]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') || !(3..=64).contains(&text.len()) {
            return Err(NotACursor);
        }
        let after = text.strip_prefix("1a").map(|id| Self::After(id.to_owned()));
        after.or_else(|| text.strip_prefix("1b").map(|id| Self::Before(id.to_owned()))).ok_or(NotACursor)
    }
}

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// At most how many, 1 to 100. Fewer than there are may come, where they are large: only `next` and `previous` tell
    /// whether there are more.
    pub limit: u16,
    /// Oldest first, rather than newest first.
    pub ascending: bool,
    /// Where it begins; at the list's beginning if not said.
    pub cursor: Option<Cursor>,
}

/// Some of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// In the list's order.
    pub items: Vec<T>,
    /// The page after this, if there is more.
    pub next: Option<Cursor>,
    /// The page before this, if there is one.
    pub previous: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page on which there is nothing, of a list in which there is nothing.
    pub fn empty() -> Self {
        Self { items: Vec::new(), next: None, previous: None }
    }

    /// The same page of what `convert` makes of its items.
    fn map<U>(self, convert: impl Fn(&T) -> Result<U, Error>) -> Result<Page<U>, Error> {
        let items = self.items.iter().map(convert).collect::<Result<_, _>>()?;
        Ok(Page { items, next: self.next, previous: self.previous })
    }
}

/// A query: the partition of an index (or of the table), and how an edge's id becomes a key.
struct Query<'q> {
    index: Option<&'static str>,
    partition: (&'static str, String),
    prefix: Option<&'static str>,
    start: &'q (dyn Fn(&str) -> Option<Item> + Sync),
    edge: &'q (dyn Fn(&Item) -> Option<String> + Sync),
}

impl Store {
    /// A page of the rows of those records of `firm` that are in `scope`, by when they were made, or by the days of a person.
    pub async fn list<T: Entity>(&self, firm: Id<Firm>, which: &ListScope, page: &PageRequest) -> Result<Page<Row<T>>, Error> {
        let (index, pk_name, sk_name, pk) = match which {
            ListScope::All => ("by_type", name::BY_TYPE_PK, name::BY_TYPE_SK, index::by_type::<T>(firm)),
            ListScope::Archived => ("by_type", name::BY_TYPE_PK, name::BY_TYPE_SK, index::archived::<T>(firm)),
            ListScope::State(state) => ("by_state", name::BY_STATE_PK, name::BY_STATE_SK, index::by_state::<T>(firm, state)),
            ListScope::Filter(key) => ("by_state", name::BY_STATE_PK, name::BY_STATE_SK, index::by_state::<T>(firm, key)),
            ListScope::Parent(parent) => ("by_parent", name::BY_PARENT_PK, name::BY_PARENT_SK, index::by_parent::<T>(firm, parent)),
            ListScope::ParentState(parent, state) => {
                let pk = index::by_parent_state::<T>(firm, parent, state);
                ("by_parent_state", name::BY_PARENT_STATE_PK, name::BY_PARENT_STATE_SK, pk)
            }
            ListScope::Person(person) => ("by_person", name::BY_PERSON_PK, name::BY_PERSON_SK, index::by_person::<T>(firm, person)),
        };
        let has_days = matches!(which, ListScope::Person(_));
        let start = |edge: &str| {
            let (day, id) = if has_days { edge.split_at_checked(DAY)? } else { ("", edge) };
            let id = id.parse::<Id<T>>().ok()?;
            let mut item = Key::record(firm, id).item();
            item.insert(pk_name.to_owned(), text(&pk));
            item.insert(sk_name.to_owned(), text(if has_days { format!("{}#{id}", day_in(day)?) } else { id.to_string() }));
            Some(item)
        };
        let edge = |item: &Item| item.get(sk_name).and_then(|v| v.as_s().ok()).map(|sk| sk.replace(['-', '#'], ""));
        let query = Query { index: Some(index), partition: (pk_name, pk.clone()), prefix: None, start: &start, edge: &edge };
        self.page(query, page).await?.map(Row::from_item)
    }

    /// The same of those rows alone that are to be `shown`: as many as are wanted while there are enough, and a cursor
    /// never names another. One request, unless many in a row aren't shown.
    pub async fn list_shown<T: Entity>(
        &self,
        firm: Id<Firm>,
        scope: &ListScope,
        page: &PageRequest,
        shown: impl Fn(&Row<T>) -> bool,
    ) -> Result<Page<Row<T>>, Error> {
        let back = matches!(page.cursor, Some(Cursor::Before(_)));
        let limit = usize::from(page.limit);
        let mut request = PageRequest { limit: page.limit + HIDDEN, ..page.clone() };
        let mut items: Vec<Row<T>> = Vec::new();
        loop {
            let read = self.list(firm, scope, &request).await?;
            let mut found: Vec<_> = read.items.into_iter().filter(&shown).collect();
            if back {
                found.append(&mut items);
                items = found;
            } else {
                items.append(&mut found);
            }
            request.cursor = if back { read.previous } else { read.next };
            if items.len() > limit || request.cursor.is_none() {
                break;
            }
        }
        let more = items.len() > limit;
        if back {
            items.drain(..items.len().saturating_sub(limit));
        } else {
            items.truncate(limit);
        }
        let (before, after) = if back { (more, true) } else { (page.cursor.is_some(), more) };
        let edge = |row: Option<&Row<T>>, there| row.filter(|_| there).map(|row| row.id.to_string());
        Ok(Page { next: edge(items.last(), after).map(Cursor::After), previous: edge(items.first(), before).map(Cursor::Before), items })
    }

    async fn page(&self, query: Query<'_>, page: &PageRequest) -> Result<Page<Item>, Error> {
        let back = matches!(page.cursor, Some(Cursor::Before(_)));
        let start = match &page.cursor {
            Some(Cursor::After(id) | Cursor::Before(id)) => Some((query.start)(id).ok_or(NotACursor)?),
            None => None,
        };
        let limit = usize::from(page.limit);
        let (pk_name, pk) = query.partition;
        let mut request = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(query.index.map(str::to_owned))
            .expression_attribute_names("#pk", pk_name)
            .expression_attribute_values(":pk", text(pk));
        request = match query.prefix {
            None => request.key_condition_expression("#pk = :pk"),
            Some(prefix) => request
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_names("#sk", name::SK)
                .expression_attribute_values(":prefix", text(prefix)),
        };
        let output = request
            .scan_index_forward(page.ascending != back)
            .set_exclusive_start_key(start)
            .limit(i32::from(page.limit) + 1)
            .send()
            .await?;
        // Where the query stopped, if it did before the end of the partition: at the limit, or at a megabyte.
        let stopped = output.last_evaluated_key.filter(|key| !key.is_empty());
        let mut items = output.items.unwrap_or_default();
        let more = items.len() > limit || stopped.is_some();
        items.truncate(limit);
        if back {
            items.reverse();
        }
        let before = if back { more } else { page.cursor.is_some() };
        let after = if back { page.cursor.is_some() } else { more };
        let edge = |item: Option<&Item>| item.and_then(query.edge);
        Ok(Page {
            next: edge(items.last()).filter(|_| after).map(Cursor::After),
            previous: edge(items.first()).filter(|_| before).map(Cursor::Before),
            items,
        })
    }

    /// The partitions of every record of the table, by a scan; for ops, who check the event logs. No function may scan.
    pub async fn partitions(&self) -> Result<Vec<String>, Error> {
        let mut partitions = std::collections::BTreeSet::new();
        let mut pages = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .projection_expression("pk")
            .filter_expression("begins_with(sk, :events) OR (sk = :header AND attribute_exists(summary))")
            .expression_attribute_values(":events", text(EVENTS))
            .expression_attribute_values(":header", text(HEADER))
            .into_paginator()
            .send();
        while let Some(page) = pages.try_next().await? {
            let pk = |mut item: Item| item.remove(name::PK).and_then(|v| v.as_s().ok().cloned());
            partitions.extend(page.items.unwrap_or_default().into_iter().filter_map(pk));
        }
        Ok(partitions.into_iter().collect())
    }
}

/// The day that `text`, of a cursor, stands for, as keys have it: also the one that stands for none.
fn day_in(text: &str) -> Option<String> {
    let (year, rest) = text.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    text.bytes().all(|b| b.is_ascii_digit()).then(|| format!("{year}-{month}-{day}"))
}
