//! What follows from what happens to an invoice: the mails that bring it to the client, remind of it and confirm what was
//! paid. See `checkouts` and `time` for what else does.

use domain::{
    contact::Recipients,
    event::Actor,
    invoice::{Dispute, Invoice, LineItem, Payment, SentBy, Status},
    tax::TaxCategory,
};
use mail::{Envelope, InvoiceLine, InvoiceMail, Link, PaymentMail, ReminderMail};
use secrets::Showing;
use store::{Error, Found, Record};

use crate::{
    Cause, EffectKind, Failed, Outbox, Outcome,
    mails::{NOWHERE, envelope, recipients, sender, to_be_sent, token},
};

/// It was sent, or sent again: the mail.
pub(crate) async fn sent(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Mail, async || mail_invoice(outbox, logged).await).await
}

/// The client is to be reminded of it: the mail.
pub(crate) async fn reminded(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Mail, async || mail_reminder(outbox, logged).await).await
}

/// Something was paid: a receipt for each payment that the event brought. What is paid by a credit note has none.
pub(crate) async fn paid(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let [before, after] = logged.changed::<Vec<Payment>>("payments")?.map(Option::unwrap_or_default);
    let mut all = Ok(());
    for payment in after.iter().filter(|payment| before.iter().all(|known| known.id != payment.id)) {
        let mail = async || mail_receipt(outbox, logged, payment).await;
        all = outbox.run_effect(logged, EffectKind::Mail.about(payment.id), mail).await.and(all);
    }
    all
}

/// What a mail about an invoice is written from.
struct Told {
    /// The invoice as the event left it.
    then: Invoice,
    /// The invoice as it is.
    now: Record<Invoice>,
    found: Found,
    link: Link,
}

impl Told {
    async fn read(outbox: &Outbox, logged: &Cause) -> Result<Self, Failed> {
        let id = logged.id::<Invoice>()?;
        let found = sender(outbox, logged).record(id).fetch().await?;
        let now = found.record(id)?;
        let then = logged.then(outbox, &now).await?;
        let link = link(outbox, &now, logged).await?;
        Ok(Self { then, now, found, link })
    }

    /// To whom it is mailed; none who has no e-mail, and gets it on paper.
    async fn envelope(&self, outbox: &Outbox, logged: &Cause) -> Result<Option<Envelope>, Failed> {
        let recipients = recipients(logged, self.then.billed(), async || billed_now(outbox, logged, &self.then).await).await?;
        recipients.map(|recipients| envelope(outbox, &self.found, logged, recipients)).transpose()
    }

    /// Its number.
    fn number(&self) -> Result<String, Failed> {
        self.then.label().ok_or(Failed::Never("The invoice has no number."))
    }
}

/// Whom what is about money goes to now, of the client of `invoice`.
pub(crate) async fn billed_now(outbox: &Outbox, logged: &Cause, invoice: &Invoice) -> Result<Option<Recipients>, Failed> {
    Ok(outbox.store.read(logged.firm).record(invoice.client).fetch().await?.record(invoice.client)?.billed())
}

/// Where `invoice` is looked at and paid: by its link, as long as that works; in the portal, once it is revoked.
pub(crate) async fn link(outbox: &Outbox, invoice: &Record<Invoice>, logged: &Cause) -> Result<Link, Failed> {
    let Some(number) = invoice.link_number() else { return Ok(Link::portal_invoice(&outbox.web_origin, invoice.id)) };
    let showing = Showing { firm: logged.firm, invoice: invoice.id, number };
    Ok(Link::guest_invoice(&outbox.web_origin, &token(outbox, &showing).await?))
}

