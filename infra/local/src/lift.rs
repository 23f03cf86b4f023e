//! `cargo local lift`: lets mail go again to an address from which it came back, or that called one spam, when whose address it
//! is has asked for that: of a firm, or the platform's own mails. Firms themselves lift only what came back.
//!
//! Of the local stack the kept data is used, whether it runs or not; any other table is reached through DynamoDB's API.

use chrono::{DateTime, Utc};
use clap::Args;
use domain::{Email, event::Actor, firm::INSTALLATION, ids::FirmId};
use std::time::SystemTime;
use store::{Audit, Reply, Store, retry_if_lost};

use crate::{
    error::{Doing, Result},
    verify::{self, open},
};

/// Which address, and whose mails.
#[derive(Debug, Args)]
#[group(skip)]
pub struct Options {
    #[command(flatten)]
    log: verify::Options,
    /// The address.
    #[arg(long)]
    email: String,
}

/// Lifts what `options` name, and says so.
pub async fn run(options: Options) -> Result<()> {
    let Options { log, email } = options;
    let verify::Options { table, firm } = log;
    let (store, _served) = open(table).await?;
    println!("{}", lift(&store, firm.as_deref(), &email, SystemTime::now().into()).await?);
    Ok(())
}

/// Lets mail of `firm`, or of the platform if none is given, go to `email` again from `now` on; the summary.
pub async fn lift(store: &Store, firm: Option<&str>, email: &str, now: DateTime<Utc>) -> Result<String> {
    let firm: FirmId = firm.map_or(Ok(INSTALLATION), str::parse).doing("the firm isn't one")?;
    let email = Email::new(email).doing("the address isn't one")?;
    let lifted = async || {
        let known = store.suppression(firm, &email).await?.ok_or(store::Error::NotFound("suppression"))?;
        let actor = Actor::System("operator".to_owned());
        let mut change = store.change(firm, Audit { actor, at: now, request: "lift".to_owned(), source_address: None }, None);
        change.update(&known, known.lift_as_asked(now)?)?;
        change.commit(&Reply::none()).await
    };
    retry_if_lost(lifted).await.doing(format!("mail to {email} can't be let go again"))?;
    Ok(format!("Mail goes to {email} again"))
}
