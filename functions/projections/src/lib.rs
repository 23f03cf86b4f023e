//! What is told of many records at once, kept from the table's stream: the sums of time beside projects and tasks.
//!
//! Whoever logs time doesn't write them, so that all who log time on one project don't contend for one item. They come
//! a second later, and nothing is decided by them. What an entry adds is kept beside it with the version that it was taken
//! from, in the transaction that adds it: so an entry counts once, however often, late and in whatever order the stream
//! tells of it. `cargo local rebuild` makes them anew from the records.

use aws_lambda_events::{
    event::dynamodb::{Event, EventRecord},
    event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use runtime::Clock;
use store::{Addend, Error, Store};

/// What projections are made with.
#[derive(Debug)]
pub struct Projections {
    /// The table.
    pub store: Store,
    /// Tells the time.
    pub clock: Clock,
}

/// Take in a batch of the stream; the answer names the first record that is to be delivered again, and those after it come
/// again with it.
pub async fn handle(projections: &Projections, batch: Event) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    for record in batch.records {
        let sequence_number = record.change.sequence_number.clone();
        if let Err(error) = take(projections, record).await {
            tracing::error!(%error, "a sum is behind");
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = sequence_number;
            response.batch_item_failures.push(failure);
            break;
        }
    }
    response
}

/// Take in one record of the stream. One that can't be read, however often it comes, holds nobody up: `cargo local rebuild`
/// names it.
async fn take(projections: &Projections, record: EventRecord) -> Result<(), Error> {
    match Addend::of_images(record.change.new_image, record.change.old_image) {
        Ok(Some(addend)) => projections.store.add_up(&addend, projections.clock.now()).await,
        Ok(None) => Ok(()),
        Err(error) => {
            tracing::error!(%error, "a time entry can't be read and isn't added up");
            Ok(())
        }
    }
}
