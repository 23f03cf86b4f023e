//! What follows from what happens to a login: mails to whose it is.

use domain::{
    Email,
    ids::LoginId,
    login::{CONFIRMATION, Follower, Login, RESET, SentLink},
    second_factor,
};
use mail::{ConfirmationMail, EmailChangeMail, EmailChangedMail, Link, Notice, NoticeMail, Reference, ResetMail};
use secrets::{ChangingEmail, Confirming, RemovingFactor, Resetting, RestoringEmail};
use store::Record;

use crate::{
    Cause, EffectKind, Failed, Outbox, Outcome,
    mails::{to_be_sent, token},
    people,
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

/// Another e-mail is to be confirmed: the mail there.
pub(crate) async fn email_change_requested(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Mail, async || mail_email_change(outbox, logged).await).await
}

/// They have another e-mail: the mail to the one of before, and in the firms their mail follows.
pub(crate) async fn email_changed(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let mailed = outbox.run_effect(logged, EffectKind::Mail, async || mail_email_changed(outbox, logged).await).await;
    follow_email(outbox, logged).await.and(mailed)
}

/// They have the e-mail of before again: the mail that says so, and in the firms their mail follows.
pub(crate) async fn email_restored(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let mailed = noticed(outbox, logged, Notice::EmailRestored).await;
    let lost = EffectKind::Mail.about("lost");
    let told = outbox.run_effect(logged, lost, async || mail_taken_back(outbox, logged).await).await;
    follow_email(outbox, logged).await.and(mailed).and(told)
}

/// Something changed of how they sign in: the mail that says so.
pub(crate) async fn noticed(outbox: &Outbox, logged: &Cause, notice: Notice) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Mail, async || mail_notice(outbox, logged, notice).await).await
}

async fn mail_confirmation(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let Some(Asked { id, login, sent }) = asked(outbox, logged, |login| login.confirmation).await? else { return Ok(OVER) };
    let Some(firm) = login.founded else { return Ok(OVER) };
    let expires_at = sent.sent_at + CONFIRMATION;
    let confirming = Confirming { firm, login: id, number: sent.number, exp: expires_at.timestamp() };
    let link = Link::confirmation(&outbox.web_origin, &token(outbox, &confirming).await?);
    to_be_sent(&login.email, ConfirmationMail::new((login.email.clone(), login.language), reference(logged), &link, expires_at).message())
}

async fn mail_reset(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let Some(Asked { id, login, sent }) = asked(outbox, logged, |login| login.reset).await? else { return Ok(OVER) };
    let expires_at = sent.sent_at + RESET;
    let resetting = Resetting { login: id, number: sent.number, exp: expires_at.timestamp() };
    let link = Link::password_reset(&outbox.web_origin, &token(outbox, &resetting).await?);
    to_be_sent(&login.email, ResetMail::new((login.email.clone(), login.language), reference(logged), &link, expires_at).message())
}

async fn mail_email_change(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let asked = asked(outbox, logged, |login| login.email_change.as_ref().map(|change| change.link)).await?;
    let Some(Asked { id, login, sent }) = asked else { return Ok(OVER) };
    let Some(to) = login.email_change.as_ref().map(|change| change.to.clone()) else { return Ok(OVER) };
    let expires_at = sent.sent_at + CONFIRMATION;
    let changing = ChangingEmail { login: id, number: sent.number, exp: expires_at.timestamp() };
    let link = Link::email_change(&outbox.web_origin, &token(outbox, &changing).await?);
    to_be_sent(&to, EmailChangeMail::new((to.clone(), login.language), reference(logged), &link, expires_at).message())
}

async fn mail_email_changed(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let id = logged.id::<Login>()?;
    let login = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let then = logged.then(outbox, &login).await?;
    let followed = then.email_change.as_ref().map(|change| change.link.number);
    let Some(past) = then.past_emails.last().filter(|past| Some(past.number) == followed) else {
        return Ok(Outcome::Skipped("nobody has shown that the e-mail of before is theirs"));
    };
    let (to, expires_at) = (past.email.clone(), past.returns_until());
    let restoring = RestoringEmail { login: id, number: past.number, exp: expires_at.timestamp() };
    let link = Link::email_restoration(&outbox.web_origin, &token(outbox, &restoring).await?);
    let address = logged.source_address()?;
    let mail =
        EmailChangedMail::new((to.clone(), login.language), reference(logged), (logged.event.at, address.as_deref()), (&link, expires_at));
    to_be_sent(&to, mail.message())
}

async fn mail_taken_back(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let [Some(to), _] = logged.changed::<Email>("email")? else { return Ok(OVER) };
    let id = logged.id::<Login>()?;
    let language = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?.language;
    let (link, address) = (Link::forgotten_password(&outbox.web_origin), logged.source_address()?);
    let mail =
        NoticeMail::new((to.clone(), language), reference(logged), Notice::EmailTakenBack, (logged.event.at, address.as_deref()), &link);
    to_be_sent(&to, mail.message())
}

async fn mail_notice(outbox: &Outbox, logged: &Cause, notice: Notice) -> Result<Outcome, Failed> {
    let id = logged.id::<Login>()?;
    let login = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    // Where they sign in with since, if that changed, isn't where this is to be known.
    let then = logged.then(outbox, &login).await?;
    if then.proven_at.is_none() {
        return Ok(Outcome::Skipped("nobody has shown that the e-mail is theirs"));
    }
    let (to, at, address) = (then.email, logged.event.at, logged.source_address()?);
    // Whose factor somebody else set up isn't let in by another password.
    let returns_until = (notice == Notice::FactorAdded).then(|| at + second_factor::RETURNS);
    let link = match returns_until {
        Some(until) => {
            let removing = RemovingFactor { login: id, since: at.timestamp(), exp: until.timestamp(), email: to.clone() };
            Link::factor_removal(&outbox.web_origin, &token(outbox, &removing).await?)
        }
        None => Link::forgotten_password(&outbox.web_origin),
    };
    let mail = NoticeMail::new((to.clone(), login.language), reference(logged), notice, (at, address.as_deref()), &link);
    let mail = returns_until.into_iter().fold(mail, NoticeMail::returning);
    to_be_sent(&to, mail.message())
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

/// Whom the login stands for in firms is reached by its e-mail of now: so it ends well in whichever order its events are followed.
async fn follow_email(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let id = logged.id::<Login>()?;
    let login = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let then = logged.then(outbox, &login).await?;
    let mut all = Ok(());
    for Follower { firm, subject } in &then.followers {
        let moves = async || {
            let login = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
            people::follow_email(outbox, logged, (*firm, subject), &login.email).await
        };
        all = outbox.run_effect(logged, EffectKind::Follow.about(subject), moves).await.and(all);
    }
    all
}
