//! `/api/clients/invoices/{id}/payment-link/`: a page of Stripe's on which all that is due can be paid.

use api::{Answer, App, Cx, Path, Portal, Problem, Routes, get, post, right, routes};
use axum::{Extension, extract::State};
use checkout::{Payable, Payer, PaymentLink, Till};
use domain::ids::InvoiceId;

use super::invoices::sent;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(create_payment_link, show_payment_link))
}

/// Open a page on which an invoice can be paid.
///
/// All that is due is paid there, also of an invoice that was given up. As long as the page is open and as much is due, it
/// is the same. 409 if the invoice is paid or void, while a payment is on its way, and if Stripe can't take the amount; as
/// `payments-unavailable`, and why, where the firm takes no payments online for now; 503 while Stripe doesn't answer: asked again,
/// it goes on with the same page.
#[post("/api/clients/invoices/{id}/payment-link/", tag = "portal")]
async fn create_payment_link(
    cx: Cx,
    State(app): State<App>,
    portal: Portal<right::Pay>,
    Extension(till): Extension<Till>,
    Path(id): Path<InvoiceId>,
) -> Result<Answer<PaymentLink>, Problem> {
    payment_link(&cx, &app, &portal, &till, id).await
}

/// Show where an invoice can be paid.
///
/// As long as the page is open and as much is due, it is the same; it is opened if need be, so whoever can should use POST.
/// 409 if the invoice is paid or void, while a payment is on its way, and if Stripe can't take the amount, or as
/// `payments-unavailable` where the firm takes no payments online for now; 503 while Stripe doesn't answer.
#[get("/api/clients/invoices/{id}/payment-link/", tag = "portal")]
async fn show_payment_link(
    cx: Cx,
    State(app): State<App>,
    portal: Portal<right::Pay>,
    Extension(till): Extension<Till>,
    Path(id): Path<InvoiceId>,
) -> Result<Answer<PaymentLink>, Problem> {
    payment_link(&cx, &app, &portal, &till, id).await
}

async fn payment_link(cx: &Cx, app: &App, portal: &Portal<right::Pay>, till: &Till, id: InvoiceId) -> Result<Answer<PaymentLink>, Problem> {
    cx.count_payment(app, portal.firm(), &portal.user.to_string()).await?;
    let Payable { invoice, account } = Payable::read(cx, portal.firm(), id).await?;
    let payable = Payable { invoice: sent(portal, invoice)?, account };
    cx.matches(&payable.invoice)?;
    let (email, page) = (payable.invoice.contact.email.clone(), format!("{}/portal/invoices/{id}", app.web_origin));
    let payer = Payer { firm: portal.firm(), link: None, email, page };
    checkout::open(cx, till, payer, payable, || cx.change_without_key(portal)).await
}
