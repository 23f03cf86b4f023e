//! `cargo local verify`: checks the event log of every record, and every record against it, and names what was tampered
//! with.
//!
//! The histories of the local stack are read from its kept data, whether it runs or not; those of any other table, in the
//! cloud too, through DynamoDB's API with the credentials of the environment. Nothing is written.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::{Client, config::Credentials};
use clap::Args;
use store::{Store, Verified};

use crate::{
    dynamodb::Dynamo,
    error::{Doing, Error, Result},
    template::{REGION, Template},
    tools,
};

/// Which table: the local stack's, unless a table or an endpoint is named.
#[derive(Debug, Default, Args)]
#[group(skip)]
pub struct Table {
    /// Where DynamoDB is, if not where the environment's region says.
    #[arg(long)]
    endpoint: Option<String>,
    /// The table, if it isn't called as in the local stack.
    #[arg(long)]
    table: Option<String>,
}

/// Whose event log.
#[derive(Debug, Default, Args)]
#[group(skip)]
pub struct Options {
    #[command(flatten)]
    pub(crate) table: Table,
    /// The id of the one firm whose records are looked at.
    #[arg(long)]
    pub(crate) firm: Option<String>,
}

/// Checks the histories that `options` names, prints a line for each that is broken, and one in the end.
pub async fn run(options: Options) -> Result<()> {
    let Options { table, firm } = options;
    let (store, _served) = open(table).await?;
    check(&store, firm.as_deref()).await
}

/// The table that `table` names, and what serves it while it is used, if that is here.
pub(crate) async fn open(table: Table) -> Result<(Store, Option<Dynamo>)> {
    let Table { endpoint, table } = table;
    let template = Template::load()?;
    let name = table.clone().unwrap_or_else(|| template.table.name.clone());
    if endpoint.is_none() && table.is_none() {
        let data = tools::home()?.join("data");
        if !data.join("dynamodb.sqlite").exists() {
            return Err(Error::new("there is no local data yet: run `cargo local` first, or name an --endpoint or a --table"));
        }
        let dynamo = Dynamo::kept(&template, &data)?;
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(dynamo.endpoint())
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"));
        return Ok((Store::new(Client::from_conf(config.build()), name), Some(dynamo)));
    }
    let mut loader = aws_config::from_env();
    if let Some(endpoint) = endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    Ok((Store::new(Client::new(&loader.load().await), name), None))
}

async fn check(store: &Store, firm: Option<&str>) -> Result<()> {
    println!("{}", histories(store, firm, |broken| println!("{broken}")).await?);
    Ok(())
}

/// Checks the histories of `store`, only those of `firm` if it is given, and tells of each that is broken. The summary;
/// or an error that names the first that doesn't hold.
pub async fn histories(store: &Store, firm: Option<&str>, mut tell: impl FnMut(&str)) -> Result<String> {
    let of_firm = |partition: &String| firm.is_none_or(|firm| partition.split('#').nth(1) == Some(firm));
    let partitions = store.partitions().await.doing("the table can't be read")?;
    let partitions: Vec<_> = partitions.into_iter().filter(of_firm).collect();
    if let (Some(firm), true) = (firm, partitions.is_empty()) {
        return Err(Error::new(format!("the table has no records of {firm}")));
    }
    let (mut all, mut broken) = (Verified::default(), Vec::new());
    for partition in &partitions {
        let record = partition.rsplit('#').next().unwrap_or(partition);
        match history(store, partition).await? {
            Ok(Verified { events, erased }) => {
                all.events += events;
                all.erased += erased;
            }
            Err(fault) => {
                broken.push(format!("{record}: {fault}"));
                broken.last().into_iter().for_each(|line| tell(line));
            }
        }
    }
    let (records, Verified { events, erased }) = (partitions.len(), all);
    let skipped = match erased {
        0 => String::new(),
        erased => format!(" ({erased} events were erased: what they changed isn't compared)"),
    };
    match broken.first() {
        None => Ok(format!("{records} records, {events} events: every chain holds, every record is what its events say{skipped}")),
        Some(first) => Err(Error::new(format!("{} of {records} histories are broken; the first is {first}", broken.len()))),
    }
}

/// The history in `partition`. A record that is written while it is read can look broken, so that is read once more.
async fn history(store: &Store, partition: &str) -> Result<Result<Verified, String>> {
    let mut found = Ok(Verified::default());
    for _ in 0..2 {
        found = store.verify(partition).await.doing(format!("{partition} can't be read"))?.map_err(|broken| broken.to_string());
        if found.is_ok() {
            break;
        }
    }
    Ok(found)
}
