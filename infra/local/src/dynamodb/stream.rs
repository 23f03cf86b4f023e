//! The table's stream, read as Lambda reads it.

use dynoxide::{
    Database,
    actions::{describe_stream, get_records, get_shard_iterator, list_streams},
};
use serde_json::Value;

use crate::{
    error::{Doing, OrMissing, Result},
    template::{ACCOUNT, REGION},
};

const UNREADABLE: &str = "the table's stream can't be read";

/// A place in a table's stream.
#[derive(Debug, Clone)]
pub struct Position(Option<String>);

/// A table's stream. It has one shard.
#[derive(Clone)]
pub struct Stream {
    database: Database,
    table: String,
}

impl Stream {
    pub(super) fn new(database: Database, table: &str) -> Self {
        Self { database, table: table.to_owned() }
    }

    /// Up to a thousand records after the one with this sequence number, or from the oldest; each as Lambda sends it.
    pub fn after(&self, sequence_number: Option<String>) -> Result<Vec<Value>> {
        let kind = if sequence_number.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" };
        let Some(iterator) = self.iterator(kind, sequence_number)? else { return Ok(Vec::new()) };
        Ok(self.read(iterator)?.0)
    }

    /// Its end as it is now, for [`Stream::since`].
    pub fn end(&self) -> Result<Position> {
        Ok(Position(self.iterator("LATEST", None)?))
    }

    /// All records since it ended at `position`.
    pub fn since(&self, position: &Position) -> Result<Vec<Value>> {
        let (mut records, mut next) = (Vec::new(), position.0.clone());
        while let Some(iterator) = next {
            let (more, after) = self.read(iterator)?;
            next = after.filter(|_| !more.is_empty());
            records.extend(more);
        }
        Ok(records)
    }

    /// What names the place in its shard from which it is read.
    fn iterator(&self, kind: &str, sequence_number: Option<String>) -> Result<Option<String>> {
        let streams = list_streams::ListStreamsRequest { table_name: Some(self.table.clone()), ..Default::default() };
        let streams = self.database.list_streams(streams).doing(UNREADABLE)?.streams;
        let stream_arn = streams.into_iter().next().or_missing("the table has no stream")?.stream_arn;
        let description = describe_stream::DescribeStreamRequest { stream_arn: stream_arn.clone(), ..Default::default() };
        let shards = self.database.describe_stream(description).doing(UNREADABLE)?.stream_description.shards;
        let Some(shard) = shards.into_iter().next() else { return Ok(None) };
        let request = get_shard_iterator::GetShardIteratorRequest {
            stream_arn,
            shard_id: shard.shard_id,
            shard_iterator_type: kind.to_owned(),
            sequence_number,
        };
        Ok(self.database.get_shard_iterator(request).doing(UNREADABLE)?.shard_iterator)
    }

    /// Up to a thousand records from there on, and the iterator of what comes after them.
    fn read(&self, shard_iterator: String) -> Result<(Vec<Value>, Option<String>)> {
        let response = self.database.get_records(get_records::GetRecordsRequest { shard_iterator, limit: None }).doing(UNREADABLE)?;
        let sent = |record| Ok(self.as_sent(serde_json::to_value(record).doing(UNREADABLE)?));
        Ok((response.records.into_iter().map(sent).collect::<Result<_>>()?, response.next_shard_iterator))
    }

    /// The ARN that its records name.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{}/stream/local", self.table)
    }

    /// A record with the stream's ARN, in the region of everything here.
    fn as_sent(&self, mut record: Value) -> Value {
        if let Some(fields) = record.as_object_mut() {
            fields.insert("awsRegion".into(), REGION.into());
            fields.insert("eventSourceARN".into(), self.arn().into());
        }
        record
    }
}
