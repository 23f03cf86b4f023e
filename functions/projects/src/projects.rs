//! `/api/projects/projects/`

use api::{
    Answer, App, Body, Cx, JsonObject, ListQuery, NoFilter, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, get, list_scope, may,
    patch, post, routes,
};
use domain::{
    Currency, Date, Money, MultiLine, Price, Quantity, Refusal, SingleLine, Transition,
    contract::Contract,
    ids::{ClientId, ContractId, ProjectId, UserId},
    project::{self, Direction, Increment, Member, Project, Rounding, Status},
};
use serde::Deserialize;
use store::{Change, Found, Named, Record, RunningTotals};
use utoipa::{IntoParams, ToSchema};
use wire::{NewRate, money, rates};

use crate::{
    other_person, person,
    project_shape::{ProjectDetails, ProjectOut, ProjectSummary},
    tasks::TaskSummary,
};

api::standard_handlers! {
    ProjectId, ProjectDetails, "/api/projects/projects/{id}/":
    /// Archive a project that is over, once all its time that the client pays for is billed.
    ///
    /// Its tasks and its time stay. 409 while it is planned, active or on hold, while an entry that the client pays for is on
    /// no invoice (the answer names its day), and if it is archived already.
    archive_project: archive by Staff<may::ManageWork>;
    /// List what happened to a project.
    ///
    /// Newest first: by whom it was set up, changed, moved, archived or restored, who joined and left, and which fields
    /// that changed; time that is logged is not among that. Network addresses are for owners and managers.
    list_project_history: history by Staff<may::ReadWork>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_projects, create_project))
        .routes(routes!(show_project, update_project, archive_project))
        .routes(routes!(restore_project))
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
    client: Named<ClientId>,
    /// The contract that it carries out, which must be with the client.
    contract: Option<Named<ContractId>>,
    /// The client sees it.
    name: SingleLine<200>,
    /// The client sees it.
    description: Option<MultiLine<10000>>,
    /// What its time is billed in, for good. Default: the contract's or the firm's currency.
    currency: Option<Currency>,
    /// What an hour costs; the firm's rates hold where neither this nor `rates` is said.
    hourly_rate: Option<Price>,
    /// What an hour costs by the day from which on, in place of `hourly_rate`; at most 20.
    #[schema(max_items = 20)]
    rates: Option<Vec<JsonObject<NewRate>>>,
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
    manager: Option<Named<UserId>>,
    start_date: Option<Date>,
    end_date: Option<Date>,
}

impl NewProject {
    fn project(self, client: ClientId, contract: Option<&Record<Contract>>, firm: Currency, manager: UserId) -> Result<Project, Refusal> {
        contract.map(|contract| contract.may_be_carried_out(client)).transpose()?;
        let currency = self.currency.or(contract.and_then(|contract| contract.value).map(Money::currency)).unwrap_or(firm);
        let rounding = Rounding {
            increment: self.billing_increment.unwrap_or(Rounding::NONE.increment),
            direction: self.billing_rounding.unwrap_or(Rounding::NONE.direction),
        };
        Project {
            client,
            contract: contract.map(|contract| contract.id),
            name: self.name,
            description: self.description,
            status: Status::Active,
            currency,
            rates: rates(self.hourly_rate, self.rates, currency)?.unwrap_or_default(),
            budget_hours: self.budget_hours,
            budget_amount: money("budget_amount", self.budget_amount, currency)?,
            rounding,
            requires_approval: self.requires_approval.unwrap_or(false),
            manager: Some(manager),
            members: Vec::new(),
            start_date: self.start_date,
            end_date: self.end_date,
        }
        .checked()
    }
}

/// Changes to a project: what is absent stays, what is null is cleared. Time that was logged keeps its rate and rounding.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"budget_hours": "150", "end_date": "2027-09-30"}))]
#[body(
    patch = Project,
    given(contract_id: Patch<ContractId>, manager_id: Patch<UserId>),
    set(
        rounding = Rounding {
            increment: billing_increment.over(before.rounding.increment),
            direction: billing_rounding.over(before.rounding.direction),
        }
    ),
    keep(client, status, currency, members)
)]
struct ProjectPatch {
    #[body(contract_id.over(before.contract))]
    contract: Patch<Named<ContractId>>,
    name: Set<SingleLine<200>>,
    description: Patch<MultiLine<10000>>,
    /// From the beginning, in place of all rates; null: the firm's rates hold, unless `rates` are said.
    #[body(skip)]
    hourly_rate: Patch<Price>,
    /// In place of all rates; at most 20.
    #[body(wire::patch_rates(before.rates, hourly_rate, rates.value(), before.currency)?)]
    #[schema(value_type = Vec<JsonObject<NewRate>>, max_items = 20, required = false)]
    rates: Set<Vec<JsonObject<NewRate>>>,
    budget_hours: Patch<Quantity>,
    #[body(budget_amount.try_map(|price| Money::new("budget_amount", price, before.currency))?.over(before.budget_amount))]
    budget_amount: Patch<Price>,
    #[body(skip)]
    billing_increment: Set<Increment>,
    #[body(skip)]
    billing_rounding: Set<Direction>,
    requires_approval: Set<bool>,
    #[body(manager_id.over(before.manager))]
    manager: Patch<Named<UserId>>,
    start_date: Patch<Date>,
    end_date: Patch<Date>,
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
    user: Named<UserId>,
    /// What their hour costs on it; the project's rates hold where neither this nor `rates` is said.
    hourly_rate: Option<Price>,
    /// What their hour costs by the day from which on, in place of `hourly_rate`; at most 20.
    #[schema(max_items = 20)]
    rates: Option<Vec<JsonObject<NewRate>>>,
}

