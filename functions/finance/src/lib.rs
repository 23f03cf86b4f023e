//! `/api/finance/`: invoices, credit notes, credits. One file a resource: its routes, handlers and wire types; what is
//! done to an invoice after it is drafted, and the time that it bills, have files of their own.

mod credit_notes;
mod credits;
mod invoice_actions;
mod invoice_shape;
mod invoices;
mod lines;
mod payments;
mod time;

use api::{App, Routes};

/// Every route of this function.
pub fn router<R: Routes<State = App>>() -> R {
    R::default().merge(invoices::routes()).merge(credit_notes::routes()).merge(credits::routes())
}
