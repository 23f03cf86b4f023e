//! `/api/projects/time-entries/`. What is logged is summed up beside its project and its task a moment later, from the stream.

use api::{
    Answer, App, Body, Cx, ListQuery, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, delete, get, list_scope, may, patch, post,
    routes,
};
use domain::{
    Date, Money, MultiLine, Price, Quantity, Refusal,
    firm::Firm,
    ids::{FirmId, InvoiceId, ProjectId, TaskId, TimeEntryId, UserId},
    invoice::Invoice,
    project::Project,
    task::Task,
    time_entry::{self, Charged, Status, TimeEntry},
};
use serde::Deserialize;
use store::{Change, Found, ListScope, Named, Record};
use utoipa::{IntoParams, ToSchema};

use crate::{manages_rates, takes_management, time_entry_shape::TimeEntryOut};

api::standard_handlers! {
    TimeEntryId, TimeEntryOut, "/api/projects/time-entries/{id}/":
    /// Show a time entry.
    ///
    /// Anybody's, with what of it is billed, at which rate, and on which invoice.
    show_time_entry: show by Staff<may::ReadWork>;
    /// List what happened to a time entry.
    ///
    /// Newest first, also of one that was deleted: by whom it was logged, changed, submitted, approved, rejected, put on an
    /// invoice, taken off or taken back, and which fields that changed; what an invoice let go that was void or deleted is
    /// by `system:outbox`. Network addresses are for owners and managers.
    list_time_entry_history: history by Staff<may::ReadWork>;
}

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
    /// What somebody worked, ordered by its days in place of when it was logged.
    user: Option<UserId>,
}

/// Time that was worked on a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"project": "project_01kanar9g00000000000000007", "hours": "2.5", "description": "Interviews with importers"}))]
struct NewTimeEntry {
    project: Named<ProjectId>,
    /// One of the project's.
    task: Option<Named<TaskId>>,
    /// Who worked; somebody else only by who manages work. Default: who logs it.
    user: Option<Named<UserId>>,
    /// More than none, and at most 24; kept to the minute.
    hours: Quantity,
    /// Not in the future, and not more than three years back. Default: today, where the firm is.
    date: Option<Date>,
    /// Only by who manages work. Default: the task's, the person's, the project's or the firm's on that day.
    hourly_rate: Option<Price>,
    /// Whether the client pays for it. Default: yes.
    billable: Option<bool>,
    /// The client reads it on the invoice.
    description: Option<MultiLine<2000>>,
}

impl NewTimeEntry {
    /// The entry of what `user` worked, logged on `today`, the firm's.
    fn entry(
        self,
        user: UserId,
        project: &Record<Project>,
        task: Option<&Record<Task>>,
        firm: &Firm,
        today: Date,
    ) -> Result<TimeEntry, Refusal> {
        let Self { project: _, task: _, user: _, hours, date, hourly_rate, billable, description } = self;
        project.takes_time()?;
        let date = time_entry::day(date.unwrap_or(today), today)?;
        let rate = hourly_rate.or_else(|| time_entry::rate(task.map(|task| &task.content), project, firm, user, date));
        TimeEntry {
            project: project.id,
            client: project.client,
            task: task.map(|task| task.id),
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
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"hours": "3", "description": "Interviews, and notes of them"}))]
#[body(
    patch = TimeEntry,
    given(task_id: Patch<TaskId>, today: Date),
    set(minutes = hours.value().map_or(Ok(before.minutes), time_entry::minutes)?),
    keep(
        project, client, user, rounding, billed_amount, needs_approval, progress, rejection, invoice, reverses, reversed_by
    )
)]
struct TimeEntryPatch {
    #[body(task_id.over(before.task))]
    task: Patch<Named<TaskId>>,
    #[body(skip)]
    hours: Set<Quantity>,
    #[body(date.value().map_or(Ok(before.date), |date| time_entry::day(date, today))?)]
    date: Set<Date>,
    /// Only by who manages work, another one than it has; null only where the client doesn't pay for it.
    #[body(hourly_rate.try_map(|rate| Money::new("hourly_rate", rate, before.billed_amount.currency()))?.over(before.hourly_rate))]
    hourly_rate: Patch<Price>,
    billable: Set<bool>,
    description: Patch<MultiLine<2000>>,
}

/// Why time is handed back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Which interviews were these?"}))]
struct RejectTimeEntry {
    reason: MultiLine<1000>,
}

/// List time entries.
///
/// Everybody's. Newest first, by when they were logged; of one person by the days that they worked. By project, by status
/// or by person: 422 for two at once.
#[get("/api/projects/time-entries/")]
async fn list_time_entries(
    cx: Cx,
    staff: Staff<may::ReadWork>,
    query: ListQuery<TimeEntryFilter>,
) -> Result<Answer<Page<TimeEntryOut>>, Problem> {
    let TimeEntryFilter { project, status, user } = query.filter;
    let scope = match (user, list_scope(None, status.map(Status::as_str), project.map(Into::into))?) {
        (None, scope) => scope,
        (Some(user), ListScope::All) => ListScope::Person(user.into()),
        (Some(_), _) => return Err(Problem::two_filters()),
    };
    cx.list(&staff, scope, &query).await
}

