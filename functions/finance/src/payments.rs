//! What is paid on an invoice: as staff see it on a bank statement, or from the client's credit.

use api::{Answer, App, Cx, Path, Problem, Routes, Staff, Valid, may, post, routes};
use domain::{
    Currency, Date, Price, SingleLine, credit,
    credit::CreditId,
    invoice::{InvoiceId, ManualPaymentMethod, NewPayment},
};
use serde::Deserialize;
use store::Named;
use utoipa::ToSchema;

use crate::invoice_shape::InvoiceOut;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(record_invoice_payment)).routes(routes!(apply_credit_to_invoice))
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
    /// The day on which it was paid. Default: today.
    date: Option<Date>,
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
}

/// Record a payment of an invoice.
#[post("/api/finance/invoices/{id}/record-payment/")]
async fn record_invoice_payment(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<RecordPayment>,
) -> Result<Answer<InvoiceOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let RecordPayment { amount, currency, method: means, reference, date } = body;
    let new = NewPayment { amount, currency, means, reference, date: date.unwrap_or(firm.time_zone.day(cx.now)) };
    let credit_id = cx.new_id();
    let booked = before.record_payment(id, new, cx.new_id(), credit_id, cx.now)?;
    let invoice = change.update(&before, booked.invoice)?;
    if let Some(credit) = booked.credit {
        change.create(credit_id, credit, credit::Event::Created)?;
    }
    cx.commit(change, cx.ok(&invoice)).await
}

/// Pay an invoice from the client's credit.
#[post("/api/finance/invoices/{id}/apply-credit/")]
async fn apply_credit_to_invoice(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<ApplyCredit>,
) -> Result<Answer<InvoiceOut>, Problem> {
    let found = cx.read(&staff).record(id).named(body.credit).fetch().await?;
    let (before, credit) = (cx.target(&found, id)?, found.to_change("credit", body.credit)?);
    let applied = before.apply_credit(id, (credit.id, &credit), body.amount, cx.new_id(), cx.now)?;
    let mut change = cx.change(&staff);
    let invoice = change.update(&before, applied.invoice)?;
    change.update(&credit, applied.credit)?;
    cx.commit(change, cx.ok(&invoice)).await
}
