//! `/api/projects/tasks/`

use api::{
    Answer, App, Body, Cx, Decimal, ListQuery, Listed, NoFilter, Page, Patch, Path, Problem, Routes, Set, Shape, Staff, Valid, View, get,
    list_scope, may, patch, post, routes,
};
use chrono::{DateTime, Utc};
use domain::{
    Date, MultiLine, Price, Quantity, Refusal, SingleLine, Time,
    ids::{ProjectId, TaskId, UserId},
    project::{Project, hours, sum},
    task::{self, Status, Task},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{ListScope, Named, Record, RunningTotals};
use utoipa::{IntoParams, ToSchema};
use wire::TaskView;

use crate::{manages_rates, other_person, person};

api::standard_handlers! {
    TaskId, TaskDetails, "/api/projects/tasks/{id}/":
    /// Archive a task.
    ///
    /// The time that was worked on it stays, and what was said of it; no more can be logged on it or said of it. 409 if it
    /// is archived already.
    archive_task: archive by Staff<may::WriteWork>;
    /// List what happened to a task.
    ///
    /// Newest first: by whom it was entered, changed, moved, archived or restored, and which fields that changed; comments
    /// and time are not among that. Network addresses are for owners and managers.
    list_task_history: history by Staff<may::ReadWork>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_tasks, create_task))
        .routes(routes!(show_task, update_task, archive_task))
        .routes(routes!(restore_task))
        .routes(routes!(move_task))
        .routes(routes!(list_task_history))
        .routes(routes!(list_open_tasks))
}

/// A task, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Task)]
pub(crate) struct TaskSummary {
    #[serde(flatten)]
    #[view(Listed::listed(it, now))]
    view: TaskView,
    /// Who does it.
    assignee: Option<UserId>,
    /// How many hours it should take.
    estimate_hours: Option<Quantity>,
    /// What an hour on it costs, whoever does it, in the project's currency.
    hourly_rate: Option<Price>,
}

/// A task, without what others logged on it.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(record = Task, path = "/api/projects/tasks/")]
struct TaskDetails {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: TaskSummary,
    description: Option<MultiLine<10000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

/// A task.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task)]
struct TaskOut {
    #[serde(flatten)]
    details: TaskDetails,
    /// The hours that were worked on it.
    logged_hours: Decimal,
}

impl TaskOut {
    fn new(record: &Record<Task>, totals: &RunningTotals, now: Time) -> Self {
        Self { details: TaskDetails::shape(record, now), logged_hours: Decimal::hours(hours(totals.get(sum::MINUTES))) }
    }

