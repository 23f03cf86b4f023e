//! What is open below a record, and so keeps it from being archived: whoever archives a client mustn't lose sight of its
//! unpaid invoices.
//!
//! It is looked for in the index, which may be a moment behind, before the record is archived: what came to be open in that
//! moment is not seen. So the outbox looks once more a little later, and takes the record out of the archive again if there is
//! something; nothing more comes to be open below it meanwhile (`guard.rs`).

use domain::{
    Archive, Id, client::Client, contract::Contract, credit::Credit, engagement::Engagement, firm::Firm, invoice::Invoice,
    project::Project, proposal::Proposal, prospect::Prospect, time_entry::TimeEntry,
};

use crate::{Entity, Error, ListScope, PageRequest, Parent, Record, Row, Store};

/// How many rows are read at a time.
const PAGE: u16 = 1000;

/// A record that, as long as it is open, keeps what it belongs to from being archived.
pub trait OpenItem: Entity {
    /// What people call it, if it is open: `the invoice INV-000001`.
    fn open_item(row: &Row<Self>) -> Option<String>;
}

/// A record that is archived only once nothing of what belongs to it is open.
pub trait Closable: Entity + Archive {
    /// What of what belongs to `record` is open, one a kind: what people call it.
    fn open_below(store: &Store, firm: Id<Firm>, record: &Record<Self>) -> impl Future<Output = Result<Vec<String>, Error>> + Send;
}

impl Closable for Client {
    async fn open_below(store: &Store, firm: Id<Firm>, record: &Record<Self>) -> Result<Vec<String>, Error> {
        let (id, unbilled) = (record.id, ListScope::unbilled_time(record.id));
        let (engagement, contract, project, invoice, time, credit) = tokio::try_join!(
            store.open_below::<Engagement>(firm, id),
            store.open_below::<Contract>(firm, id),
            store.open_below::<Project>(firm, id),
            store.open_below::<Invoice>(firm, id),
            store.open_in::<TimeEntry>(firm, &unbilled, |_| true),
            store.open_below::<Credit>(firm, id),
        )?;
        Ok([engagement, contract, project, invoice, time, credit].into_iter().flatten().collect())
    }
}

impl Closable for Project {
    async fn open_below(store: &Store, firm: Id<Firm>, record: &Record<Self>) -> Result<Vec<String>, Error> {
        let id = record.id;
        let time = store.open_in::<TimeEntry>(firm, &ListScope::unbilled_time(record.client), |entry| entry.project == id).await?;
        Ok(time.into_iter().collect())
    }
}

impl Closable for Prospect {
    async fn open_below(store: &Store, firm: Id<Firm>, record: &Record<Self>) -> Result<Vec<String>, Error> {
        Ok(store.open_below::<Proposal>(firm, record.id).await?.into_iter().collect())
    }
}

impl Store {
    /// The newest record that belongs to `parent` and is open: what people call it.
    pub async fn open_below<T: OpenItem>(&self, firm: Id<Firm>, parent: impl Into<Parent>) -> Result<Option<String>, Error> {
        self.open_in::<T>(firm, &ListScope::Parent(parent.into()), |_| true).await
    }

    /// The newest record in `scope` that is open and `wanted`: what people call it.
    pub async fn open_in<T: OpenItem>(
        &self,
        firm: Id<Firm>,
        scope: &ListScope,
        wanted: impl Fn(&Row<T>) -> bool,
    ) -> Result<Option<String>, Error> {
        let mut page = first_page();
        loop {
            let read = self.list::<T>(firm, scope, &page).await?;
            let open = read.items.iter().filter(|row| wanted(row)).find_map(T::open_item);
            if open.is_some() || read.next.is_none() {
                return Ok(open);
            }
            page.cursor = read.next;
        }
    }

    /// The rows of all records that belong to `parent` and aren't archived, the newest first.
    pub async fn below<T: Entity>(&self, firm: Id<Firm>, parent: impl Into<Parent>) -> Result<Vec<Row<T>>, Error> {
        let (scope, mut page, mut rows) = (ListScope::Parent(parent.into()), first_page(), Vec::new());
        loop {
            let read = self.list::<T>(firm, &scope, &page).await?;
            rows.extend(read.items);
            if read.next.is_none() {
                return Ok(rows);
            }
            page.cursor = read.next;
        }
    }
}

fn first_page() -> PageRequest {
    PageRequest { limit: PAGE, ascending: false, cursor: None }
}
