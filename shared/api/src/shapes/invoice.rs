//! Invoices, as far as the client may see them: no notes, no attempts to be paid.

use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Money, MultiLine, Percent, Price, SingleLine, Time, Units,
    client::ClientId,
    credit::CreditId,
    invoice::{Discount, Dispute, Invoice, InvoiceId, LineItem, Method, Payment, PaymentId, Status},
    project::ProjectId,
    time_entry::TimeEntryId,
};
use serde::Serialize;
use store::Record;
use utoipa::ToSchema;

use super::ContactOut;

/// An invoice, in lists.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceViewRow {
    id: InvoiceId,
    /// `INV-000001`; none before it is sent.
    number: Option<String>,
    client: ClientId,
    /// The project that it is for.
    project: Option<ProjectId>,
    /// Whom it is addressed to.
    #[serde(flatten)]
    contact: ContactOut,
    /// What the client calls it: the number of an order.
    reference: Option<SingleLine<100>>,
    status: Status,
    /// Whether the last day to pay is over and something is due.
    overdue: bool,
    currency: Currency,
    /// A decimal, as all amounts: the sum of the lines.
    subtotal: String,
    /// What is taken off the subtotal.
    discount_amount: String,
    tax: String,
    /// What is to be paid.
    total: String,
    /// How much of what was paid went to this invoice.
    amount_paid: String,
    /// By how much credit notes made what is due less.
    amount_credited: String,
    /// How much of what was paid went back to the payers.
    amount_refunded: String,
    /// What is due: the total without what is paid and credited.
    amount_due: String,
    /// The day on it.
    issue_date: Option<Date>,
    /// The last day to pay.
    due_date: Option<Date>,
    sent_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// An invoice, as far as the client may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceView {
    #[serde(flatten)]
    summary: InvoiceViewRow,
    /// Where it is addressed to, as on an envelope.
    address: Option<MultiLine<1000>>,
    /// What else the client is told.
    memo: Option<MultiLine<2000>>,
    line_items: Vec<InvoiceLineOut>,
    discount: Option<DiscountOut>,
    payments: Vec<PaymentOut>,
}

/// One line of an invoice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvoiceLineItem)]
struct InvoiceLineOut {
    description: SingleLine<500>,
    /// Less than nothing where something is taken back.
    quantity: Units,
    unit_price: Price,
    /// In hundredths.
    tax_rate: Option<Percent>,
    /// A decimal, before discount and tax.
    amount: String,
    /// The time entry that it bills.
    time_entry: Option<TimeEntryId>,
}

/// What is taken off an invoice as a whole: one of the two.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Discount)]
struct DiscountOut {
    /// A share of the subtotal, in hundredths.
    percent: Option<Percent>,
    /// A decimal.
    amount: Option<String>,
}

/// What was paid.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
struct PaymentOut {
    id: PaymentId,
    /// A decimal, as all amounts: how much, in all.
    amount: String,
    /// How much of it went to the invoice; nothing, if the payer's bank took it back.
    applied: String,
    method: Method,
    /// What a bank statement says of it.
    reference: Option<SingleLine<100>>,
    /// The day on which it was paid.
    date: Date,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// How much of it went back to the payer.
    refunded: String,
    /// Whether the payer's bank wants it back.
    dispute: Option<Dispute>,
    /// How much of it was more than was due, and became the client's credit.
    credited: String,
    /// The client's credit that it became, or, where the method is `credit`, that it was paid from.
    credit: Option<CreditId>,
}

impl InvoiceViewRow {
    /// `record` as it is on the day that it is at `now`.
    pub fn new(record: &Record<Invoice>, now: Time) -> Self {
        let Invoice { totals, status, currency, issue_date, due_date, sent_at, .. } = &record.content;
        Self {
            id: record.id,
            number: record.label(),
            client: record.client,
            project: record.project,
            contact: (&record.contact).into(),
            reference: record.reference.clone(),
            status: *status,
            overdue: record.is_overdue(Date::today(now)),
            currency: *currency,
            subtotal: totals.subtotal.to_decimal_string(),
            discount_amount: totals.discount_amount.to_decimal_string(),
            tax: totals.tax.to_decimal_string(),
            total: totals.total.to_decimal_string(),
            amount_paid: record.amount_paid.to_decimal_string(),
            amount_credited: record.amount_credited.to_decimal_string(),
            amount_refunded: record.amount_refunded.to_decimal_string(),
            amount_due: record.amount_due().to_decimal_string(),
            issue_date: *issue_date,
            due_date: *due_date,
            sent_at: *sent_at,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl InvoiceView {
    /// `record` as it is on the day that it is at `now`.
    pub fn new(record: &Record<Invoice>, now: Time) -> Self {
        Self {
            summary: InvoiceViewRow::new(record, now),
            address: record.address.clone(),
            memo: record.memo.clone(),
            line_items: record.line_items.iter().map(|line| InvoiceLineOut::new(line, record.currency)).collect(),
            discount: record.discount.map(Into::into),
            payments: record.payments.iter().map(Into::into).collect(),
        }
    }
}

impl InvoiceLineOut {
    fn new(line: &LineItem, currency: Currency) -> Self {
        let amount = line.amount(currency).map(Money::to_decimal_string).unwrap_or_default();
        let LineItem { description, quantity, unit_price, tax_rate, time_entry } = line.clone();
        Self { description, quantity, unit_price, tax_rate, amount, time_entry }
    }
}

impl From<Discount> for DiscountOut {
    fn from(discount: Discount) -> Self {
        match discount {
            Discount::Percent(percent) => Self { percent: Some(percent), amount: None },
            Discount::Amount(amount) => Self { percent: None, amount: Some(amount.to_decimal_string()) },
        }
    }
}

impl From<&Payment> for PaymentOut {
    fn from(payment: &Payment) -> Self {
        Self {
            id: payment.id,
            amount: payment.amount.to_decimal_string(),
            applied: payment.applied().to_decimal_string(),
            method: payment.method,
            reference: payment.reference.clone(),
            date: payment.date,
            recorded_at: payment.at,
            refunded: payment.refunded.to_decimal_string(),
            dispute: payment.dispute,
            credited: payment.excess.map_or(Money::zero(payment.amount.currency()), |excess| excess.amount).to_decimal_string(),
            credit: payment.excess.map(|excess| excess.credit).or(payment.credit),
        }
    }
}
