//! `/api/projects/tasks/`

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Page, PageParams, Patch, Path, Problem, Routes, Set, Shape, Staff, Valid, may, routes,
    shapes::TaskView, which,
};
use chrono::{DateTime, Utc};
use domain::{
    Date, Money, MultiLine, Price, Quantity, SingleLine, Time,
    project::{Project, ProjectId, hours, sum},
    task::{self, Status, Task, TaskId},
    user::UserId,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{ListScope, Record, RunningTotals};
use utoipa::{IntoParams, ToSchema};

use crate::person;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_tasks, create_task))
        .routes(routes!(show_task, update_task, archive_task))
        .routes(routes!(move_task))
        .routes(routes!(list_task_history))
}

/// A task, in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskSummary {
    #[serde(flatten)]
    view: TaskView,
    /// Who does it.
    assignee: Option<UserId>,
    /// How many hours it should take.
    estimate_hours: Option<Quantity>,
    /// What an hour on it costs, whoever does it, in the project's currency.
    hourly_rate: Option<Price>,
}

/// A task.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task)]
struct TaskOut {
    #[serde(flatten)]
    summary: TaskSummary,
    description: Option<MultiLine<10000>>,
    /// The hours that were worked on it: a decimal.
    logged_hours: String,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

impl Shape for TaskSummary {
    type Of = Task;
    const PATH: &'static str = "/api/projects/tasks/";

    fn shape(record: &Record<Task>, _: Time) -> Self {
        let Task { assignee, estimate_hours, hourly_rate, .. } = record.content;
        Self { view: record.into(), assignee, estimate_hours, hourly_rate }
    }
}

impl TaskOut {
    fn new(record: &Record<Task>, totals: &RunningTotals, now: Time) -> Self {
        Self {
            summary: TaskSummary::shape(record, now),
            description: record.description.clone(),
            logged_hours: format!("{:.2}", hours(totals.get(sum::MINUTES))),
            archived_at: record.archived_at,
        }
    }

    /// 200 with `record`.
    fn answer(record: &Record<Task>, totals: &RunningTotals, now: Time) -> Result<Answer, Problem> {
        Ok(Answer::json(StatusCode::OK, &Self::new(record, &totals, now))?.version(record.version))
    }
}

/// Which tasks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct TaskFilter {
    /// Those of a project.
    project: Option<ProjectId>,
    /// Those that somebody does.
    assignee: Option<UserId>,
    /// Those that were archived.
    archived: Option<bool>,
}

impl TaskFilter {
    fn which(&self) -> Result<ListScope, Problem> {
        match (self.assignee, which(self.archived, None, self.project.map(Into::into))?) {
            (None, which) => Ok(which),
            (Some(user), ListScope::All) => Ok(ListScope::Filter(user.to_string())),
            (Some(_), _) => Err(Problem::malformed("query", "Filter by one thing at a time.")),
        }
    }
}

/// A new task on a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"project": "project_01kanar9g00000000000000007", "title": "Interview importers", "due_date": "2027-02-26", "estimate_hours": "16"}))]
struct NewTask {
    project: ProjectId,
    /// The client sees it.
    title: SingleLine<200>,
    /// The client sees it.
    description: Option<MultiLine<10000>>,
    /// Who does it.
    assignee: Option<UserId>,
    due_date: Option<Date>,
    /// How many hours it should take.
    estimate_hours: Option<Quantity>,
    /// Its place among the tasks of its status: the lowest comes first. Default: after those that are there.
    position: Option<i32>,
    /// What an hour on it costs, whoever does it, in the project's currency.
    hourly_rate: Option<Price>,
}

impl NewTask {
    fn task(self, project: &Project, now: Time) -> Result<Task, Problem> {
        let Self { project: id, title, description, assignee, due_date, estimate_hours, position, hourly_rate } = self;
        project.open()?;
        hourly_rate.map(|rate| Money::new("hourly_rate", rate, project.currency)).transpose()?;
        let (client, status, position) = (project.client, Status::Todo, position.unwrap_or_else(|| task::last_place(now)));
        Ok(Task { project: id, client, title, description, status, assignee, due_date, estimate_hours, position, hourly_rate })
    }
}

/// Changes to a task: what is absent stays, what is null is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"due_date": "2027-03-05", "assignee": null}))]
struct TaskPatch {
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    title: Set<SingleLine<200>>,
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<10000>>)]
    description: Patch<MultiLine<10000>>,
    #[serde(default)]
    #[schema(value_type = Option<UserId>)]
    assignee: Patch<UserId>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    due_date: Patch<Date>,
    #[serde(default)]
    #[schema(value_type = Option<Quantity>)]
    estimate_hours: Patch<Quantity>,
    /// Time that was logged keeps its rate.
    #[serde(default)]
    #[schema(value_type = Option<Price>)]
    hourly_rate: Patch<Price>,
}

impl TaskPatch {
    fn over(self, before: Task) -> Task {
        let Self { title, description, assignee, due_date, estimate_hours, hourly_rate } = self;
        Task {
            title: title.over(before.title),
            description: description.over(before.description),
            assignee: assignee.over(before.assignee),
            due_date: due_date.over(before.due_date),
            estimate_hours: estimate_hours.over(before.estimate_hours),
            hourly_rate: hourly_rate.over(before.hourly_rate),
            ..before
        }
    }
}

