//! `cargo local rebuild`: makes the sums beside projects and tasks anew from the time entries, after the stream's records
//! were lost or ended in the dead-letter queue, or a fault was mended. Time can be logged meanwhile.
//!
//! Of the local stack the kept data is used, whether it runs or not; any other table is reached through DynamoDB's API.

use std::time::SystemTime;

use store::Rebuilt;

use crate::{
    error::{Doing, Result},
    verify::{Table, open},
};

/// Rebuilds the sums of `table`, and prints what was done.
pub async fn run(table: Table) -> Result<()> {
    let (store, _served) = open(table).await?;
    let Rebuilt { entries, corrected, moving } =
        store.rebuild_totals(SystemTime::now().into()).await.doing("the sums can't be made anew")?;
    println!("{entries} time entries are added up; {corrected} sums were wrong and are set right");
    if moving > 0 {
        println!("{moving} sums could not be looked at, since time was logged meanwhile: run it again");
    }
    Ok(())
}
