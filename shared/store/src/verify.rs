//! Checking the event log: every chain of the table, from its first event to its record.

use domain::event::{BrokenLink, Event, verify};

use crate::{
    Error, Store, event,
    item::{Attributes, Item, text},
    key::{EVENTS, HEADER, name},
};

impl Store {
    /// Check the chain in `partition`, which is one of [`Store::partitions`]: the number of its events, or the first
    /// link that doesn't hold. An event that can't even be read is an altered one.
    pub async fn verify(&self, partition: &str) -> Result<Result<usize, BrokenLink>, Error> {
        let mut events = Vec::new();
        let mut head = None;
        let mut start: Option<Item> = None;
        loop {
            let output = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", text(partition))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await?;
            for item in output.items.unwrap_or_default() {
                let sk = item.text(name::SK)?;
                if sk == HEADER {
                    // What can't be read can't be what the events led to.
                    let hash = item.text(name::HASH).ok().and_then(|hash| hash.parse().ok());
                    head = Some((item.number(name::VERSION).unwrap_or_default(), hash.unwrap_or_default()));
                } else if let Some(sequence) = sk.strip_prefix(EVENTS) {
                    events.push(readable(&item, sequence));
                }
            }
            start = output.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                break;
            }
        }
        let record = partition.rsplit('#').next().unwrap_or_default();
        Ok(verify(record, &events, head).map(|()| events.len()))
    }
}

/// The event that `item` is. Its place in the table counts, so one whose sequence is another's is altered.
fn readable(item: &Item, place: &str) -> Event {
    let place = place.parse().unwrap_or_default();
    match event::from_item(item) {
        Ok(event) if event.sequence == place => event,
        Ok(_) | Err(_) => Event::unreadable(place),
    }
}
