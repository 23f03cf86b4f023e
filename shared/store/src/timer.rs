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
    key::{Key, SHARDS, timers_until},
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

impl Store {
    /// The partitions in which timers lie.
    pub fn timer_shards() -> impl Iterator<Item = u8> {
        0..SHARDS
    }

    /// The first of those timers in `shard` that are due at `now`, the longest due first; past `after`, if there is one.
    pub async fn due(&self, shard: u8, now: Time, after: Option<&Due>) -> Result<Vec<Due>, Error> {
        let (pk, until) = timers_until(shard, now);
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk < :until")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":until", text(until))
            .set_exclusive_start_key(after.map(|due| due.key.item()))
            .consistent_read(true)
            .limit(100)
            .send()
            .await?;
        let items = output.items.unwrap_or_default();
        items.iter().map(|item| Due::of(Key { pk: item.text("pk")?.to_owned(), sk: item.text("sk")?.to_owned() })).collect()
    }
}

impl Due {
    /// Whether `record` wants this very timer.
    pub fn is_wanted_by<T: Entity>(&self, record: &Record<T>) -> bool {
        record.timers().into_iter().any(|timer| Key::timer(self.firm, record.id, timer) == self.key)
    }

    fn of(key: Key) -> Result<Self, Error> {
        let mut parts = key.sk.split('#').skip(1);
        let kind = parts.next().and_then(|kind| kind.parse().ok());
        let firm = parts.next().and_then(|firm| firm.parse().ok());
        match (kind, firm, parts.next()) {
            (Some(kind), Some(firm), Some(record)) => Ok(Self { firm, kind, record: record.to_owned(), key }),
            _ => Err(Error::Internal(format!("{} {} is no timer", key.pk, key.sk))),
        }
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
