//! `cargo local redrive`: has the outbox go through the event log again and do what should have followed and didn't, once:
//! after the stream's records were lost, given up, or ended in the dead-letter queue.
//!
//! Nothing is done here: orders are written into the table, which the outbox that runs there takes from its stream. It
//! knows for a month what it did, so older events are left alone; so is what was set aside, which is the firm's to decide.
//! Of the local stack the kept data is used, whether it runs or not; any other table is reached through DynamoDB's API.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use store::Store;

use crate::{
    error::{Doing, Error, Result},
    verify::{Options, open},
};

/// Orders it for the table that `options` names, and says how much that is.
pub async fn run(options: Options) -> Result<()> {
    let firm = options.firm.clone();
    let (store, _served) = open(options).await?;
    println!("{}", order(&store, firm.as_deref(), SystemTime::now().into()).await?);
    Ok(())
}

/// Orders it for `store` at `now`, only for `firm` if it is given; the summary.
pub async fn order(store: &Store, firm: Option<&str>, now: DateTime<Utc>) -> Result<String> {
    let of_firm = |partition: &String| firm.is_none_or(|firm| partition.split('#').nth(1) == Some(firm));
    let partitions = store.partitions().await.doing("the table can't be read")?;
    let partitions: Vec<_> = partitions.into_iter().filter(of_firm).collect();
    if let (Some(firm), true) = (firm, partitions.is_empty()) {
        return Err(Error::new(format!("the table has no records of {firm}")));
    }
    let (mut records, mut events) = (0_u64, 0);
    for partition in &partitions {
        let known = store.events_known(partition, now).await.doing(format!("{partition} can't be read"))?;
        let Some(range) = known else { continue };
        records += 1;
        events += range.end() - range.start() + 1;
        store.redrive(partition, range, now).await.doing(format!("nothing can be ordered for {partition}"))?;
    }
    let since = Store::effects_known_since(now).format("%F %R UTC");
    Ok(format!("The outbox goes through {events} events of {records} records since {since}, and does what is missing"))
}
