//! `/api/clients/`, as the client's people see it: their projects, what is said of them, their invoices and how to pay
//! them. Comments answer the firm's people too. Deliberately absent: anything of the firm's own, such as rates, budgets,
//! notes and drafts: the wire types don't have it.

mod comments;
mod invoices;
mod payment_link;
mod projects;

use api::{App, Routes};
use payments::Payments;

/// Every route of this function; payments are taken by `payments`.
pub fn router<R: Routes<State = App>>(payments: Payments) -> R {
    R::default().merge(projects::routes()).merge(comments::routes()).merge(invoices::routes()).merge(payment_link::routes()).with(payments)
}
