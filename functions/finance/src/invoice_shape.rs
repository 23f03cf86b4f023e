//! Invoices, as staff see them.

use api::{
    Shape,
    shapes::{InvoiceView, InvoiceViewRow},
};
use chrono::{DateTime, Utc};
use domain::{Date, MultiLine, Time, invoice::Invoice};
use serde::Serialize;
use store::Record;
use utoipa::ToSchema;

/// An invoice, in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvoiceSummary {
    #[serde(flatten)]
    view: InvoiceViewRow,
    /// When it was marked as overdue.
    overdue_at: Option<DateTime<Utc>>,
}

/// An invoice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invoice)]
pub(crate) struct InvoiceOut {
    #[serde(flatten)]
    view: InvoiceView,
    /// When it was marked as overdue.
    overdue_at: Option<DateTime<Utc>>,
    /// The day on which the client is reminded of it next, if it isn't paid by then.
    next_reminder: Option<Date>,
    /// What the client isn't told.
    notes: Option<MultiLine<5000>>,
    /// Why it was taken back or given up.
    reason: Option<MultiLine<2000>>,
    /// What all credit notes on it come to: a decimal.
    credit_noted: String,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

impl Shape for InvoiceSummary {
    type Of = Invoice;
    const PATH: &'static str = "/api/finance/invoices/";

    fn shape(record: &Record<Invoice>, now: Time) -> Self {
        Self { view: InvoiceViewRow::new(record, now), overdue_at: record.overdue_at }
    }
}

impl Shape for InvoiceOut {
    type Of = Invoice;
    const PATH: &'static str = InvoiceSummary::PATH;

    fn shape(record: &Record<Invoice>, now: Time) -> Self {
        Self {
            view: InvoiceView::new(record, now),
            overdue_at: record.overdue_at,
            next_reminder: record.next_reminder(),
            notes: record.notes.clone(),
            reason: record.reason.clone(),
            credit_noted: record.credit_noted.to_decimal_string(),
            archived_at: record.archived_at,
        }
    }
}
