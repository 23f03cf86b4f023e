//! Which mails tell a client of money: an invoice, a reminder of it, what was paid, what was taken back.

use domain::{
    Date, Money,
    credit_note::CreditNote,
    invoice::{Invoice, LineItem, Method},
};
use mail::{CreditNoteMail, InvoiceLine, InvoiceMail, Link, PaymentMail, ReminderMail};
use store::{Found, LoggedEvent, Record};

use crate::{
    Failed, Outbox,
    mails::{envelope, id, send, sender},
};

/// An invoice was sent: to whom it is addressed. Whoever has no e-mail gets it on paper.
pub(crate) async fn invoice(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let (found, invoice) = read(outbox, logged).await?;
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
    let LineItem { description, quantity, unit_price, tax_rate, .. } = line;
    let amount = line.amount(invoice.currency).map_err(store::Error::from)?;
    Ok(InvoiceLine { description, quantity: *quantity, unit_price: *unit_price, tax_rate: *tax_rate, amount })
}

/// A client is to be reminded of an invoice, if anything is due by now.
pub(crate) async fn reminder(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let (found, invoice) = read(outbox, logged).await?;
    let (Some(to), Some(number)) = (invoice.contact.email.clone(), invoice.label()) else { return Ok(()) };
    let Some(due_date) = invoice.due_date.filter(|_| invoice.status == domain::invoice::Status::Sent) else { return Ok(()) };
    let today = Date::today(outbox.clock.now());
    let mail = ReminderMail {
        envelope: envelope(&found, logged, to, invoice.contact.contact_name.clone())?,
        number: &number,
        due_date,
        days_overdue: (today.get() - due_date.get()).num_days(),
        due: invoice.amount_due(),
        step: invoice.reminded,
        link: &Link::invoice(&outbox.web_origin, invoice.id),
    };
    send(outbox, &mail.message()?).await
}

/// Something was paid: a receipt for the payment that was recorded by `logged`.
pub(crate) async fn receipt(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let (found, invoice) = read(outbox, logged).await?;
    let (Some(to), Some(number)) = (invoice.contact.email.clone(), invoice.label()) else { return Ok(()) };
    // What is paid by a credit note alone has no payment of this moment.
    let Some(payment) = invoice.payments.iter().find(|payment| payment.at == logged.event.at) else { return Ok(()) };
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

/// Something was taken back: the credit note, to whom the invoice is addressed.
pub(crate) async fn credit_note(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let id = id::<CreditNote>(logged)?;
    let found = sender(outbox, logged).record(id).fetch().await?;
    let note = found.record(id)?;
    let invoice = outbox.store.read(logged.firm).record(note.invoice).fetch().await?.record(note.invoice)?;
    let (Some(to), Some(number)) = (invoice.contact.email.clone(), invoice.label()) else { return Ok(()) };
    let mail = CreditNoteMail {
        envelope: envelope(&found, logged, to, invoice.contact.contact_name.clone())?,
        number: &note.label(),
        date: Date::today(note.created_at),
        invoice: &number,
        reason: Some(&note.reason),
        amount: note.amount,
        tax: note.tax,
        reduced: note.reduced,
        credited: note.credited,
        refunded: note.refunded,
        due: invoice.amount_due(),
        link: &Link::invoice(&outbox.web_origin, invoice.id),
    };
    send(outbox, &mail.message()?).await
}

/// The invoice that `logged` is about, with what its mail is sent with.
async fn read(outbox: &Outbox, logged: &LoggedEvent) -> Result<(Found, Record<Invoice>), Failed> {
    let id = id::<Invoice>(logged)?;
    let found = sender(outbox, logged).record(id).fetch().await?;
    let invoice = found.record(id)?;
    Ok((found, invoice))
}
