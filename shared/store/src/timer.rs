//! Timers in the table: an item for each that a record wants, written and deleted with the record itself, so that a run
//! that was missed is caught up and none fires twice. They lie apart from their records, by when they are due.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::{
    Id, Time,
    firm::Firm,
    timer::{Timer, TimerKind},
};

use crate::{
    Change, Entity, Error, Record, Store,
    change::OnFailure,
    item::{Attributes, text},
    key::{Key, SHARDS, name, timers_until},
};

/// A timer whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The record's firm.
    pub firm: Id<Firm>,
    /// The record's id.
    pub record: String,
    /// What is to happen to it.
    pub kind: TimerKind,
    pub(crate) key: Key,
}

/// Some of the timers of a shard whose time has come.
#[derive(Debug, Clone)]
pub struct DuePage {
    /// Them, the longest due first.
    pub timers: Vec<Due>,
    /// Those that can't be read, as texts: what a newer version of the product made, say.
    pub unreadable: Vec<String>,
    /// Where the page ends, if there is anything on it.
    pub end: Option<DueEnd>,
}

/// Where a page of timers ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueEnd(Key);

impl Store {
    /// The partitions in which timers lie.
    pub fn timer_shards() -> impl Iterator<Item = u8> {
        0..SHARDS
    }

    /// The first of those timers in `shard` that are due at `now`; past `after`, if it is said.
    pub async fn due(&self, shard: u8, now: Time, after: Option<&DueEnd>) -> Result<DuePage, Error> {
        let (pk, until) = timers_until(shard, now);
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk < :until")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":until", text(until))
            .set_exclusive_start_key(after.map(|DueEnd(key)| key.item()))
            .consistent_read(true)
            .limit(100)
            .send()
            .await?;
        let mut page = DuePage { timers: Vec::new(), unreadable: Vec::new(), end: None };
        for item in output.items.unwrap_or_default() {
            let key = Key { pk: item.text(name::PK)?.to_owned(), sk: item.text(name::SK)?.to_owned() };
            match Due::of(&key) {
                Some(due) => page.timers.push(due),
                None => page.unreadable.push(format!("{} {}", key.pk, key.sk)),
            }
            page.end = Some(DueEnd(key));
        }
        Ok(page)
    }
}

impl Due {
    /// Whether `record` wants this very timer.
    pub fn is_wanted_by<T: Entity>(&self, record: &Record<T>) -> bool {
        record.timers().into_iter().any(|timer| Key::timer(self.firm, record.id, timer) == self.key)
    }

    fn of(key: &Key) -> Option<Self> {
        let mut parts = key.sk.split('#').skip(1);
        let (kind, firm) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { firm, kind, record: parts.next()?.to_owned(), key: key.clone() })
    }
}

impl Change {
    /// That the record `id`, which wanted the timers `before`, wants the timers `after`.
    pub(crate) fn retime<T: Entity>(&mut self, id: Id<T>, before: &[Timer], after: &[Timer]) -> Result<(), Error> {
        for timer in before.iter().filter(|timer| !after.contains(timer)) {
            self.delete(Key::timer(self.firm(), id, *timer))?;
        }
        for timer in after.iter().filter(|timer| !before.contains(timer)) {
            let item = Key::timer(self.firm(), id, *timer).item();
            let put = Put::builder().table_name(self.table()).set_item(Some(item)).build().map_err(Error::internal)?;
            self.push(TransactWriteItem::builder().put(put).build(), OnFailure::Lost);
        }
        Ok(())
    }

    /// That `due` is over, whose record doesn't want it.
    pub fn cancel(&mut self, due: &Due) -> Result<(), Error> {
        self.delete(due.key.clone())
    }
}
