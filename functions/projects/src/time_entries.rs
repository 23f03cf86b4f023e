//! `/api/projects/time-entries/`. What is logged is summed up beside its project and its task in the same transaction.

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Page, PageParams, Patch, Path, Problem, Routes, Set, Staff, Valid, may, routes, which,
};
use domain::{
    Date, Money, MultiLine, Price, Quantity, Refusal, Time,
    access::Permission,
    firm::Firm,
    project::{Project, ProjectId},
    task::{Task, TaskId},
    time_entry::{self, Status, TimeEntry, TimeEntryId},
    user::UserId,
};
use serde::Deserialize;
use store::Found;
use utoipa::{IntoParams, ToSchema};

use crate::time_entry_shape::TimeEntryOut;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_time_entries, create_time_entry))
        .routes(routes!(show_time_entry, update_time_entry, delete_time_entry))
        .routes(routes!(submit_time_entry))
        .routes(routes!(approve_time_entry))
        .routes(routes!(reject_time_entry))
        .routes(routes!(reverse_time_entry))
        .routes(routes!(list_time_entry_history))
}

/// Which time entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct TimeEntryFilter {
    /// Those of a project.
    project: Option<ProjectId>,
    /// Those at a status.
    status: Option<Status>,
}

/// Time that was worked on a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"project": "project_01kanar9g00000000000000007", "hours": "2.5", "description": "Interviews with importers"}))]
struct NewTimeEntry {
    project: ProjectId,
    /// One of the project's.
    task: Option<TaskId>,
    /// Who worked; somebody else only by who manages work. Default: who logs it.
    user: Option<UserId>,
    /// More than none, and at most 24; kept to the minute.
    hours: Quantity,
    /// Not in the future, and not more than three years back. Default: today.
    date: Option<Date>,
    /// Default: the task's, the person's, the project's or the firm's on that day.
    hourly_rate: Option<Price>,
    /// Whether the client pays for it. Default: yes.
    billable: Option<bool>,
    /// The client reads it on the invoice.
    description: Option<MultiLine<2000>>,
}

impl NewTimeEntry {
    /// The entry of what `user` worked.
    fn entry(self, user: UserId, project: &Project, task: Option<&Task>, firm: &Firm, now: Time) -> Result<TimeEntry, Refusal> {
        let Self { project: id, task: task_id, user: _, hours, date, hourly_rate, billable, description } = self;
        project.takes_time()?;
        let date = time_entry::day(date.unwrap_or(firm.time_zone.day(now)), now)?;
        let firms = || firm.hourly_rates.on(date).filter(|_| firm.currency == project.currency);
        let rate = hourly_rate.or(task.and_then(|task| task.hourly_rate)).or_else(|| project.rate(user, date)).or_else(firms);
        TimeEntry {
            project: id,
            client: project.client,
            task: task_id,
            user,
            date,
            minutes: time_entry::minutes(hours)?,
            rounding: project.rounding,
            billable: billable.unwrap_or(true),
            hourly_rate: rate.map(|rate| Money::new("hourly_rate", rate, project.currency)).transpose()?,
            billed_amount: Money::zero(project.currency),
            description,
            needs_approval: project.requires_approval,
            progress: Status::Open,
            rejection: None,
            invoice: None,
            reverses: None,
            reversed_by: None,
        }
        .priced(project.currency)
    }
}

/// Changes to a time entry: what is absent stays, what is null is cleared. Its rate stays too, unless another is said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"hours": "3", "description": "Interviews, and notes of them"}))]
struct TimeEntryPatch {
    #[serde(default)]
    #[schema(value_type = Option<TaskId>)]
    task: Patch<TaskId>,
    #[serde(default)]
    #[schema(value_type = Option<Quantity>, nullable = false)]
    hours: Set<Quantity>,
    #[serde(default)]
    #[schema(value_type = Option<Date>, nullable = false)]
    date: Set<Date>,
    #[serde(default)]
    #[schema(value_type = Option<Price>, nullable = false)]
    hourly_rate: Set<Price>,
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false)]
    billable: Set<bool>,
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<2000>>)]
    description: Patch<MultiLine<2000>>,
}

impl TimeEntryPatch {
    fn over(self, before: TimeEntry, now: Time) -> Result<TimeEntry, Refusal> {
        let Self { task, hours, date, hourly_rate, billable, description } = self;
        let rate = hourly_rate.value().map(|rate| Money::new("hourly_rate", rate, before.currency())).transpose()?;
        Ok(TimeEntry {
            task: task.over(before.task),
            minutes: hours.value().map_or(Ok(before.minutes), time_entry::minutes)?,
            date: date.value().map_or(Ok(before.date), |date| time_entry::day(date, now))?,
            hourly_rate: rate.or(before.hourly_rate),
            billable: billable.over(before.billable),
            description: description.over(before.description),
            ..before
        })
    }
}

