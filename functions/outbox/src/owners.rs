//! What a firm's owners are told, whatever they chose to hear of: a mail to each.

use domain::{access::Role, ids::UserId, invitation::Standing, user::User};
use mail::{OwnerMail, OwnerNotice, Reference};
use store::ListScope;

use crate::{Cause, EffectKind, Failed, Outbox, Outcome, mails::to_be_sent};

/// Tell them `notice`, of what `about` finds the name of.
pub(crate) async fn told<N: OwnerNotice>(
    outbox: &Outbox,
    logged: &Cause,
    notice: N,
    about: impl AsyncFn() -> Result<String, Failed>,
) -> Result<(), Failed> {
    let mut all = Ok(());
    for owner in owners(outbox, logged).await? {
        let mail = async || mail_owner(outbox, logged, owner, (notice, &about().await?)).await;
        all = outbox.run_effect(logged, EffectKind::Mail.about(owner), mail).await.and(all);
    }
    all
}

/// Who owns the firm and can sign in.
async fn owners(outbox: &Outbox, logged: &Cause) -> Result<Vec<UserId>, Failed> {
    let people = outbox.store.every::<User>(logged.firm, &ListScope::All).await?;
    Ok(people.iter().filter(|user| user.role == Role::Owner && user.status == Standing::Active).map(|user| user.id).collect())
}

async fn mail_owner<N: OwnerNotice>(outbox: &Outbox, logged: &Cause, owner: UserId, (notice, about): (N, &str)) -> Result<Outcome, Failed> {
    let found = outbox.store.read(logged.firm).record(logged.firm).record(owner).fetch().await?;
    let (firm, owner) = (found.record(logged.firm)?, found.record(owner)?);
    let to = (owner.email.clone(), owner.language.unwrap_or(firm.language));
    let reference = Reference::new(&logged.event.record, logged.event.sequence);
    let mail = OwnerMail::new(to, reference, &firm.name, (notice, about, logged.event.at), &outbox.web_origin);
    to_be_sent(&owner.email, mail.message())
}
