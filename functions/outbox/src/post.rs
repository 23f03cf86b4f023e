//! Sending mails. Each that leaves becomes a record, which says what it is about and what becomes of it; what SES tells of it
//! may be known before that (`mail-events`), also that it came back.

use ::mail::{Handed, Message, Tags};
use domain::{
    Date, Email, Id, Time,
    effect::EffectName,
    ids::{FirmId, MailId},
    mail,
    suppression::Status,
    undelivered::Failure,
};
use senders::Senders;
use store::{Effect, Error, Found, Held, Place, Race, Reply, Unique, retry_if_lost};

use crate::{Cause, Failed, Outbox, change};

/// A mail that was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    id: MailId,
    mail: mail::Mail,
}

impl Outbox {
    /// Send `message`, which follows from `logged` as the effect `name`, unless mail to its address is suppressed or the firm has sent
    /// as many today as it may. Whose address is suppressed gets no copy.
    pub(crate) async fn post(&self, logged: &Cause, name: &EffectName, mut message: Message) -> Result<Sent, Failed> {
        let to = message.envelope.to.clone();
        let read = self.store.read(logged.firm).unique(&Unique::Suppressed(to.clone()));
        let read = message.envelope.cc.iter().fold(read, |read, copy| read.unique(&Unique::Suppressed(copy.clone())));
        let found = read.record(logged.firm).mail_standing().fetch().await?;
        for copy in std::mem::take(&mut message.envelope.cc) {
            let suppressed = self.store.suppression_found(&found, &copy).await?;
            if suppressed.is_none_or(|known| known.status() != Status::Active) {
                message.envelope.cc.push(copy);
            }
        }
        let suppressed = self.store.suppression_found(&found, &to).await?;
        if let Some(suppressed) = suppressed.filter(|known| known.status() == Status::Active) {
            return Err(Failed::Suppressed { to, why: suppressed.content.cause.detail });
        }
        let (sent_at, event) = (self.clock.now(), &logged.event);
        let (id, firm, sequence) = (Id::new(sent_at, rand::random()), logged.firm, event.sequence);
        let record = event.record.parse().map_err(|_| Error::Internal(format!("no mail is about {}", event.record)))?;
        let about = name.subject().map(str::to_owned);
        let tags = Tags { firm, mail: id, record, sequence, event: event.name.clone(), about: about.clone() };
        // Each copy reaches somebody.
        let recipients = 1 + message.envelope.cc.len() as u64;
        let day = self.count(firm, &found, (&to, recipients), sent_at).await?;
        let Handed { id: ses_message_id, own_was_refused } = match self.mailer.send(&message, &tags).await {
            Ok(handed) => handed,
            Err(error) => {
                self.uncount(firm, day, recipients).await;
                return Err(Failed::Mail { error, to: Some(to) });
            }
        };
        if own_was_refused {
            self.look_soon(logged).await;
        }
        tracing::info!(ses_message_id, mail = %id, purpose = message.purpose.as_str(), "mail sent");
        let (event, purpose) = (event.name.clone(), message.purpose);
        let mail = mail::Mail { is_handed_over: true, ..mail::Mail::sent(record, (sequence, event), about, purpose, to, sent_at) };
        Ok(Sent { id, mail })
    }

    /// Have the firm's own domain looked at, from which SES doesn't send. If that fails, it is looked at tomorrow.
    async fn look_soon(&self, logged: &Cause) {
        let identities = self.mailer.identities();
        let senders = Senders { store: &self.store, identities: &identities };
        if let Err(error) = senders.look_soon(logged.firm, self.clock.now(), || change(self, &logged.place())).await {
            tracing::warn!(%error, "a domain isn't looked at soon");
        }
    }

    /// Count a mail to `to`, and so many recipients in all, among those that `firm`, as it was `found`, sends on its day, which is given;
    /// none of the installation's own are counted.
    async fn count(&self, firm: FirmId, found: &Found, (to, recipients): (&Email, u64), now: Time) -> Result<Option<Date>, Failed> {
        let Some(zone) = found.maybe(firm)?.map(|firm| firm.time_zone) else { return Ok(None) };
        let (day, allowance) = (zone.day(now), found.mail_standing().allowance(self.limits));
        if self.store.count_mail(firm, day, (recipients, allowance), now).await? {
            return Ok(Some(day));
        }
        Err(Failed::OverAllowance { to: to.clone(), allowance, until: zone.begins(day.plus_days(1)) })
    }

    /// Take back that a mail was counted on `day`. If that fails, the firm may send so many less that day.
    async fn uncount(&self, firm: FirmId, day: Option<Date>, recipients: u64) {
        let Some(day) = day else { return };
        if let Err(error) = self.store.uncount_mail(firm, day, recipients).await {
            tracing::warn!(%error, "a mail stays counted that wasn't sent");
        }
    }

    /// Note that `sent` was, and that the effect of `mark`, which is `held`, so is done. In one call, since the mail is sent again
    /// if that fails; another is needed only where SES was faster.
    pub(crate) async fn note(&self, place: &Place, event: Option<&str>, mark: &Effect, held: &Held, sent: &Sent) -> Result<(), Error> {
        let mut change = change(self, place);
        change.create(sent.id, sent.mail.clone(), mail::Event::Sent)?;
        change.mailed(mark, sent.id)?;
        match change.commit(&Reply::none()).await {
            Err(error) if error.is_lost() => retry_if_lost(async || self.note_known(place, event, mark, held, sent).await).await,
            noted => noted,
        }
    }

    /// The same of a mail that SES may have told of, also that it came back: then the effect was done in vain.
    async fn note_known(&self, place: &Place, event: Option<&str>, mark: &Effect, held: &Held, sent: &Sent) -> Result<(), Error> {
        let found = self.store.read(place.firm).record(sent.id).maybe(held.undelivered).fetch().await?;
        let mut change = change(self, place);
        let mail = match found.maybe(sent.id)? {
            None => change.create(sent.id, sent.mail.clone(), mail::Event::Sent)?,
            Some(known) => match known.handed_over(sent.mail.clone()) {
                Some(handed_over) => change.update(&known, handed_over)?,
                None => known,
            },
        };
        match mail.failure() {
            None => change.mailed(mark, sent.id)?,
            Some(reason) => {
                let known = held.undelivered.map(|id| found.maybe(id)).transpose()?.flatten();
                let Held { first_tried_at, attempts, .. } = *held;
                let (to, reason, last_tried_at) = (Some(mail.to.clone()), reason.to_owned(), mail.sent_at);
                let failure = Failure { to, refused: true, reason, first_tried_at, last_tried_at, attempts, retry_at: None };
                let id = change.show_undelivered(known.as_ref(), place, event, mark, failure)?;
                change.mailed_in_vain(mark, sent.id, id)?;
            }
        }
        change.commit(&Reply::none()).await
    }
}