/// Why time is handed back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "ListScope interviews were these?"}))]
struct RejectTimeEntry {
    reason: MultiLine<1000>,
}

/// List time entries.
#[utoipa::path(get, path = "/api/projects/time-entries/", tag = "time entries", params(TimeEntryFilter, PageParams),
    security(("staff" = ["work.read"])), responses((status = 200, description = "A page of time entries", body = Page<TimeEntryOut>)))]
async fn list_time_entries(cx: Cx, staff: Staff<may::ReadWork>, query: ListQuery<TimeEntryFilter>) -> Result<Answer, Problem> {
    let TimeEntryFilter { project, status } = query.filter;
    let which = which(None, status.map(Status::as_str), project.map(Into::into))?;
    cx.list::<TimeEntryOut, _>(&staff, which, &query).await
}

/// Log time on a project. Its rate is copied now: that of the body, the task, the person on the project, the project or
/// the firm, whichever comes first, on the day that was worked.
#[utoipa::path(post, path = "/api/projects/time-entries/", tag = "time entries", request_body = NewTimeEntry,
    security(("staff" = ["work.write"])), responses((status = 201, description = "The time entry", body = TimeEntryOut)))]
async fn create_time_entry(cx: Cx, staff: Staff<may::WriteWork>, Valid(body): Valid<NewTimeEntry>) -> Result<Answer, Problem> {
    let user = body.user.unwrap_or(staff.user);
    manages_or(&staff, user == staff.user)?;
    let read = cx.read(&staff).record(body.project).maybe(body.task).maybe(body.user).record(staff.firm);
    let found = read.fetch().await?;
    let project = found.named("project", body.project)?;
    let task = task_of(&found, body.task, body.project)?;
    body.user.map(|user| found.named("user", user)).transpose()?;
    let entry = body.entry(user, &project, task.as_ref(), &*found.record(staff.firm)?, cx.now)?;
    let mut change = cx.change(&staff);
    let entry = change.create(cx.new_id(), entry, time_entry::event::CREATED)?;
    change.add_time_to_totals(None, Some(&entry));
    cx.commit(change, cx.created::<TimeEntryOut>(&entry)).await
}

/// Show a time entry.
#[utoipa::path(get, path = "/api/projects/time-entries/{id}/", tag = "time entries", params(("id" = TimeEntryId, Path)),
    security(("staff" = ["work.read"])), responses((status = 200, description = "The time entry", body = TimeEntryOut)))]
async fn show_time_entry(cx: Cx, staff: Staff<may::ReadWork>, Path(id): Path<TimeEntryId>) -> Result<Answer, Problem> {
    cx.show::<TimeEntryOut>(&staff, id).await
}

/// Change a time entry of one's own, or of anybody's if one manages work. One that was submitted has to be submitted again.
#[utoipa::path(patch, path = "/api/projects/time-entries/{id}/", tag = "time entries", params(("id" = TimeEntryId, Path)),
    request_body = TimeEntryPatch, security(("staff" = ["work.write"])),
    responses((status = 200, description = "The time entry", body = TimeEntryOut)))]
async fn update_time_entry(
    cx: Cx,
    staff: Staff<may::WriteWork>,
    Path(id): Path<TimeEntryId>,
    Valid(body): Valid<TimeEntryPatch>,
) -> Result<Answer, Problem> {
    let task = body.task.clone().over(None);
    let found = cx.read(&staff).record(id).maybe(task).fetch().await?;
    let before = cx.target(&found, id)?;
    manages_or(&staff, before.user == staff.user)?;
    task_of(&found, task, before.project)?;
    let mut change = cx.change(&staff);
    let entry = change.update(&before, before.edit(body.over(before.content.clone(), cx.now)?)?)?;
    change.add_time_to_totals(Some(&before), Some(&entry));
    cx.commit(change, cx.ok::<TimeEntryOut>(&entry)).await
}

/// Delete a time entry of one's own, or of anybody's if one manages work.
#[utoipa::path(delete, path = "/api/projects/time-entries/{id}/", tag = "time entries", params(("id" = TimeEntryId, Path)),
    security(("staff" = ["work.write"])), responses((status = 204, description = "It is deleted")))]
