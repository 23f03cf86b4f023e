//! Who is told that somebody said something about a task: of a client's comment the project's team, of the firm's the
//! client's people who may comment; each of those who were that when it was written and still are. Each mail is an effect of
//! its own: an address that is refused keeps it from nobody else.

use domain::{
    Email, Language, SingleLine,
    comment::{Author, Comment},
    contact::Contact,
    firm::Firm,
    ids::{PortalUserId, UserId},
    invitation::Standing,
    portal_user::PortalUser,
    project::Project,
    task::Task,
    user::User,
};
use mail::{CommentMail, Envelope, Link, Person, Reference, Sender};
use store::{Error, Record};

use crate::{Cause, EffectKind, Failed, Outbox, Outcome, cause::ERASED, mails::to_be_sent};

/// What a comment is told with: the task and its project as they were called then.
struct Talk {
    comment: Record<Comment>,
    task: Task,
    project: Project,
    firm: Record<Firm>,
}

/// Whoever is to be told of a comment.
struct Addressee {
    id: String,
    name: SingleLine<200>,
    email: Email,
    /// Theirs, or their client's, if one is known.
    language: Option<Language>,
}

/// It was written: a mail to each of the other side.
pub(crate) async fn created(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let id = logged.id::<Comment>()?;
    let comment = outbox.store.read(logged.firm).record(id).fetch().await?.record(id)?;
    let read = outbox.store.read(logged.firm).record(logged.firm).record(comment.task).record(comment.project);
    let found = read.record(comment.client).fetch().await?;
    let Contact { company_name: client, language, .. } = found.record(comment.client)?.content.contact;
    let (task, project, firm) = (found.record(comment.task)?, found.record(comment.project)?, found.record(logged.firm)?);
    let (task, then) = (logged.at_its_time(outbox, &task).await?, logged.at_its_time(outbox, &project).await?);
    let (Some(task), Some(then)) = (task, then) else { return Err(Failed::Never(ERASED)) };
    let talk = Talk { comment, task, project: then, firm };
    let read = outbox.store.read(logged.firm);
    let (said, from, addressees, link) = match talk.comment.author {
        Author::Client(author) => {
            let author = read.record(author).fetch().await?.maybe(author)?;
            let from = author.map(|user| Person { name: user.name.clone(), email: user.email.clone() });
            let said = mail::Author::Client { name: &talk.comment.author_name, client: &client };
            let link = Link::task(&outbox.web_origin, talk.comment.project, talk.comment.task);
            (said, from, team(outbox, logged, &talk.project, &project).await?, link)
        }
        Author::Staff(author) => {
            let author = read.record(author).fetch().await?.maybe(author)?;
            let from = author.map(|user| Person { name: user.name.clone(), email: user.email.clone() });
            let said = mail::Author::Staff { name: &talk.comment.author_name };
            let link = Link::portal_project(&outbox.web_origin, talk.comment.project);
            (said, from, audience(outbox, logged, &talk.comment, language).await?, link)
        }
    };
    let mut all = Ok(());
    for to in addressees {
        let mail = async || talk.mail(logged, &to, from.clone(), said, &link);
        all = outbox.run_effect(logged, EffectKind::Mail.about(&to.id), mail).await.and(all);
    }
    all
}

impl Talk {
    fn mail(&self, logged: &Cause, to: &Addressee, from: Option<Person>, author: mail::Author<'_>, link: &Link) -> Result<Outcome, Failed> {
        self.firm.confirmed().map_err(Error::from)?;
        let envelope = Envelope {
            to: to.email.clone(),
            to_name: Some(to.name.clone()),
            language: to.language.unwrap_or(self.firm.language),
            cc: Vec::new(),
            from: Sender::Firm(self.firm.name.clone()),
            reply_to: from,
            reference: Reference::new(&logged.event.record, logged.event.sequence),
        };
        let mail =
            CommentMail { envelope, author, task: &self.task.title, project: &self.project.name, comment: &self.comment.comment, link };
        to_be_sent(&to.email, mail.message())
    }
}

/// Those of the firm who were at work on the project `then`, and are `now`, and still with the firm.
async fn team(outbox: &Outbox, logged: &Cause, then: &Project, now: &Project) -> Result<Vec<Addressee>, Failed> {
    let (then, mut team): (Vec<UserId>, _) = (then.team(), now.team());
    team.retain(|user| then.contains(user));
    let read = team.iter().fold(outbox.store.read(logged.firm), |read, user| read.record(*user));
    let found = read.fetch().await?;
    let users = team.into_iter().map(|user| found.maybe(user)).collect::<Result<Vec<Option<Record<User>>>, _>>()?;
    let here = users.into_iter().flatten().filter(|user| user.status == Standing::Active);
    Ok(here
        .map(|user| Addressee { id: user.id.to_string(), name: user.name.clone(), email: user.email.clone(), language: user.language })
        .collect())
}

/// Those at the comment's client who could comment themselves, and still can.
async fn audience(outbox: &Outbox, logged: &Cause, comment: &Comment, of_client: Option<Language>) -> Result<Vec<Addressee>, Failed> {
    let users = outbox.store.below::<PortalUser>(logged.firm, comment.client).await?;
    let mut audience = Vec::new();
    for user in users.iter().filter(|user| may_comment(user) && user.created_at <= logged.event.at) {
        let could = user.updated_at <= logged.event.at || could_comment(outbox, logged, user.id).await?;
        if could {
            let (name, email, language) = (user.name.clone(), user.email.clone(), user.language.or(of_client));
            audience.push(Addressee { id: user.id.to_string(), name, email, language });
        }
    }
    Ok(audience)
}

/// Whether `user` could comment when the comment was written, somebody who was changed since.
async fn could_comment(outbox: &Outbox, logged: &Cause, user: PortalUserId) -> Result<bool, Failed> {
    let user = outbox.store.read(logged.firm).record(user).fetch().await?.record(user)?;
    Ok(logged.at_its_time(outbox, &user).await?.is_some_and(|then| may_comment(&then)))
}

fn may_comment(user: &PortalUser) -> bool {
    user.status == Standing::Active && user.rights.comment
}
