//! `/api/projects/projects/`

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Object, Page, PageParams, Patch, Path, Problem, Routes, Set, Staff, Valid, may, routes,
    shapes::{NewRate, money, rates},
    which,
};
use domain::{
    Currency, Date, Money, MultiLine, Price, Quantity, Refusal, SingleLine, Transition,
    client::ClientId,
    contract::{Contract, ContractId},
    project::{self, Direction, Increment, Member, Project, ProjectId, Rounding, Status},
    user::UserId,
};
use serde::Deserialize;
use store::RunningTotals;
use utoipa::{IntoParams, ToSchema};

use crate::{
    person,
    project_shape::{ProjectOut, ProjectSummary},
    tasks::TaskSummary,
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_projects, create_project))
        .routes(routes!(show_project, update_project, archive_project))
        .routes(routes!(list_project_tasks))
        .routes(routes!(move_project))
        .routes(routes!(add_project_member))
        .routes(routes!(remove_project_member))
        .routes(routes!(list_project_history))
}

/// Which projects.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ProjectFilter {
    /// Those of a client.
    client: Option<ClientId>,
    /// Those at a status.
    status: Option<Status>,
    /// Those that were archived.
    archived: Option<bool>,
}

/// A new project, which is active at once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"client": "client_01kanar9g00000000000000007", "name": "Market study", "hourly_rate": "200.00",
    "budget_hours": "120", "budget_amount": "22000.00", "start_date": "2027-01-04", "end_date": "2027-06-30"}))]
struct NewProject {
    client: ClientId,
    /// The contract that it carries out, which must be with the client.
    contract: Option<ContractId>,
    /// The client sees it.
    name: SingleLine<200>,
    /// The client sees it.
    description: Option<MultiLine<10000>>,
    /// What its time is billed in, for good. Default: the contract's or the firm's currency.
    currency: Option<Currency>,
    /// What an hour costs; the firm's rates hold where neither this nor `rates` is said.
    hourly_rate: Option<Price>,
    /// What an hour costs by the day from which on, in place of `hourly_rate`; at most 20.
    #[schema(value_type = Option<Vec<NewRate>>)]
    rates: Option<Vec<Object<NewRate>>>,
    /// How many hours it may take.
    budget_hours: Option<Quantity>,
    /// How much its time may cost.
    budget_amount: Option<Price>,
    /// To how many minutes time is rounded for billing: 1 (not at all), 5, 6, 10, 15, 30 or 60. Default: 1.
    billing_increment: Option<Increment>,
    /// In which direction. Default: to the nearest.
    billing_rounding: Option<Direction>,
    /// Whether its time has to be approved before it is billed. Default: no.
    requires_approval: Option<bool>,
    /// Who answers for it. Default: who creates it.
    manager: Option<UserId>,
    start_date: Option<Date>,
    end_date: Option<Date>,
}

impl NewProject {
    fn project(self, contract: Option<&Contract>, firm: Currency, by: UserId) -> Result<Project, Refusal> {
        let client = self.client;
        of_client(contract, client)?;
        let currency = self.currency.or(contract.and_then(|contract| contract.value).map(Money::currency)).unwrap_or(firm);
        let rounding = Rounding {
            increment: self.billing_increment.unwrap_or(Rounding::NONE.increment),
            direction: self.billing_rounding.unwrap_or(Rounding::NONE.direction),
        };
        Project {
            client,
            contract: self.contract,
            name: self.name,
            description: self.description,
            status: Status::Active,
            currency,
            rates: rates(self.hourly_rate, self.rates, currency)?.unwrap_or_default(),
            budget_hours: self.budget_hours,
            budget_amount: money("budget_amount", self.budget_amount, currency)?,
            rounding,
            requires_approval: self.requires_approval.unwrap_or(false),
            manager: self.manager.or(Some(by)),
            members: Vec::new(),
            start_date: self.start_date,
            end_date: self.end_date,
        }
        .checked()
    }
}

/// Changes to a project: what is absent stays, what is null is cleared. Time that was logged keeps its rate and rounding.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"budget_hours": "150", "end_date": "2027-09-30"}))]
struct ProjectPatch {
    #[serde(default)]
    #[schema(value_type = Option<ContractId>)]
    contract: Patch<ContractId>,
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    name: Set<SingleLine<200>>,
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<10000>>)]
    description: Patch<MultiLine<10000>>,
    /// From the beginning, in place of all rates.
    #[serde(default)]
    #[schema(value_type = Option<Price>, nullable = false)]
    hourly_rate: Set<Price>,
    /// In place of all rates.
    #[serde(default)]
    #[schema(value_type = Option<Vec<NewRate>>, nullable = false)]
    rates: Set<Vec<Object<NewRate>>>,
    #[serde(default)]
    #[schema(value_type = Option<Quantity>)]
    budget_hours: Patch<Quantity>,
    #[serde(default)]
    #[schema(value_type = Option<Price>)]
    budget_amount: Patch<Price>,
    #[serde(default)]
    #[schema(value_type = Option<Increment>, nullable = false)]
    billing_increment: Set<Increment>,
    #[serde(default)]
    #[schema(value_type = Option<Direction>, nullable = false)]
    billing_rounding: Set<Direction>,
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false)]
    requires_approval: Set<bool>,
    #[serde(default)]
    #[schema(value_type = Option<UserId>)]
    manager: Patch<UserId>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    start_date: Patch<Date>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    end_date: Patch<Date>,
}

