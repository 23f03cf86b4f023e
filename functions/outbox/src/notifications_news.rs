//! What there is to tell of an event, and to whom: found out when it is told, in a few requests, however many they are. It tells of
//! the event, as its mail would: of names, amounts and texts as the event left them; and nothing of what isn't true any more.

use domain::{
    DomainEvent, Email, MultiLine, SingleLine,
    access::{Permission, Right, Role},
    comment::{Author, Comment},
    effect::EffectKind,
    event::Actor,
    ids::{ClientId, PortalUserId, UserId},
    invitation::Standing,
    invoice::{self, Dispute, Invoice, Method, Payment, SentBy},
    mail::Topic,
    notification::{About, Kind, News, Recipient, quoted},
    notification_concern::{Concern, Whom},
    portal_user::PortalUser,
    project::Project,
    proposal::{self, Proposal},
    task::{self, Task},
    undelivered::{self, Undelivered},
    user::User,
};
use store::{Entity, Error, ListScope, Record};

use crate::{Cause, Failed, Outbox, cause::ERASED, mails::staff};

/// What is told.
#[derive(Debug)]
pub(crate) struct Told {
    /// What happened.
    pub(crate) news: News,
    /// To whom; once each.
    pub(crate) to: Vec<Recipient>,
    /// Where it was mailed already.
    pub(crate) mailed: Vec<Email>,
}

/// What there is to tell of `logged`, which is the event `event` and concerns somebody as `concern` says; nothing, if it doesn't after
/// all, or no more.
pub(crate) async fn tell(outbox: &Outbox, logged: &Cause, event: DomainEvent, concern: Concern) -> Result<Option<Told>, Failed> {
    match event {
        DomainEvent::Comment(_) => comment(outbox, logged, concern).await,
        DomainEvent::Invoice(event) => invoice(outbox, logged, event, concern).await,
        DomainEvent::Proposal(_) => proposal(outbox, logged, concern).await,
        DomainEvent::Task(_) => task(outbox, logged, concern).await,
        DomainEvent::Undelivered(_) => undelivered(outbox, logged, concern).await,
        DomainEvent::Campaign(_)
        | DomainEvent::Client(_)
        | DomainEvent::Contract(_)
        | DomainEvent::Credit(_)
        | DomainEvent::CreditNote(_)
        | DomainEvent::Engagement(_)
        | DomainEvent::Firm(_)
        | DomainEvent::Lead(_)
        | DomainEvent::Login(_)
        | DomainEvent::Mail(_)
        | DomainEvent::MailTexts(_)
        | DomainEvent::NotificationBatch(_)
        | DomainEvent::PaymentAccount(_)
        | DomainEvent::PortalUser(_)
        | DomainEvent::Project(_)
        | DomainEvent::Prospect(_)
        | DomainEvent::SenderDomain(_)
        | DomainEvent::Suppression(_)
        | DomainEvent::TimeEntry(_)
        | DomainEvent::User(_) => Err(Error::Internal(format!("nobody knows what to tell of {}", logged.event.name)).into()),
    }
}

/// A comment: to the project's team, or to owners where none of it is there any more; or to those of the client who may comment: to
/// those who were that when it was written.
async fn comment(outbox: &Outbox, logged: &Cause, concern: Concern) -> Result<Option<Told>, Failed> {
    let id = logged.id::<Comment>()?;
    let comment = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let found = outbox.store.read(logged.firm).record(comment.task).record(comment.project).record(comment.client).fetch().await?;
    let (task, project) = (found.record(comment.task)?, found.record(comment.project)?);
    let (task, then) = (logged.at_its_time(outbox, &task).await?, logged.at_its_time(outbox, &project).await?);
    let (Some(task), Some(then)) = (task, then) else { return Err(Failed::Never(ERASED)) };
    let about = About::Task(comment.project, comment.task);
    let (to, by_company) = match comment.author {
        Author::Client(_) => {
            (team(outbox, logged, about, (&then, &project)).await?, Some(found.record(comment.client)?.contact.company_name.clone()))
        }
        Author::Staff(_) => (audience(outbox, logged, comment.client, Right::Comment).await?, None),
    };
    let news = News {
        within: Some(then.name),
        by: Some(comment.author_name.clone()),
        by_company,
        text: quoted(&comment.comment),
        comment: Some(id),
        ..news(logged, concern.kind, about, task.title)
    };
    Ok(Some(Told { news, to, mailed: Vec::new() }))
}

