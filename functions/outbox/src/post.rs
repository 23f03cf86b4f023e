//! Sending mails. Each that leaves becomes a record, which says what it is about and what becomes of it; what SES tells of it
//! may be known before that (`mail-events`), also that it came back.

use ::mail::{Message, Tags};
use domain::{Id, effect::EffectName, ids::MailId, mail, suppression::Status, undelivered::Failure};
use store::{Effect, Error, Held, Place, Race, Reply, retry_if_lost};

use crate::{Cause, Failed, Outbox, change};

/// A mail that was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    id: MailId,
    mail: mail::Mail,
}

impl Outbox {
    /// Send `message`, which follows from `logged` as the effect `name`, unless mail to its address is suppressed.
    pub(crate) async fn post(&self, logged: &Cause, name: &EffectName, message: Message) -> Result<Sent, Failed> {
        let to = message.envelope.to.clone();
        let suppressed = self.store.suppression(logged.firm, &to).await?;
        if let Some(suppressed) = suppressed.filter(|known| known.status() == Status::Active) {
            return Err(Failed::Suppressed { to, why: suppressed.content.cause.detail });
        }
        let (sent_at, event) = (self.clock.now(), &logged.event);
        let (id, firm, sequence) = (Id::new(sent_at, rand::random()), logged.firm, event.sequence);
        let record = event.record.parse().map_err(|_| Error::Internal(format!("no mail is about {}", event.record)))?;
        let about = name.subject().map(str::to_owned);
        let tags = Tags { firm, mail: id, record, sequence, event: event.name.clone(), about: about.clone() };
        let ses_message_id = self.mailer.send(&message, &tags).await.map_err(|error| Failed::Mail { error, to: Some(to.clone()) })?;
        tracing::info!(ses_message_id, mail = %id, purpose = message.purpose.as_str(), "mail sent");
        let (event, purpose) = (event.name.clone(), message.purpose);
        let mail = mail::Mail { is_handed_over: true, ..mail::Mail::sent(record, (sequence, event), about, purpose, to, sent_at) };
        Ok(Sent { id, mail })
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
                let failure = Failure { to, reason, first_tried_at, last_tried_at, attempts };
                let id = change.show_undelivered(known.as_ref(), place, event, mark, failure)?;
                change.mailed_in_vain(mark, sent.id, id)?;
            }
        }
        change.commit(&Reply::none()).await
    }
}
