//! What follows from what happens to a proposal: the mail that brings it; and, once one is accepted, that the prospect is
//! won and the others to it are cancelled.

use domain::{
    Date, Id,
    proposal::{Proposal, Status},
};
use mail::ProposalMail;
use store::Reply;

use crate::{
    Cause, EffectKind, Failed, Outbox, Outcome, change,
    mails::{NOWHERE, envelope, recipients, sender, to_be_sent},
};

/// It was sent: the mail.
pub(crate) async fn sent(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Mail, async || mail_proposal(outbox, logged).await).await
}

/// It was accepted: the prospect is won, and the other proposals to it are cancelled.
pub(crate) async fn accepted(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let won = outbox.run_effect(logged, EffectKind::Win, async || win_prospect(outbox, logged).await).await;
    outbox.run_effect(logged, EffectKind::Cancel, async || cancel_siblings(outbox, logged).await).await.and(won)
}

/// What was sent, to whom it is addressed.
async fn mail_proposal(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<Proposal>()?;
    let found = sender(outbox, logged).record(id).fetch().await?;
    let proposal = found.record(id)?;
    if proposal.status_on(Date::anywhere_on_earth(outbox.clock.now())) != Status::Sent {
        return Ok(Outcome::Skipped("the proposal can't be accepted any more"));
    }
    let then = logged.then(outbox, &proposal).await?;
    let now = async || {
        let prospect = outbox.store.read(logged.firm).record(then.prospect).fetch().await?.record(then.prospect)?;
        Ok(prospect.contact.recipients())
    };
    let Some(recipients) = recipients(logged, then.contact.recipients(), now).await? else { return Ok(NOWHERE) };
    let to = recipients.to.clone();
    let mail = ProposalMail {
        envelope: envelope(outbox, &found, logged, recipients)?,
        client: &then.contact.company_name,
        number: &then.label(),
        version: then.version,
        title: &then.title,
        line_items: &then.line_items,
        total: then.total,
        valid_until: then.valid_until,
        terms: then.terms.as_deref(),
    };
    to_be_sent(&to, mail.message())
}

/// The prospect is won.
async fn win_prospect(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<Proposal>()?;
    let proposal = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let Some(acceptance) = &proposal.acceptance else { return Ok(Outcome::Skipped("nobody accepted it")) };
    let prospect = outbox.store.read(logged.firm).record(proposal.prospect).fetch().await?.record(proposal.prospect)?;
    if prospect.client.is_some() {
        return Ok(Outcome::Skipped("the prospect is a client already"));
    }
    let mut change = change(outbox, &logged.place());
    change.update(&prospect, prospect.win(acceptance.client, acceptance.portal_user).map_err(store::Error::from)?)?;
    change.commit(&Reply::none()).await?;
    Ok(Outcome::Done)
}

/// The other proposals to the prospect can't be accepted any more.
async fn cancel_siblings(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<Proposal>()?;
    let accepted = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let siblings = outbox.store.below::<Proposal>(logged.firm, accepted.prospect).await?;
    for sibling in siblings.iter().filter(|sibling| sibling.id != id) {
        cancel(outbox, logged, sibling.id, &accepted.label()).await?;
    }
    Ok(Outcome::Done)
}

/// Cancel the proposal `id`, unless it is over; it is read anew, since lists lag.
async fn cancel(outbox: &Outbox, logged: &Cause, id: Id<Proposal>, accepted: &str) -> Result<(), Failed> {
    let Some(proposal) = outbox.store.read(logged.firm).record(id).fetch().await?.maybe(id)? else { return Ok(()) };
    let Ok(cancelled) = proposal.cancel_as_sibling(accepted) else { return Ok(()) };
    let mut change = change(outbox, &logged.place());
    change.update(&proposal, cancelled)?;
    Ok(change.commit(&Reply::none()).await?)
}
