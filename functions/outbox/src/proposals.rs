//! What follows from what happens to a proposal: the mail that brings it; and, once one is accepted, that the prospect is
//! won and the others to it are cancelled.

use domain::{Id, proposal::Proposal};
use mail::ProposalMail;
use store::{Error, ListScope, LoggedEvent, PageRequest, Reply};

use crate::{
    Failed, Outbox, change,
    mails::{envelope, id, send, sender},
};

/// A proposal was sent: to whom it is addressed.
pub(crate) async fn mail_proposal(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
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

/// The prospect is won.
pub(crate) async fn win_prospect(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let proposal = outbox.store.read(logged.firm).record(id::<Proposal>(logged)?).fetch().await?.record(id::<Proposal>(logged)?)?;
    let Some(acceptance) = &proposal.acceptance else { return Ok(()) };
    let prospect = outbox.store.read(logged.firm).record(proposal.prospect).fetch().await?.record(proposal.prospect)?;
    if prospect.client.is_some() {
        return Ok(());
    }
    let mut change = change(outbox, logged);
    change.update(&prospect, prospect.win(acceptance.client, acceptance.portal_user).map_err(Error::from)?)?;
    Ok(change.commit(&Reply::none()).await?)
}

/// The other proposals to the prospect can't be accepted any more.
pub(crate) async fn cancel_siblings(outbox: &Outbox, logged: &LoggedEvent) -> Result<(), Failed> {
    let accepted = outbox.store.read(logged.firm).record(id::<Proposal>(logged)?).fetch().await?.record(id::<Proposal>(logged)?)?;
    let which = ListScope::Parent(accepted.prospect.into());
    let mut page = PageRequest { limit: 100, ascending: true, cursor: None };
    loop {
        let siblings = outbox.store.list::<Proposal>(logged.firm, &which, &page).await?;
        for sibling in siblings.items.iter().filter(|sibling| sibling.id != accepted.id) {
            cancel(outbox, logged, sibling.id, &accepted.label()).await?;
        }
        match siblings.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// Cancel the proposal `id`, unless it is over; it is read anew, since lists lag.
async fn cancel(outbox: &Outbox, logged: &LoggedEvent, id: Id<Proposal>, accepted: &str) -> Result<(), Failed> {
    let Some(proposal) = outbox.store.read(logged.firm).record(id).fetch().await?.maybe(id)? else { return Ok(()) };
    let Ok(cancelled) = proposal.cancel_as_sibling(accepted) else { return Ok(()) };
    let mut change = change(outbox, logged);
    change.update(&proposal, cancelled)?;
    Ok(change.commit(&Reply::none()).await?)
}
