//! Invoices, as far as the client may see them: no notes, no attempts to be paid.

use api::{Decimal, Listed, View};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Email, Money, MultiLine, Percent, Price, SingleLine, Units,
    address::{Address, Party, VatId},
    ids::{ClientId, CreditId, InvoiceId, PaymentId, ProjectId, TimeEntryId},
    invoice::{self, Checkout, Discount, Dispute, Invoice, LineItem, Method, Payment, SentBy, Status},
    tax::{LineTax, Tax, TaxCategory},
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
    #[view(it.status.is_overdue(Date::anywhere_on_earth(now), it.due_date))]
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
    /// How much of what was paid Stripe gave back to the payers; what else was given back, credit notes and credits say.
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
    /// Where it and what follows it are mailed, in place of `email`.
    billing_email: Option<Email>,
    /// Who gets a copy of that.
    #[view(it.cc.to_vec())]
    cc: Vec<Email>,
    /// Where it is addressed to.
    address: Option<Address>,
    /// The number under which the client's tax office knows it.
    tax_number: Option<SingleLine<40>>,
    /// The number under which the client pays value added tax.
    vat_id: Option<VatId>,
    /// Who sends it: the firm as it was when it was sent; none before.
    seller: Option<Party>,
    /// Whom it is addressed to, as it names them.
    #[view(it.buyer())]
    buyer: Party,
    /// How it reached the client; none before.
    sent_by: Option<SentBy>,
    /// What else the client is told.
    memo: Option<MultiLine<2000>>,
    #[view(InvoiceLineOut::all(it))]
    line_items: Vec<InvoiceLineOut>,
    #[view(it.discount.map(Into::into))]
    discount: Option<DiscountOut>,
    /// The tax, by category and rate: on the sum of its lines, rounded once.
    #[view(it.taxes.iter().map(Into::into).collect())]
    taxes: Vec<TaxOut>,
    /// The payment that is on its way, for days perhaps: until it arrives or fails it can't be paid online again.
    #[view(it.pending_checkout().map(Into::into))]
    pending_payment: Option<PendingPayment>,
    #[view(it.payments.iter().map(Into::into).collect())]
    payments: Vec<PaymentOut>,
    /// What all credit notes on it come to: what of that wasn't due any more was credited or given back.
    #[view(it.credit_noted.into())]
    credit_noted: Decimal,
}

/// One line of an invoice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvoiceLineItem)]
struct InvoiceLineOut {
    #[serde(flatten)]
    line: InvoiceLineView,
    /// The time entry that it bills.
    time_entry: Option<TimeEntryId>,
}

/// One line of an invoice, as it is printed.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceLineView {
    description: SingleLine<500>,
    /// Less than nothing where something is taken back.
    quantity: Units,
    unit_price: Price,
    tax_category: TaxCategory,
    /// In percent.
    tax_rate: Percent,
    /// Why there is no tax, in place of the usual words.
    tax_reason: Option<SingleLine<200>>,
    /// Before discount and tax.
    amount: Decimal,
    /// The tax on it, discounts taken off: for information, since what counts is the tax on all lines of a rate.
    tax_amount: Decimal,
}

/// A payment that is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct PendingPayment {
    /// A decimal.
    amount: Decimal,
    /// Since when.
    since: Option<DateTime<Utc>>,
}

/// The tax of one category and rate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tax)]
pub struct TaxOut {
    category: TaxCategory,
    /// In percent.
    rate: Percent,
    /// What it is called.
    name: String,
    /// Why there is none, where a reason is needed or said.
    reason: Option<String>,
    /// What the lines come to, discounts taken off.
    base: Decimal,
    /// The tax on that.
    amount: Decimal,
}

impl From<&Tax> for TaxOut {
    fn from(tax: &Tax) -> Self {
        let (base, amount) = (tax.base.into(), tax.amount.into());
        Self { category: tax.of.category, rate: tax.of.rate, name: tax.of.name(), reason: tax.of.reason(), base, amount }
    }
}

/// What is taken off an invoice as a whole: one of the two.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Discount)]
pub struct DiscountOut {
    /// A share of the subtotal, in percent.
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
    /// How much of it goes to the invoice; nothing, if it was recorded wrongly, of what the payer's bank took back nothing
    /// either, and of credit not what went back of the invoice's own money.
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
    /// How much of it was more than was due, and became the client's credit; some of that may be gone again, since it went back,
    /// or stands for another payment that was refunded.
    #[view(it.credited().into())]
    credited: Decimal,
    /// The client's credit that it became, or, where the method is `credit`, that it was paid from.
    #[view(it.excess.map(|excess| excess.credit).or(it.credit))]
    credit: Option<CreditId>,
    /// When it turned out that it was recorded wrongly.
    #[view(it.reversal.as_ref().map(|reversal| reversal.at))]
    reversed_at: Option<DateTime<Utc>>,
    /// What was wrong.
    #[view(it.reversal.as_ref().map(|reversal| reversal.reason.clone()))]
    reversal_reason: Option<MultiLine<300>>,
}

impl InvoiceLineOut {
    fn all(invoice: &Invoice) -> Vec<Self> {
        let entries = invoice.line_items.iter().map(|line| line.time_entry);
        InvoiceLineView::all(invoice).into_iter().zip(entries).map(|(line, time_entry)| Self { line, time_entry }).collect()
    }
}

impl InvoiceLineView {
    /// Those of `invoice`, in its order.
    pub fn all(invoice: &Invoice) -> Vec<Self> {
        // They were summed up when it was written, so they can be.
        let nets = invoice.line_nets().unwrap_or_default();
        invoice.line_items.iter().zip(nets).map(|(line, net)| Self::new(line, net)).collect()
    }

    fn new(line: &LineItem, net: Money) -> Self {
        let nothing = Money::zero(net.currency());
        let amount = line.amount(net.currency()).unwrap_or(nothing).into();
        let tax_amount = line.tax.on(net).unwrap_or(nothing).into();
        let LineItem { description, quantity, unit_price, tax, time_entry: _ } = line.clone();
        let LineTax { category: tax_category, rate: tax_rate, reason: tax_reason } = tax;
        Self { description, quantity, unit_price, tax_category, tax_rate, tax_reason, amount, tax_amount }
    }
}

impl From<&Checkout> for PendingPayment {
    fn from(pending: &Checkout) -> Self {
        Self { amount: pending.amount.into(), since: pending.pending_at }
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