/// Who leaves a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user": "user_01kanar9g00000000000000007"}))]
struct RemoveProjectMember {
    user: UserId,
}

/// List projects.
///
/// Newest first, without descriptions, rates, members and what of their budgets is used, and without those that are
/// archived, which `archived=true` lists. By client, by status or archived: 422 for two at once.
#[get("/api/projects/projects/")]
async fn list_projects(
    cx: Cx,
    staff: Staff<may::ReadWork>,
    query: ListQuery<ProjectFilter>,
) -> Result<Answer<Page<ProjectSummary>>, Problem> {
    let ProjectFilter { client, status, archived } = query.filter;
    let scope = list_scope(archived, status.map(Status::as_str), client.map(Into::into))?;
    cx.list(&staff, scope, &query).await
}

/// Set up a project for a client.
///
/// It is active at once, and has a manager but no members; nobody gets a mail. 422 if there is no such client, contract or
/// manager, or one is archived or deactivated; if the contract is a draft or another client's; if a rate or the budget is
/// no amount in the currency; if its last day is before its first.
#[post("/api/projects/projects/", 201)]
async fn create_project(cx: Cx, staff: Staff<may::ManageWork>, Valid(body): Valid<NewProject>) -> Result<Answer<ProjectOut>, Problem> {
    let found = cx.read(&staff).named(body.client).named(body.contract).named(body.manager).record(staff.firm).fetch().await?;
    let mut change = cx.change(&staff);
    let client = change.depend(&found, "client", body.client)?.id;
    let contract = change.depend_if(&found, "contract", body.contract)?;
    let manager = body.manager.map_or(Ok(staff.user), |named| person(&mut change, &found, "manager", named))?;
    let firm = found.record(staff.firm)?;
    let project = body.project(client, contract.as_ref(), firm.currency, manager)?;
    let project = change.create(cx.new_id(), project, project::Event::Created)?;
    let answer = cx.made::<ProjectDetails, _>(project.id, &ProjectOut::new(&project, &RunningTotals::default(), &firm, cx.now))?;
    cx.commit(change, Ok(answer.version(project.version))).await
}

/// Show a project, and how it stands to its budget.
///
/// What is logged is in its sums a second later; there is a forecast once it has begun, where its first and its last day
/// are known. An archived one is shown too.
#[get("/api/projects/projects/{id}/")]
async fn show_project(cx: Cx, staff: Staff<may::ReadWork>, Path(id): Path<ProjectId>) -> Result<Answer<ProjectOut>, Problem> {
    let found = cx.store.read(staff.firm).record(id).running_totals(id).record(staff.firm).eventually().fetch().await?;
    ProjectOut::answer(&found.record(id)?, &found.running_totals(id), &*found.record(staff.firm)?, cx.now)
}

/// Change a project.
///
/// Rates, rounding and whether approval is asked for hold for time that is logged from now on; client and currency stay for
/// good. 409 once it is completed or cancelled, and if it is archived; 422 if there is no such contract or manager, the
/// contract is archived, a draft or another client's, or the manager is deactivated; if a rate or the budget is no amount
/// in its currency; if its last day would be before its first.
#[patch("/api/projects/projects/{id}/")]
async fn update_project(
    cx: Cx,
    staff: Staff<may::ManageWork>,
    Path(id): Path<ProjectId>,
    Valid(body): Valid<ProjectPatch>,
) -> Result<Answer<ProjectOut>, Problem> {
    let read =
        cx.read(&staff).record(id).running_totals(id).record(staff.firm).named(body.contract.over(None)).named(body.manager.over(None));
    let (found, mut change) = (read.fetch().await?, cx.change(&staff));
    let before = cx.target(&found, id)?;
    let contract = body.contract.try_map(|named| other_contract(&mut change, &found, named, &before))?;
    let manager = body.manager.try_map(|named| other_person(&mut change, &found, "manager", named, before.manager))?;
    let project = change.update(&before, before.edit(body.over(before.content.clone(), contract, manager)?)?)?;
    cx.commit(change, ProjectOut::answer(&project, &found.running_totals(id), &*found.record(staff.firm)?, cx.now)).await
}

