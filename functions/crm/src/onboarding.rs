//! How a prospect becomes a client: once, whichever way it comes about.

use api::{Cx, Problem};
use domain::{
    Refusal,
    access::Rights,
    client::{self, Client},
    contact::Contact,
    ids::{ClientId, ProspectId},
    portal_user::{self, PortalUser},
};
use store::{Change, Record, Unique};

/// Add to `change` the client that `prospect` becomes and, if an e-mail is known, the portal user who is invited by
/// it. The commit gives [`store::Error::Taken`] if it has become a client before.
pub(crate) fn onboard(
    cx: &Cx,
    change: &mut Change,
    prospect: ProspectId,
    contact: &Contact,
) -> Result<(Record<Client>, Option<Record<PortalUser>>), Problem> {
    let id: ClientId = cx.new_id();
    change.claim(&Unique::ClientOf(prospect), id, Refusal::state("The prospect has become a client already; see existing."))?;
    let client = change.create(id, Client::new(contact.clone(), Some(prospect)), client::Event::Created)?;
    let Some(email) = contact.email.clone() else { return Ok((client, None)) };
    let name = contact.contact_name.clone().unwrap_or_else(|| contact.company_name.clone());
    let user = PortalUser::invited(id, name, email.clone(), Rights::ALL, cx.now)?;
    let user = change.create(cx.new_id(), user, portal_user::Event::Invited)?;
    change.claim(&Unique::PortalEmail(id, email), user.id, Refusal::state("The client has this portal user already."))?;
    Ok((client, Some(user)))
}
