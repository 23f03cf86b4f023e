//! The mail of what somebody was told of within minutes, or since yesterday morning: of what of it they haven't read by then, still may
//! see and still want to hear of. Nothing is mailed where nothing is left.

use ::mail::{Envelope, Link, NotificationMail, Person, Reference, Sender, Told};
use domain::{
    Language,
    comment::{Author, Comment},
    ids::SenderDomainId,
    invoice,
    notification::{About, Delivery, Kind, News, Recipient},
    notification_batch::NotificationBatch,
    suppression::Status,
    task::{self, Task},
    undelivered,
};
use store::{Error, Found, Notified, Record};

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
    let unread = unread.into_iter().map(|Notified { notification, .. }| notification.news);
    let unread: Vec<News> = unread.filter(|news| hearer.hears(news) != Delivery::Off).collect();
    // It is in the product all the same: nothing is undelivered.
    if outbox.store.suppression(firm, &hearer.email).await?.is_some_and(|known| known.status() == Status::Active) {
        return Ok(Outcome::Skipped("mail to them is suppressed"));
    }
    let firm = found.record(firm)?;
    if firm.confirmed().is_err() {
        return Ok(Outcome::Skipped("nobody confirmed the firm's e-mail"));
    }
    let unread = still_so(outbox, logged, to, unread).await?;
    if unread.is_empty() {
        return Ok(Outcome::Skipped("there is nothing that they haven't read, and that is still so"));
    }
    let letterhead = letterhead(outbox, &firm, &found)?;
    let (told, more) = (unread.get(..MOST_TOLD).unwrap_or(&unread), unread.len().saturating_sub(MOST_TOLD));
    let comments = comments(outbox, logged, told).await?;
    let written: usize = comments.iter().map(|comment| comment.comment.chars().count()).sum();
    let is_portal = to.is_portal();
    let told: Vec<_> = told
        .iter()
        .map(|news| {
            let comment = comments.iter().filter(|_| written <= MOST_WRITTEN).find(|comment| news.comment == Some(comment.id));
            let whole = comment.map(|comment| &*comment.content.comment);
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
        reply_to: author(outbox, logged, told.len() + more, &comments).await?,
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

/// Those of `unread`, which `to` was told of, that are still so: what was paid, done, given to somebody else or delivered in the
/// meantime isn't mailed, and of what was paid in part, the rest is.
async fn still_so(outbox: &Outbox, logged: &Cause, to: Recipient, unread: Vec<News>) -> Result<Vec<News>, Failed> {
    let read = unread.iter().fold(outbox.store.read(logged.firm), |read, news| match news.about {
        About::Task(_, task) => read.record(task),
        About::Invoice(invoice) => read.record(invoice),
        // What was decided stays so.
        About::Proposal(_) => read,
        About::Undelivered(item) => read.record(item),
    });
    let found = read.fetch().await?;
    let mut still_so = Vec::with_capacity(unread.len());
    for news in unread {
        still_so.extend(as_it_is(&found, to, news)?);
    }
    Ok(still_so)
}

/// What `to` was told as `news`, as it is now; nothing if it isn't so any more.
fn as_it_is(found: &Found, to: Recipient, mut news: News) -> Result<Option<News>, Error> {
    let is_theirs = |task: &Record<Task>| {
        task.assignee.map(Recipient::Staff) == Some(to) && task.archived_at.is_none() && task.status != task::Status::Done
    };
    let is_so = match (news.kind, news.about) {
        (Kind::Assigned, About::Task(_, id)) => found.maybe(id)?.is_some_and(|task| is_theirs(&task)),
        (Kind::Due, About::Task(_, id)) => found.maybe(id)?.is_some_and(|task| is_theirs(&task) && task.due_date == news.date),
        (Kind::Due, About::Invoice(id)) => {
            let invoice = found.maybe(id)?.filter(|invoice| invoice.status == invoice::Status::Sent);
            news.amount = invoice.map(|invoice| invoice.amount_due()).filter(|due| !due.is_zero());
            news.amount.is_some()
        }
        (Kind::Bounced, About::Undelivered(id)) => found.maybe(id)?.is_some_and(|item| item.status == undelivered::Status::Waiting),
        (
            Kind::Accepted | Kind::Rejected | Kind::Paid | Kind::Failed | Kind::Bounced | Kind::Commented | Kind::Assigned | Kind::Due,
            About::Task(..) | About::Invoice(_) | About::Proposal(_) | About::Undelivered(_),
        ) => true,
    };
    Ok(is_so.then_some(news))
}

/// In which language they are written to, if they or their client said so.
async fn language(outbox: &Outbox, logged: &Cause, hearer: &Hearer) -> Result<Option<Language>, Failed> {
    let Some(client) = hearer.client.filter(|_| hearer.language.is_none()) else { return Ok(hearer.language) };
    Ok(outbox.store.read(logged.firm).record(client).fetch().await?.record(client)?.contact.language)
}

/// The comments that `told` is of.
async fn comments(outbox: &Outbox, logged: &Cause, told: &[News]) -> Result<Vec<Record<Comment>>, Failed> {
    let ids: Vec<_> = told.iter().filter_map(|news| news.comment).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = ids.iter().fold(outbox.store.read(logged.firm), |read, id| read.record(*id)).fetch().await?;
    let comments = ids.into_iter().map(|id| found.maybe(id)).collect::<Result<Vec<_>, _>>()?;
    Ok(comments.into_iter().flatten().collect())
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
