//! The client's side of `/api/clients/`: their projects, what is said of them, their invoices and how to pay them.
//! Comments answer the firm's people too. Deliberately absent: anything of the firm's own, such as rates, budgets, notes
//! and drafts: the wire types don't have it.

mod comments;
mod invoices;
mod payment_link;
mod projects;

use api::{App, Routes};

/// Every route of the client's side.
pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().merge(projects::routes()).merge(comments::routes()).merge(invoices::routes()).merge(payment_link::routes())
}
