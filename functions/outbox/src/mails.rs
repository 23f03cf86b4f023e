//! What all mails are sent with: in whose name, to whom, to whom answers go, what they follow up.

use domain::{
    Email, Id,
    contact::Recipients,
    event::Actor,
    firm::Firm,
    ids::{MailTextsId, SenderDomainId},
    user::User,
};
use mail::{Envelope, Letterhead, Message, Person, Reference, SendError, Sender};
use secrets::Purpose;
use store::{Error, Found, LoggedEvent, Read, Record};

use crate::{Cause, Failed, Outbox, Outcome};

/// Why nothing is sent to whom no e-mail is known of.
pub(crate) const NOWHERE: Outcome = Outcome::Skipped("no e-mail is known");

/// Who did it, if it was one of the firm's people: they get the answers.
pub(crate) fn staff(logged: &LoggedEvent) -> Option<Id<User>> {
    match logged.event.actor {
        Actor::User(user) => Some(user),
        Actor::PortalUser(_) | Actor::Guest | Actor::Login(_) | Actor::System(_) => None,
    }
}

/// Begin to read what a mail is sent with: the firm, its own words and domain, and who did it.
pub(crate) fn sender<'o>(outbox: &'o Outbox, logged: &LoggedEvent) -> Read<'o> {
    let read = outbox.store.read(logged.firm).record(logged.firm).record(MailTextsId::of_firm(logged.firm));
    read.record(SenderDomainId::of_firm(logged.firm)).maybe(staff(logged))
}

/// What mails of `firm` show of it, whose own words and domain, if they are needed, were `found` with it.
pub(crate) fn letterhead(outbox: &Outbox, firm: &Record<Firm>, found: &Found) -> Result<Letterhead, Error> {
    let own = found.maybe(SenderDomainId::of_firm(firm.id))?;
    let texts = found.maybe(MailTextsId::of_firm(firm.id))?.map(|texts| texts.content).unwrap_or_default();
    Ok(Letterhead::of(firm, texts).at(own.and_then(|own| own.address(outbox.mailer.from()))))
}

/// Whom a mail goes to that was for `then`: to them; or, if it was sent somewhere and refused, to those `now`.
pub(crate) async fn recipients(
    logged: &Cause,
    then: Option<Recipients>,
    now: impl AsyncFnOnce() -> Result<Option<Recipients>, Failed>,
) -> Result<Option<Recipients>, Failed> {
    let moved = if logged.refused { now().await? } else { None };
    Ok(moved.or(then))
}

/// What a mail to `recipients` is sent with. Nothing leaves a firm whose founder hasn't confirmed their e-mail: what leads
/// to a mail is refused there, so this is for what nobody thought of.
pub(crate) fn envelope(outbox: &Outbox, found: &Found, logged: &LoggedEvent, recipients: Recipients) -> Result<Envelope, Failed> {
    let firm = found.record(logged.firm)?;
    firm.confirmed().map_err(Error::from)?;
    let sender = staff(logged).map(|user| found.maybe(user)).transpose()?.flatten();
    let Recipients { to, name: to_name, cc, language } = recipients;
    Ok(Envelope {
        to,
        to_name,
        language: language.unwrap_or(firm.language),
        cc,
        from: Sender::Firm(letterhead(outbox, &firm, found)?),
        reply_to: sender.map(|user| Person { name: user.name.clone(), email: user.email.clone() }),
        reference: Reference::new(&logged.event.record, logged.event.sequence),
    })
}

/// The token of the link that is for `purpose`.
pub(crate) async fn token(outbox: &Outbox, purpose: &impl Purpose) -> Result<String, Failed> {
    Ok(outbox.links.get(outbox.clock.now()).await?.token(purpose))
}

/// That the mail to `to` that `message` is follows.
pub(crate) fn to_be_sent(to: &Email, message: Result<Message, SendError>) -> Result<Outcome, Failed> {
    let message = message.map_err(|error| Failed::Mail { error, to: Some(to.clone()) })?;
    Ok(Outcome::Mail(Box::new(message)))
}
