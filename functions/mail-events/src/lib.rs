//! What SES tells of mails, from EventBridge by way of a queue: that they were delivered or delayed, came back, or were called
//! spam. It becomes part of the mail's record; an address from which a mail came back for good, or that complained, gets no
//! more from the firm; and what the mail was for is undelivered, so that the firm can correct the address and try again.
//!
//! Events come more than once, late and out of order, also before the outbox noted that it sent the mail: their tags say all
//! that a record needs. A mail keeps what counts of what is told of it (`domain::mail`), so what was applied is no news. What
//! fails comes back after a wait that grows; what can never be applied is put with the dead letters at once.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::{
    Email,
    allowance::Standing,
    event::Actor,
    firm::INSTALLATION,
    ids::FirmId,
    mail::{Event as Happened, Mail},
    suppression::Cause,
    undelivered,
};
use mail::event::{Event, Unreadable, parse};
use queue::{Failure, NotTaken, Queues};
use runtime::Clock;
use store::{Audit, Change, Effect, Found, Mark, Marked, Place, Race, Record, Reply, Store, Unique, retry_if_lost};

/// What the function works with.
#[derive(Debug)]
pub struct MailEvents {
    /// The table.
    pub store: Store,
    /// Tells the time.
    pub clock: Clock,
    /// Where events come from, and where those go that can never be applied.
    pub queues: Queues,
}

/// Why an event wasn't applied.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("is of {0}, which isn't there")]
    UnknownFirm(FirmId),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("can't be set aside: {0}")]
    NotSetAside(#[from] NotTaken),
    #[error("no time was left")]
    Late,
}

impl Race for Failed {
    fn is_lost(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_lost())
    }
}

impl Failure for Failed {
    fn late() -> Self {
        Self::Late
    }

    fn is_final(&self) -> bool {
        match self {
            Self::Unreadable(_) | Self::UnknownFirm(_) => true,
            Self::Store(error) => error.is_final(),
            Self::NotSetAside(_) | Self::Late => false,
        }
    }
}

/// Apply a batch of the queue; the answer names what is to come back.
pub async fn handle(events: &MailEvents, batch: SqsEvent) -> SqsBatchResponse {
    events.queues.work(batch, async |body: &str| events.apply(body).await).await
}

impl MailEvents {
    async fn apply(&self, body: &str) -> Result<(), Failed> {
        let event = parse(body)?;
        if event.is_of_the_addressee {
            retry_if_lost(async || self.apply_once(&event).await).await?;
        }
        for copy in &event.copies {
            retry_if_lost(async || self.suppress_copy(&event, copy).await).await?;
        }
        Ok(())
    }

    /// What happened to who got a copy says nothing of the mail; but none goes there any more, if it came back or was called spam.
    async fn suppress_copy(&self, event: &Event, copy: &Email) -> Result<(), Failed> {
        let Some(cause) = event.mail.hear(event.news).and_then(|(heard, _)| Cause::of(event.mail_id, &heard)) else { return Ok(()) };
        let known = self.store.suppression(event.firm, copy).await?;
        let mut change = self.change(event);
        let gained = Standing::of_copy(cause.reason);
        // Where it is suppressed for that already, it was counted.
        if change.suppress(known.as_ref(), copy, cause)? && event.firm != INSTALLATION {
            change.add_to_standing(gained)?;
        }
        Ok(change.commit(&Reply::none()).await?)
    }

    async fn apply_once(&self, event: &Event) -> Result<(), Failed> {
        let place = Place::about(event.firm, event.mail.record, event.mail.sequence);
        let effect = Effect::of(&place, &event.mail.effect().to_string());
        let found = self.read(event, &effect).await?;
        let before = match found.maybe(event.mail_id)? {
            Some(known) => known,
            None => self.create(event).await?,
        };
        let Some(heard) = before.hear(event.news) else { return Ok(()) };
        let mut change = self.change(event);
        let after = change.update(&before, heard)?;
        let (was, is) = (Cause::of(before.id, &before), Cause::of(after.id, &after));
        if let Some(cause) = is.filter(|is| was.as_ref() != Some(is)) {
            let known = self.store.suppression_found(&found, &event.mail.to).await?;
            change.suppress(known.as_ref(), &after.to, cause)?;
        }
        if event.firm != INSTALLATION {
            change.add_to_standing(Standing::gained(&before, &after))?;
        }
        self.settle(&mut change, (&place, &effect), found.effect(&effect), (&before, &after)).await?;
        Ok(change.commit(&Reply::none()).await?)
    }

    /// What an event depends on: its mail, what is known of the effect that the mail was, whether mail to its address is
    /// suppressed, and the firm, if it is a firm's.
    async fn read(&self, event: &Event, effect: &Effect) -> Result<Found, Failed> {
        let read = self.store.read(event.firm).record(event.mail_id).effect(effect);
        let read = read.unique(&Unique::Suppressed(event.mail.to.clone()));
        if event.firm == INSTALLATION {
            return Ok(read.fetch().await?);
        }
        let found = read.record(event.firm).fetch().await?;
        found.maybe(event.firm)?.ok_or(Failed::UnknownFirm(event.firm))?;
        Ok(found)
    }

    /// The mail of `event`, which was sent and isn't known yet.
    async fn create(&self, event: &Event) -> Result<Record<Mail>, Failed> {
        let mut change = self.change(event);
        let mail = change.create(event.mail_id, event.mail.clone(), Happened::Sent)?;
        change.commit(&Reply::none()).await?;
        Ok(mail)
    }

    /// Set the effect aside that the mail was, if it came back; or have it done, if it only seemed so. What was done by another
    /// mail since is left alone, and so is what the outbox is still at, which looks at this mail then.
    async fn settle(
        &self,
        change: &mut Change,
        (place, effect): (&Place, &Effect),
        Marked { mark, mail, undelivered }: Marked,
        (before, after): (&Record<Mail>, &Record<Mail>),
    ) -> Result<(), Failed> {
        if mail != Some(after.id) || before.status().is_failed() == after.status().is_failed() {
            return Ok(());
        }
        let found = self.store.read(place.firm).maybe(undelivered).fetch().await?;
        let known = undelivered.map(|id| found.maybe(id)).transpose()?.flatten();
        match (mark, after.failure(), known) {
            (Mark::Done, Some(reason), known) => {
                let (to, reason, at) = (Some(after.to.clone()), reason.to_owned(), after.sent_at);
                let failure =
                    undelivered::Failure { to, refused: true, reason, first_tried_at: at, last_tried_at: at, attempts: 1, retry_at: None };
                let id = change.show_undelivered(known.as_ref(), place, Some(&after.event), effect, failure)?;
                Ok(change.set_aside_mailed(effect, after.id, id)?)
            }
            (Mark::Aside, None, Some(known)) => {
                let Some(arrived) = known.arrive() else { return Ok(()) };
                change.update(&known, arrived)?;
                Ok(change.arrived(effect, after.id, known.id)?)
            }
            _ => Ok(()),
        }
    }

    /// Begin the change that applies `event`.
    fn change(&self, event: &Event) -> Change {
        let actor = Actor::System("ses".to_owned());
        let audit = Audit { actor, at: self.clock.now(), request: event.id.clone(), source_address: None };
        self.store.change(event.firm, audit, None)
    }
}
