//! What is done to an invoice as a whole: it is sent, sent again, taken back, given up; and the client is reminded of it, or not.

use api::{Answer, App, Cx, Path, Problem, Routes, Staff, Valid, may, post, routes};
use domain::{
    MultiLine,
    ids::InvoiceId,
    invoice::{Invoice, SentBy},
};
use serde::Deserialize;
use store::Counter;
use utoipa::ToSchema;

use crate::invoice_shape::InvoiceOut;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(send_invoice))
        .routes(routes!(resend_invoice))
        .routes(routes!(revoke_invoice_link))
        .routes(routes!(remind_of_invoice))
        .routes(routes!(pause_invoice_reminders))
        .routes(routes!(resume_invoice_reminders))
        .routes(routes!(void_invoice))
        .routes(routes!(mark_invoice_uncollectible))
        .routes(routes!(reverse_invoice_write_off))
}

/// How it reaches the client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sent_by": "mail"}))]
struct SendInvoice {
    /// Default: by mail, which needs an `email` or `billing_email` on it.
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
/// the firm's terms. The mail has a link by which whoever has it sees and pays it without a log-in, and so have those that
/// follow. It can't be changed any more but for its notes, and the client is reminded as the firm's settings say; one that
/// comes to nothing is paid at once. 409 unless it is a draft; 422 without a line, without an e-mail or billing e-mail
/// where it goes by mail, and if its last day to pay is before its day or more than three years after it.
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

/// Send an invoice once more, by mail, to where the client's invoices go now.
///
/// What it asks for stays as it is; what follows it is mailed there too. The mail has another link: the one before it works no
/// more, and an open page to pay it that was opened by that is closed. 409 for a draft, and if it is void or archived; 422 if
/// the client has neither an e-mail nor a billing e-mail.
#[post("/api/finance/invoices/{id}/resend/")]
async fn resend_invoice(cx: Cx, staff: Staff<may::WriteBilling>, Path(id): Path<InvoiceId>) -> Result<Answer<InvoiceOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    // Whose it is, is in the invoice: where that one is reached takes a second read.
    let client = cx.store.read(staff.firm).record(before.client).fetch().await?.record(before.client)?;
    let invoice = change.update(&before, before.resend(&client, firm.confirmed()?)?)?;
    cx.commit(change, cx.ok(&invoice)).await
}

/// Have the link in an invoice's mails work no more.
///
/// Whoever has it is told that there is no such thing, and an open page to pay it that was opened by it is closed. Mails that
/// follow lead to the portal; sending it again gives another link. 409 for a draft, and if it is revoked already or the invoice
/// is archived.
#[post("/api/finance/invoices/{id}/revoke-link/")]
async fn revoke_invoice_link(cx: Cx, staff: Staff<may::WriteBilling>, Path(id): Path<InvoiceId>) -> Result<Answer<InvoiceOut>, Problem> {
    cx.act(&staff, id, |invoice| invoice.revoke_link(cx.now)).await
}

/// Remind the client of an invoice now.
///
/// By mail, also while its reminders are paused. It counts as the next of the reminders that the firm's settings say, ahead of
/// its day; once these are over, it is like the last one again. 409 unless it is sent and something is due, while a payment is
/// on its way, less than a day after the last reminder, and if it is archived; 422 without an e-mail or billing e-mail on it.
#[post("/api/finance/invoices/{id}/remind/")]
async fn remind_of_invoice(cx: Cx, staff: Staff<may::WriteBilling>, Path(id): Path<InvoiceId>) -> Result<Answer<InvoiceOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let invoice = change.update(&before, before.remind_now(firm.confirmed()?, cx.now)?)?;
    cx.commit(change, cx.ok(&invoice)).await
}

/// Have the client not reminded of an invoice by itself.
///
/// Until `resume-reminders/`; reminders whose day comes meanwhile are passed over. 409 if they are paused already, and if it is
/// void or archived.
#[post("/api/finance/invoices/{id}/pause-reminders/")]
async fn pause_invoice_reminders(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
) -> Result<Answer<InvoiceOut>, Problem> {
    cx.act(&staff, id, Invoice::pause_reminders).await
}

/// Have the client reminded of an invoice by itself again.
///
/// From the next reminder on whose day hasn't come. 409 unless they are paused, and if it is archived.
#[post("/api/finance/invoices/{id}/resume-reminders/")]
async fn resume_invoice_reminders(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
) -> Result<Answer<InvoiceOut>, Problem> {
    cx.act(&staff, id, |invoice| invoice.resume_reminders(cx.now)).await
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