/// Log time on a project.
///
/// Its rate is copied now: that of the body, the task, the person on the project, the project or the firm, whichever comes
/// first, on the day that was worked. 409 unless the project is active; 403 for somebody else's time, and a rate, without
/// `work.manage`; 422 if there is no such project, task or person, or it is archived or deactivated; for a task of another
/// project; without a rate, if the client pays for it; for less than a minute, for a day that comes to more than 24 hours,
/// is in the future or more than three years back.
#[post("/api/projects/time-entries/", 201)]
async fn create_time_entry(
    cx: Cx,
    staff: Staff<may::WriteWork>,
    Valid(body): Valid<NewTimeEntry>,
) -> Result<Answer<TimeEntryOut>, Problem> {
    let read = cx.read(&staff).named(body.project).named(body.task).named(body.user).record(staff.firm);
    let (found, mut change) = (read.fetch().await?, cx.change(&staff));
    let project = change.depend(&found, "project", body.project)?;
    let task = task_of(&mut change, &found, body.task, project.id)?;
    let user = body.user.map(|user| crate::person(&mut change, &found, "user", user)).transpose()?.unwrap_or(staff.user);
    manages_or(&staff, user == staff.user)?;
    manages_rates(&staff, body.hourly_rate.is_none())?;
    let firm = found.record(staff.firm)?;
    let entry = body.entry(user, &project, task.as_ref(), &firm, firm.time_zone.day(cx.now))?;
    let entry = change.create(cx.new_id(), entry, time_entry::Event::Created)?;
    change.count_in_day(None, Some(&entry));
    cx.commit(change, cx.created(&entry)).await
}

/// Change a time entry of one's own, or of anybody's if one manages work.
///
/// One that was submitted is open again. Its rate stays unless another is said (403 without `work.manage`), whatever changed
/// meanwhile. 409 once it is approved or on an invoice, and if other time takes it back; 422 if there is no such task, or it
/// is archived or of another project, and for hours and days as where it is logged. 409 for other hours, another day or to
/// be paid for or not, unless its project is active.
#[patch("/api/projects/time-entries/{id}/")]
async fn update_time_entry(
    cx: Cx,
    staff: Staff<may::WriteWork>,
    Path(id): Path<TimeEntryId>,
    Valid(body): Valid<TimeEntryPatch>,
) -> Result<Answer<TimeEntryOut>, Problem> {
    let found = cx.read(&staff).record(id).named(body.task.over(None)).record(staff.firm).fetch().await?;
    let (before, mut change) = (cx.target(&found, id)?, cx.change(&staff));
    manages_or(&staff, before.user == staff.user)?;
    let task = body.task.try_map(|task| other_task(&mut change, &found, task, &before))?;
    let today = found.record(staff.firm)?.time_zone.day(cx.now);
    let edited = body.over(before.content.clone(), task, today)?;
    manages_rates(&staff, edited.hourly_rate == before.hourly_rate)?;
    if before.differs_in_work_from(&edited) {
        // On which project it is, is in the entry: a second read.
        cx.store.read(staff.firm).record(before.project).fetch().await?.record(before.project)?.takes_time()?;
        change.depend_on(before.project)?;
    }
    let entry = change.update(&before, before.edit(edited)?)?;
    change.count_in_day(Some(&before), Some(&entry));
    cx.commit(change, cx.ok(&entry)).await
}