/// A task: to who is to do it, unless they gave it to themselves.
async fn task(outbox: &Outbox, logged: &Cause, Concern { kind, whom }: Concern) -> Result<Option<Told>, Failed> {
    let [before, given] = if whom == Whom::NewAssignee { logged.changed::<UserId>("assignee")? } else { [None, None] };
    if whom == Whom::NewAssignee && (given.is_none() || given == before) {
        return Ok(None);
    }
    let id = logged.id::<Task>()?;
    let now = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let assignee = now.assignee.filter(|now| given.is_none_or(|given| given == *now));
    let is_open = now.archived_at.is_none() && now.status != task::Status::Done;
    let Some(assignee) = assignee.filter(|_| is_open) else { return Ok(None) };
    let then = logged.then(outbox, &now).await?;
    if whom == Whom::Assignee && then.due_date != now.due_date {
        return Ok(None);
    }
    let giver = giver(outbox, logged).await?;
    if giver == Some(assignee) {
        return Ok(None);
    }
    let found = outbox.store.read(logged.firm).record(then.project).maybe(giver).fetch().await?;
    let by = giver.map(|user| found.maybe(user)).transpose()?.flatten().map(|user| user.name.clone());
    let news = News {
        within: Some(found.record(then.project)?.name.clone()),
        by,
        date: then.due_date,
        ..news(logged, kind, About::Task(then.project, id), then.title)
    };
    Ok(Some(Told { news, to: vec![Recipient::Staff(assignee)], mailed: Vec::new() }))
}

/// A proposal: to those who had a hand in it, and those who close sales.
async fn proposal(outbox: &Outbox, logged: &Cause, Concern { kind, whom }: Concern) -> Result<Option<Told>, Failed> {
    let id = logged.id::<Proposal>()?;
    let about = About::Proposal(id);
    let now = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let Proposal { title, contact, acceptance, reason, .. } = logged.then(outbox, &now).await?;
    let accepted = acceptance.map(|acceptance| (acceptance.accepted_by, acceptance.note));
    let (by, note) = accepted.unwrap_or((None, reason));
    let (by, company) = (by.or_else(|| contact.contact_name.clone()), contact.company_name);
    let news = News {
        within: Some(company.clone()),
        by_company: by.is_some().then_some(company),
        by,
        text: note.as_deref().and_then(quoted),
        ..news(logged, kind, about, title)
    };
    Ok(Some(Told { news, to: hands(outbox, logged, about, whom).await?, mailed: Vec::new() }))
}

/// An invoice: to those who had a hand in it and those who keep the money; or to those of the client who may pay.
async fn invoice(outbox: &Outbox, logged: &Cause, event: invoice::Event, Concern { kind, whom }: Concern) -> Result<Option<Told>, Failed> {
    let paid = if kind == Kind::Paid { paid(logged)? } else { None };
    // What is refunded or taken back by hand is known to who does it.
    let dispute = disputed(logged)?.filter(|_| kind == Kind::Failed);
    let is_no_news = match kind {
        Kind::Paid => paid.is_none(),
        Kind::Failed => dispute.is_none() && event != invoice::Event::CheckoutFailed,
        Kind::Accepted | Kind::Rejected | Kind::Bounced | Kind::Commented | Kind::Assigned | Kind::Due => false,
    };
    if is_no_news {
        return Ok(None);
    }
    let id = logged.id::<Invoice>()?;
    let about = About::Invoice(id);
    let now = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let then = logged.then(outbox, &now).await?;
    let is_over = match kind {
        Kind::Due => now.status != invoice::Status::Sent || then.amount_due().is_zero(),
        Kind::Accepted | Kind::Rejected | Kind::Paid | Kind::Failed | Kind::Bounced | Kind::Commented | Kind::Assigned => {
            now.status == invoice::Status::Void && dispute.is_none()
        }
    };
    if is_over {
        return Ok(None);
    }
    let (to, mailed) = match whom {
        Whom::Payers => (audience(outbox, logged, then.client, Right::Pay).await?, mailed(&then)),
        Whom::Hands(_) | Whom::Senders | Whom::NewAssignee | Whom::Assignee | Whom::OtherSide => {
            (hands(outbox, logged, about, whom).await?, Vec::new())
        }
    };
    let label = then.label().and_then(|label| SingleLine::new(&label).ok()).ok_or(Failed::Never("The invoice has no number."))?;
    let amount = match kind {
        Kind::Paid => paid,
        Kind::Due => Some(then.amount_due()),
        Kind::Accepted | Kind::Rejected | Kind::Failed | Kind::Bounced | Kind::Commented | Kind::Assigned => None,
    };
    let company = (whom != Whom::Payers).then(|| then.contact.company_name.clone());
    let date = then.due_date.filter(|_| kind == Kind::Due);
    let news = News { within: company, amount, date, dispute, ..news(logged, kind, about, label) };
    Ok(Some(Told { news, to, mailed }))
}

