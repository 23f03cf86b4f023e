//! DynamoDB in this process: dynoxide, with the template's table in it, served over HTTP.
//!
//! The server has a thread and a runtime of its own, so that one database can serve tests that each have theirs; a second
//! thread would only wait for SQLite. It stops when the `Dynamo` is dropped. Deliberately absent: any knowledge of what the table holds.

mod stream;

use dynoxide::{Database, actions};
use serde::Deserialize;
use std::{fs, net::TcpListener, path::Path, thread, time::Duration};
use tokio::sync::oneshot;

use crate::{
    error::{Doing, Error, Result},
    template::{Table, Template},
};

pub use stream::{Position, Stream};

/// How often expired items are removed. DynamoDB takes up to days; nothing may rely on either.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// dynoxide looks for the end of a stream whenever it writes, and for the new records whenever it is asked, by reading
/// all that were ever written: the more there are, the slower everything is. With this index it looks them up.
const INDEX: &str = "CREATE INDEX IF NOT EXISTS local_stream_order
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER), shard_id)";

/// An embedded DynamoDB with the single table.
pub struct Dynamo {
    database: Database,
    table: String,
    endpoint: String,
    /// Dropped with the `Dynamo`: the server stops.
    _stop: oneshot::Sender<()>,
}

impl Dynamo {
    /// One that is gone when it is dropped.
    pub fn memory(template: &Template) -> Result<Self> {
        let sentence = "an in-memory DynamoDB can't be made";
        // An index can be made in a file alone, so the memory begins as a copy of one.
        let folder = tempfile::tempdir().doing(sentence)?;
        let file = folder.path().join("dynamodb.sqlite");
        create(&open(&file)?, &template.table)?;
        let database = Database::memory().doing(sentence)?;
        database.restore_from(&file.to_string_lossy()).doing(sentence)?;
        Self::serve(database, &template.table.name)
    }

    /// One that is kept in `folder`, and made there at the first start.
    pub(crate) fn kept(template: &Template, folder: &Path) -> Result<Self> {
        let file = folder.join("dynamodb.sqlite");
        let definition_file = folder.join("table.json");
        let definition = template.table.definition.to_string();
        let is_new = !file.exists();
        if !is_new && fs::read_to_string(&definition_file).ok().as_deref() != Some(definition.as_str()) {
            return Err(Error::new("template.yaml defines another table than the kept data has: start with --fresh"));
        }
        let database = open(&file)?;
        if is_new {
            create(&database, &template.table)?;
            fs::write(&definition_file, definition).doing(format!("{} can't be written", definition_file.display()))?;
        }
        Self::serve(database, &template.table.name)
    }

    /// Where it answers: `http://127.0.0.1:…`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The database itself, for what needs no HTTP.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The table's stream.
    pub fn stream(&self) -> Stream {
        Stream::new(self.database.clone(), &self.table)
    }

    fn serve(database: Database, table: &str) -> Result<Self> {
        let sentence = "DynamoDB can't be served";
        let listener = TcpListener::bind(("127.0.0.1", 0)).doing(sentence)?;
        listener.set_nonblocking(true).doing(sentence)?;
        let endpoint = format!("http://{}", listener.local_addr().doing(sentence)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().doing(sentence)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let served = database.clone();
        thread::Builder::new()
            .name("dynamodb".into())
            .spawn(move || {
                runtime.block_on(async move {
                    tokio::spawn(sweep(served.clone()));
                    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                    tokio::select! {
                        () = dynoxide::server::serve_on(listener, served) => {}
                        _ = stopped => {}
                    }
                });
            })
            .doing(sentence)?;
        Ok(Self { database, table: table.to_owned(), endpoint, _stop: stop })
    }
}

/// Removes what has expired, for as long as the server runs.
async fn sweep(database: Database) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let database = database.clone();
        let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!(%error, "expired items stay for now");
        }
    }
}

/// The database in `file`, which is made if it isn't there.
fn open(file: &Path) -> Result<Database> {
    let sentence = format!("{} can't be opened", file.display());
    let database = Database::new(&file.to_string_lossy()).doing(&sentence)?;
    rusqlite::Connection::open(file).and_then(|connection| connection.execute_batch(INDEX)).doing(&sentence)?;
    Ok(database)
}

fn create(database: &Database, table: &Table) -> Result<()> {
    let sentence = "the template's table can't be made";
    let request = actions::create_table::CreateTableRequest::deserialize(&table.definition).doing(sentence)?;
    database.create_table(request).doing(sentence)?;
    if let Some(attribute) = &table.expires {
        database
            .update_time_to_live(actions::update_time_to_live::UpdateTimeToLiveRequest {
                table_name: table.name.clone(),
                time_to_live_specification: actions::update_time_to_live::TimeToLiveSpecification {
                    attribute_name: attribute.clone(),
                    enabled: true,
                },
            })
            .doing(sentence)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_table_has_its_indexes_stream_and_expiry() {
        let template = Template::load().unwrap();
        let dynamo = Dynamo::memory(&template).unwrap();
        let request = actions::describe_table::DescribeTableRequest { table_name: template.table.name.clone() };
        let described = serde_json::to_value(dynamo.database().describe_table(request).unwrap()).unwrap();
        let table = &described["Table"];
        let names: Vec<_> = table["GlobalSecondaryIndexes"].as_array().unwrap().iter().map(|index| &index["IndexName"]).collect();
        assert_eq!(names, ["by_type", "by_parent", "by_state", "by_parent_state", "by_person"]);
        assert_eq!(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
        assert!(dynamo.endpoint().starts_with("http://127.0.0.1:"));
    }

    #[test]
    fn the_end_of_the_stream_is_looked_up() {
        let folder = tempfile::tempdir().unwrap();
        let (template, copy) = (Template::load().unwrap(), folder.path().join("copy.sqlite"));
        Dynamo::memory(&template).unwrap().database().vacuum_into(&copy.to_string_lossy()).unwrap();
        let connection = rusqlite::Connection::open(&copy).unwrap();
        // As dynoxide asks; that it no longer does would be no fault, but make the index useless.
        let plan = "EXPLAIN QUERY PLAN SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = 't'";
        let how: String = connection.query_row(plan, [], |row| row.get("detail")).unwrap();
        assert!(how.contains("local_stream_order"), "{how}");
    }

    #[test]
    fn kept_data_survives_and_another_table_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let template = Template::load().unwrap();
        drop(Dynamo::kept(&template, folder.path()).unwrap());
        assert_eq!(Dynamo::kept(&template, folder.path()).unwrap().database().table_count().unwrap(), 1);
        let mut other = template;
        other.table.definition["BillingMode"] = "PROVISIONED".into();
        assert!(Dynamo::kept(&other, folder.path()).err().unwrap().to_string().contains("--fresh"));
    }
}
