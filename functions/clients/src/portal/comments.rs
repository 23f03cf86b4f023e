//! `/api/clients/comments/`: what a client's people and the firm's say to each other about tasks.

use api::{
    Acts, Answer, App, Cx, ListQuery, Listed, Page, Party, Path, Problem, Routes, Staff, Valid, View, get, list_scope, may, post, right,
    routes,
};
use chrono::{DateTime, Utc};
use domain::{
    MultiLine, SingleLine,
    comment::{self, Author, Comment, Reading},
    ids::{ClientId, CommentId, ProjectId, TaskId, UserId},
};
use serde::{Deserialize, Serialize};
use store::{ListScope, Named};
use utoipa::{IntoParams, ToSchema};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(list_comments, create_comment)).routes(routes!(show_comment)).routes(routes!(mark_comment_read))
}

/// On which side somebody is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AuthorType {
    /// Of the firm.
    Staff,
    /// At the client.
    Client,
}

/// What somebody said about a task.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Comment)]
#[view(both = Comment, path = "/api/clients/comments/")]
struct CommentOut {
    id: CommentId,
    client: ClientId,
    project: ProjectId,
    task: TaskId,
    #[view((&it.author).into())]
    author_type: AuthorType,
    /// The id of a user or of a portal user.
    #[view(it.author.id())]
    author: String,
    author_name: SingleLine<200>,
    comment: MultiLine<5000>,
    /// Whether somebody of the firm has read it.
    #[view(it.read.is_some())]
    is_read_by_firm: bool,
    /// Who read it first.
    #[view(it.read.map(|reading| reading.by))]
    read_by: Option<UserId>,
    #[view(it.read.map(|reading| reading.at))]
    read_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<&Author> for AuthorType {
    fn from(author: &Author) -> Self {
        match author {
            Author::Staff(_) => Self::Staff,
            Author::Client(_) => Self::Client,
        }
    }
}

/// Which comments.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CommentFilter {
    /// Those about a task.
    task: Option<TaskId>,
    /// Those of a client; its own people see no others.
    client: Option<ClientId>,
}

/// Something to say about a task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"task": "task_01kanar9g00000000000000007", "comment": "Please update the deliverable."}))]
struct NewComment {
    task: Named<TaskId>,
    comment: MultiLine<5000>,
}

/// List comments.
///
/// Newest first. A client's people see those about their own tasks; about another client's there are none. 422 for a task
/// and a client at once; 404 for a client's people who ask for another client.
#[get("/api/clients/comments/", 200, 404)]
async fn list_comments(
    cx: Cx,
    party: Party<may::ReadWork, right::See>,
    query: ListQuery<CommentFilter>,
) -> Result<Answer<Page<CommentOut>>, Problem> {
    let CommentFilter { task, client } = query.filter;
    let scope = match (&party, task, client) {
        (Party::Portal(portal), _, Some(client)) if client != portal.client => return Err(Problem::not_found()),
        (_, Some(task), None) => ListScope::Filter(task.to_string()),
        (Party::Portal(portal), None, _) => ListScope::Parent(portal.client.into()),
        (Party::Staff(_), None, client) => list_scope(None, None, client.map(Into::into))?,
        (_, Some(_), Some(_)) => return Err(Problem::two_filters()),
    };
    let mut page = cx.store.list::<Comment>(party.caller().firm, &scope, &query.page).await?;
    // All of a task's comments are of one client; about another client's task there is nothing, as about none.
    if page.items.first().is_some_and(|comment| party.owns(comment.client).is_err()) {
        page = store::Page::empty();
    }
    cx.json(&query.page(&page, |comment| CommentOut::listed(comment, cx.now)))
}

/// Say something about a task.
///
/// The other side is notified: of what a client says the project's manager and members, of what the firm says those at the client who
/// may comment. What the firm says counts as read. 409 where the client is archived; 422 if there is no such
/// task, or it is archived; for a client's people another client's is none.
#[post("/api/clients/comments/", 201)]
async fn create_comment(
    cx: Cx,
    party: Party<may::WriteWork, right::Comment>,
    Valid(body): Valid<NewComment>,
) -> Result<Answer<CommentOut>, Problem> {
    let NewComment { task, comment } = body;
    let (user, portal_user) = match &party {
        Party::Staff(staff) => (Some(staff.user), None),
        Party::Portal(portal) => (None, Some(portal.user)),
    };
    let found = cx.read(&party).named(task).maybe(user).maybe(portal_user).fetch().await?;
    let mut change = cx.change(&party);
    // Another client's task is none, to them, be it archived or not.
    found.knows("task", task, |task| party.owns(task.client).is_ok())?;
    let task = change.depend(&found, "task", task)?;
    change.depend_on(task.client)?;
    let (author, author_name, read) = match &party {
        Party::Staff(staff) => {
            let reading = Reading { by: staff.user, at: cx.now };
            (Author::Staff(staff.user), found.record(staff.user)?.name.clone(), Some(reading))
        }
        Party::Portal(portal) => (Author::Client(portal.user), found.record(portal.user)?.name.clone(), None),
    };
    let comment = Comment { client: task.client, project: task.project, task: task.id, author, author_name, comment, read };
    let comment = change.create(cx.new_id(), comment, comment::Event::Created)?;
    cx.commit(change, cx.created(&comment)).await
}

/// Show a comment.
///
/// To the firm's people, and to those of its client, with who of the firm read it first. To look at it doesn't mark it as
/// read.
#[get("/api/clients/comments/{id}/")]
async fn show_comment(cx: Cx, party: Party<may::ReadWork, right::See>, Path(id): Path<CommentId>) -> Result<Answer<CommentOut>, Problem> {
    cx.ok(&party.own(cx.store.get(party.caller().firm, id).await?)?)
}

/// Say that the firm has read a comment.
///
/// Again: the same answer, and who read it first stays. What the firm said is read from the start. Nothing is refused, and
/// the client isn't told by mail.
#[post("/api/clients/comments/{id}/mark-read/")]
async fn mark_comment_read(cx: Cx, staff: Staff<may::WriteWork>, Path(id): Path<CommentId>) -> Result<Answer<CommentOut>, Problem> {
    let (mut change, comment) = cx.edit(&staff, id).await?;
    let Some(read) = comment.mark_read(staff.user, cx.now) else { return cx.ok(&comment) };
    let comment = change.update(&comment, read)?;
    cx.commit(change, cx.ok(&comment)).await
}
