//! What follows from what happens to the account at Stripe that a firm's clients pay into: its owners are told, and nothing is paid any
//! more where it isn't the firm's. The latter is `stripe-events`' to do, so that an outage of Stripe holds up no stream.

use domain::{
    access::Role,
    ids::{PaymentAccountId, UserId},
    invitation::Standing,
    invoice::Invoice,
    payment_account::{AccountId, EndedBy, LeaveAccount, PaymentAccount},
    user::User,
};
use mail::{AccountNotice, Link, PaymentAccountMail, Reference};
use store::{Error, ListScope};

use crate::{Cause, EffectKind, Failed, Outbox, Outcome, mails::to_be_sent};

/// The owners are told: a mail to each.
pub(crate) async fn told(outbox: &Outbox, logged: &Cause, notice: AccountNotice) -> Result<(), Failed> {
    let mut all = Ok(());
    for owner in owners(outbox, logged).await? {
        let name = EffectKind::Mail.about(owner);
        all = outbox.run_effect(logged, name, async || mail_owner(outbox, logged, owner, notice).await).await.and(all);
    }
    all
}

/// A client wanted to pay an invoice online and couldn't: the owners are told.
pub(crate) async fn unpayable(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let mut all = Ok(());
    for owner in owners(outbox, logged).await? {
        let name = EffectKind::Mail.about(owner);
        all = outbox.run_effect(logged, name, async || mail_unpayable(outbox, logged, owner).await).await.and(all);
    }
    all
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

async fn mail_owner(outbox: &Outbox, logged: &Cause, owner: UserId, notice: AccountNotice) -> Result<Outcome, Failed> {
    let account = then(outbox, logged).await?.account;
    let found = outbox.store.read(logged.firm).record(logged.firm).record(owner).fetch().await?;
    let (firm, owner) = (found.record(logged.firm)?, found.record(owner)?);
    let to = (owner.email.clone(), owner.language.unwrap_or(firm.language));
    let (reference, link) = (Reference::new(&logged.event.record, logged.event.sequence), Link::payment_settings(&outbox.web_origin));
    let mail = PaymentAccountMail::new(to, reference, &firm.name, (notice, &account, logged.event.at), &link);
    to_be_sent(&owner.email, mail.message())
}

async fn mail_unpayable(outbox: &Outbox, logged: &Cause, owner: UserId) -> Result<Outcome, Failed> {
    let id = logged.id::<Invoice>()?;
    let found = outbox.store.read(logged.firm).record(logged.firm).record(owner).record(id).fetch().await?;
    let (firm, owner) = (found.record(logged.firm)?, found.record(owner)?);
    let to = (owner.email.clone(), owner.language.unwrap_or(firm.language));
    let number = found.record(id)?.label().unwrap_or_default();
    let (reference, link) = (Reference::new(&logged.event.record, logged.event.sequence), Link::payment_settings(&outbox.web_origin));
    let mail = PaymentAccountMail::new(to, reference, &firm.name, (AccountNotice::Unpayable, &number, logged.event.at), &link);
    to_be_sent(&owner.email, mail.message())
}

/// The account as the event left it.
async fn then(outbox: &Outbox, logged: &Cause) -> Result<PaymentAccount, Failed> {
    let id = logged.id::<PaymentAccount>()?;
    let account = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    logged.then(outbox, &account).await
}

/// Who owns the firm and can sign in.
pub(crate) async fn owners(outbox: &Outbox, logged: &Cause) -> Result<Vec<UserId>, Failed> {
    let people = outbox.store.every::<User>(logged.firm, &ListScope::All).await?;
    Ok(people.iter().filter(|user| user.role == Role::Owner && user.status == Standing::Active).map(|user| user.id).collect())
}