/// Delete a time entry of one's own, or of anybody's if one manages work.
///
/// Its history is kept, and the sums of its project and its task follow a second later. What takes back other time can be
/// deleted by who manages work (403), and that is as before then: 422 where its day has no room for it any more, 409 where the
/// invoice that charges it is archived. 409 once it is on an invoice, and of other time once it is approved.
#[delete("/api/projects/time-entries/{id}/")]
async fn delete_time_entry(cx: Cx, staff: Staff<may::WriteWork>, Path(id): Path<TimeEntryId>) -> Result<Answer<()>, Problem> {
    let (mut change, entry) = cx.edit(&staff, id).await?;
    manages_or(&staff, entry.user == staff.user)?;
    takes_management(&staff, entry.reverses.is_none(), "To take back a reversal")?;
    change.remove(&entry, entry.delete()?)?;
    match &entry.reverses {
        Some(charged) => reinstate(&cx, &mut change, id, charged, staff.firm).await?,
        None => change.count_in_day(Some(&entry), None),
    }
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Submit a time entry of one's own, or of anybody's if one manages work, for approval.
///
/// The reason why it was handed back before is cleared; nobody gets a mail. 409 unless it is open.
#[post("/api/projects/time-entries/{id}/submit/")]
async fn submit_time_entry(cx: Cx, staff: Staff<may::WriteWork>, Path(id): Path<TimeEntryId>) -> Result<Answer<TimeEntryOut>, Problem> {
    let (mut change, entry) = cx.edit(&staff, id).await?;
    manages_or(&staff, entry.user == staff.user)?;
    let entry = change.update(&entry, entry.submit()?)?;
    cx.commit(change, cx.ok(&entry)).await
}

/// Approve a time entry that was submitted.
///
/// It can't be changed any more before it is handed back. 409 unless it is submitted.
#[post("/api/projects/time-entries/{id}/approve/")]
async fn approve_time_entry(cx: Cx, staff: Staff<may::ManageWork>, Path(id): Path<TimeEntryId>) -> Result<Answer<TimeEntryOut>, Problem> {
    cx.act(&staff, id, TimeEntry::approve).await
}

/// Hand back a time entry that was submitted or approved: it can be changed again.
///
/// Whose it is finds the reason on it, and gets no mail. 409 while it is open, once it is on an invoice, and if it takes
/// back other time or is taken back.
#[post("/api/projects/time-entries/{id}/reject/")]
async fn reject_time_entry(
    cx: Cx,
    staff: Staff<may::ManageWork>,
    Path(id): Path<TimeEntryId>,
    Valid(body): Valid<RejectTimeEntry>,
) -> Result<Answer<TimeEntryOut>, Problem> {
    cx.act(&staff, id, |entry| entry.reject(body.reason)).await
}

/// Take back a time entry that is on an invoice.
///
/// Another entry, of as much less than nothing and at the tax that was charged, can go on the next one; it is approved at
/// once, and deleting it undoes this. This one stays where it is. 409 unless it is on an invoice that was sent and isn't void
/// or archived, if it takes back other time or was taken back before, if something else was charged for it than was logged (a
/// discount, a price of the line's own) or a credit note took some of it back: then a credit note of that line takes it back;
/// and if its project or client is archived.
#[post("/api/projects/time-entries/{id}/reverse/", 201)]
async fn reverse_time_entry(cx: Cx, staff: Staff<may::ManageWork>, Path(id): Path<TimeEntryId>) -> Result<Answer<TimeEntryOut>, Problem> {
    let (mut change, entry) = cx.edit(&staff, id).await?;
    // Which invoice charges it is in the entry: a second read.
    let on = entry.reversible()?;
    let found = cx.store.read(staff.firm).record(on).fetch().await?;
    let invoice = charging(&found, on)?;
    let (charged, tax) = invoice.reverse_time(id, &entry)?;
    change.update(&invoice, charged)?;
    let reversal_id = cx.new_id();
    let (reversed, reversal) = entry.reverse(id, reversal_id, tax)?;
    change.update(&entry, reversed)?;
    let reversal = change.create(reversal_id, reversal, time_entry::Event::Created)?;
    change.count_in_day(None, Some(&reversal));
    cx.commit(change, cx.created(&reversal)).await
}

/// The invoice `id`, as it was found, which charged time that other time takes back or doesn't any more.
fn charging(found: &Found, id: InvoiceId) -> Result<Record<Invoice>, Problem> {
    let invoice = found.maybe(id)?.ok_or_else(|| Problem::conflict("The invoice is gone, and its time can be changed in a moment."))?;
    api::unarchived(invoice)
}

/// Add to `change` that what was `charged` counts again, on its day too, since its `reversal` is deleted.
async fn reinstate(cx: &Cx, change: &mut Change, reversal: TimeEntryId, charged: &Charged, firm: FirmId) -> Result<(), Problem> {
    // What it takes back is in the reversal: a second read.
    let found = cx.store.read(firm).record(charged.entry).record(charged.invoice).fetch().await?;
    let (entry, invoice) = (found.record(charged.entry)?, charging(&found, charged.invoice)?);
    let entry = change.update(&entry, entry.reinstate(reversal)?)?;
    change.update(&invoice, invoice.reinstate_time(charged.entry)?)?;
    change.count_in_day(None, Some(&entry));
    Ok(())
}

/// That it is one's own time, or one manages work.
fn manages_or(staff: &Staff<may::WriteWork>, own: bool) -> Result<(), Problem> {
    takes_management(staff, own, "Others' time")
}

/// The task that the body names, if it does: one of `project`, and a condition of `change`.
fn task_of(change: &mut Change, found: &Found, task: Option<Named<TaskId>>, project: ProjectId) -> Result<Option<Record<Task>>, Problem> {
    match change.depend_if(found, "task", task)? {
        Some(task) if task.project != project => Err(Problem::invalid("task", "Is of another project.")),
        task => Ok(task),
    }
}

/// The task that the body names in place of that of the entry `before`.
fn other_task(change: &mut Change, found: &Found, task: Named<TaskId>, before: &TimeEntry) -> Result<TaskId, Problem> {
    match change.depend_other(found, "task", task, before.task)? {
        (_, Some(task)) if task.project != before.project => Err(Problem::invalid("task", "Is of another project.")),
        (id, _) => Ok(id),
    }
}
