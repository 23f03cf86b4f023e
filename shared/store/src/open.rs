//! What is open below a record, and so keeps it from being archived: whoever archives a client mustn't lose sight of its
//! unpaid invoices.
//!
//! It is looked for in the index, which may be a moment behind, before the record is archived: what came to be open in that
//! moment is not seen. So the outbox looks once more a little later, and takes the record out of the archive again if there is
//! something; nobody makes anything open below it meanwhile (`guard.rs`). What comes to be open by itself isn't refused, and
//! takes what it belongs to out of the archive.

use std::{collections::BTreeSet, marker::PhantomData};

use domain::{
    Archive, Id, client::Client, contract::Contract, credit::Credit, engagement::Engagement, firm::Firm, invoice::Invoice,
    project::Project, proposal::Proposal, time_entry::TimeEntry,
};

use crate::{Change, Entity, Error, Guarded, ListScope, PageRequest, Parent, Record, Reply, Row, Store};

/// How many rows are read at a time.
const PAGE: u16 = 1000;

/// A record that, as long as it is open, keeps what it belongs to from being archived.
pub trait OpenItem: Entity {
    /// What people call it, if it is open: `the invoice INV-000001`.
    fn open_item(row: &Row<Self>) -> Option<String>;
}

/// A record that belongs to a `P`, which isn't archived as long as this is open.
pub trait Below<P: Entity>: OpenItem {
    /// Where those of `parent` are listed.
    fn scope(parent: &Record<P>) -> ListScope {
        ListScope::Parent(parent.id.into())
    }

    /// Whether `row`, which is listed there, is one of them.
    fn is_below(_row: &Row<Self>, _parent: &Record<P>) -> bool {
        true
    }
}

/// A record that is archived only once nothing of what belongs to it is open.
pub trait Closable: Entity + Archive {
    /// Whether there may be such.
    const HAS_BELOW: bool;

    /// What of what belongs to `record` is open, one a kind: what people call it.
    fn open_below(store: &Store, firm: Id<Firm>, record: &Record<Self>) -> impl Future<Output = Result<Vec<String>, Error>> + Send;
}

/// What a `C` keeps out of the archive, of which [`Below`] says that it belongs to it.
///
/// ```
/// fn of_an_invoice(client: domain::ids::ClientId) -> store::KeptOpen<domain::invoice::Invoice> {
///     client.into()
/// }
/// ```
///
/// ```compile_fail,E0277
/// fn of_a_comment(client: domain::ids::ClientId) -> store::KeptOpen<domain::comment::Comment> {
///     client.into() // a comment isn't open
/// }
/// ```
#[derive(Debug)]
pub struct KeptOpen<C>(Guarded, PhantomData<C>);

impl<C: Below<P>, P: Entity> From<Id<P>> for KeptOpen<C> {
    fn from(id: Id<P>) -> Self {
        Self(id.into(), PhantomData)
    }
}

impl<C> From<KeptOpen<C>> for Guarded {
    fn from(KeptOpen(guarded, _): KeptOpen<C>) -> Self {
        guarded
    }
}

/// Hands all that can be archived, and what is looked for below it first, to a macro: for what has to be done for each. What
/// is listed elsewhere than by its parent says `by_hand` where.
#[macro_export]
macro_rules! closables {
    ($macro:ident) => {
        $macro! {
            campaign::Campaign: [];
            client::Client: [Engagement, Contract, Project, Invoice, TimeEntry by_hand, Credit];
            contract::Contract: [];
            engagement::Engagement: [];
            invoice::Invoice: [];
            lead::Lead: [];
            project::Project: [TimeEntry by_hand];
            proposal::Proposal: [];
            prospect::Prospect: [Proposal];
            task::Task: [];
        }
    };
}

