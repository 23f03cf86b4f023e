//! `GET /api/clients/invoices/{id}/payment-link/`: a page of Stripe's on which all that is due can be paid.
//!
//! The attempt is stored before Stripe is asked, and Stripe is asked with the attempt's key: whatever gets lost on the
//! way, the next call goes on with the same attempt, and there is one page. While it is open, it is given out again.

use api::{Answer, App, Cx, Path, Portal, Problem, Routes, get, right, routes};
use axum::{Extension, extract::State};
use chrono::{DateTime, Utc};
use domain::invoice::{Checkout, Invoice, InvoiceId, Link};
use payments::{Order, PaymentError, Payments};
use serde::Serialize;
use store::{Record, Reply};
use utoipa::ToSchema;

use super::invoices::sent;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(show_payment_link))
}

/// Where an invoice can be paid.
#[derive(Debug, Serialize, ToSchema)]
struct PaymentLink {
    /// A page of Stripe's.
    url: String,
    /// Until when; ask again then.
    expires_at: Option<DateTime<Utc>>,
}

/// Show where an invoice can be paid. As long as the page is open and as much is due, it is the same.
#[get("/api/clients/invoices/{id}/payment-link/", tag = "portal")]
async fn show_payment_link(
    cx: Cx,
    State(app): State<App>,
    portal: Portal<right::Pay>,
    Extension(payments): Extension<Payments>,
    Path(id): Path<InvoiceId>,
) -> Result<Answer<PaymentLink>, Problem> {
    cx.count_payment(&app, &portal).await?;
    let invoice = sent(&portal, cx.read(&portal).record(id).fetch().await?.record(id)?)?;
    let (invoice, checkout) = match invoice.prepare_checkout(cx.now)? {
        Link::Open(checkout) => return answer(&cx, checkout.url.unwrap_or_default(), checkout.expires_at),
        Link::Prepared(checkout) => (invoice, checkout),
        Link::New(prepared, checkout) => {
            let mut change = cx.change(&portal);
            let invoice = change.update(&invoice, *prepared)?;
            change.commit(&Reply::none()).await?;
            (invoice, checkout)
        }
    };
    let order = order(&portal, &app.web_origin, &invoice, &checkout);
    let opened = payments.open_checkout(&order).await.map_err(|error| match error {
        PaymentError::Unavailable(cause) => Problem::unavailable(cause),
        PaymentError::Refused(why) => Problem::conflict(why),
    })?;
    let Some(changed) = invoice.checkout_opened(checkout.attempt, &opened.session, &opened.url, opened.expires_at) else {
        return answer(&cx, opened.url, Some(opened.expires_at));
    };
    let mut change = cx.change(&portal);
    change.update(&invoice, changed)?;
    cx.commit(change, answer(&cx, opened.url, Some(opened.expires_at))).await
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
