//! What all mails are sent with: in whose name, to whom answers go, what they follow up.

use domain::{Email, Id, SingleLine, event::Actor, user::User};
use mail::{Envelope, Message, Person, Reference};
use store::{Entity, Error, Found, LoggedEvent, Read};

use crate::{Failed, Outbox};

/// The record that `logged` is about.
pub(crate) fn id<T: Entity>(logged: &LoggedEvent) -> Result<Id<T>, Failed> {
    let record = &logged.event.record;
    Ok(record.parse().map_err(|_| Error::Internal(format!("{record} is no {}", T::NAME)))?)
}

/// Who did it, if it was one of the firm's people: they get the answers.
fn staff(logged: &LoggedEvent) -> Option<Id<User>> {
    match logged.event.actor {
        Actor::User(user) => Some(user),
        Actor::PortalUser(_) | Actor::System(_) => None,
    }
}

/// Begin to read what a mail is sent with: the firm, and who did it.
pub(crate) fn sender<'o>(outbox: &'o Outbox, logged: &LoggedEvent) -> Read<'o> {
    outbox.store.read(logged.firm).record(logged.firm).maybe(staff(logged))
}

pub(crate) fn envelope(found: &Found, logged: &LoggedEvent, to: Email, to_name: Option<SingleLine<200>>) -> Result<Envelope, Failed> {
    let sender = staff(logged).map(|user| found.maybe(user)).transpose()?.flatten();
    Ok(Envelope {
        to,
        to_name,
        firm_name: found.record(logged.firm)?.name.clone(),
        reply_to: sender.map(|user| Person { name: user.name.clone(), email: user.email.clone() }),
        reference: Reference::new(&logged.event.record, logged.event.sequence),
    })
}

pub(crate) async fn send(outbox: &Outbox, message: &Message) -> Result<(), Failed> {
    let id = outbox.mailer.send(message).await?;
    tracing::info!(ses_message_id = id, purpose = message.purpose.as_str(), "mail sent");
    Ok(())
}
