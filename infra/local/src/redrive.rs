//! `cargo local redrive`: has the outbox go through the event log again and do what should have followed and didn't, once:
//! after the stream's records were lost, given up, or ended in the dead-letter queue.
//!
//! Nothing is done here: orders are written into the table, which the outbox that runs there takes from its stream. It
//! knows of each effect whether it was done, however long ago; what was set aside is left alone, since the firm decides on
//! it. An effect that a later version has for the first time is missing of all events before it: give `--since` then.
//! Of the local stack the kept data is used, whether it runs or not; any other table is reached through DynamoDB's API.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;
use std::time::SystemTime;
use store::Store;

use crate::{
    error::{Doing, Error, Result},
    verify::{self, open},
};

/// Which events.
#[derive(Debug, Default, Args)]
#[group(skip)]
pub struct Options {
    #[command(flatten)]
    log: verify::Options,
    /// Leave alone what happened before this day in UTC, such as 2026-11-25.
    #[arg(long)]
    since: Option<NaiveDate>,
}

/// Orders it for the table that `options` names, and says how much that is.
pub async fn run(options: Options) -> Result<()> {
    let Options { log, since } = options;
    let verify::Options { table, firm } = log;
    let since = since.map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let (store, _served) = open(table).await?;
    println!("{}", order(&store, firm.as_deref(), since, SystemTime::now().into()).await?);
    Ok(())
}

/// Orders it for `store` at `now`, only for `firm` and only for what happened at `since` or later, if that is given; the
/// summary.
pub async fn order(store: &Store, firm: Option<&str>, since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<String> {
    let of_firm = |partition: &String| firm.is_none_or(|firm| partition.split('#').nth(1) == Some(firm));
    let partitions = store.partitions().await.doing("the table can't be read")?;
    let partitions: Vec<_> = partitions.into_iter().filter(of_firm).collect();
    if let (Some(firm), true) = (firm, partitions.is_empty()) {
        return Err(Error::new(format!("the table has no records of {firm}")));
    }
    let (mut records, mut events) = (0_u64, 0);
    for partition in &partitions {
        let found = store.events_since(partition, since).await.doing(format!("{partition} can't be read"))?;
        let Some(range) = found else { continue };
        records += 1;
        events += range.end() - range.start() + 1;
        store.redrive(partition, range, now).await.doing(format!("nothing can be ordered for {partition}"))?;
    }
    Ok(format!("The outbox goes through {events} events of {records} records, and does what is missing"))
}