async fn delete_time_entry(cx: Cx, staff: Staff<may::WriteWork>, Path(id): Path<TimeEntryId>) -> Result<Answer, Problem> {
    let (mut change, entry) = cx.edit(&staff, id).await?;
    manages_or(&staff, entry.user == staff.user)?;
    change.remove(&entry, entry.delete()?)?;
    change.add_time_to_totals(Some(&entry), None);
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Submit a time entry of one's own, or of anybody's if one manages work, for approval.
#[utoipa::path(post, path = "/api/projects/time-entries/{id}/submit/", tag = "time entries", params(("id" = TimeEntryId, Path)),
    security(("staff" = ["work.write"])), responses((status = 200, description = "The time entry, submitted", body = TimeEntryOut)))]
async fn submit_time_entry(cx: Cx, staff: Staff<may::WriteWork>, Path(id): Path<TimeEntryId>) -> Result<Answer, Problem> {
    let (mut change, entry) = cx.edit(&staff, id).await?;
    manages_or(&staff, entry.user == staff.user)?;
    let entry = change.update(&entry, entry.submit()?)?;
    cx.commit(change, cx.ok::<TimeEntryOut>(&entry)).await
}

/// Approve a time entry that was submitted.
#[utoipa::path(post, path = "/api/projects/time-entries/{id}/approve/", tag = "time entries", params(("id" = TimeEntryId, Path)),
    security(("staff" = ["work.manage"])), responses((status = 200, description = "The time entry, approved", body = TimeEntryOut)))]
async fn approve_time_entry(cx: Cx, staff: Staff<may::ManageWork>, Path(id): Path<TimeEntryId>) -> Result<Answer, Problem> {
    cx.act::<TimeEntryOut>(&staff, id, TimeEntry::approve).await
}

/// Hand back a time entry that was submitted or approved: it can be changed again.
#[utoipa::path(post, path = "/api/projects/time-entries/{id}/reject/", tag = "time entries", params(("id" = TimeEntryId, Path)),
    request_body = RejectTimeEntry, security(("staff" = ["work.manage"])),
    responses((status = 200, description = "The time entry, open", body = TimeEntryOut)))]
async fn reject_time_entry(
    cx: Cx,
    staff: Staff<may::ManageWork>,
    Path(id): Path<TimeEntryId>,
    Valid(body): Valid<RejectTimeEntry>,
) -> Result<Answer, Problem> {
    cx.act::<TimeEntryOut>(&staff, id, |entry| entry.reject(body.reason)).await
}

/// Take back a time entry that is on an invoice. Another entry, of as much less than nothing, can go on the next one.
#[utoipa::path(post, path = "/api/projects/time-entries/{id}/reverse/", tag = "time entries", params(("id" = TimeEntryId, Path)),
    security(("staff" = ["work.manage"])), responses((status = 201, description = "The entry that takes it back", body = TimeEntryOut)))]
async fn reverse_time_entry(cx: Cx, staff: Staff<may::ManageWork>, Path(id): Path<TimeEntryId>) -> Result<Answer, Problem> {
    let (mut change, entry) = cx.edit(&staff, id).await?;
    let reversal_id = cx.new_id();
    let (reversed, reversal) = entry.reverse(id, reversal_id)?;
    change.update(&entry, reversed)?;
    let reversal = change.create(reversal_id, reversal, time_entry::event::CREATED)?;
    change.add_time_to_totals(None, Some(&reversal));
    cx.commit(change, cx.created::<TimeEntryOut>(&reversal)).await
}

/// List what happened to a time entry.
#[utoipa::path(get, path = "/api/projects/time-entries/{id}/history/", tag = "time entries", params(("id" = TimeEntryId, Path), PageParams),
    security(("staff" = ["work.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_time_entry_history(
    cx: Cx,
    staff: Staff<may::ReadWork>,
    Path(id): Path<TimeEntryId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}

/// That it is one's own time, or one manages work.
fn manages_or(staff: &Staff<may::WriteWork>, own: bool) -> Result<(), Problem> {
    if own || staff.role.may(Permission::ManageWork) {
        return Ok(());
    }
    Err(Problem::forbidden(format!("Others' time takes the permission {}.", Permission::ManageWork.as_str())))
}

/// The task that the body names, if it does: one of `project`.
fn task_of(found: &Found, task: Option<TaskId>, project: ProjectId) -> Result<Option<Task>, Problem> {
    let task = task.map(|id| found.named("task", id)).transpose()?;
    match task {
        Some(task) if task.project != project => Err(Problem::invalid("task", "Is of another project.")),
        task => Ok(task.map(|task| task.content)),
    }
}
