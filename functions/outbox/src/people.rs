//! What follows for people of firms and of clients: from an invitation, the mail with the link that lets them in; from another e-mail of
//! their login, that they are reached there.

use domain::{
    Email, Language, Refusal, SingleLine,
    contact::Recipients,
    ids::{FirmId, PortalUserId, UserId},
    invitation::{Invitation, Standing},
    portal_user::PortalUser,
    user::User,
};
use mail::{InvitationMail, Link, WelcomeMail};
use secrets::Invited;
use store::{Error, Place, Reply, Unique};

use crate::{
    Cause, EffectKind, Failed, Outbox, Outcome, change,
    mails::{envelope, sender, to_be_sent, token},
};

/// Why somebody's e-mail isn't changed.
const ALREADY: Outcome = Outcome::Skipped("it is theirs already");
/// Why a link isn't sent.
const OVER: Outcome = Outcome::Skipped("the invitation isn't waited for any more");

/// Somebody was invited to a client's portal: the mail.
pub(crate) async fn portal_user_invited(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Mail, async || mail_welcome(outbox, logged).await).await
}

/// Somebody was invited to the firm: the mail.
pub(crate) async fn user_invited(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Mail, async || mail_invitation(outbox, logged).await).await
}

/// To a portal user.
async fn mail_welcome(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<PortalUser>()?;
    let user = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let invitation = logged.then(outbox, &user).await?.invitation;
    if !waits(user.status, Some(user.invitation), invitation) {
        return Ok(OVER);
    }
    let found = sender(outbox, logged).record(user.client).fetch().await?;
    let client = found.record(user.client)?;
    let mail = WelcomeMail {
        envelope: envelope(outbox, &found, logged, alone(&user.email, &user.name, user.language.or(client.contact.language)))?,
        client_name: &client.contact.company_name,
        rights: user.rights,
        link: &link(outbox, logged, &user.email, invitation).await?,
        expires_at: invitation.expires_at(),
        is_replacement: invitation.number > 1,
    };
    to_be_sent(&user.email, mail.message())
}

/// To a member of the firm.
async fn mail_invitation(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<User>()?;
    let found = sender(outbox, logged).record(id).fetch().await?;
    let user = found.record(id)?;
    let Some(invitation) = logged.then(outbox, &user).await?.invitation.filter(|sent| waits(user.status, user.invitation, *sent)) else {
        return Ok(OVER);
    };
    let mail = InvitationMail {
        envelope: envelope(outbox, &found, logged, alone(&user.email, &user.name, user.language))?,
        role: user.role,
        link: &link(outbox, logged, &user.email, invitation).await?,
        expires_at: invitation.expires_at(),
        is_replacement: invitation.number > 1,
    };
    to_be_sent(&user.email, mail.message())
}

/// Somebody alone.
fn alone(email: &Email, name: &SingleLine<200>, language: Option<Language>) -> Recipients {
    Recipients { to: email.clone(), name: Some(name.clone()), cc: Vec::new(), language }
}

/// Whether the invitation `sent` is still waited for by who stands at `status` and was sent `last`.
fn waits(status: Standing, last: Option<Invitation>, sent: Invitation) -> bool {
    status == Standing::Invited && last.is_some_and(|last| last.number == sent.number)
}

async fn link(outbox: &Outbox, logged: &Cause, email: &Email, invitation: Invitation) -> Result<Link, Failed> {
    let exp = invitation.expires_at().timestamp();
    let sub = logged.event.record.parse().map_err(Error::Internal)?;
    let invited = Invited { firm: logged.firm, sub, email: email.clone(), number: invitation.number, exp };
    Ok(Link::activation(&outbox.web_origin, &token(outbox, &invited).await?))
}

/// Whom `subject` of `firm` is, is reached by `to` from now on, which is their login's e-mail, unless somebody else there is.
pub(crate) async fn follow_email(outbox: &Outbox, logged: &Cause, (firm, subject): (FirmId, &str), to: &Email) -> Result<Outcome, Failed> {
    let (user, portal_user) = (subject.parse::<UserId>().ok(), subject.parse::<PortalUserId>().ok());
    let found = outbox.store.read(firm).maybe(user).maybe(portal_user).fetch().await?;
    let mut change = change(outbox, &Place { firm, ..logged.place() });
    let taken = || Refusal::state("Somebody else has this e-mail.");
    if let Some(user) = user.map(|user| found.record(user)).transpose()? {
        let Some(followed) = user.follow_email(to) else { return Ok(ALREADY) };
        change.update(&user, followed)?;
        change.release(&Unique::UserEmail(user.email.clone()))?;
        change.claim(&Unique::UserEmail(to.clone()), user.id, taken())?;
    }
    if let Some(user) = portal_user.map(|user| found.record(user)).transpose()? {
        let Some(followed) = user.follow_email(to) else { return Ok(ALREADY) };
        change.update(&user, followed)?;
        change.release(&Unique::PortalEmail(user.client, user.email.clone()))?;
        change.claim(&Unique::PortalEmail(user.client, to.clone()), user.id, taken())?;
    }
    match change.commit(&Reply::none()).await {
        Err(Error::Taken { .. }) => Ok(Outcome::Skipped("somebody else there has the e-mail")),
        done => Ok(done.map(|()| Outcome::Done)?),
    }
}