impl ProjectPatch {
    fn over(self, before: Project, contract: Option<&Contract>) -> Result<Project, Refusal> {
        let currency = before.currency;
        of_client(contract, before.client)?;
        let budget_amount = self.budget_amount.try_map(|price| Money::new("budget_amount", price, currency))?;
        Ok(Project {
            contract: self.contract.over(before.contract),
            name: self.name.over(before.name),
            description: self.description.over(before.description),
            rates: rates(self.hourly_rate.value(), self.rates.value(), currency)?.unwrap_or(before.rates),
            budget_hours: self.budget_hours.over(before.budget_hours),
            budget_amount: budget_amount.over(before.budget_amount),
            rounding: Rounding {
                increment: self.billing_increment.over(before.rounding.increment),
                direction: self.billing_rounding.over(before.rounding.direction),
            },
            requires_approval: self.requires_approval.over(before.requires_approval),
            manager: self.manager.over(before.manager),
            start_date: self.start_date.over(before.start_date),
            end_date: self.end_date.over(before.end_date),
            ..before
        })
    }
}

fn of_client(contract: Option<&Contract>, client: ClientId) -> Result<(), Refusal> {
    if contract.is_some_and(|contract| contract.client != client) {
        return Err(Refusal::rule("contract", "Is with another client."));
    }
    Ok(())
}

/// Where a project goes on to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "completed"}))]
struct MoveProject {
    to: Status,
}

/// Who joins a project, or is on it already and gets other rates.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user": "user_01kanar9g00000000000000007", "hourly_rate": "180.00"}))]
struct AddProjectMember {
    user: UserId,
    /// What their hour costs on it; the project's rates hold where neither this nor `rates` is said.
    hourly_rate: Option<Price>,
    /// What their hour costs by the day from which on, in place of `hourly_rate`; at most 20.
    #[schema(value_type = Option<Vec<NewRate>>)]
    rates: Option<Vec<Object<NewRate>>>,
}

/// Who leaves a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user": "user_01kanar9g00000000000000007"}))]
struct RemoveProjectMember {
    user: UserId,
}

/// List projects.
#[utoipa::path(get, path = "/api/projects/projects/", tag = "projects", params(ProjectFilter, PageParams), security(("staff" = ["work.read"])),
    responses((status = 200, description = "A page of projects", body = Page<ProjectSummary>)))]
async fn list_projects(cx: Cx, staff: Staff<may::ReadWork>, query: ListQuery<ProjectFilter>) -> Result<Answer, Problem> {
    let ProjectFilter { client, status, archived } = query.filter;
    let which = which(archived, status.map(Status::as_str), client.map(Into::into))?;
    cx.list::<ProjectSummary, _>(&staff, which, &query).await
}

/// Set up a project for a client.
#[utoipa::path(post, path = "/api/projects/projects/", tag = "projects", request_body = NewProject, security(("staff" = ["work.manage"])),
    responses((status = 201, description = "The project", body = ProjectOut)))]
async fn create_project(cx: Cx, staff: Staff<may::ManageWork>, Valid(body): Valid<NewProject>) -> Result<Answer, Problem> {
    let read = cx.read(&staff).record(body.client).maybe(body.contract).maybe(body.manager).record(staff.firm);
    let found = read.fetch().await?;
    found.named("client", body.client)?;
    let contract = body.contract.map(|id| found.named("contract", id)).transpose()?;
    person(&found, "manager", body.manager)?;
    let project = body.project(contract.as_deref(), found.record(staff.firm)?.currency, staff.user)?;
    let mut change = cx.change(&staff);
    let project = change.create(cx.new_id(), project, project::event::CREATED)?;
    let answer = cx.made::<ProjectSummary>(project.id, &ProjectOut::new(&project, &RunningTotals::default(), cx.now))?;
    cx.commit(change, Ok(answer.version(project.version))).await
}

/// Show a project, and how it stands to its budget.
#[utoipa::path(get, path = "/api/projects/projects/{id}/", tag = "projects", params(("id" = ProjectId, Path)),
    security(("staff" = ["work.read"])), responses((status = 200, description = "The project", body = ProjectOut)))]
async fn show_project(cx: Cx, staff: Staff<may::ReadWork>, Path(id): Path<ProjectId>) -> Result<Answer, Problem> {
    let (project, totals) = cx.store.get_with_totals(staff.firm, id).await?;
    ProjectOut::answer(&project, &totals, cx.now)
}

/// Change a project.
#[utoipa::path(patch, path = "/api/projects/projects/{id}/", tag = "projects", params(("id" = ProjectId, Path)),
    request_body = ProjectPatch, security(("staff" = ["work.manage"])),
    responses((status = 200, description = "The project", body = ProjectOut)))]
