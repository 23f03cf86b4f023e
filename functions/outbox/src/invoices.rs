//! What follows from what happens to an invoice: the mails that tell a client of it, a reminder, a receipt; and that the
//! time of one that is gone can be billed again.

use domain::{
    Date, Money,
    event::{Details, Kept},
    invoice::{Invoice, LineItem, Method},
    time_entry::{TimeEntry, TimeEntryId},
};
use mail::{InvoiceLine, InvoiceMail, Link, PaymentMail, ReminderMail};
use store::{Error, Found, LoggedEvent, Read, Record, Reply};

use crate::{
    Failed, Outbox, change,
    mails::{envelope, id, send, sender},
};

/// How many time entries are released in one transaction; each takes up to seven actions of its hundred.
const AT_ONCE: usize = 14;

/// An invoice was sent: to whom it is addressed. Whoever has no e-mail gets it on paper.
pub(crate) async fn mail_invoice(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
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
pub(crate) async fn mail_reminder(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
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
pub(crate) async fn mail_receipt(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
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

/// The invoice that `logged` is about, with what its mail is sent with.
async fn read(outbox: &Outbox, logged: &LoggedEvent) -> Result<(Found, Record<Invoice>), Failed> {
    let id = id::<Invoice>(logged)?;
    let found = sender(outbox, logged).record(id).fetch().await?;
    let invoice = found.record(id)?;
    Ok((found, invoice))
}

/// The time that an invoice billed which is void or deleted can be billed again. The entries are in the invoice, or, of
/// one that is deleted, in what the event says that it had.
pub(crate) async fn release_time(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let invoice = id::<Invoice>(logged)?;
    let entries: Vec<TimeEntryId> = match outbox.store.read(logged.firm).record(invoice).fetch().await?.maybe(invoice)? {
        Some(invoice) => invoice.time_entries().collect(),
        None => had(logged)?,
    };
    for entries in entries.chunks(AT_ONCE) {
        let found = fetch(outbox, logged, entries.iter().copied()).await?;
        // What was released before, and billed elsewhere since, is left alone.
        let billed = entries.iter().map(|entry| found.maybe(*entry)).collect::<Result<Vec<Option<Record<TimeEntry>>>, _>>()?;
        let billed: Vec<_> = billed.into_iter().flatten().filter(|entry| entry.invoice == Some(invoice)).collect();
        let reversals = fetch(outbox, logged, billed.iter().filter_map(|entry| entry.reversed_by)).await?;
        let mut change = change(outbox, logged);
        for entry in billed {
            let reversal = entry.reversed_by.map(|id| reversals.maybe(id)).transpose()?.flatten();
            let (released, gone) = entry.release_from_invoice(reversal.as_deref());
            change.update(&entry, released)?;
            if let Some((reversal, event)) = reversal.zip(gone) {
                change.remove(&reversal, event)?;
                change.add_time_to_totals(Some(&reversal), None);
            }
        }
        change.commit(&Reply::none()).await?;
    }
    Ok(())
}

async fn fetch(outbox: &Outbox, logged: &LoggedEvent, entries: impl Iterator<Item = TimeEntryId>) -> Result<Found, Error> {
    entries.fold(outbox.store.read(logged.firm), Read::record).fetch().await
}

/// The time entries of a deleted invoice.
fn had(logged: &LoggedEvent) -> Result<Vec<TimeEntryId>, Error> {
    let unreadable = |error: &dyn std::fmt::Display| Error::Internal(format!("{}: {error}", logged.event.record));
    let Kept::Whole(json) = &logged.event.details else { return Ok(Vec::new()) };
    let details: Details = serde_json::from_str(json).map_err(|error| unreadable(&error))?;
    let lines = details.changes.get("line_items").and_then(|change| change.before.clone());
    let lines: Vec<LineItem> = lines.map(serde_json::from_value).transpose().map_err(|error| unreadable(&error))?.unwrap_or_default();
    Ok(lines.into_iter().filter_map(|line| line.time_entry).collect())
}
