//! The mail of what somebody was told of within minutes, or since yesterday morning: of what of it they haven't read by then, still may
//! see and still want to hear of. Nothing is mailed where nothing is left.

use ::mail::{Envelope, Link, NotificationMail, Person, Reference, Sender, Told};
use domain::{
    Language,
    comment::{Author, Comment},
    ids::SenderDomainId,
    notification::{Delivery, News, Recipient},
    notification_batch::NotificationBatch,
};
use store::{Error, Notified, Record};

use crate::{
    Cause, EffectKind, Failed, Outbox, Outcome,
    mails::{letterhead, to_be_sent},
    notifications::{Hearer, read_hearer},
};

/// How much a mail tells at most: more is looked at in the product.
const MOST_TOLD: usize = 30;
/// How long the comments in a mail are at most, in characters, to be there as a whole; longer ones are quoted.
const MOST_WRITTEN: usize = 6_000;

/// Nothing more comes to a batch: the mail.
pub(crate) async fn closed(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    outbox.run_effect(logged, EffectKind::Mail, async || mail_batch(outbox, logged).await).await
}

async fn mail_batch(outbox: &Outbox, logged: &Cause) -> Result<Outcome, Failed> {
    let (firm, id) = (logged.firm, logged.id::<NotificationBatch>()?);
    let batch = outbox.store.read(firm).record(id).fetch().await?.record(id)?;
    let to = batch.recipient;
    let found = read_hearer(outbox.store.read(firm).record(firm).record(SenderDomainId::of_firm(firm)), to).fetch().await?;
    let Some(hearer) = Hearer::of(&found, to)? else { return Ok(Outcome::Skipped("they are there no more")) };
    let unread = outbox.store.unread_of_batch(firm, &to.subject(), id).await?;
    let unread: Vec<News> = unread
        .into_iter()
        .map(|Notified { notification, .. }| notification.news)
        .filter(|news| hearer.hears(news) != Delivery::Off)
        .collect();
    if unread.is_empty() {
        return Ok(Outcome::Skipped("there is nothing that they haven't read"));
    }
    let firm = found.record(firm)?;
    firm.confirmed().map_err(Error::from)?;
    let letterhead = letterhead(outbox, &firm, &found)?;
    let (told, more) = (unread.get(..MOST_TOLD).unwrap_or(&unread), unread.len().saturating_sub(MOST_TOLD));
    let comments = comments(outbox, logged, told).await?;
    let is_portal = to.is_portal();
    let told: Vec<_> = told
        .iter()
        .map(|news| {
            let whole = comments.iter().find(|comment| news.comment == Some(comment.id)).map(|comment| &*comment.content.comment);
            let text = whole.or(news.text.as_deref());
            Told { news, text, link: Link::about(&outbox.web_origin, news.about, is_portal) }
        })
        .collect();
    let envelope = Envelope {
        to: hearer.email.clone(),
        to_name: Some(hearer.name.clone()),
        language: language(outbox, logged, &hearer).await?.unwrap_or(firm.language),
        cc: Vec::new(),
        from: Sender::Firm(letterhead),
        reply_to: author(outbox, logged, told.len(), &comments).await?,
        reference: Reference::new(&logged.event.record, logged.event.sequence),
    };
    let mail = NotificationMail {
        envelope,
        told: &told,
        more,
        is_digest: batch.delivery == Delivery::Digest,
        link: &Link::notifications(&outbox.web_origin, is_portal),
        settings: &Link::notification_settings(&outbox.web_origin, is_portal),
    };
    to_be_sent(&hearer.email, mail.message())
}

/// In which language they are written to, if they or their client said so.
async fn language(outbox: &Outbox, logged: &Cause, hearer: &Hearer) -> Result<Option<Language>, Failed> {
    let Some(client) = hearer.client.filter(|_| hearer.language.is_none()) else { return Ok(hearer.language) };
    Ok(outbox.store.read(logged.firm).record(client).fetch().await?.record(client)?.contact.language)
}

/// The comments that `told` is of, if they aren't too long to be there as a whole.
async fn comments(outbox: &Outbox, logged: &Cause, told: &[News]) -> Result<Vec<Record<Comment>>, Failed> {
    let ids: Vec<_> = told.iter().filter_map(|news| news.comment).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = ids.iter().fold(outbox.store.read(logged.firm), |read, id| read.record(*id)).fetch().await?;
    let comments = ids.into_iter().map(|id| found.maybe(id)).collect::<Result<Vec<_>, _>>()?;
    let comments: Vec<Record<Comment>> = comments.into_iter().flatten().collect();
    let written: usize = comments.iter().map(|comment| comment.comment.chars().count()).sum();
    Ok(if written <= MOST_WRITTEN { comments } else { Vec::new() })
}

/// Who gets the answers: the author of all of the `comments`, if there is one, and nothing else is among what is told.
async fn author(outbox: &Outbox, logged: &Cause, told: usize, comments: &[Record<Comment>]) -> Result<Option<Person>, Failed> {
    let Some(author) = comments
        .first()
        .map(|first| first.author)
        .filter(|author| comments.len() == told && comments.iter().all(|comment| comment.author == *author))
    else {
        return Ok(None);
    };
    let author = match author {
        Author::Staff(user) => Recipient::Staff(user),
        Author::Client(user) => Recipient::Portal(user),
    };
    let found = read_hearer(outbox.store.read(logged.firm), author).fetch().await?;
    Ok(Hearer::of(&found, author)?.map(Hearer::person))
}
