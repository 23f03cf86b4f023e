//! What follows from what happens to a firm's own domain: it is set up at the mail service, looked at, or forgotten there; and its
//! owners are told.

use domain::sender_domain::{DomainName, SenderDomain};
use mail::DomainNotice;
use senders::{Look, NotLooked, Senders};

use crate::{Cause, EffectKind, Failed, Outbox, Outcome, change, owners};

/// It is claimed, or the mail service doesn't know it: it is set up there; and what was claimed before is forgotten.
pub(crate) async fn claimed(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let set_up = outbox.run_effect(logged, EffectKind::SetUp, async || look(outbox, logged, Look::SetUp).await).await;
    let [before, after] = logged.changed::<DomainName>("domain")?;
    let Some(before) = before.filter(|before| after.as_ref() != Some(before)) else { return set_up };
    outbox.run_effect(logged, EffectKind::TearDown, async || forget(outbox, logged, &before).await).await.and(set_up)
}

/// Somebody asked to have it looked at.
pub(crate) async fn check_requested(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Check, async || look(outbox, logged, Look::Asked).await).await
}

/// It isn't the firm's any more, or not its mails' sender: the mail service forgets it, and the owners are told.
pub(crate) async fn ended(outbox: &Outbox, logged: &Cause, notice: DomainNotice) -> Result<(), Failed> {
    let forgotten = async || {
        let domain = then(outbox, logged).await?.domain;
        forget(outbox, logged, &domain).await
    };
    let forgotten = outbox.run_effect(logged, EffectKind::TearDown, forgotten).await;
    told(outbox, logged, notice).await.and(forgotten)
}

/// The owners are told.
pub(crate) async fn told(outbox: &Outbox, logged: &Cause, notice: DomainNotice) -> Result<(), Failed> {
    owners::told(outbox, logged, notice, async || Ok(then(outbox, logged).await?.domain.to_string())).await
}

async fn look(outbox: &Outbox, logged: &Cause, look: Look<'_>) -> Result<Outcome, Failed> {
    let identities = outbox.mailer.identities();
    let senders = Senders { store: &outbox.store, identities: &identities };
    match senders.look(logged.firm, look, outbox.clock.now(), || change(outbox, &logged.place())).await? {
        true => Ok(Outcome::Done),
        false => Ok(Outcome::Skipped("it isn't claimed any more")),
    }
}

async fn forget(outbox: &Outbox, logged: &Cause, domain: &DomainName) -> Result<Outcome, Failed> {
    let identities = outbox.mailer.identities();
    match (Senders { store: &outbox.store, identities: &identities }).forget(logged.firm, domain).await? {
        true => Ok(Outcome::Done),
        false => Ok(Outcome::Skipped("it is claimed")),
    }
}

/// The domain as the event left it.
async fn then(outbox: &Outbox, logged: &Cause) -> Result<SenderDomain, Failed> {
    let id = logged.id::<SenderDomain>()?;
    let domain = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    logged.then(outbox, &domain).await
}

impl From<NotLooked> for Failed {
    fn from(error: NotLooked) -> Self {
        match error {
            NotLooked::Store(error) => Self::Store(error),
            NotLooked::Identity(error) => Self::Identity(error),
        }
    }
}
