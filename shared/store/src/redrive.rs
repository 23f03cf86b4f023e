//! Going through the event log again, for what should have followed from it and didn't. The log is for ever, the stream a
//! day long: whoever finds that something was lost orders the outbox, by an item that it sees in the stream, to look at
//! events once more. It knows by the effects' marks, which are for ever too, what was done, so an order does no harm however
//! often it comes.

use std::ops::RangeInclusive;

use chrono::TimeDelta;
use domain::{Id, Time, firm::Firm};

use crate::{
    Error, Store,
    item::{Attributes, Item, number, text},
    key::{EVENTS, Key, REDRIVES, name, of_partition},
};

/// How long an order is kept; the stream has it for a day.
const KEPT: TimeDelta = TimeDelta::days(7);
/// At how many events of a record an order has the outbox look.
const AT_ONCE: u64 = 25;

/// An order to look at events of a record once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// The firm.
    pub firm: Id<Firm>,
    /// What the keys say that the record is: `INVOICE`.
    pub kind: String,
    /// The id of the record.
    pub record: String,
    /// The events, by their sequences.
    pub range: RangeInclusive<u64>,
}

impl Redrive {
    /// The order that `item` is; none if it is anything else.
    pub(crate) fn of(item: &Item) -> Result<Option<Self>, Error> {
        if !item.text(name::SK)?.starts_with(REDRIVES) {
            return Ok(None);
        }
        let pk = item.text(name::PK)?;
        let mut parts = pk.split('#');
        match (parts.nth(1).map(str::parse), parts.nth(1), parts.next()) {
            (Some(Ok(firm)), Some(kind), Some(record)) => {
                let range = item.number(name::VERSION)?..=item.number(name::LAST)?;
                Ok(Some(Self { firm, kind: kind.to_owned(), record: record.to_owned(), range }))
            }
            _ => Err(Error::Internal(format!("{pk} is no order's place"))),
        }
    }
}

impl Store {
    /// Which events of `partition`, which is one of [`Store::partitions`], happened at `since` or later: their sequences;
    /// none if there are none.
    pub async fn events_since(&self, partition: &str, since: Option<Time>) -> Result<Option<RangeInclusive<u64>>, Error> {
        let (mut found, mut start): (Option<RangeInclusive<u64>>, Option<Item>) = (None, None);
        loop {
            let output = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND begins_with(sk, :events)")
                .expression_attribute_values(":pk", text(partition))
                .expression_attribute_values(":events", text(EVENTS))
                .projection_expression("sk, #at")
                .expression_attribute_names("#at", name::CREATED)
                .scan_index_forward(false)
                .set_exclusive_start_key(start)
                .send()
                .await?;
            for item in output.items.unwrap_or_default() {
                let sequence = item.text(name::SK)?.strip_prefix(EVENTS).and_then(|sequence| sequence.parse::<u64>().ok());
                // One that can't be read is looked at, and so shown.
                let is_old = since.is_some_and(|since| item.time(name::CREATED).is_ok_and(|at| at < since));
                let Some(sequence) = sequence.filter(|_| !is_old) else { return Ok(found) };
                found = Some(sequence..=found.map_or(sequence, |found| *found.end()));
            }
            start = output.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(found);
            }
        }
    }

    /// Order that the outbox looks at the events `range` of `partition`, which is one of [`Store::partitions`], once more.
    pub async fn redrive(&self, partition: &str, range: RangeInclusive<u64>, now: Time) -> Result<(), Error> {
        let Some((firm, kind, record)) = of_partition(partition) else {
            return Err(Error::Internal(format!("{partition} is no record's")));
        };
        let mut from = *range.start();
        while from <= *range.end() {
            let to = (from + AT_ONCE - 1).min(*range.end());
            let mut item = Key::redrive(firm, kind, record, from, now).item();
            item.insert(name::VERSION.to_owned(), number(from));
            item.insert(name::LAST.to_owned(), number(to));
            item.insert(name::EXPIRES.to_owned(), number((now + KEPT).timestamp()));
            self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
            from = to + 1;
        }
        Ok(())
    }
}
