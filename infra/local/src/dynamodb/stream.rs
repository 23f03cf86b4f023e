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
        let sentence = "the table's stream can't be read";
        let streams = list_streams::ListStreamsRequest { table_name: Some(self.table.clone()), ..Default::default() };
        let streams = self.database.list_streams(streams).doing(sentence)?.streams;
        let stream_arn = streams.into_iter().next().or_missing("the table has no stream")?.stream_arn;
        let description = describe_stream::DescribeStreamRequest { stream_arn: stream_arn.clone(), ..Default::default() };
        let shards = self.database.describe_stream(description).doing(sentence)?.stream_description.shards;
        let Some(shard) = shards.into_iter().next() else { return Ok(Vec::new()) };
        let iterator = get_shard_iterator::GetShardIteratorRequest {
            stream_arn,
            shard_id: shard.shard_id,
            shard_iterator_type: if sequence_number.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" }.to_owned(),
            sequence_number,
        };
        let Some(shard_iterator) = self.database.get_shard_iterator(iterator).doing(sentence)?.shard_iterator else {
            return Ok(Vec::new());
        };
        let records = self.database.get_records(get_records::GetRecordsRequest { shard_iterator, limit: None }).doing(sentence)?.records;
        records.into_iter().map(|record| Ok(self.as_sent(serde_json::to_value(record).doing(sentence)?))).collect()
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
