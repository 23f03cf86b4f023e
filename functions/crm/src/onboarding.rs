//! How a prospect becomes a client: once, whichever way it comes about.

use api::{Cx, Problem, Staff, may};
use domain::{
    Email, Refusal,
    access::Rights,
    client::{self, Client},
    contact::Contact,
    firm::{Confirmed, Firm},
    ids::{ClientId, ProspectId},
    portal_user::{self, PortalUser},
};
use store::{Change, Record, Unique};

/// What begins with a client: the change that makes it, of which it is a condition that who lets somebody into its portal may
/// still do so.
#[derive(Debug)]
pub(crate) struct Onboarded {
    pub(crate) change: Change,
    pub(crate) client: Record<Client>,
    /// Who is invited into its portal, if an e-mail is known.
    pub(crate) portal_user: Option<Record<PortalUser>>,
}

/// Begin a change by `by`, of `firm`, that makes the client that `prospect` becomes and, if an e-mail is known, the portal
/// user who is invited by it. The commit gives [`store::Error::Taken`] if it has become a client before.
pub(crate) fn onboard(
    cx: &Cx,
    by: &Staff<may::CloseSales>,
    firm: &Firm,
    prospect: ProspectId,
    contact: &Contact,
) -> Result<Onboarded, Problem> {
    let (mut change, id): (_, ClientId) = (cx.change_of_access(by), cx.new_id());
    change.claim(&Unique::ClientOf(prospect), id, Refusal::state("The prospect has become a client already; see existing."))?;
    let client = change.create(id, Client::new(contact.clone(), Some(prospect)), client::Event::Created)?;
    let portal_user = contact.email.clone().map(|email| invite(cx, &mut change, firm.confirmed()?, id, contact, email)).transpose()?;
    Ok(Onboarded { change, client, portal_user })
}

/// Add to `change` the first portal user of the new client `id`.
fn invite(
    cx: &Cx,
    change: &mut Change,
    confirmed: Confirmed,
    id: ClientId,
    contact: &Contact,
    email: Email,
) -> Result<Record<PortalUser>, Problem> {
    let name = contact.contact_name.clone().unwrap_or_else(|| contact.company_name.clone());
    let user = PortalUser::invited(id, name, email.clone(), Rights::ALL, confirmed, cx.now)?;
    let user = PortalUser { language: contact.language, ..user };
    let user = change.create(cx.new_id(), user, portal_user::Event::Invited)?;
    change.claim(&Unique::PortalEmail(id, email), user.id, Refusal::state("The client has this portal user already."))?;
    Ok(user)
}
