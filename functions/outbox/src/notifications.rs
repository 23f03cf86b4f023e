//! Who is told of what happened, in the product, and of what is to be mailed to them with what else comes in the next minutes or
//! until the morning. Each of them is an effect of its own, done in the transaction that marks it as done: once, whatever fails.
//!
//! Whom an event concerns is `domain::notification_concern`'s to say; who that is, `notifications_news` finds out. Whoever did it
//! themselves, is gone, may not see it or doesn't want to hear of it isn't told.

use ::mail::Person;
use domain::{
    DomainEvent, Email, Id, Language, SingleLine,
    access::{Rights, Role},
    firm::INSTALLATION,
    ids::ClientId,
    invitation::Standing,
    notification::{Choices, Delivery, KEPT, News, Notification, Recipient},
    notification_batch::{self, NotificationBatch},
    notification_concern::concern,
};
use store::{Effect, Error, Found, Read, Reply};

use crate::{
    Cause, EffectKind, Failed, Outbox, Outcome, change,
    notifications_news::{Told, tell},
};

/// Why somebody isn't told.
const GONE: Outcome = Outcome::Skipped("they are there no more");

/// Tell those whom `logged`, which is the event `event`, concerns.
pub(crate) async fn follow(outbox: &Outbox, logged: &Cause, event: DomainEvent) -> Result<(), Failed> {
    let Some(concern) = concern(event) else { return Ok(()) };
    // What would be kept no more is no news.
    if logged.firm == INSTALLATION || logged.event.at + KEPT <= outbox.clock.now() {
        return Ok(());
    }
    let Some(told) = tell(outbox, logged, event, concern).await? else { return Ok(()) };
    let mut all = Ok(());
    for to in &told.to {
        let name = EffectKind::Notify.about(to.subject());
        let mark = Effect::of(&logged.place(), &name.to_string());
        let done = outbox.run_effect(logged, name, async || notify(outbox, logged, &told, (*to, &mark)).await).await;
        all = done.and(all);
    }
    all
}

/// Tell `to` of it.
async fn notify(outbox: &Outbox, logged: &Cause, told: &Told, (to, mark): (Recipient, &Effect)) -> Result<Outcome, Failed> {
    let (subject, firm) = (to.subject(), logged.firm);
    let found = read_hearer(outbox.store.read(firm).record(firm).inbox(&subject), to).fetch().await?;
    let Some(hearer) = Hearer::of(&found, to)? else { return Ok(GONE) };
    let delivery = hearer.hears(&told.news);
    if delivery == Delivery::Off {
        return Ok(Outcome::Skipped("they don't hear of such things"));
    }
    let mut change = change(outbox, &logged.place());
    let (before, now) = (found.inbox(&subject)?, change.now());
    let id = Id::new(now, rand::random());
    let (mut inbox, read) = before.receive(id, now);
    // What was mailed to them already is told in the product alone.
    let batch = match before.batch(delivery) {
        _ if told.mailed.contains(&hearer.email) => None,
        Some(open) => Some(open),
        None => {
            let zone = found.record(firm)?.time_zone;
            let opened = NotificationBatch::open(to, delivery, (zone, outbox.notifications_wait), now);
            let batch = change.create(Id::new(now, rand::random()), opened, notification_batch::Event::Opened)?.id;
            inbox = inbox.open(delivery, batch);
            Some(batch)
        }
    };
    change.notify(&subject, (id, &Notification { news: told.news.clone(), batch }), &before, (inbox, &read))?;
    change.finish(mark)?;
    change.commit(&Reply::none()).await?;
    Ok(Outcome::Finished)
}

/// Begin to read `to` too.
pub(crate) fn read_hearer(read: Read<'_>, to: Recipient) -> Read<'_> {
    match to {
        Recipient::Staff(user) => read.record(user),
        Recipient::Portal(user) => read.record(user),
    }
}

/// Somebody who is told of things, as they are now.
pub(crate) struct Hearer {
    pub(crate) name: SingleLine<200>,
    pub(crate) email: Email,
    /// In which language, if they said so.
    pub(crate) language: Option<Language>,
    /// Whose they are, if they are at a client.
    pub(crate) client: Option<ClientId>,
    choices: Choices,
    access: Access,
}

/// What somebody may see.
enum Access {
    Staff(Role),
    Portal(Rights),
}

impl Hearer {
    /// Who `to` is, which was read; nobody, once they can't sign in.
    pub(crate) fn of(found: &Found, to: Recipient) -> Result<Option<Self>, Error> {
        Ok(match to {
            Recipient::Staff(id) => found.maybe(id)?.filter(|user| user.status == Standing::Active).map(|user| Self {
                name: user.name.clone(),
                email: user.email.clone(),
                language: user.language,
                client: None,
                choices: user.notifications.clone(),
                access: Access::Staff(user.role),
            }),
            Recipient::Portal(id) => found.maybe(id)?.filter(|user| user.status == Standing::Active).map(|user| Self {
                name: user.name.clone(),
                email: user.email.clone(),
                language: user.language,
                client: Some(user.client),
                choices: user.notifications.clone(),
                access: Access::Portal(user.rights),
            }),
        })
    }

    /// How they hear of `news`: of what they may not see, not at all.
    pub(crate) fn hears(&self, news: &News) -> Delivery {
        let may = match self.access {
            Access::Staff(role) => role.may(news.about.permission()),
            Access::Portal(rights) => news.about.is_for(rights),
        };
        if may { self.choices.of(news.kind) } else { Delivery::Off }
    }

    /// Whoever answers are to go to.
    pub(crate) fn person(self) -> Person {
        Person { name: self.name, email: self.email }
    }
}
