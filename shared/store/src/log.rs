//! Reading the event log itself: what happened, and how a record was when it had happened.

use std::ops::RangeInclusive;

use domain::{
    Id,
    event::{Details, Kept},
    firm::Firm,
};
use serde_json::Value;

use crate::{
    Entity, Error, LoggedEvent, Record, Store, Unreadable, entity,
    event::logged,
    item::{Item, text},
    key::event_sk,
};

/// An event of the log, if it can be read.
pub type Logged = Result<LoggedEvent, Unreadable>;

impl Store {
    /// Those events of the record `record` of `firm`, whose keys say that it is a `kind`, whose sequences are in `range`; the
    /// oldest first.
    pub async fn events(&self, firm: Id<Firm>, kind: &str, record: &str, range: RangeInclusive<u64>) -> Result<Vec<Logged>, Error> {
        let (mut events, mut start): (Vec<_>, Option<Item>) = (Vec::new(), None);
        loop {
            let output = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", text(format!("F#{firm}#{kind}#{record}")))
                .expression_attribute_values(":from", text(event_sk(*range.start())))
                .expression_attribute_values(":to", text(event_sk(*range.end())))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await?;
            for item in output.items.unwrap_or_default() {
                events.extend(logged(&item)?);
            }
            start = output.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(events);
            }
        }
    }

    /// What `record` of `firm` said when the event `sequence` had just happened to it; none if that was erased. Costs a
    /// query where something has happened to it since, and nothing else.
    pub async fn as_of<T: Entity>(&self, firm: Id<Firm>, record: &Record<T>, sequence: u64) -> Result<Option<T>, Error> {
        if sequence == record.version {
            return Ok(Some(record.content.clone()));
        }
        if sequence > record.version {
            return Err(Error::Internal(format!("{} has no version {sequence} yet", record.id)));
        }
        let mut fields = entity::fields_of(&record.content)?;
        let since = self.events(firm, T::TYPE, &record.id.to_string(), sequence + 1..=record.version).await?;
        if u64::try_from(since.len()) != Ok(record.version - sequence) {
            return Err(Error::Internal(format!("events of {} are missing", record.id)));
        }
        for undone in since.into_iter().rev() {
            let Kept::Whole(details) = undone.map_err(|unreadable| unreadable.why)?.event.details else { return Ok(None) };
            let details: Details = serde_json::from_str(&details).map_err(Error::internal)?;
            for (field, change) in details.changes {
                match change.before {
                    Some(before) => fields.insert(field, before),
                    None => fields.remove(&field),
                };
            }
        }
        serde_json::from_value(Value::Object(fields)).map(Some).map_err(|error| Error::Internal(format!("{}: {error}", record.id)))
    }

    /// Which event of `record` of `firm` was made by `request`, the last such; none if none was.
    pub async fn sequence_of<T: Entity>(&self, firm: Id<Firm>, record: &Record<T>, request: &str) -> Result<Option<u64>, Error> {
        let events = self.events(firm, T::TYPE, &record.id.to_string(), 1..=record.version).await?;
        Ok(events.into_iter().flatten().rfind(|logged| logged.event.request == request).map(|logged| logged.event.sequence))
    }
}