/// Where a task goes on to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "in_progress"}))]
struct MoveTask {
    to: Status,
    /// Its place there: the lowest comes first. Default: the one that it has.
    position: Option<i32>,
}

/// List tasks.
#[utoipa::path(get, path = "/api/projects/tasks/", tag = "tasks", params(TaskFilter, PageParams), security(("staff" = ["work.read"])),
    responses((status = 200, description = "A page of tasks", body = Page<TaskSummary>)))]
async fn list_tasks(cx: Cx, staff: Staff<may::ReadWork>, query: ListQuery<TaskFilter>) -> Result<Answer, Problem> {
    cx.list::<TaskSummary, _>(&staff, query.filter.which()?, &query).await
}

/// Enter a task on a project.
#[utoipa::path(post, path = "/api/projects/tasks/", tag = "tasks", request_body = NewTask, security(("staff" = ["work.write"])),
    responses((status = 201, description = "The task", body = TaskOut)))]
async fn create_task(cx: Cx, staff: Staff<may::WriteWork>, Valid(body): Valid<NewTask>) -> Result<Answer, Problem> {
    let found = cx.read(&staff).record(body.project).maybe(body.assignee).fetch().await?;
    let project = found.named("project", body.project)?;
    person(&found, "assignee", body.assignee)?;
    let mut change = cx.change(&staff);
    let task = change.create(cx.new_id(), body.task(&project, cx.now)?, task::event::CREATED)?;
    let answer = cx.made::<TaskSummary>(task.id, &TaskOut::new(&task, &RunningTotals::default(), cx.now))?;
    cx.commit(change, Ok(answer.version(task.version))).await
}

/// Show a task, and how long was worked on it.
#[utoipa::path(get, path = "/api/projects/tasks/{id}/", tag = "tasks", params(("id" = TaskId, Path)), security(("staff" = ["work.read"])),
    responses((status = 200, description = "The task", body = TaskOut)))]
async fn show_task(cx: Cx, staff: Staff<may::ReadWork>, Path(id): Path<TaskId>) -> Result<Answer, Problem> {
    let (task, totals) = cx.store.get_with_totals(staff.firm, id).await?;
    TaskOut::answer(&task, &totals, cx.now)
}

/// Change a task.
#[utoipa::path(patch, path = "/api/projects/tasks/{id}/", tag = "tasks", params(("id" = TaskId, Path)), request_body = TaskPatch,
    security(("staff" = ["work.write"])), responses((status = 200, description = "The task", body = TaskOut)))]
async fn update_task(
    cx: Cx,
    staff: Staff<may::WriteWork>,
    Path(id): Path<TaskId>,
    Valid(body): Valid<TaskPatch>,
) -> Result<Answer, Problem> {
    let assignee = body.assignee.clone().over(None);
    let found = cx.read(&staff).record(id).running_totals(id).maybe(assignee).fetch().await?;
    let before = cx.target(&found, id)?;
    person(&found, "assignee", assignee)?;
    let mut change = cx.change(&staff);
    let task = change.update(&before, before.edit(body.over(before.content.clone()))?)?;
    cx.commit(change, TaskOut::answer(&task, &found.running_totals(id), cx.now)).await
}

/// Archive a task. The time that was worked on it stays.
#[utoipa::path(delete, path = "/api/projects/tasks/{id}/", tag = "tasks", params(("id" = TaskId, Path)),
    security(("staff" = ["work.write"])), responses((status = 204, description = "It is archived")))]
async fn archive_task(cx: Cx, staff: Staff<may::WriteWork>, Path(id): Path<TaskId>) -> Result<Answer, Problem> {
    let (mut change, task) = cx.edit(&staff, id).await?;
    change.remove(&task, task.archive()?)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Move a task to another status, or another place.
#[utoipa::path(post, path = "/api/projects/tasks/{id}/move/", tag = "tasks", params(("id" = TaskId, Path)), request_body = MoveTask,
    security(("staff" = ["work.write"])), responses((status = 200, description = "The task", body = TaskOut)))]
async fn move_task(cx: Cx, staff: Staff<may::WriteWork>, Path(id): Path<TaskId>, Valid(body): Valid<MoveTask>) -> Result<Answer, Problem> {
    let found = cx.read(&staff).record(id).running_totals(id).fetch().await?;
    let before = cx.target(&found, id)?;
    let mut change = cx.change(&staff);
    let task = change.update(&before, before.move_to(body.to, body.position)?)?;
    cx.commit(change, TaskOut::answer(&task, &found.running_totals(id), cx.now)).await
}

/// List what happened to a task.
#[utoipa::path(get, path = "/api/projects/tasks/{id}/history/", tag = "tasks", params(("id" = TaskId, Path), PageParams),
    security(("staff" = ["work.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_task_history(
    cx: Cx,
    staff: Staff<may::ReadWork>,
    Path(id): Path<TaskId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}
