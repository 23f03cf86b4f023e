//! `/api/clients/invoices/`, for the client's people: what they were sent. A draft isn't there yet.

use api::{
    Answer, App, Cx, ListQuery, NoFilter, Page, PageParams, Path, Portal, Problem, Routes, Shape, right, routes,
    shapes::{InvoiceView, InvoiceViewRow},
};
use domain::{
    Time,
    invoice::{Invoice, InvoiceId, Status},
};
use http::StatusCode;
use serde::Serialize;
use store::{ListScope, Record};
use utoipa::ToSchema;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(list_portal_invoices)).routes(routes!(show_portal_invoice))
}

/// An invoice, in the lists of a portal.
#[derive(Debug, Serialize, ToSchema)]
struct PortalInvoiceSummary {
    #[serde(flatten)]
    view: InvoiceViewRow,
}

/// An invoice, in a portal.
#[derive(Debug, Serialize, ToSchema)]
struct PortalInvoice {
    #[serde(flatten)]
    view: InvoiceView,
}

impl Shape for PortalInvoiceSummary {
    type Of = Invoice;
    const PATH: &'static str = "/api/clients/invoices/";

    fn shape(record: &Record<Invoice>, now: Time) -> Self {
        Self { view: InvoiceViewRow::new(record, now) }
    }
}

impl Shape for PortalInvoice {
    type Of = Invoice;
    const PATH: &'static str = PortalInvoiceSummary::PATH;

    fn shape(record: &Record<Invoice>, now: Time) -> Self {
        Self { view: InvoiceView::new(record, now) }
    }
}

/// `invoice`, if the client of `portal` was sent it.
pub(crate) fn sent<R>(portal: &Portal<R>, invoice: Record<Invoice>) -> Result<Record<Invoice>, Problem> {
    let invoice = portal.own(invoice)?;
    match invoice.status {
        Status::Draft => Err(Problem::not_found()),
        Status::Sent | Status::Paid | Status::Void | Status::Uncollectible => Ok(invoice),
    }
}

/// List the invoices that the client was sent. A page may have fewer than asked for, though there are more.
#[utoipa::path(get, path = "/api/clients/invoices/", tag = "portal", params(PageParams), security(("portal" = ["see"])),
    responses((status = 200, description = "A page of invoices", body = Page<PortalInvoiceSummary>)))]
async fn list_portal_invoices(cx: Cx, portal: Portal<right::See>, query: ListQuery<NoFilter>) -> Result<Answer, Problem> {
    let mut page = cx.store.list::<Invoice>(portal.firm(), &ListScope::Parent(portal.client.into()), &query.page).await?;
    // Drafts lie among a client's invoices for the firm's sake.
    page.items.retain(|invoice| invoice.status != Status::Draft);
    Answer::json(StatusCode::OK, &query.page(&page, |invoice| PortalInvoiceSummary::shape(invoice, cx.now)))
}

/// Show an invoice that the client was sent.
#[utoipa::path(get, path = "/api/clients/invoices/{id}/", tag = "portal", params(("id" = InvoiceId, Path)), security(("portal" = ["see"])),
    responses((status = 200, description = "The invoice", body = PortalInvoice)))]
async fn show_portal_invoice(cx: Cx, portal: Portal<right::See>, Path(id): Path<InvoiceId>) -> Result<Answer, Problem> {
    cx.ok::<PortalInvoice>(&sent(&portal, cx.store.get(portal.firm(), id).await?)?)
}
