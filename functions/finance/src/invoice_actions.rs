//! What is done to an invoice as a whole: it is sent, taken back, given up.

use api::{Answer, App, Cx, Path, Problem, Routes, Staff, Valid, may, post, routes};
use domain::{MultiLine, ids::InvoiceId, invoice::SentBy};
use serde::Deserialize;
use store::Counter;
use utoipa::ToSchema;

use crate::invoice_shape::InvoiceOut;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(send_invoice))
        .routes(routes!(void_invoice))
        .routes(routes!(mark_invoice_uncollectible))
        .routes(routes!(reverse_invoice_write_off))
}

/// How it reaches the client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sent_by": "mail"}))]
struct SendInvoice {
    /// Default: by mail, which needs an `email` on it.
    sent_by: Option<SentBy>,
}

/// Why it is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Sent to the wrong client"}))]
struct VoidInvoice {
    reason: Option<MultiLine<2000>>,
}

/// Why it is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Bankrupt"}))]
struct GiveUpInvoice {
    reason: Option<MultiLine<2000>>,
}

/// Send an invoice to the client, by mail unless it is said to be sent by hand.
///
/// It gets its number, the firm's name and address of now and, where it has none, today as its day and a last day to pay by
/// the firm's terms. It can't be changed any more, and the client is reminded as the firm's settings say; one that comes to
/// nothing is paid at once. 409 unless it is a draft; 422 without a line, without an e-mail where it goes by mail, and if
/// its last day to pay is before its day or more than three years after it.
#[post("/api/finance/invoices/{id}/send/")]
async fn send_invoice(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<SendInvoice>,
) -> Result<Answer<InvoiceOut>, Problem> {
    let found = cx.read(&staff).record(id).record(staff.firm).counter(Counter::Invoices).fetch().await?;
    let (draft, firm, number) = (cx.target(&found, id)?, found.record(staff.firm)?, found.next(Counter::Invoices)?);
    let sent = draft.send(number, body.sent_by.unwrap_or(SentBy::Mail), &firm, cx.now)?;
    let mut change = cx.change(&staff);
    change.number(Counter::Invoices, number)?;
    let invoice = change.update(&draft, sent)?;
    cx.commit(change, cx.ok(&invoice)).await
}

/// Take an invoice back on which nothing was paid or credited, as if it had never been sent.
///
/// It keeps its number; the client isn't told, no reminder follows, and an open page to pay it is closed. Its time entries
/// can be billed again soon after. One that comes to nothing, and so counts as paid, can be void too, unless a credit note
/// is on it. 409 for a draft, which is deleted instead, if it is void or archived, where other time takes back what it
/// bills, while a payment is on its way, and if some of it, or all, is paid or credited: issue a credit note. 409 where
/// time would be to be billed again of a client that is archived.
#[post("/api/finance/invoices/{id}/void/")]
async fn void_invoice(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<VoidInvoice>,
) -> Result<Answer<InvoiceOut>, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let invoice = change.update(&before, before.void(body.reason)?)?;
    if before.time_entries().next().is_some() {
        change.depend_on(before.client)?;
    }
    cx.commit(change, cx.ok(&invoice)).await
}

/// Give up an invoice that nobody expects any more to be paid; it still can be.
///
/// The client isn't told, and no reminder follows; `reverse-write-off/` undoes it. 409 unless it is sent and something is due.
#[post("/api/finance/invoices/{id}/mark-uncollectible/")]
async fn mark_invoice_uncollectible(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<GiveUpInvoice>,
) -> Result<Answer<InvoiceOut>, Problem> {
    cx.act(&staff, id, |invoice| invoice.mark_uncollectible(body.reason)).await
}

/// Expect again that an invoice is paid which was given up.
///
/// It is sent, as before, and reminders that come after now follow; one that was paid since stays paid, and isn't given up
/// again if what paid it is gone. 409 unless it was given up, if it is archived, and, where it is due again, if its client is.
#[post("/api/finance/invoices/{id}/reverse-write-off/")]
async fn reverse_invoice_write_off(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
) -> Result<Answer<InvoiceOut>, Problem> {
    cx.act(&staff, id, |invoice| invoice.reverse_write_off(cx.now)).await
}
