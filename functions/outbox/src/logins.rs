//! What follows from what happens to a login: mails to whose it is.

use domain::{
    ids::LoginId,
    login::{CONFIRMATION, Login, RESET, SentLink},
};
use mail::{ConfirmationMail, Link, PasswordChangedMail, Reference, ResetMail};
use secrets::{Confirming, Resetting};
use store::Record;

use crate::{
    Cause, EffectKind, Failed, Outbox, Outcome,
    mails::{send, token},
};

/// Why a link isn't sent.
const OVER: Outcome = Outcome::Skipped("another link was asked for since, or none is needed any more");

/// An e-mail is to be confirmed: the mail to who signed up with it.
pub(crate) async fn to_be_confirmed(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Mail, async || mail_confirmation(outbox, logged).await).await
}

/// Another password is to be chosen: the mail to who forgot theirs.
pub(crate) async fn reset_requested(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Mail, async || mail_reset(outbox, logged).await).await
}

/// There is another password: the mail that says so.
pub(crate) async fn password_changed(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Mail, async || mail_password_changed(outbox, logged).await).await
}

async fn mail_confirmation(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let Some(Asked { id, login, sent }) = asked(outbox, logged, |login| login.confirmation).await? else { return Ok(OVER) };
    let Some(firm) = login.founded else { return Ok(OVER) };
    let expires_at = sent.sent_at + CONFIRMATION;
    let confirming = Confirming { firm, login: id, number: sent.number, exp: expires_at.timestamp() };
    let link = Link::confirmation(&outbox.web_origin, &token(outbox, &confirming).await?);
    send(outbox, &login.email, ConfirmationMail::new(login.email.clone(), reference(logged), &link, expires_at).message()).await
}

async fn mail_reset(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let Some(Asked { id, login, sent }) = asked(outbox, logged, |login| login.reset).await? else { return Ok(OVER) };
    let expires_at = sent.sent_at + RESET;
    let resetting = Resetting { login: id, number: sent.number, exp: expires_at.timestamp() };
    let link = Link::password_reset(&outbox.web_origin, &token(outbox, &resetting).await?);
    send(outbox, &login.email, ResetMail::new(login.email.clone(), reference(logged), &link, expires_at).message()).await
}

async fn mail_password_changed(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<Login>()?;
    let login = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    // Where they sign in with since, if that changed, isn't where this is to be known.
    let then = logged.then(outbox, &login).await?;
    if then.proven_at.is_none() {
        return Ok(Outcome::Skipped("nobody has shown that the e-mail is theirs"));
    }
    let to = then.email;
    let link = Link::forgotten_password(&outbox.web_origin);
    let address = logged.source_address()?;
    let mail = PasswordChangedMail::new(to.clone(), reference(logged), (logged.event.at, address.as_deref()), &link);
    send(outbox, &to, mail.message()).await
}

/// A link that is to be sent.
struct Asked {
    id: LoginId,
    login: Record<Login>,
    sent: SentLink,
}

/// The link that `logged` asks for, which is the last of its kind; none if another was asked for since, or it was used, or its login
/// is gone.
async fn asked(outbox: &Outbox, logged: &Cause, of: fn(&Login) -> Option<SentLink>) -> Result<Option<Asked>, Failed> {
    let id = logged.id::<Login>()?;
    let Some(login) = outbox.store.read(logged.firm).record(id).fetch().await?.maybe(id)? else { return Ok(None) };
    let sent = of(&logged.then(outbox, &login).await?);
    let last = of(&login);
    Ok(sent.filter(|sent| last == Some(*sent)).map(|sent| Asked { id, login, sent }))
}

fn reference(logged: &Cause) -> Reference {
    Reference::new(&logged.event.record, logged.event.sequence)
}