macro_rules! implement {
    ($($module:ident::$parent:ident: [$($child:ident $($by_hand:ident)?),*];)+) => {
        $(
            impl Closable for domain::$module::$parent {
                const HAS_BELOW: bool = implement!(@any $($child)*);

                async fn open_below(store: &Store, firm: Id<Firm>, record: &Record<Self>) -> Result<Vec<String>, Error> {
                    implement!(@open store, firm, record, $($child),*)
                }
            }

            $(implement!(@below domain::$module::$parent, $child $($by_hand)?);)*
        )+

        impl Store {
            /// Take those of `parents` that are archived out of the archive, each in a change that `begin` begins: something
            /// below them came to be open by itself.
            pub async fn restore_archived(
                &self,
                firm: Id<Firm>,
                parents: &BTreeSet<Guarded>,
                begin: impl Fn() -> Change,
            ) -> Result<(), Error> {
                let mut read = self.read(firm);
                for parent in parents {
                    $(if let Some(id) = parent.id::<domain::$module::$parent>() {
                        read = read.record(id);
                    })+
                }
                let found = read.fetch().await?;
                for parent in parents {
                    $(if let Some(id) = parent.id::<domain::$module::$parent>()
                        && let Some(record) = found.maybe(id)?.filter(|record| record.archived_at.is_some())
                    {
                        let mut change = begin();
                        change.restore(&record)?;
                        change.commit(&Reply::none()).await?;
                    })+
                }
                Ok(())
            }
        }
    };
    (@any) => { false };
    (@any $($child:ident)+) => { true };
    (@open $store:ident, $firm:ident, $record:ident,) => {{
        let _ = ($store, $firm, $record);
        Ok(Vec::new())
    }};
    (@open $store:ident, $firm:ident, $record:ident, $($child:ident),+) => {{
        #[expect(non_snake_case, reason = "each is called as its kind is")]
        let ($($child,)+) = tokio::try_join!($($store.open_of::<$child, Self>($firm, $record)),+)?;
        Ok([$($child),+].into_iter().flatten().collect())
    }};
    (@below $parent:ty, $child:ident) => { impl Below<$parent> for $child {} };
    (@below $parent:ty, $child:ident by_hand) => {};
}

closables!(implement);

impl Below<Client> for TimeEntry {
    fn scope(client: &Record<Client>) -> ListScope {
        ListScope::unbilled_time(client.id)
    }
}

impl Below<Project> for TimeEntry {
    fn scope(project: &Record<Project>) -> ListScope {
        ListScope::unbilled_time(project.client)
    }

    fn is_below(row: &Row<Self>, project: &Record<Project>) -> bool {
        row.project == project.id
    }
}

impl Store {
    /// The newest `C` of `parent` that is open: what people call it.
    async fn open_of<C: Below<P>, P: Entity>(&self, firm: Id<Firm>, parent: &Record<P>) -> Result<Option<String>, Error> {
        let (scope, mut page) = (C::scope(parent), first_page());
        loop {
            let read = self.list::<C>(firm, &scope, &page).await?;
            let open = read.items.iter().filter(|row| C::is_below(row, parent)).find_map(C::open_item);
            if open.is_some() || read.next.is_none() {
                return Ok(open);
            }
            page.cursor = read.next;
        }
    }

    /// The rows of all records that belong to `parent` and aren't archived, the newest first.
    pub async fn below<T: Entity>(&self, firm: Id<Firm>, parent: impl Into<Parent>) -> Result<Vec<Row<T>>, Error> {
        self.every(firm, &ListScope::Parent(parent.into())).await
    }

    /// All rows of a list that is short by nature: of the firm's people, say. Those that are archived aren't among them.
    pub async fn every<T: Entity>(&self, firm: Id<Firm>, scope: &ListScope) -> Result<Vec<Row<T>>, Error> {
        let (mut page, mut rows) = (first_page(), Vec::new());
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

fn first_page() -> PageRequest {
    PageRequest { limit: PAGE, ascending: false, cursor: None }
}