/// List the tasks of a project.
///
/// Newest first, whatever their places, without descriptions and without those that are archived; of an archived project
/// too. There is no filter: 400.
#[get("/api/projects/projects/{id}/tasks/")]
async fn list_project_tasks(
    cx: Cx,
    staff: Staff<may::ReadWork>,
    Path(id): Path<ProjectId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer<Page<TaskSummary>>, Problem> {
    cx.list_below(&staff, id, &query).await
}

/// Move a project to another status: planned, interrupted, completed, given up, or taken up again.
///
/// From planned to active or cancelled, from active to any other, from on hold to active, completed or cancelled, and from
/// completed or cancelled back to active. Time is logged while it is active alone; what isn't billed yet keeps nothing from
/// being moved. 409 for any other way, if it is archived, and back to active if its client is.
#[post("/api/projects/projects/{id}/move/")]
async fn move_project(
    cx: Cx,
    staff: Staff<may::ManageWork>,
    Path(id): Path<ProjectId>,
    Valid(body): Valid<MoveProject>,
) -> Result<Answer<ProjectOut>, Problem> {
    act(&cx, staff, id, |project| project.move_to(body.to)).await
}

/// Put somebody on a project, or give them other rates there.
///
/// They hear by mail of what the client says about its tasks; what they logged before keeps its rate. Who isn't on it can
/// log time too. 409 once it is completed or cancelled, and if it is archived; 422 if there is no such person, or they are
/// deactivated; for rates that are no amounts in its currency, and for more than 50 members.
#[post("/api/projects/projects/{id}/add-member/")]
async fn add_project_member(
    cx: Cx,
    staff: Staff<may::ManageWork>,
    Path(id): Path<ProjectId>,
    Valid(body): Valid<AddProjectMember>,
) -> Result<Answer<ProjectOut>, Problem> {
    let AddProjectMember { user, hourly_rate, rates: card } = body;
    let found = cx.read(&staff).record(id).running_totals(id).record(staff.firm).named(user).fetch().await?;
    let (before, mut change) = (cx.target(&found, id)?, cx.change(&staff));
    let user = person(&mut change, &found, "user", user)?;
    let rates = rates(hourly_rate, card, before.currency)?.unwrap_or_default();
    let project = change.update(&before, before.add_member(Member { user, rates })?)?;
    cx.commit(change, ProjectOut::answer(&project, &found.running_totals(id), &*found.record(staff.firm)?, cx.now)).await
}

/// Take somebody off a project.
///
/// The time that they logged stays. They hear no more of what the client says, unless they manage it. 409 once it is
/// completed or cancelled, and if it is archived; 422 if they aren't on it.
#[post("/api/projects/projects/{id}/remove-member/")]
async fn remove_project_member(
    cx: Cx,
    staff: Staff<may::ManageWork>,
    Path(id): Path<ProjectId>,
    Valid(body): Valid<RemoveProjectMember>,
) -> Result<Answer<ProjectOut>, Problem> {
    act(&cx, staff, id, |project| project.remove_member(body.user)).await
}

/// An action of a project on itself; its sums are shown with it.
async fn act(
    cx: &Cx,
    staff: Staff<may::ManageWork>,
    id: ProjectId,
    decide: impl FnOnce(&Project) -> Transition<Project>,
) -> Result<Answer<ProjectOut>, Problem> {
    let found = cx.read(&staff).record(id).running_totals(id).record(staff.firm).fetch().await?;
    let before = cx.target(&found, id)?;
    let mut change = cx.change(&staff);
    let project = change.update(&before, decide(&before)?)?;
    cx.commit(change, ProjectOut::answer(&project, &found.running_totals(id), &*found.record(staff.firm)?, cx.now)).await
}

/// Take a project out of the archive.
///
/// It is completed or cancelled as before, and can be made active again. One that isn't archived is shown as it is.
#[post("/api/projects/projects/{id}/restore/")]
async fn restore_project(cx: Cx, staff: Staff<may::ManageWork>, Path(id): Path<ProjectId>) -> Result<Answer<ProjectOut>, Problem> {
    let found = cx.read(&staff).record(id).running_totals(id).record(staff.firm).fetch().await?;
    let (before, firm) = (found.record(id)?, found.record(staff.firm)?);
    let answer = |project: &Record<Project>| ProjectOut::answer(project, &found.running_totals(id), &firm, cx.now);
    let Some((change, project)) = cx.restored(&staff, &before)? else { return answer(&before) };
    cx.commit(change, answer(&project)).await
}

/// The contract that the body names in place of that of the project `before`: with the same client.
fn other_contract(change: &mut Change, found: &Found, named: Named<ContractId>, before: &Project) -> Result<ContractId, Problem> {
    let (id, contract) = change.depend_other(found, "contract", named, before.contract)?;
    contract.map(|contract| contract.may_be_carried_out(before.client)).transpose()?;
    Ok(id)
}