/// An invoice was sent, or sent again: to whom it is mailed.
async fn mail_invoice(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let told = Told::read(outbox, logged).await?;
    if told.now.status == Status::Void {
        return Ok(Outcome::Skipped("the invoice is void"));
    }
    if told.then.guest_link.map(|link| link.number) != told.now.guest_link.map(|link| link.number) {
        return Ok(Outcome::Skipped("the invoice was sent again since"));
    }
    if told.then.sent_by == Some(SentBy::Hand) {
        return Ok(Outcome::Skipped("the invoice is sent by hand"));
    }
    let Some(envelope) = told.envelope(outbox, logged).await? else { return Ok(NOWHERE) };
    let (to, invoice) = (envelope.to.clone(), &told.then);
    let undated = Failed::Never("The invoice has no dates.");
    let (Some(issue_date), Some(due_date)) = (invoice.issue_date, invoice.due_date) else { return Err(undated) };
    let lines = invoice.line_items.iter().map(|line| shown(line, invoice)).collect::<Result<Vec<_>, Failed>>()?;
    let mail = InvoiceMail {
        envelope,
        client: &told.then.contact.company_name,
        number: &told.number()?,
        issue_date,
        due_date,
        lines: &lines,
        subtotal: invoice.totals.subtotal,
        discount: invoice.totals.discount_amount,
        tax: invoice.totals.tax,
        total: invoice.totals.total,
        due: invoice.amount_due(),
        memo: invoice.memo.as_deref(),
        link: &told.link,
    };
    to_be_sent(&to, mail.message())
}

fn shown<'a>(line: &'a LineItem, invoice: &Invoice) -> Result<InvoiceLine<'a>, Failed> {
    let LineItem { description, quantity, unit_price, tax, .. } = line;
    let tax_rate = (tax.category == TaxCategory::Standard).then_some(tax.rate);
    let amount = line.amount(invoice.currency).map_err(Error::from)?;
    Ok(InvoiceLine { description, quantity: *quantity, unit_price: *unit_price, tax_rate, amount })
}

/// A client is to be reminded of an invoice, of what was due then, if anything is now and no money is on its way.
async fn mail_reminder(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let told = Told::read(outbox, logged).await?;
    let is_due = told.now.status == Status::Sent && told.now.pending_checkout().is_none();
    let Some(due_date) = told.then.due_date.filter(|_| is_due) else {
        return Ok(Outcome::Skipped("nothing is due any more"));
    };
    // A mail may have waited for the firm's next day.
    if told.now.reminders_paused && matches!(logged.event.actor, Actor::System(_)) {
        return Ok(Outcome::Skipped("reminders are paused"));
    }
    let Some(envelope) = told.envelope(outbox, logged).await? else { return Ok(NOWHERE) };
    let to = envelope.to.clone();
    let mail = ReminderMail {
        envelope,
        client: &told.then.contact.company_name,
        number: &told.number()?,
        due_date,
        days_overdue: told.then.days_overdue(due_date, logged.event.at),
        due: told.then.amount_due(),
        step: told.then.reminded,
        link: &told.link,
    };
    to_be_sent(&to, mail.message())
}

/// A receipt for `payment`, and what was due after it, unless there is to be none.
async fn mail_receipt(outbox: &Outbox, logged: &Cause, payment: &Payment) -> Result<Outcome, Failed> {
    if !payment.receipt {
        return Ok(Outcome::Skipped("the client isn't to get a receipt"));
    }
    let told = Told::read(outbox, logged).await?;
    let is_gone = |known: &Payment| known.reversal.is_some() || known.dispute == Some(Dispute::Lost);
    if told.now.payments.iter().all(|known| known.id != payment.id || is_gone(known)) {
        return Ok(Outcome::Skipped("the payment was recorded wrongly, or its payer's bank took it back"));
    }
    let Some(envelope) = told.envelope(outbox, logged).await? else { return Ok(NOWHERE) };
    let to = envelope.to.clone();
    let mail = PaymentMail {
        envelope,
        client: &told.then.contact.company_name,
        invoice: &told.number()?,
        amount: payment.amount,
        method: payment.method,
        date: payment.date,
        due: told.then.amount_due(),
        credit: payment.credit_left(),
        is_beyond: payment.credited() == payment.amount,
        link: &told.link,
    };
    to_be_sent(&to, mail.message())
}