    /// 200 with `record`.
    fn answer(record: &Record<Task>, totals: &RunningTotals, now: Time) -> Result<Answer<Self>, Problem> {
        Ok(Answer::json(StatusCode::OK, &Self::new(record, totals, now))?.version(record.version))
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
    fn list_scope(&self) -> Result<ListScope, Problem> {
        match (self.assignee, list_scope(self.archived, None, self.project.map(Into::into))?) {
            (None, which) => Ok(which),
            (Some(user), ListScope::All) => Ok(ListScope::Filter(user.to_string())),
            (Some(_), _) => Err(Problem::two_filters()),
        }
    }
}

/// A new task on a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"project": "project_01kanar9g00000000000000007", "title": "Interview importers", "due_date": "2027-02-26", "estimate_hours": "16"}))]
struct NewTask {
    project: Named<ProjectId>,
    /// The client sees it.
    title: SingleLine<200>,
    /// The client sees it.
    description: Option<MultiLine<10000>>,
    /// Who does it.
    assignee: Option<Named<UserId>>,
    due_date: Option<Date>,
    /// How many hours it should take.
    estimate_hours: Option<Quantity>,
    /// Its place among the tasks of its status: the lowest comes first, and of the same the one that was made first.
    /// Default: after those that are there.
    #[serde(default, deserialize_with = "api::whole")]
    #[schema(minimum = -2_147_483_648, maximum = 2_147_483_647)]
    position: Option<i32>,
    /// What an hour on it costs, whoever does it, in the project's currency. Only by who manages work.
    hourly_rate: Option<Price>,
}

impl NewTask {
    fn task(self, project: &Record<Project>, assignee: Option<UserId>, now: Time) -> Result<Task, Refusal> {
        let Self { project: _, title, description, assignee: _, due_date, estimate_hours, position, hourly_rate } = self;
        project.open()?;
        let (client, currency, status) = (project.client, project.currency, Status::Todo);
        let (project, position) = (project.id, position.unwrap_or_else(|| task::last_place(now)));
        Task { project, client, title, description, status, assignee, due_date, estimate_hours, position, hourly_rate, currency }.checked()
    }
}

/// Changes to a task: what is absent stays, what is null is cleared.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"due_date": "2027-03-05", "assignee": null}))]
#[body(patch = Task, given(assignee_id: Patch<UserId>), keep(project, client, currency, status, position))]
struct TaskPatch {
    title: Set<SingleLine<200>>,
    description: Patch<MultiLine<10000>>,
    #[body(assignee_id.over(before.assignee))]
    assignee: Patch<Named<UserId>>,
    due_date: Patch<Date>,
    estimate_hours: Patch<Quantity>,
    /// Only by who manages work. Time that was logged keeps its rate.
    hourly_rate: Patch<Price>,
}

/// Where a task goes on to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "in_progress"}))]
struct MoveTask {
    to: Status,
    /// Its place there: the lowest comes first, and of the same the one that was made first. Default: the one that it has.
    #[serde(default, deserialize_with = "api::whole")]
    #[schema(minimum = -2_147_483_648, maximum = 2_147_483_647)]
    position: Option<i32>,
}

/// List tasks.
///
/// Newest first, whatever their places, without descriptions, and without those that are archived, which `archived=true`
/// lists. By project, by assignee or archived: 422 for two at once.
#[get("/api/projects/tasks/")]
async fn list_tasks(cx: Cx, staff: Staff<may::ReadWork>, query: ListQuery<TaskFilter>) -> Result<Answer<Page<TaskSummary>>, Problem> {
    cx.list(&staff, query.filter.list_scope()?, &query).await
}

/// List what somebody has still to do.
///
/// The tasks that are theirs and not done, the one that is due last first, or with `ordering=created` the one that is due next; what
/// is due on no day comes after all others. What is given to them is in it a second later. There is no filter: 400.
#[get("/api/projects/users/{id}/open-tasks/")]
async fn list_open_tasks(
    cx: Cx,
    staff: Staff<may::ReadWork>,
    Path(id): Path<UserId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer<Page<TaskSummary>>, Problem> {
    cx.list_within(&staff, ListScope::Person(id.into()), id, &query).await
}

/// Enter a task on a project.
///
/// It begins at `todo`, and comes last unless `position` says otherwise; whoever does it gets no mail. 403 for a rate
/// without `work.manage`; 409 if the project is completed or cancelled; 422 if there is no such project, or it is archived;
/// if there is no such assignee, or they are deactivated; if the rate is no amount in the project's currency.
#[post("/api/projects/tasks/", 201)]
async fn create_task(cx: Cx, staff: Staff<may::WriteWork>, Valid(body): Valid<NewTask>) -> Result<Answer<TaskOut>, Problem> {
    manages_rates(&staff, body.hourly_rate.is_none())?;
    let found = cx.read(&staff).named(body.project).named(body.assignee).fetch().await?;
    let mut change = cx.change(&staff);
    let project = change.depend(&found, "project", body.project)?;
    let assignee = body.assignee.map(|named| person(&mut change, &found, "assignee", named)).transpose()?;
    let task = change.create(cx.new_id(), body.task(&project, assignee, cx.now)?, task::Event::Created)?;
    let answer = cx.made::<TaskDetails, _>(task.id, &TaskOut::new(&task, &RunningTotals::default(), cx.now))?;
    cx.commit(change, Ok(answer.version(task.version))).await
}

/// Show a task, and how long was worked on it.
///
/// What is logged is in its hours a second later. An archived one is shown too.
#[get("/api/projects/tasks/{id}/")]
async fn show_task(cx: Cx, staff: Staff<may::ReadWork>, Path(id): Path<TaskId>) -> Result<Answer<TaskOut>, Problem> {
    let (task, totals) = cx.store.get_with_totals(staff.firm, id).await?;
    TaskOut::answer(&task, &totals, cx.now)
}

/// Change a task.
///
/// At any status, and also once its project is over; `move/` changes status and place. Time that was logged keeps its rate.
/// 403 for another rate without `work.manage`. 409 if it is archived; 422 if there is no such assignee, or they are
/// deactivated; if the rate is no amount in the project's currency.
#[patch("/api/projects/tasks/{id}/")]
async fn update_task(
    cx: Cx,
    staff: Staff<may::WriteWork>,
    Path(id): Path<TaskId>,
    Valid(body): Valid<TaskPatch>,
) -> Result<Answer<TaskOut>, Problem> {
    let found = cx.read(&staff).record(id).running_totals(id).named(body.assignee.over(None)).fetch().await?;
    let (before, mut change) = (cx.target(&found, id)?, cx.change(&staff));
    let assignee = body.assignee.try_map(|named| other_person(&mut change, &found, "assignee", named, before.assignee))?;
    let edited = body.over(before.content.clone(), assignee)?;
    manages_rates(&staff, edited.hourly_rate == before.hourly_rate)?;
    let task = change.update(&before, before.edit(edited)?)?;
    cx.commit(change, TaskOut::answer(&task, &found.running_totals(id), cx.now)).await
}

/// Take a task out of the archive.
///
/// Time can be logged on it again, and comments made. One that isn't archived is shown as it is.
#[post("/api/projects/tasks/{id}/restore/")]
async fn restore_task(cx: Cx, staff: Staff<may::WriteWork>, Path(id): Path<TaskId>) -> Result<Answer<TaskOut>, Problem> {
    let found = cx.read(&staff).record(id).running_totals(id).fetch().await?;
    let before = found.record(id)?;
    let answer = |task: &Record<Task>| TaskOut::answer(task, &found.running_totals(id), cx.now);
    let Some((change, task)) = cx.restored(&staff, &before)? else { return answer(&before) };
    cx.commit(change, answer(&task)).await
}

/// Move a task to another status, or another place.
///
/// Any status can follow any other; nobody gets a mail. 409 if it is there already, at that place, and if it is archived.
#[post("/api/projects/tasks/{id}/move/")]
async fn move_task(
    cx: Cx,
    staff: Staff<may::WriteWork>,
    Path(id): Path<TaskId>,
    Valid(body): Valid<MoveTask>,
) -> Result<Answer<TaskOut>, Problem> {
    let found = cx.read(&staff).record(id).running_totals(id).fetch().await?;
    let before = cx.target(&found, id)?;
    let mut change = cx.change(&staff);
    let task = change.update(&before, before.move_to(body.to, body.position)?)?;
    cx.commit(change, TaskOut::answer(&task, &found.running_totals(id), cx.now)).await
}
