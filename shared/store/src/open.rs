//! What is open below a record, and so keeps it from being archived: whoever archives a client mustn't lose sight of its
//! unpaid invoices.
//!
//! It is looked for in the index, which may be a moment behind. What is made in that moment depends on the record, so it
//! is there before the record was archived or not at all, and the record can be restored: nothing is lost.

use domain::{Id, firm::Firm};

use crate::{Entity, Error, ListScope, PageRequest, Parent, Row, Store};

/// How many rows are read at a time.
const PAGE: u16 = 1000;

/// A record that, as long as it is open, keeps what it belongs to from being archived.
pub trait OpenItem: Entity {
    /// What people call it, if it is open: `the invoice INV-000001`.
    fn open_item(row: &Row<Self>) -> Option<String>;
}

impl Store {
    /// The newest record that belongs to `parent` and is open: what people call it.
    pub async fn open_below<T: OpenItem>(&self, firm: Id<Firm>, parent: impl Into<Parent>) -> Result<Option<String>, Error> {
        self.open_in::<T>(firm, &ListScope::Parent(parent.into())).await
    }

    /// The newest record in `scope` that is open: what people call it.
    pub async fn open_in<T: OpenItem>(&self, firm: Id<Firm>, scope: &ListScope) -> Result<Option<String>, Error> {
        Ok(self.all_in::<T>(firm, scope).await?.iter().find_map(T::open_item))
    }

    /// The rows of all records that belong to `parent` and aren't archived, the newest first.
    pub async fn below<T: Entity>(&self, firm: Id<Firm>, parent: impl Into<Parent>) -> Result<Vec<Row<T>>, Error> {
        self.all_in(firm, &ListScope::Parent(parent.into())).await
    }

    async fn all_in<T: Entity>(&self, firm: Id<Firm>, scope: &ListScope) -> Result<Vec<Row<T>>, Error> {
        let mut page = PageRequest { limit: PAGE, ascending: false, cursor: None };
        let mut rows = Vec::new();
        loop {
            let read = self.list::<T>(firm, scope, &page).await?;
            rows.extend(read.items);
            if read.next.is_none() {
                return Ok(rows);
            }
            page.cursor = read.next;
        }
    }
}
