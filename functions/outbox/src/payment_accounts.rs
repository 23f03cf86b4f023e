//! What follows from what happens to the account at Stripe that a firm's clients pay into: its owners are told, and nothing is paid any
//! more where it isn't the firm's. The latter is `stripe-events`' to do, so that an outage of Stripe holds up no stream.

use domain::{
    ids::PaymentAccountId,
    invoice::Invoice,
    payment_account::{AccountId, EndedBy, LeaveAccount, PaymentAccount},
};
use mail::AccountNotice;
use store::Error;

use crate::{Cause, EffectKind, Failed, Outbox, Outcome, owners};

/// The owners are told.
pub(crate) async fn told(outbox: &Outbox, logged: &Cause, notice: AccountNotice) -> Result<(), Failed> {
    owners::told(outbox, logged, notice, async || Ok(then(outbox, logged).await?.account.to_string())).await
}

/// A client wanted to pay an invoice online and couldn't: the owners are told.
pub(crate) async fn unpayable(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let number = async || {
        let id = logged.id::<Invoice>()?;
        Ok(outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?.label().unwrap_or_default())
    };
    owners::told(outbox, logged, AccountNotice::Unpayable, number).await
}

/// It isn't the firm's any more: the same, and what can be paid there is ended; `lost` if nothing more is heard of it.
pub(crate) async fn ended(outbox: &Outbox, logged: &Cause, notice: AccountNotice, lost: bool) -> Result<(), Failed> {
    let left = outbox.run_effect(logged, EffectKind::Leave, async || leave(outbox, logged, lost).await).await;
    told(outbox, logged, notice).await.and(left)
}

/// A page to pay was opened: it is closed, if the firm left the account in which it is while it was.
pub(crate) async fn opened(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let (invoice, id) = (logged.id::<Invoice>()?, PaymentAccountId::of_firm(logged.firm));
    let found = outbox.store.read(logged.firm).record(invoice).record(id).fetch().await?;
    let (invoice, known) = (found.maybe(invoice)?, found.maybe(id)?);
    let current = known.as_ref().filter(|known| known.ended.is_none()).map(|known| &known.account);
    let Some(left) = invoice.and_then(|invoice| invoice.open_elsewhere(current).cloned()) else { return Ok(()) };
    let lost = known.is_some_and(|known| known.account == left && known.ended.is_some_and(|ended| ended.by == EndedBy::Stripe));
    outbox.run_effect(logged, EffectKind::Leave, async || order(outbox, logged, left.clone(), lost).await).await
}

async fn leave(outbox: &Outbox, logged: &Cause, lost: bool) -> Result<Outcome, Failed> {
    let account = then(outbox, logged).await?.account;
    order(outbox, logged, account, lost).await
}

async fn order(outbox: &Outbox, logged: &Cause, account: AccountId, lost: bool) -> Result<Outcome, Failed> {
    let order = serde_json::to_string(&LeaveAccount { firm: logged.firm, leave_account: account, lost });
    outbox.stripe_events.send(&order.map_err(|error| Error::Internal(error.to_string()))?, &[]).await?;
    Ok(Outcome::Done)
}

/// The account as the event left it.
async fn then(outbox: &Outbox, logged: &Cause) -> Result<PaymentAccount, Failed> {
    let id = logged.id::<PaymentAccount>()?;
    let account = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    logged.then(outbox, &account).await
}
