//! Which mail an event sends, to whom, in whose name.

use domain::{
    Email, Id, SingleLine, Time,
    event::Actor,
    invitation::{Invitation, Standing},
    portal_user::PortalUser,
    proposal::Proposal,
    user::User,
};
use mail::{Envelope, InvitationMail, Link, Message, Person, ProposalMail, Reference, WelcomeMail};
use secrets::Invited;
use store::{Entity, Error, Found, LoggedEvent, Read, Record};

use crate::{Failed, Outbox};

/// A proposal was sent: to whom it is addressed.
pub(crate) async fn proposal(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let id = id::<Proposal>(logged)?;
    let found = sender(outbox, logged).record(id).fetch().await?;
    let proposal = found.record(id)?;
    let Some(to) = proposal.contact.email.clone() else { return Ok(()) };
    let mail = ProposalMail {
        envelope: envelope(&found, logged, to, proposal.contact.contact_name.clone())?,
        number: &proposal.label(),
        version: proposal.content.version,
        title: &proposal.title,
        line_items: &proposal.line_items,
        total: proposal.total,
        valid_until: proposal.valid_until,
        terms: proposal.terms.as_deref(),
    };
    send(outbox, &mail.message()?).await
}

/// A portal user was invited: the link that lets them in.
pub(crate) async fn welcome(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let id = id::<PortalUser>(logged)?;
    let user = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    if !waits(user.status, user.invitation, logged.event.at) {
        return Ok(());
    }
    let found = sender(outbox, logged).record(user.client).fetch().await?;
    let client = found.record(user.client)?;
    let mail = WelcomeMail {
        envelope: envelope(&found, logged, user.email.clone(), Some(user.name.clone()))?,
        client_name: &client.contact.company_name,
        rights: user.rights,
        link: &link(outbox, logged, &user.email, user.invitation)?,
        expires_at: user.invitation.expires_at(),
        is_replacement: user.invitation.number > 1,
    };
    send(outbox, &mail.message()?).await
}

/// Somebody was invited to the firm: the link that lets them in.
pub(crate) async fn invitation(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let id = id::<User>(logged)?;
    let found = sender(outbox, logged).record(id).fetch().await?;
    let user: Record<User> = found.record(id)?;
    let Some(invitation) = user.invitation.filter(|invitation| waits(user.status, *invitation, logged.event.at)) else { return Ok(()) };
    let mail = InvitationMail {
        envelope: envelope(&found, logged, user.email.clone(), Some(user.name.clone()))?,
        role: user.role,
        link: &link(outbox, logged, &user.email, invitation)?,
        expires_at: invitation.expires_at(),
        is_replacement: invitation.number > 1,
    };
    send(outbox, &mail.message()?).await
}

/// Whether the invitation that was sent at `at` is still the one that is waited for.
fn waits(status: Standing, invitation: Invitation, at: Time) -> bool {
    status == Standing::Invited && invitation.sent_at == at
}

fn link(outbox: &Outbox, logged: &LoggedEvent, email: &Email, invitation: Invitation) -> Result<Link, Failed> {
    let exp = invitation.expires_at().timestamp();
    let invited = Invited { firm: logged.firm, sub: logged.event.record.clone(), email: email.clone(), number: invitation.number, exp };
    Ok(Link::activation(&outbox.web_origin, &outbox.links.token(&invited).map_err(Failed::Link)?))
}

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
