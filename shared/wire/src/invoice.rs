//! Invoices, as far as the client may see them: no notes, no attempts to be paid.

use api::{Decimal, Listed, View};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Money, MultiLine, Percent, Price, SingleLine, Units,
    client::ClientId,
    credit::CreditId,
    invoice::{self, Discount, Dispute, Invoice, InvoiceId, LineItem, Method, Payment, PaymentId, Status},
    project::ProjectId,
    time_entry::TimeEntryId,
};
use serde::Serialize;

use utoipa::ToSchema;

use crate::ContactOut;

/// An invoice, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Invoice)]
pub struct InvoiceViewRow {
    id: InvoiceId,
    /// `INV-000001`; none before it is sent.
    #[view(it.number.map(invoice::label))]
    number: Option<String>,
    client: ClientId,
    /// The project that it is for.
    project: Option<ProjectId>,
    /// Whom it is addressed to.
    #[serde(flatten)]
    #[view((&it.contact).into())]
    contact: ContactOut,
    /// What the client calls it: the number of an order.
    reference: Option<SingleLine<100>>,
    status: Status,
    /// Whether the last day to pay is over and something is due.
    #[view(it.status.is_overdue(Date::today(now), it.due_date))]
    overdue: bool,
    currency: Currency,
    /// The sum of the lines.
    #[view(it.totals.subtotal.into())]
    subtotal: Decimal,
    /// What is taken off the subtotal.
    #[view(it.totals.discount_amount.into())]
    discount_amount: Decimal,
    #[view(it.totals.tax.into())]
    tax: Decimal,
    /// What is to be paid.
    #[view(it.totals.total.into())]
    total: Decimal,
    /// How much of what was paid went to this invoice.
    #[view(it.amount_paid.into())]
    amount_paid: Decimal,
    /// By how much credit notes made what is due less.
    #[view(it.amount_credited.into())]
    amount_credited: Decimal,
    /// How much of what was paid went back to the payers.
    #[view(it.amount_refunded.into())]
    amount_refunded: Decimal,
    /// What is due: the total without what is paid and credited.
    #[view(it.amount_due.into())]
    amount_due: Decimal,
    /// The day on it.
    issue_date: Option<Date>,
    /// The last day to pay.
    due_date: Option<Date>,
    sent_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// An invoice, as far as the client may see it.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(record = Invoice, path = "/api/finance/invoices/")]
pub struct InvoiceView {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: InvoiceViewRow,
    /// Where it is addressed to, as on an envelope.
    address: Option<MultiLine<1000>>,
    /// What else the client is told.
    memo: Option<MultiLine<2000>>,
    #[view(it.line_items.iter().map(|line| InvoiceLineOut::new(line, it.currency)).collect())]
    line_items: Vec<InvoiceLineOut>,
    #[view(it.discount.map(Into::into))]
    discount: Option<DiscountOut>,
    #[view(it.payments.iter().map(Into::into).collect())]
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
    /// Before discount and tax.
    amount: Decimal,
    /// The time entry that it bills.
    time_entry: Option<TimeEntryId>,
}

/// What is taken off an invoice as a whole: one of the two.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Discount)]
struct DiscountOut {
    /// A share of the subtotal, in hundredths.
    percent: Option<Percent>,
    /// An amount.
    amount: Option<Decimal>,
}

/// What was paid.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Payment)]
#[view(of = Payment)]
struct PaymentOut {
    id: PaymentId,
    /// How much, in all.
    #[view(it.amount.into())]
    amount: Decimal,
    /// How much of it went to the invoice; nothing, if the payer's bank took it back.
    #[view(it.applied().into())]
    applied: Decimal,
    method: Method,
    /// What a bank statement says of it.
    reference: Option<SingleLine<100>>,
    /// The day on which it was paid.
    date: Date,
    /// When it was recorded.
    #[view(it.at)]
    recorded_at: DateTime<Utc>,
    /// How much of it went back to the payer.
    #[view(it.refunded.into())]
    refunded: Decimal,
    /// Whether the payer's bank wants it back.
    dispute: Option<Dispute>,
    /// How much of it was more than was due, and became the client's credit.
    #[view(it.excess.map_or(Money::zero(it.amount.currency()), |excess| excess.amount).into())]
    credited: Decimal,
    /// The client's credit that it became, or, where the method is `credit`, that it was paid from.
    #[view(it.excess.map(|excess| excess.credit).or(it.credit))]
    credit: Option<CreditId>,
}

impl InvoiceLineOut {
    fn new(line: &LineItem, currency: Currency) -> Self {
        let amount = line.amount(currency).unwrap_or(Money::zero(currency)).into();
        let LineItem { description, quantity, unit_price, tax_rate, time_entry } = line.clone();
        Self { description, quantity, unit_price, tax_rate, amount, time_entry }
    }
}

impl From<Discount> for DiscountOut {
    fn from(discount: Discount) -> Self {
        match discount {
            Discount::Percent(percent) => Self { percent: Some(percent), amount: None },
            Discount::Amount(amount) => Self { percent: None, amount: Some(amount.into()) },
        }
    }
}
