//! `/api/guest/invoices/{token}/`: an invoice by the link in its mails, and where it is paid.

use api::{Answer, App, Cx, Decimal, Guest, LinkToken, Path, Problem, Routes, View, get, post, routes};
use axum::{Extension, extract::State};
use checkout::{Payable, Payer, PaymentLink, Till};
use domain::{
    Currency, Date, MultiLine, SingleLine,
    address::Party,
    invoice::{Invoice, Method, Payment, Status},
};
use secrets::{Kept, LinkKey, Showing};
use serde::Serialize;
use store::Record;
use utoipa::ToSchema;
use wire::{DiscountOut, InvoiceLineView, PendingPayment, TaxOut};

use crate::purpose;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(show_guest_invoice)).routes(routes!(open_guest_checkout))
}

/// Where an invoice stands for whoever is to pay it. One that the firm has given up is still to be paid.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum GuestInvoiceStatus {
    Sent,
    Paid,
    Void,
}

impl From<Status> for GuestInvoiceStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Draft | Status::Sent | Status::Uncollectible => Self::Sent,
            Status::Paid => Self::Paid,
            Status::Void => Self::Void,
        }
    }
}

/// What is printed on an invoice, and how much of it is paid.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(record = Invoice, path = "/api/guest/invoices/")]
struct GuestInvoice {
    /// `INV-000001`.
    #[view(it.label())]
    number: Option<String>,
    /// Void: it was taken back, and nothing is to be paid.
    #[view(it.status.into())]
    status: GuestInvoiceStatus,
    /// Whether the last day to pay is over and something is due.
    #[view(it.is_overdue(Date::anywhere_on_earth(now)))]
    overdue: bool,
    /// Who sends it: the firm as it was then.
    seller: Option<Party>,
    /// Whom it is addressed to, as it names them.
    #[view(it.buyer())]
    buyer: Party,
    /// Who is addressed there.
    #[view(it.contact.contact_name.clone())]
    contact_name: Option<SingleLine<200>>,
    /// What the client calls it: the number of an order.
    reference: Option<SingleLine<100>>,
    /// What else the client is told.
    memo: Option<MultiLine<2000>>,
    /// The day on it.
    issue_date: Option<Date>,
    /// The last day to pay.
    due_date: Option<Date>,
    currency: Currency,
    #[view(InvoiceLineView::all(it))]
    line_items: Vec<InvoiceLineView>,
    /// The sum of the lines.
    #[view(it.totals.subtotal.into())]
    subtotal: Decimal,
    #[view(it.discount.map(Into::into))]
    discount: Option<DiscountOut>,
    /// What is taken off the subtotal.
    #[view(it.totals.discount_amount.into())]
    discount_amount: Decimal,
    /// The tax, by category and rate: on the sum of its lines, rounded once.
    #[view(it.taxes.iter().map(Into::into).collect())]
    taxes: Vec<TaxOut>,
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
    /// What is due: the total without what is paid and credited.
    #[view(it.amount_due().into())]
    amount_due: Decimal,
    /// The payment that is on its way, for days perhaps: until it arrives or fails it can't be paid online again.
    #[view(it.pending_checkout().map(Into::into))]
    pending_payment: Option<PendingPayment>,
    /// What was paid, but for what was recorded wrongly.
    #[view(it.payments.iter().filter(|payment| payment.reversal.is_none()).map(Into::into).collect())]
    payments: Vec<GuestPayment>,
}

/// What was paid.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(of = Payment)]
struct GuestPayment {
    /// The day on which it was paid.
    date: Date,
    method: Method,
    /// How much, in all.
    #[view(it.amount.into())]
    amount: Decimal,
    /// How much of it goes to the invoice; nothing of what the payer's bank took back.
    #[view(it.applied().into())]
    applied: Decimal,
    /// How much of it went back to the payer.
    #[view(it.refunded.into())]
    refunded: Decimal,
}

/// `invoice`, if the link that is for `showing` still is its own. A draft has none.
fn shown(showing: &Showing, invoice: Record<Invoice>) -> Result<Record<Invoice>, Problem> {
    if invoice.link_number() == Some(showing.number) { Ok(invoice) } else { Err(Problem::not_found()) }
}

/// Show an invoice by the link in its mails.
///
/// To whoever has it, without a log-in: what is printed on it, what was paid on it and what is due. One that was taken back says
/// so. 404 if the link isn't one of ours, was revoked or followed by another, since the invoice was sent again.
#[get("/api/guest/invoices/{token}/")]
async fn show_guest_invoice(
    cx: Cx,
    _: Guest,
    Extension(links): Extension<Kept<LinkKey>>,
    Path(token): Path<LinkToken>,
) -> Result<Answer<GuestInvoice>, Problem> {
    let showing: Showing = purpose(&links, &token, cx.now).await?;
    cx.ok(&shown(&showing, cx.store.get(showing.firm, showing.invoice).await?)?)
}

/// Open a page on which an invoice can be paid, by the link in its mails.
///
/// All that is due is paid there, also of an invoice that was given up. As long as the page is open and as much is due, it is
/// the same; it is closed when the link is revoked or followed by another. 404 if the link doesn't work; 409 if the invoice is
/// paid or void, while a payment is on its way, and if Stripe can't take the amount; as `payments-unavailable`, and why, where the
/// firm takes no payments online for now; 503 while Stripe doesn't answer: asked again, it goes on with the same page.
#[post("/api/guest/invoices/{token}/checkout/")]
async fn open_guest_checkout(
    cx: Cx,
    State(app): State<App>,
    _: Guest,
    Extension(links): Extension<Kept<LinkKey>>,
    Extension(till): Extension<Till>,
    Path(token): Path<LinkToken>,
) -> Result<Answer<PaymentLink>, Problem> {
    let showing: Showing = purpose(&links, &token, cx.now).await?;
    let Showing { firm, invoice: id, number } = showing;
    let Payable { invoice, account } = Payable::read(&cx, firm, id).await?;
    let payable = Payable { invoice: shown(&showing, invoice)?, account };
    // Whose link is worthless keeps nobody from paying.
    cx.count_payment(&app, firm, &id.to_string()).await?;
    cx.matches(&payable.invoice)?;
    let page = format!("{}/guest/invoices/{}", app.web_origin, token.expose());
    let payer = Payer { firm, link: Some(number), email: None, page };
    checkout::open(&cx, &till, payer, payable, || cx.change_by_guest(firm)).await
}
