//! What follows from a credit note: the mail that tells the client of it, and what becomes of time that it took back.

use domain::{credit_note::CreditNote, invoice::Invoice};
use mail::CreditNoteMail;
use store::{Error, Record};

use crate::{
    Cause, EffectKind, Failed, Outbox, Outcome, invoices,
    mails::{NOWHERE, envelope, recipients, sender, to_be_sent},
    time,
};

/// It was issued: the mail; and the time of which nothing is charged any more can be billed again.
pub(crate) async fn issued(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let released = outbox.run_effect(logged, EffectKind::Release, async || release_time(outbox, logged).await).await;
    outbox.run_effect(logged, EffectKind::Mail, async || mail_credit_note(outbox, logged).await).await.and(released)
}

/// The time of the lines that notes took back as a whole.
async fn release_time(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<CreditNote>()?;
    let note = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let invoice = outbox.store.read(logged.firm).record(note.invoice).fetch().await?.record(note.invoice)?;
    let entries = invoice.time_taken_back().map_err(Error::from)?;
    if entries.is_empty() {
        return Ok(Outcome::Skipped("no time was taken back as a whole"));
    }
    time::release_all(outbox, logged, note.invoice, &entries).await
}

/// Something was taken back: to whom the invoice is addressed, with what of that was due then.
async fn mail_credit_note(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<CreditNote>()?;
    let found = sender(outbox, logged).record(id).fetch().await?;
    let note = logged.then(outbox, &found.record(id)?).await?;
    let now = outbox.store.read(logged.firm).record(note.invoice).fetch().await?.record(note.invoice)?;
    let invoice = invoice_then(outbox, logged, &now).await?;
    let client = async || invoices::billed_now(outbox, logged, &invoice).await;
    if note.lines.iter().all(|line| line.amount.is_zero()) {
        return Ok(Outcome::Skipped("it takes back what was free"));
    }
    let Some(recipients) = recipients(logged, invoice.billed(), client).await? else { return Ok(NOWHERE) };
    let (to, link) = (recipients.to.clone(), invoices::link(outbox, &now, logged).await?);
    let number = invoice.label().unwrap_or_default();
    let mail = CreditNoteMail {
        envelope: envelope(outbox, &found, logged, recipients)?,
        number: &note.label(),
        date: note.issue_date.unwrap_or(found.record(logged.firm)?.time_zone.day(logged.event.at)),
        invoice: &number,
        reason: Some(&note.reason),
        amount: note.amount,
        tax: note.tax,
        reduced: note.reduced,
        credited: note.credited,
        given_back: note.went_back(&invoice),
        goes_back: note.goes_back(&invoice),
        due: invoice.amount_due(),
        link: &link,
    };
    to_be_sent(&to, mail.message())
}

/// The invoice as the request left it that issued the note: the one of its events that has the same request.
async fn invoice_then(outbox: &Outbox, logged: &Cause, now: &Record<Invoice>) -> Result<Invoice, Failed> {
    let sequence = outbox.store.sequence_of(logged.firm, now, &logged.event.request).await?;
    let sequence = sequence.ok_or(Failed::Never("The invoice doesn't know of the credit note."))?;
    outbox.store.as_of(logged.firm, now, sequence).await?.ok_or(Failed::Never("What the invoice said then was erased."))
}
