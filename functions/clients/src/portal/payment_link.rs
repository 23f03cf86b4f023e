//! `/api/clients/invoices/{id}/payment-link/`: a page of Stripe's on which all that is due can be paid.

use api::{Answer, App, Cx, Path, Portal, Problem, Routes, get, post, right, routes};
use axum::{Extension, extract::State};
use checkout::{Payer, PaymentLink};
use domain::ids::InvoiceId;
use payments::Payments;
use secrets::Kept;

use super::invoices::sent;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(create_payment_link, show_payment_link))
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
    cx.count_payment(app, portal.firm(), &portal.user.to_string()).await?;
    let invoice = sent(portal, cx.store.read(portal.firm()).record(id).fetch().await?.record(id)?)?;
    cx.matches(&invoice)?;
    let (email, page) = (invoice.contact.email.clone(), format!("{}/portal/invoices/{id}", app.web_origin));
    let payer = Payer { firm: portal.firm(), link: None, email, page };
    checkout::open(cx, account, payer, invoice, || cx.change_without_key(portal)).await
}