/// What was paid by the event, other than by credit that was there.
fn paid(logged: &Cause) -> Result<Option<domain::Money>, Failed> {
    let [before, after] = logged.changed::<Vec<Payment>>("payments")?.map(Option::unwrap_or_default);
    let is_new = |payment: &&Payment| before.iter().all(|known| known.id != payment.id) && payment.method != Method::Credit;
    let mut new = after.iter().filter(is_new).map(|payment| payment.amount);
    let Some(first) = new.next() else { return Ok(None) };
    Ok(Some(new.try_fold(first, |sum, amount| sum.plus("amount", amount)).map_err(Error::from)?))
}

/// How a payment of it stands that a bank began to take back by the event, or took.
fn disputed(logged: &Cause) -> Result<Option<Dispute>, Failed> {
    let [before, after] = logged.changed::<Vec<Payment>>("payments")?.map(Option::unwrap_or_default);
    let known = |payment: &Payment| before.iter().find(|known| known.id == payment.id).and_then(|known| known.dispute);
    let mut changed = after.iter().filter(|payment| payment.dispute != known(payment)).filter_map(|payment| payment.dispute);
    Ok(changed.rfind(|dispute| *dispute != Dispute::Won))
}

/// Where `invoice` was mailed.
fn mailed(invoice: &Invoice) -> Vec<Email> {
    let recipients = invoice.billed().filter(|_| invoice.sent_by != Some(SentBy::Hand));
    recipients.map(|recipients| [vec![recipients.to], recipients.cc].concat()).unwrap_or_default()
}

/// A mail that didn't arrive: to those who had a hand in what it was about. What only waits for the firm's next day is tried again by
/// itself; and of what told somebody something, no more is told.
async fn undelivered(outbox: &Outbox, logged: &Cause, Concern { kind, .. }: Concern) -> Result<Option<Told>, Failed> {
    let id = logged.id::<Undelivered>()?;
    let about = About::Undelivered(id);
    let now = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let then = logged.then(outbox, &now).await?;
    let is_mail = EffectKind::name_in(&then.effect) == EffectKind::Mail.as_str();
    let topic = then.record.parse::<Topic>().ok().filter(|topic| !matches!(topic, Topic::NotificationBatch(_) | Topic::Login(_)));
    let Some(topic) = topic.filter(|_| is_mail && then.retry_at.is_none() && now.status == undelivered::Status::Waiting) else {
        return Ok(None);
    };
    let title = SingleLine::new(&named(outbox, logged, topic).await?).map_err(|_| Failed::Never(ERASED))?;
    let had_hands = outbox.store.hands(logged.firm, &then.kind, &then.record, then.sequence).await?;
    let here = here(outbox, logged, about).await?;
    let to = those_or_owners(&here, |id| had_hands.contains(id));
    let news = News { address: then.to, topic: Some(topic), text: quoted(&then.reason), ..news(logged, kind, about, title) };
    Ok(Some(Told { news, to, mailed: Vec::new() }))
}

/// What people call `topic`.
async fn named(outbox: &Outbox, logged: &Cause, topic: Topic) -> Result<String, Failed> {
    let read = outbox.store.read(logged.firm);
    Ok(match topic {
        Topic::CreditNote(id) => read.record(id).fetch().await?.maybe(id)?.map_or("credit note".to_owned(), |note| note.label()),
        Topic::Invoice(id) => {
            read.record(id).fetch().await?.maybe(id)?.and_then(|invoice| invoice.label()).unwrap_or_else(|| "invoice".to_owned())
        }
        Topic::Proposal(id) => {
            read.record(id).fetch().await?.maybe(id)?.map_or("proposal".to_owned(), |found| proposal::label(found.number))
        }
        Topic::PortalUser(_) | Topic::User(_) => "invitation".to_owned(),
        Topic::Login(_) | Topic::NotificationBatch(_) | Topic::PaymentAccount(_) | Topic::SenderDomain(_) => "mail".to_owned(),
    })
}

/// What `kind` of thing `about`, which is called `title`, was by `logged`; nothing else of it.
fn news(logged: &Cause, kind: Kind, about: About, title: SingleLine<200>) -> News {
    let at = logged.event.at;
    let (within, by, by_company, text) = (None, None, None, None::<MultiLine<_>>);
    let (comment, amount, dispute, date, address, topic) = (None, None, None, None, None, None);
    News { kind, about, title, within, by, by_company, text, comment, amount, dispute, date, address, topic, at }
}