async fn update_project(
    cx: Cx,
    staff: Staff<may::ManageWork>,
    Path(id): Path<ProjectId>,
    Valid(body): Valid<ProjectPatch>,
) -> Result<Answer, Problem> {
    let (contract, manager) = (body.contract.clone().over(None), body.manager.clone().over(None));
    let found = cx.read(&staff).record(id).running_totals(id).maybe(contract).maybe(manager).fetch().await?;
    let before = cx.target(&found, id)?;
    let contract = contract.map(|id| found.named("contract", id)).transpose()?;
    person(&found, "manager", manager)?;
    let mut change = cx.change(&staff);
    let project = change.update(&before, before.edit(body.over(before.content.clone(), contract.as_deref())?)?)?;
    cx.commit(change, ProjectOut::answer(&project, &found.running_totals(id), cx.now)).await
}

/// Archived a project that is over.
#[utoipa::path(delete, path = "/api/projects/projects/{id}/", tag = "projects", params(("id" = ProjectId, Path)),
    security(("staff" = ["work.manage"])), responses((status = 204, description = "It is archived")))]
async fn archive_project(cx: Cx, staff: Staff<may::ManageWork>, Path(id): Path<ProjectId>) -> Result<Answer, Problem> {
    let (mut change, project) = cx.edit(&staff, id).await?;
    change.remove(&project, project.archive()?)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// List the tasks of a project.
#[utoipa::path(get, path = "/api/projects/projects/{id}/tasks/", tag = "projects", params(("id" = ProjectId, Path), PageParams),
    security(("staff" = ["work.read"])), responses((status = 200, description = "A page of tasks", body = Page<TaskSummary>)))]
async fn list_project_tasks(
    cx: Cx,
    staff: Staff<may::ReadWork>,
    Path(id): Path<ProjectId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.list_below::<TaskSummary, Project, _>(&staff, id, &query).await
}

/// Move a project to another status: planned, interrupted, completed, given up, or taken up again.
#[utoipa::path(post, path = "/api/projects/projects/{id}/move/", tag = "projects", params(("id" = ProjectId, Path)),
    request_body = MoveProject, security(("staff" = ["work.manage"])),
    responses((status = 200, description = "The project", body = ProjectOut)))]
async fn move_project(
    cx: Cx,
    staff: Staff<may::ManageWork>,
    Path(id): Path<ProjectId>,
    Valid(body): Valid<MoveProject>,
) -> Result<Answer, Problem> {
    act(&cx, staff, id, |project| project.move_to(body.to)).await
}

/// Put somebody on a project, or give them other rates there.
#[utoipa::path(post, path = "/api/projects/projects/{id}/add-member/", tag = "projects", params(("id" = ProjectId, Path)),
    request_body = AddProjectMember, security(("staff" = ["work.manage"])),
    responses((status = 200, description = "The project", body = ProjectOut)))]
async fn add_project_member(
    cx: Cx,
    staff: Staff<may::ManageWork>,
    Path(id): Path<ProjectId>,
    Valid(body): Valid<AddProjectMember>,
) -> Result<Answer, Problem> {
    let AddProjectMember { user, hourly_rate, rates: card } = body;
    let found = cx.read(&staff).record(id).running_totals(id).record(user).fetch().await?;
    let before = cx.target(&found, id)?;
    person(&found, "user", Some(user))?;
    let rates = rates(hourly_rate, card, before.currency)?.unwrap_or_default();
    let mut change = cx.change(&staff);
    let project = change.update(&before, before.add_member(Member { user, rates })?)?;
    cx.commit(change, ProjectOut::answer(&project, &found.running_totals(id), cx.now)).await
}

/// Take somebody off a project. The time that they logged stays.
#[utoipa::path(post, path = "/api/projects/projects/{id}/remove-member/", tag = "projects", params(("id" = ProjectId, Path)),
    request_body = RemoveProjectMember, security(("staff" = ["work.manage"])),
    responses((status = 200, description = "The project", body = ProjectOut)))]
async fn remove_project_member(
    cx: Cx,
    staff: Staff<may::ManageWork>,
    Path(id): Path<ProjectId>,
    Valid(body): Valid<RemoveProjectMember>,
) -> Result<Answer, Problem> {
    act(&cx, staff, id, |project| project.remove_member(body.user)).await
}

/// List what happened to a project.
#[utoipa::path(get, path = "/api/projects/projects/{id}/history/", tag = "projects", params(("id" = ProjectId, Path), PageParams),
    security(("staff" = ["work.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_project_history(
    cx: Cx,
    staff: Staff<may::ReadWork>,
    Path(id): Path<ProjectId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}

/// An action of a project on itself; its sums are shown with it.
async fn act(
    cx: &Cx,
    staff: Staff<may::ManageWork>,
    id: ProjectId,
    decide: impl FnOnce(&Project) -> Transition<Project>,
) -> Result<Answer, Problem> {
    let found = cx.read(&staff).record(id).running_totals(id).fetch().await?;
    let before = cx.target(&found, id)?;
    let mut change = cx.change(&staff);
    let project = change.update(&before, decide(&before)?)?;
    cx.commit(change, ProjectOut::answer(&project, &found.running_totals(id), cx.now)).await
}
