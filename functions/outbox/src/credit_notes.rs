//! What follows from a credit note: the mail that tells the client of it.

use domain::credit_note::CreditNote;
use mail::{CreditNoteMail, Link};
use store::LoggedEvent;

use crate::{
    Failed, Outbox,
    mails::{envelope, id, send, sender},
};

/// Something was taken back: the credit note, to whom the invoice is addressed.
pub(crate) async fn mail_credit_note(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let id = id::<CreditNote>(logged)?;
    let found = sender(outbox, logged).record(id).fetch().await?;
    let note = found.record(id)?;
    let invoice = outbox.store.read(logged.firm).record(note.invoice).fetch().await?.record(note.invoice)?;
    let (Some(to), Some(number)) = (invoice.contact.email.clone(), invoice.label()) else { return Ok(()) };
    let mail = CreditNoteMail {
        envelope: envelope(&found, logged, to, invoice.contact.contact_name.clone())?,
        number: &note.label(),
        date: note.issue_date.unwrap_or(found.record(logged.firm)?.time_zone.day(note.created_at)),
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
