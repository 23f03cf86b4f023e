//! What is paid on an invoice: as staff see it on a bank statement, or from the client's credit; and what was recorded wrongly.

use api::{Answer, App, Cx, Path, Problem, Routes, Staff, Valid, may, post, routes};
use domain::{
    Currency, Date, MultiLine, Price, SingleLine, credit,
    ids::{CreditId, InvoiceId, PaymentId},
    invoice::{ManualPaymentMethod, NewPayment, NewUse},
};
use serde::Deserialize;
use store::Named;
use utoipa::ToSchema;

use crate::invoice_shape::InvoiceOut;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(record_invoice_payment)).routes(routes!(apply_credit_to_invoice)).routes(routes!(reverse_invoice_payment))
}

/// What was paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": "500.00", "method": "bank_transfer", "reference": "INV-000001"}))]
struct RecordPayment {
    /// More than nothing. What is more than is due becomes the client's credit.
    amount: Price,
    /// The invoice's, which it must be.
    currency: Option<Currency>,
    method: ManualPaymentMethod,
    /// What a bank statement says of it.
    reference: Option<SingleLine<100>>,
    /// The day on which it was paid. Default: today, where the firm is.
    date: Option<Date>,
    /// Whether the client gets a receipt by mail. Default: yes.
    send_receipt: Option<bool>,
}

/// Which payment was recorded wrongly.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"payment": "pay_01kanar9g00000000000000007", "reason": "Recorded twice"}))]
struct ReversePayment {
    /// One of the invoice's that wasn't made at Stripe.
    payment: PaymentId,
    /// The client can read it.
    reason: MultiLine<300>,
}

/// Which credit pays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"credit": "credit_01kanar9g00000000000000007", "amount": "20.00"}))]
struct ApplyCredit {
    /// The client's, in the invoice's currency.
    credit: Named<CreditId>,
    /// Default: as much as is due and there.
    amount: Option<Price>,
    /// Whether the client gets a receipt by mail. Default: yes.
    send_receipt: Option<bool>,
}

/// Record a payment of an invoice that was sent.
///
/// What is more than is due becomes the client's credit: all of it, where the invoice is paid or void; but for what was
/// refunded before of which no credit note tells, since that is paid so. The client gets a receipt by mail unless
/// `send_receipt` is false, and a page to pay what was due before is closed. An archived one comes out of the archive. 409
/// for a draft, for more than is due of a client that is archived, after 100 payments, and after 40 credits of the
/// invoice's payments and notes; 422 for nothing, in another currency, and for a day in the future or more than a year
/// before the invoice's.
#[post("/api/finance/invoices/{id}/record-payment/")]
async fn record_invoice_payment(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<RecordPayment>,
) -> Result<Answer<InvoiceOut>, Problem> {
    // What came in is recorded on an archived one too, which it takes out of the archive.
    let found = cx.read(&staff).record(id).record(staff.firm).fetch().await?;
    let (before, firm, mut change) = (found.record(id)?, found.record(staff.firm)?, cx.change(&staff));
    cx.matches(&before)?;
    let RecordPayment { amount, currency, method, reference, date, send_receipt } = body;
    let today = firm.time_zone.day(cx.now);
    let (date, receipt) = (date.unwrap_or(today), send_receipt.unwrap_or(true));
    let new = NewPayment { amount, currency, method, reference, date, receipt };
    let credit_id = cx.new_id();
    let booked = before.record_payment(id, new, cx.new_id(), credit_id, cx.now, today)?;
    let invoice = change.update(&before, booked.invoice)?;
    if let Some(credit) = booked.credit {
        change.create(credit_id, credit, credit::Event::Created)?;
    }
    cx.commit(change, cx.ok(&invoice)).await
}

/// Pay an invoice from the client's credit.
///
/// As much as is due and left, unless `amount` says less; the client gets a receipt by mail unless `send_receipt` is false.
/// 409 unless it is sent or uncollectible, if it is archived, if nothing is left of the credit, and once the one has 100
/// payments or the other paid 100 times; 422 if there is no such credit, it is another client's or in another currency, and
/// for nothing, or more than is due or left.
#[post("/api/finance/invoices/{id}/apply-credit/")]
async fn apply_credit_to_invoice(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<ApplyCredit>,
) -> Result<Answer<InvoiceOut>, Problem> {
    let found = cx.read(&staff).record(id).named(body.credit).record(staff.firm).fetch().await?;
    let today = found.record(staff.firm)?.time_zone.day(cx.now);
    let (before, mut change) = (cx.target(&found, id)?, cx.change(&staff));
    let credit = change.depend(&found, "credit", body.credit)?;
    let new = NewUse { amount: body.amount, date: today, receipt: body.send_receipt.unwrap_or(true) };
    let applied = before.apply_credit(id, (credit.id, &credit), new, cx.new_id(), cx.now)?;
    let invoice = change.update(&before, applied.invoice)?;
    change.update(&credit, applied.credit)?;
    cx.commit(change, cx.ok(&invoice)).await
}

/// Take back a payment that was recorded wrongly: the invoice is due again, and what was too much of it is no credit any
/// more. What was too much of its other payments pays it soon after.
///
/// What paid it from a credit is there again. Where the credit that it made was used meanwhile, what paid this same invoice
/// is due on it again, and by the rest the credit is overdrawn: the client owes it. The client isn't told. 409 if it was
/// taken back before, if the invoice is archived, and, where it or a credit comes to be open by that, if its client is; 422
/// if the payment isn't one of the invoice's, or was made at Stripe: refund it there.
#[post("/api/finance/invoices/{id}/reverse-payment/")]
async fn reverse_invoice_payment(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<ReversePayment>,
) -> Result<Answer<InvoiceOut>, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let reversed = before.reverse_payment(body.payment, body.reason, cx.now)?;
    // Which credits a payment has to do with is in the invoice: where there are any, they take a second read.
    let credits = before.credits_of(body.payment);
    let found = credits.iter().fold(cx.store.read(staff.firm), |read, credit| read.record(*credit)).fetch().await?;
    for id in credits {
        let credit = found.record(id)?;
        let given_back = reversed.given_back.filter(|of| *of == id).map(|_| body.payment);
        let withdrawn = reversed.withdrawn.iter().find(|(of, _)| *of == id).map(|(_, total)| *total);
        if let Some(changed) = credit.after_reversal(given_back, withdrawn, cx.now) {
            change.update(&credit, changed)?;
        }
    }
    let invoice = change.update(&before, reversed.invoice)?;
    cx.commit(change, cx.ok(&invoice)).await
}
