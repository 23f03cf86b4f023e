//! Reading records by their ids: one request, however many.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::{Id, Kind, Refusal, Time, firm::Firm};

use crate::{
    Counter, Entity, Error, IdempotentRequest, Record, Reply, Store,
    item::{Attributes, Item},
    key::{Key, name},
};

/// How many keys DynamoDB takes in a batch.
const MOST_KEYS: usize = 100;
/// How often keys are asked for that DynamoDB didn't get to, which it doesn't when it has too much to do.
const ROUNDS: u32 = 6;
/// The longest wait before they are asked for again, the first time; it doubles. All together at most 1.5 s.
const FIRST_WAIT: Duration = Duration::from_millis(50);

impl Store {
    /// The item at `key`, as it is now.
    pub(crate) async fn item(&self, key: &Key) -> Result<Option<Item>, Error> {
        Ok(self.client.get_item().table_name(&self.table).set_key(Some(key.item())).consistent_read(true).send().await?.item)
    }

    /// The record `id` of `firm`, as it was a moment ago at the latest: what a GET shows. Half a read unit per 4 kB.
    pub async fn get<T: Entity>(&self, firm: Id<Firm>, id: Id<T>) -> Result<Record<T>, Error> {
        let key = Key::record(firm, id).item();
        let output = self.client.get_item().table_name(&self.table).set_key(Some(key)).send().await?;
        Record::from_item(&output.item.ok_or(Error::NotFound(T::NAME))?)
    }

    /// Begin to read several things of `firm` at once.
    pub fn read(&self, firm: Id<Firm>) -> Read<'_> {
        Read { store: self, firm, keys: BTreeSet::new(), idempotent: None, consistent: true }
    }

    /// The items at `keys`, those that are there.
    pub(crate) async fn items(&self, keys: BTreeSet<Key>, consistent: bool) -> Result<HashMap<Key, Item>, Error> {
        let mut items = HashMap::with_capacity(keys.len());
        for keys in keys.into_iter().collect::<Vec<_>>().chunks(MOST_KEYS) {
            self.read_batch(keys, consistent, &mut items).await?;
        }
        Ok(items)
    }

    /// Read at most [`MOST_KEYS`] keys into `items`.
    async fn read_batch(&self, keys: &[Key], consistent: bool, items: &mut HashMap<Key, Item>) -> Result<(), Error> {
        let mut pending: Vec<Item> = keys.iter().map(Key::item).collect();
        for round in 0..ROUNDS {
            if pending.is_empty() {
                break;
            }
            if let Some(doubled) = round.checked_sub(1) {
                tokio::time::sleep(rand::random_range(Duration::ZERO..=FIRST_WAIT * (1 << doubled))).await;
            }
            let keys = KeysAndAttributes::builder().set_keys(Some(pending)).consistent_read(consistent).build();
            let keys = keys.map_err(Error::internal)?;
            let output = self.client.batch_get_item().request_items(&self.table, keys).send().await?;
            for item in output.responses.unwrap_or_default().into_values().flatten() {
                let key = Key { pk: item.text(name::PK)?.to_owned(), sk: item.text(name::SK)?.to_owned() };
                items.insert(key, item);
            }
            pending = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|keys| keys.keys).collect();
        }
        if !pending.is_empty() {
            return Err(Error::Unavailable("keys stayed unprocessed".to_owned()));
        }
        Ok(())
    }
}

/// Things of one firm to be read with one request, as they are now.
#[derive(Debug)]
pub struct Read<'s> {
    store: &'s Store,
    firm: Id<Firm>,
    keys: BTreeSet<Key>,
    idempotent: Option<(IdempotentRequest, Time)>,
    consistent: bool,
}

impl Read<'_> {
    /// The record `id` too.
    #[must_use]
    pub fn record<T: Entity>(self, id: Id<T>) -> Self {
        let key = Key::record(self.firm, id);
        self.key(key)
    }

    /// The record `id` too, if there is an id.
    #[must_use]
    pub fn maybe<T: Entity>(self, id: Option<Id<T>>) -> Self {
        match id {
            Some(id) => self.record(id),
            None => self,
        }
    }

    /// The last number of `counter` too.
    #[must_use]
    pub fn counter(self, counter: Counter) -> Self {
        let key = Key::counter(self.firm, counter);
        self.key(key)
    }

    /// Whether the request was done before, too; then the fetch gives [`Error::Replayed`].
    #[must_use]
    pub fn idempotent(self, request: Option<IdempotentRequest>, now: Time) -> Self {
        let Some(request) = request else { return self };
        Self { idempotent: Some((request.clone(), now)), ..self.key(request.key()) }
    }

    /// Things as they were a moment ago at the latest, for half the price: what a GET shows.
    #[must_use]
    pub fn eventually(self) -> Self {
        Self { consistent: false, ..self }
    }

    pub(crate) fn firm(&self) -> Id<Firm> {
        self.firm
    }

    pub(crate) fn key(mut self, key: Key) -> Self {
        self.keys.insert(key);
        self
    }

    /// Read them.
    pub async fn fetch(self) -> Result<Found, Error> {
        match self.fetch_with_reply().await? {
            (found, None) => Ok(found),
            (_, Some(reply)) => Err(Error::Replayed(reply)),
        }
    }

    /// Read them, and what the request was answered if it was done before.
    pub async fn fetch_with_reply(self) -> Result<(Found, Option<Reply>), Error> {
        let items = self.store.items(self.keys, self.consistent).await?;
        let known = self.idempotent.as_ref().and_then(|(request, now)| Some(request.found(items.get(&request.key())?, *now)));
        let reply = match known {
            Some(Err(Error::Replayed(reply))) => Some(reply),
            Some(Err(error)) => return Err(error),
            Some(Ok(())) | None => None,
        };
        Ok((Found { firm: self.firm, items }, reply))
    }
}

/// What was read.
#[derive(Debug)]
pub struct Found {
    firm: Id<Firm>,
    items: HashMap<Key, Item>,
}

impl Found {
    /// The record `id`, which the caller asked for by its URL.
    pub fn record<T: Entity>(&self, id: Id<T>) -> Result<Record<T>, Error> {
        self.maybe(id)?.ok_or(Error::NotFound(T::NAME))
    }

    /// The record `id`, which the body names in `field`; not one that is archived.
    pub(crate) fn named<T: Entity>(&self, field: impl Into<Cow<'static, str>>, id: Id<T>) -> Result<Record<T>, Error> {
        match self.maybe(id)? {
            Some(record) if record.archived_at.is_none() => Ok(record),
            Some(_) => Err(Refusal::rule(field, "Is archived.").into()),
            None => Err(Error::NoSuch { field: field.into(), kind: <T as Kind>::NAME }),
        }
    }

    /// The record `id`, if there is one.
    pub fn maybe<T: Entity>(&self, id: Id<T>) -> Result<Option<Record<T>>, Error> {
        self.items.get(&Key::record(self.firm, id)).map(Record::from_item).transpose()
    }

    /// The number that `counter` gives next.
    pub fn next(&self, counter: Counter) -> Result<u64, Error> {
        self.items.get(&Key::counter(self.firm, counter)).map_or(Ok(1), |item| Ok(item.number(name::LAST)? + 1))
    }

    pub(crate) fn item(&self, key: &Key) -> Option<&Item> {
        self.items.get(key)
    }

    pub(crate) fn firm(&self) -> Id<Firm> {
        self.firm
    }
}
