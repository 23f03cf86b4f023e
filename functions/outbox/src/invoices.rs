//! What follows from what happens to an invoice: the mails that tell a client of it, a reminder, a receipt.

use domain::{
    Money,
    event::{Details, Kept},
    invoice::{Invoice, LineItem, Method, PaymentId, SentBy, TaxCategory},
};
use mail::{InvoiceLine, InvoiceMail, Link, PaymentMail, ReminderMail};
use serde_json::Value;
use store::{Found, LoggedEvent, Record};

use crate::{
    Failed, Outbox,
    mails::{envelope, id, send, sender},
};

/// An invoice was sent: to whom it is addressed, unless it is sent by hand.
pub(crate) async fn mail_invoice(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let (found, invoice) = read(outbox, logged).await?;
    if invoice.sent_by == Some(SentBy::Hand) {
        return Ok(());
    }
    let (Some(to), Some(number)) = (invoice.contact.email.clone(), invoice.label()) else { return Ok(()) };
    let (Some(issue_date), Some(due_date)) = (invoice.issue_date, invoice.due_date) else { return Ok(()) };
    let lines = invoice.line_items.iter().map(|line| shown(line, &invoice)).collect::<Result<Vec<_>, Failed>>()?;
    let mail = InvoiceMail {
        envelope: envelope(&found, logged, to, invoice.contact.contact_name.clone())?,
        number: &number,
        issue_date,
        due_date,
        lines: &lines,
        subtotal: invoice.totals.subtotal,
        discount: invoice.totals.discount_amount,
        tax: invoice.totals.tax,
        total: invoice.totals.total,
        due: invoice.amount_due(),
        memo: invoice.memo.as_deref(),
        link: &Link::invoice(&outbox.web_origin, invoice.id),
    };
    send(outbox, &mail.message()?).await
}

fn shown<'a>(line: &'a LineItem, invoice: &Invoice) -> Result<InvoiceLine<'a>, Failed> {
    let LineItem { description, quantity, unit_price, tax, .. } = line;
    let tax_rate = (tax.category == TaxCategory::Standard).then_some(tax.rate);
    let amount = line.amount(invoice.currency).map_err(store::Error::from)?;
    Ok(InvoiceLine { description, quantity: *quantity, unit_price: *unit_price, tax_rate, amount })
}

/// A client is to be reminded of an invoice, if anything is due by now and no money is on its way.
pub(crate) async fn mail_reminder(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let (found, invoice) = read(outbox, logged).await?;
    let (Some(to), Some(number)) = (invoice.contact.email.clone(), invoice.label()) else { return Ok(()) };
    let Some(due_date) =
        invoice.due_date.filter(|_| invoice.status == domain::invoice::Status::Sent && invoice.pending_checkout().is_none())
    else {
        return Ok(());
    };
    let mail = ReminderMail {
        envelope: envelope(&found, logged, to, invoice.contact.contact_name.clone())?,
        number: &number,
        due_date,
        days_overdue: invoice.days_overdue(due_date, outbox.clock.now()),
        due: invoice.amount_due(),
        step: invoice.reminded,
        link: &Link::invoice(&outbox.web_origin, invoice.id),
    };
    send(outbox, &mail.message()?).await
}

/// Something was paid: a receipt for the payment that was recorded by `logged`, unless there is to be none.
pub(crate) async fn mail_receipt(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    // What is paid by a credit note alone has no payment.
    let Some(recorded) = recorded(logged)? else { return Ok(()) };
    let (found, invoice) = read(outbox, logged).await?;
    let (Some(to), Some(number)) = (invoice.contact.email.clone(), invoice.label()) else { return Ok(()) };
    let Some(payment) = invoice.payments.iter().find(|payment| payment.id == recorded && payment.receipt) else { return Ok(()) };
    let mail = PaymentMail {
        envelope: envelope(&found, logged, to, invoice.contact.contact_name.clone())?,
        invoice: &number,
        amount: payment.amount,
        method: in_words(payment.method),
        date: payment.date,
        due: invoice.amount_due(),
        credit: payment.excess.map_or(Money::zero(invoice.currency), |excess| excess.amount),
        link: &Link::invoice(&outbox.web_origin, invoice.id),
    };
    send(outbox, &mail.message()?).await
}

/// The payment that `logged` added to its invoice, by its id: others are recorded in the same millisecond. None if it added
/// none, or what it changed was erased.
fn recorded(logged: &LoggedEvent) -> Result<Option<PaymentId>, Failed> {
    let Kept::Whole(json) = &logged.event.details else { return Ok(None) };
    let details: Details =
        serde_json::from_str(json).map_err(|error| store::Error::Internal(format!("{}: {error}", logged.event.record)))?;
    let Some(payments) = details.changes.get("payments") else { return Ok(None) };
    let id = |payment: &Value| payment.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let ids = |payments: Option<&Value>| -> Vec<PaymentId> {
        payments.and_then(Value::as_array).map(|all| all.iter().filter_map(id).collect()).unwrap_or_default()
    };
    let before = ids(payments.before.as_ref());
    Ok(ids(payments.after.as_ref()).into_iter().find(|id| !before.contains(id)))
}

fn in_words(method: Method) -> &'static str {
    match method {
        Method::BankTransfer => "bank transfer",
        Method::Card | Method::Stripe => "card",
        Method::Cash => "cash",
        Method::Check => "check",
        Method::DirectDebit => "direct debit",
        Method::Credit => "your credit with us",
        Method::Other => "another way",
    }
}

/// The invoice that `logged` is about, with what its mail is sent with.
async fn read(outbox: &Outbox, logged: &LoggedEvent) -> Result<(Found, Record<Invoice>), Failed> {
    let id = id::<Invoice>(logged)?;
    let found = sender(outbox, logged).record(id).fetch().await?;
    let invoice = found.record(id)?;
    Ok((found, invoice))
}
