//! What follows from an invitation, to the firm or to a client's portal: the mail with the link that lets somebody in.

use domain::{
    Email, Time,
    invitation::{Invitation, Standing},
    portal_user::PortalUser,
    user::User,
};
use mail::{InvitationMail, Link, WelcomeMail};
use secrets::Invited;
use store::{LoggedEvent, Record};

use crate::{
    Failed, Outbox,
    mails::{envelope, id, send, sender},
};

/// A portal user was invited: the link that lets them in.
pub(crate) async fn mail_welcome(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
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
        link: &link(outbox, logged, &user.email, user.invitation).await?,
        expires_at: user.invitation.expires_at(),
        is_replacement: user.invitation.number > 1,
    };
    send(outbox, &mail.message()?).await
}

/// Somebody was invited to the firm: the link that lets them in.
pub(crate) async fn mail_invitation(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let id = id::<User>(logged)?;
    let found = sender(outbox, logged).record(id).fetch().await?;
    let user: Record<User> = found.record(id)?;
    let Some(invitation) = user.invitation.filter(|invitation| waits(user.status, *invitation, logged.event.at)) else { return Ok(()) };
    let mail = InvitationMail {
        envelope: envelope(&found, logged, user.email.clone(), Some(user.name.clone()))?,
        role: user.role,
        link: &link(outbox, logged, &user.email, invitation).await?,
        expires_at: invitation.expires_at(),
        is_replacement: invitation.number > 1,
    };
    send(outbox, &mail.message()?).await
}

/// Whether the invitation that was sent at `at` is still the one that is waited for.
fn waits(status: Standing, invitation: Invitation, at: Time) -> bool {
    status == Standing::Invited && invitation.sent_at == at
}

async fn link(outbox: &Outbox, logged: &LoggedEvent, email: &Email, invitation: Invitation) -> Result<Link, Failed> {
    let exp = invitation.expires_at().timestamp();
    let invited = Invited { firm: logged.firm, sub: logged.event.record.clone(), email: email.clone(), number: invitation.number, exp };
    let key = outbox.links.get(outbox.clock.now()).await?;
    Ok(Link::activation(&outbox.web_origin, &key.token(&invited).map_err(Failed::Link)?))
}
