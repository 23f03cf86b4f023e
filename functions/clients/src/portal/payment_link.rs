//! `/api/clients/invoices/{id}/payment-link/`: a page of Stripe's on which all that is due can be paid.
//!
//! The attempt is stored before Stripe is asked, and Stripe is asked with the attempt's key: whatever gets lost on the
//! way, the next call goes on with the same attempt, and there is one page. While it is open, it is given out again. So it
//! needs no idempotency key, and nothing is kept under one: the page of yesterday may be closed.

use std::sync::Arc;

use api::{Answer, App, Cx, Path, Portal, Problem, Routes, get, post, right, routes};
use axum::{Extension, extract::State};
use chrono::{DateTime, Utc};
use domain::{
    ids::InvoiceId,
    invoice::{Checkout, Invoice, Link},
};
use payments::{Opened, Order, PaymentError, Payments};
use secrets::Kept;
use serde::Serialize;
use store::{Record, Reply};
use utoipa::ToSchema;

use super::invoices::sent;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(create_payment_link, show_payment_link))
}

/// Where an invoice can be paid.
#[derive(Debug, Serialize, ToSchema)]
struct PaymentLink {
    /// A page of Stripe's.
    url: String,
    /// Until when; ask again then.
    expires_at: Option<DateTime<Utc>>,
}

/// Open a page on which an invoice can be paid.
///
/// All that is due is paid there, also of an invoice that was given up. As long as the page is open and as much is due, it
/// is the same. 409 if the invoice is paid or void, while a payment is on its way, and if Stripe can't take the amount; 503
/// while Stripe doesn't answer: asked again, it goes on with the same page.
#[post("/api/clients/invoices/{id}/payment-link/", tag = "portal")]
async fn create_payment_link(
    cx: Cx,
    State(app): State<App>,
    portal: Portal<right::Pay>,
    Extension(account): Extension<Kept<Payments>>,
    Path(id): Path<InvoiceId>,
) -> Result<Answer<PaymentLink>, Problem> {
    payment_link(&cx, &app, &portal, &account, id).await
}

/// Show where an invoice can be paid.
///
/// As long as the page is open and as much is due, it is the same; it is opened if need be, so whoever can should use POST.
/// 409 if the invoice is paid or void, while a payment is on its way, and if Stripe can't take the amount; 503 while Stripe
/// doesn't answer.
#[get("/api/clients/invoices/{id}/payment-link/", tag = "portal")]
async fn show_payment_link(
    cx: Cx,
    State(app): State<App>,
    portal: Portal<right::Pay>,
    Extension(account): Extension<Kept<Payments>>,
    Path(id): Path<InvoiceId>,
) -> Result<Answer<PaymentLink>, Problem> {
    payment_link(&cx, &app, &portal, &account, id).await
}

async fn payment_link(
    cx: &Cx,
    app: &App,
    portal: &Portal<right::Pay>,
    account: &Kept<Payments>,
    id: InvoiceId,
) -> Result<Answer<PaymentLink>, Problem> {
    cx.count_payment(app, portal).await?;
    let invoice = sent(portal, cx.store.read(portal.firm()).record(id).fetch().await?.record(id)?)?;
    cx.matches(&invoice)?;
    let payments = async || account.get(cx.now).await.map_err(Problem::unavailable);
    let (payments, invoice, checkout) = match invoice.prepare_checkout(cx.now)? {
        Link::Open(checkout) => return answer(cx, checkout.url.unwrap_or_default(), checkout.expires_at),
        Link::Prepared(checkout) => (payments().await?, invoice, checkout),
        Link::New(prepared, checkout) => {
            let payments = payments().await?;
            let mut change = cx.change_without_key(portal);
            let invoice = change.update(&invoice, *prepared)?;
            change.commit(&Reply::none()).await?;
            (payments, invoice, checkout)
        }
    };
    let order = order(portal, &app.web_origin, &invoice, &checkout);
    let opened = open(cx, account, &payments, &order).await?;
    if let Some(changed) = invoice.checkout_opened(checkout.attempt, &opened.session, &opened.url, opened.expires_at) {
        let mut change = cx.change_without_key(portal);
        change.update(&invoice, changed)?;
        change.commit(&Reply::none()).await?;
    }
    answer(cx, opened.url, Some(opened.expires_at))
}

/// The page for `order`. A key that Stripe doesn't take is read again.
async fn open(cx: &Cx, account: &Kept<Payments>, payments: &Arc<Payments>, order: &Order) -> Result<Opened, Problem> {
    let opened = match payments.open_checkout(order).await {
        Err(PaymentError::KeyRefused(why)) => match account.again(payments, cx.now).await {
            Some(payments) => payments.open_checkout(order).await,
            None => Err(PaymentError::KeyRefused(why)),
        },
        opened => opened,
    };
    opened.map_err(|error| match error {
        PaymentError::Unavailable(_) | PaymentError::KeyRefused(_) => Problem::unavailable(error),
        PaymentError::Refused(why) => Problem::conflict(why),
    })
}

fn answer(cx: &Cx, url: String, expires_at: Option<DateTime<Utc>>) -> Result<Answer<PaymentLink>, Problem> {
    cx.json(&PaymentLink { url, expires_at })
}

/// What Stripe is asked for: the attempt `checkout` to pay `invoice`.
fn order<R>(portal: &Portal<R>, web_origin: &str, invoice: &Record<Invoice>, checkout: &Checkout) -> Order {
    let page = format!("{web_origin}/portal/invoices/{}", invoice.id);
    let metadata = [("firm", portal.firm().to_string()), ("invoice", invoice.id.to_string()), ("attempt", checkout.attempt.to_string())];
    Order {
        key: checkout.key(invoice.id),
        reference: invoice.id.to_string(),
        metadata: metadata.map(|(name, value)| (name.to_owned(), value)).into(),
        amount: checkout.amount,
        description: format!("Invoice {}", invoice.label().unwrap_or_default()),
        email: invoice.contact.email.clone(),
        success_url: format!("{page}?paid=1"),
        cancel_url: page,
    }
}
