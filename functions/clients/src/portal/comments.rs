//! `/api/clients/comments/`: what a client's people and the firm's say to each other about tasks.

use api::{
    Acts, Answer, App, Cx, ListQuery, Page, PageParams, Party, Path, Problem, Routes, Shape, Staff, Valid, may, right, routes, which,
};
use chrono::{DateTime, Utc};
use domain::{
    MultiLine, SingleLine, Time,
    client::{ClientId, OfClient},
    comment::{self, Author, Comment, CommentId, Reading},
    project::ProjectId,
    task::TaskId,
    user::UserId,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{ListScope, Record};
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comment)]
struct CommentOut {
    id: CommentId,
    client: ClientId,
    project: ProjectId,
    task: TaskId,
    author_type: AuthorType,
    /// The id of a user or of a portal user.
    author: String,
    author_name: SingleLine<200>,
    comment: MultiLine<5000>,
    /// Whether somebody of the firm has read it.
    is_read_by_firm: bool,
    /// Who read it first.
    read_by: Option<UserId>,
    read_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Shape for CommentOut {
    type Of = Comment;
    const PATH: &'static str = "/api/clients/comments/";

    fn shape(record: &Record<Comment>, _: Time) -> Self {
        let Comment { client, project, task, author, author_name, comment, read } = record.content.clone();
        let (author_type, author) = match author {
            Author::Staff(user) => (AuthorType::Staff, user.to_string()),
            Author::Client(user) => (AuthorType::Client, user.to_string()),
        };
        let (read_by, read_at) = read.map(|Reading { by, at }| (by, at)).unzip();
        Self {
            id: record.id,
            client,
            project,
            task,
            author_type,
            author,
            author_name,
            comment,
            is_read_by_firm: read.is_some(),
            read_by,
            read_at,
            created_at: record.created_at,
            updated_at: record.updated_at,
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
    task: TaskId,
    comment: MultiLine<5000>,
}

/// List comments.
#[utoipa::path(get, path = "/api/clients/comments/", tag = "comments", params(CommentFilter, PageParams),
    security(("staff" = ["work.read"]), ("portal" = ["see"])),
    responses((status = 200, description = "A page of comments", body = Page<CommentOut>)))]
async fn list_comments(cx: Cx, party: Party<may::ReadWork, right::See>, query: ListQuery<CommentFilter>) -> Result<Answer, Problem> {
    let CommentFilter { task, client } = query.filter;
    let which = match (&party, task, client) {
        (Party::Portal(portal), _, Some(client)) if client != portal.client => return Err(Problem::not_found()),
        (_, Some(task), None) => ListScope::Filter(task.to_string()),
        (Party::Portal(portal), None, _) => ListScope::Parent(portal.client.into()),
        (Party::Staff(_), None, client) => which(None, None, client.map(Into::into))?,
        (_, Some(_), Some(_)) => return Err(Problem::malformed("query", "Filter by one thing at a time.")),
    };
    let page = cx.store.list::<Comment>(party.caller().firm, &which, &query.page).await?;
    // All of a task's comments are of one client.
    page.items.first().cloned().map(|comment| party.own(comment)).transpose()?;
    Answer::json(StatusCode::OK, &query.page(&page, |comment| CommentOut::shape(comment, cx.now)))
}

/// Say something about a task. The other side is told by mail.
#[utoipa::path(post, path = "/api/clients/comments/", tag = "comments", request_body = NewComment,
    security(("staff" = ["work.write"]), ("portal" = ["comment"])),
    responses((status = 201, description = "The comment", body = CommentOut)))]
async fn create_comment(cx: Cx, party: Party<may::WriteWork, right::Comment>, Valid(body): Valid<NewComment>) -> Result<Answer, Problem> {
    let NewComment { task: id, comment } = body;
    let (user, portal_user) = match &party {
        Party::Staff(staff) => (Some(staff.user), None),
        Party::Portal(portal) => (None, Some(portal.user)),
    };
    let found = cx.read(&party).record(id).maybe(user).maybe(portal_user).fetch().await?;
    let task = found.named("task", id)?;
    let (author, author_name, read) = match &party {
        Party::Staff(staff) => {
            let reading = Reading { by: staff.user, at: cx.now };
            (Author::Staff(staff.user), found.record(staff.user)?.name.clone(), Some(reading))
        }
        // Another client's task is none, to them.
        Party::Portal(portal) if task.client() != portal.client => {
            return Err(store::Error::NoSuch { field: "task", kind: "task" }.into());
        }
        Party::Portal(portal) => (Author::Client(portal.user), found.record(portal.user)?.name.clone(), None),
    };
    let comment = Comment { client: task.client, project: task.project, task: id, author, author_name, comment, read };
    let mut change = cx.change(&party);
    let comment = change.create(cx.new_id(), comment, comment::event::CREATED)?;
    cx.commit(change, cx.created::<CommentOut>(&comment)).await
}

/// Show a comment.
#[utoipa::path(get, path = "/api/clients/comments/{id}/", tag = "comments", params(("id" = CommentId, Path)),
    security(("staff" = ["work.read"]), ("portal" = ["see"])), responses((status = 200, description = "The comment", body = CommentOut)))]
async fn show_comment(cx: Cx, party: Party<may::ReadWork, right::See>, Path(id): Path<CommentId>) -> Result<Answer, Problem> {
    cx.ok::<CommentOut>(&party.own(cx.store.get(party.caller().firm, id).await?)?)
}

/// Say that the firm has read a comment. Again: the same answer, and who read it first stays.
#[utoipa::path(post, path = "/api/clients/comments/{id}/mark-read/", tag = "comments", params(("id" = CommentId, Path)),
    security(("staff" = ["work.write"])), responses((status = 200, description = "The comment, read", body = CommentOut)))]
async fn mark_comment_read(cx: Cx, staff: Staff<may::WriteWork>, Path(id): Path<CommentId>) -> Result<Answer, Problem> {
    let (mut change, comment) = cx.edit(&staff, id).await?;
    let Some(read) = comment.mark_read(staff.user, cx.now) else { return cx.ok::<CommentOut>(&comment) };
    let comment = change.update(&comment, read)?;
    cx.commit(change, cx.ok::<CommentOut>(&comment)).await
}
