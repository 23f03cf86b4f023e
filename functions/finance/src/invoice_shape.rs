//! Invoices, as staff see them.

use api::{Decimal, Listed, Shape, View};
use chrono::{DateTime, Utc};
use domain::{
    Date, MultiLine,
    invoice::{GuestLink, Invoice},
};
use serde::Serialize;

use utoipa::ToSchema;
use wire::{InvoiceView, InvoiceViewRow};

/// An invoice, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Invoice)]
pub(crate) struct InvoiceSummary {
    #[serde(flatten)]
    #[view(Listed::listed(it, now))]
    view: InvoiceViewRow,
    /// When it was marked as overdue.
    overdue_at: Option<DateTime<Utc>>,
}

/// An invoice.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Invoice)]
#[view(record = Invoice, path = "/api/finance/invoices/")]
pub(crate) struct InvoiceOut {
    #[serde(flatten)]
    #[view(Shape::shape(it, now))]
    view: InvoiceView,
    /// When it was marked as overdue.
    overdue_at: Option<DateTime<Utc>>,
    /// The link in its mails, by which whoever has it sees it and can pay it; none before it is sent.
    #[view(it.guest_link.as_ref().map(Into::into))]
    guest_link: Option<GuestLinkOut>,
    /// When the client was reminded of it last.
    reminded_at: Option<DateTime<Utc>>,
    /// Whether the client isn't reminded of it by itself.
    reminders_paused: bool,
    /// The day on which the client is reminded of it next, if it isn't paid by then and the client's reminders aren't paused.
    #[view(it.next_reminder())]
    next_reminder: Option<Date>,
    /// What the client isn't told.
    notes: Option<MultiLine<5000>>,
    /// Why it was taken back or given up.
    reason: Option<MultiLine<2000>>,
    /// How much of what credit notes say is to be refunded at Stripe isn't yet.
    #[view(it.refunds_outstanding().into())]
    refunds_outstanding: Decimal,
    /// How much was refunded at Stripe of which no credit note tells, and that came out of no credit.
    #[view(it.refunds_unexplained().into())]
    refunds_unexplained: Decimal,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

/// The last link that an invoice was given.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = GuestLink)]
#[view(of = GuestLink)]
struct GuestLinkOut {
    /// 1 for the first; sending the invoice again gives another, and the one before it works no more.
    number: u32,
    /// Since when it works no more.
    revoked_at: Option<DateTime<Utc>>,
}
