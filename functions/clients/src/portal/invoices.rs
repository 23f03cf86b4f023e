//! `/api/clients/invoices/`, for the client's people: what they were sent. A draft isn't there yet.

use api::{Answer, App, Cx, ListQuery, Listed, NoFilter, Page, Path, Portal, Problem, Routes, get, right, routes};
use domain::{
    ids::InvoiceId,
    invoice::{Invoice, Status},
};
use store::{ListScope, Record, Row};
use wire::{InvoiceView, InvoiceViewRow};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(list_portal_invoices)).routes(routes!(show_portal_invoice))
}

/// `invoice`, if the client of `portal` was sent it.
pub(crate) fn sent<R>(portal: &Portal<R>, invoice: Record<Invoice>) -> Result<Record<Invoice>, Problem> {
    let invoice = portal.own(invoice)?;
    match invoice.status {
        Status::Draft => Err(Problem::not_found()),
        Status::Sent | Status::Paid | Status::Void | Status::Uncollectible => Ok(invoice),
    }
}

/// List the invoices that the client was sent.
///
/// Newest first, at every status but draft, and without those that the firm archived. There is no filter: 400.
#[get("/api/clients/invoices/", tag = "portal")]
async fn list_portal_invoices(
    cx: Cx,
    portal: Portal<right::See>,
    query: ListQuery<NoFilter>,
) -> Result<Answer<Page<InvoiceViewRow>>, Problem> {
    // Drafts lie among a client's invoices for the firm's sake.
    let sent = |invoice: &Row<Invoice>| invoice.status != Status::Draft;
    let page = cx.store.list_shown(portal.firm(), &ListScope::Parent(portal.client.into()), &query.page, sent).await?;
    cx.json(&query.page(&page, |invoice| InvoiceViewRow::listed(invoice, cx.now)))
}

/// Show an invoice that the client was sent.
///
/// An archived one is shown too, and what was paid on it; the firm's notes and the reason why it was taken back or given up
/// are not. A draft isn't there yet: 404.
#[get("/api/clients/invoices/{id}/", tag = "portal")]
async fn show_portal_invoice(cx: Cx, portal: Portal<right::See>, Path(id): Path<InvoiceId>) -> Result<Answer<InvoiceView>, Problem> {
    cx.ok(&sent(&portal, cx.store.get(portal.firm(), id).await?)?)
}
