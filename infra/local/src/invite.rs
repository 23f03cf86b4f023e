//! `cargo local invite`: lets somebody sign up a firm where firms sign up by invitation (`Registration: invite`); prints the link.
//!
//! Of the local stack the kept data is used, whether it runs or not; any other table is reached through DynamoDB's API.

use chrono::{DateTime, Utc};
use clap::Args;
use std::time::SystemTime;
use store::Store;

use crate::{
    error::{Doing, Result},
    verify::{self, open},
};

/// Where they sign up.
#[derive(Debug, Args)]
#[group(skip)]
pub struct Options {
    #[command(flatten)]
    table: verify::Table,
    /// Where the stage's web app is: its `WebOrigin`.
    #[arg(long, default_value = "http://localhost:3000")]
    web_origin: String,
}

/// Makes an invitation, and prints its link.
pub async fn run(options: Options) -> Result<()> {
    let (store, _served) = open(options.table).await?;
    println!("{}", link(&store, &options.web_origin, SystemTime::now().into()).await?);
    Ok(())
}

/// The link of an invitation to sign up a firm by the web app at `web_origin`, once, within a week of `now`.
pub async fn link(store: &Store, web_origin: &str, now: DateTime<Utc>) -> Result<String> {
    let token = store.invite_firm(now).await.doing("an invitation can't be made")?;
    Ok(format!("{web_origin}/register?token={token}"))
}