/// Who gave a task to somebody: who did it, or who handed somebody's work over, which the outbox then does.
async fn giver(outbox: &Outbox, logged: &Cause) -> Result<Option<UserId>, Failed> {
    if !matches!(logged.event.actor, Actor::System(_)) {
        return Ok(staff(logged));
    }
    let cause =
        logged.event.request.split_once('/').and_then(|(user, sequence)| Some((user.parse::<UserId>().ok()?, sequence.parse().ok()?)));
    let Some((user, sequence)) = cause else { return Ok(None) };
    let causes = outbox.store.events(logged.firm, User::TYPE, &user.to_string(), sequence..=sequence).await?;
    Ok(causes.iter().flatten().find_map(staff))
}

/// Those of the firm who were there when it happened and are now, with their roles, but for who did it, and who may not see it.
async fn here(outbox: &Outbox, logged: &Cause, about: About) -> Result<Vec<(UserId, Role)>, Failed> {
    let (at, permission) = (logged.event.at, about.permission());
    let people = outbox.store.every::<User>(logged.firm, &ListScope::All).await?;
    let people = people.into_iter().filter(|user| user.content.status == Standing::Active && user.content.role.may(permission));
    let mut here = Vec::new();
    for user in people.filter(|user| user.created_at <= at && logged.event.actor != Actor::User(user.id)) {
        if user.updated_at <= at || was_here(outbox, logged, user.id, permission).await? {
            here.push((user.id, user.content.role));
        }
    }
    Ok(here)
}

/// Whether `user`, who was changed since, was there and had `permission` when it happened.
async fn was_here(outbox: &Outbox, logged: &Cause, user: UserId, permission: Permission) -> Result<bool, Failed> {
    let user = outbox.store.read(logged.firm).record(user).fetch().await?.record(user)?;
    let then = logged.at_its_time(outbox, &user).await?;
    Ok(then.is_some_and(|then| then.status == Standing::Active && then.role.may(permission)))
}

/// Those of who is `here` for whom `is_one` holds; owners, if none of them is here any more.
fn those_or_owners(here: &[(UserId, Role)], is_one: impl Fn(&UserId) -> bool) -> Vec<Recipient> {
    let those: Vec<_> = here.iter().filter(|(id, _)| is_one(id)).collect();
    let owners = || here.iter().filter(|(_, role)| *role == Role::Owner).collect();
    let to = if those.is_empty() { owners() } else { those };
    to.into_iter().map(|(id, _)| Recipient::Staff(*id)).collect()
}

/// Those of them who had a hand in the record, or have one of the roles.
async fn hands(outbox: &Outbox, logged: &Cause, about: About, whom: Whom) -> Result<Vec<Recipient>, Failed> {
    let roles = if let Whom::Hands(roles) = whom { roles } else { &[] };
    let had_hands = outbox.store.hands(logged.firm, &logged.kind, &logged.event.record, logged.event.sequence).await?;
    let here = here(outbox, logged, about).await?;
    let concerned = here.into_iter().filter(|(id, role)| had_hands.contains(id) || roles.contains(role));
    Ok(concerned.map(|(id, _)| Recipient::Staff(id)).collect())
}

/// Those of the firm who were at work on the project `then`, and are `now`; owners, if none of them is there any more.
async fn team(outbox: &Outbox, logged: &Cause, about: About, (then, now): (&Project, &Project)) -> Result<Vec<Recipient>, Failed> {
    let (then, now) = (then.team(), now.team());
    Ok(those_or_owners(&here(outbox, logged, about).await?, |id| then.contains(id) && now.contains(id)))
}

/// Those at `client` who had `right` when it happened, and still have.
async fn audience(outbox: &Outbox, logged: &Cause, client: ClientId, right: Right) -> Result<Vec<Recipient>, Failed> {
    let users = outbox.store.below::<PortalUser>(logged.firm, client).await?;
    let mut audience = Vec::new();
    for user in users.iter().filter(|user| has(user, right) && user.created_at <= logged.event.at) {
        let had = user.updated_at <= logged.event.at || had(outbox, logged, user.id, right).await?;
        if had && logged.event.actor != Actor::PortalUser(user.id) {
            audience.push(Recipient::Portal(user.id));
        }
    }
    Ok(audience)
}

/// Whether `user`, who was changed since, had `right` when it happened.
async fn had(outbox: &Outbox, logged: &Cause, user: PortalUserId, right: Right) -> Result<bool, Failed> {
    let user: Record<PortalUser> = outbox.store.read(logged.firm).record(user).fetch().await?.record(user)?;
    Ok(logged.at_its_time(outbox, &user).await?.is_some_and(|then| has(&then, right)))
}

fn has(user: &PortalUser, right: Right) -> bool {
    user.status == Standing::Active && user.rights.may(right)
}
