//! `/api/crm/contracts/`

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Page, PageParams, Patch, Path, Problem, Routes, Set, Shape, Staff, Valid, may, routes,
    shapes::{money, patch_money},
    which,
};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Money, MultiLine, Price, Refusal, SingleLine, Time,
    client::ClientId,
    contract::{self, Contract, ContractId, Signature, Status},
    firm::Firm,
    proposal::{Proposal, ProposalId},
};
use serde::{Deserialize, Serialize};
use store::{Counter, Record};
use utoipa::{IntoParams, ToSchema};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_contracts, create_contract))
        .routes(routes!(show_contract, update_contract, remove_contract))
        .routes(routes!(sign_contract))
        .routes(routes!(activate_contract))
        .routes(routes!(complete_contract))
        .routes(routes!(terminate_contract))
        .routes(routes!(list_contract_history))
}

/// A contract, in lists.
#[derive(Debug, Serialize, ToSchema)]
struct ContractSummary {
    id: ContractId,
    /// `CON-000001`.
    number: String,
    client: ClientId,
    /// The proposal that it carries out.
    proposal: Option<ProposalId>,
    title: SingleLine<200>,
    /// A decimal, in `currency`.
    value: Option<String>,
    currency: Option<Currency>,
    start_date: Option<Date>,
    end_date: Option<Date>,
    status: Status,
    /// Who signed for the client.
    signed_by: Option<SingleLine<200>>,
    signed_on: Option<Date>,
    /// Why it was ended early.
    reason: Option<SingleLine<500>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A contract.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contract)]
struct ContractOut {
    #[serde(flatten)]
    summary: ContractSummary,
    terms: Option<MultiLine<50000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

impl Shape for ContractSummary {
    type Of = Contract;
    const PATH: &'static str = "/api/crm/contracts/";

    fn shape(record: &Record<Contract>, _: Time) -> Self {
        let Contract { number: _, client, proposal, title, value, start_date, end_date, status, signature, reason, terms: _ } =
            record.content.clone();
        let (signed_by, signed_on) = signature.map(|Signature { signed_by, signed_on }| (signed_by, signed_on)).unzip();
        Self {
            id: record.id,
            number: record.label(),
            client,
            proposal,
            title,
            value: value.map(Money::to_decimal_string),
            currency: value.map(Money::currency),
            start_date,
            end_date,
            status,
            signed_by,
            signed_on,
            reason,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl Shape for ContractOut {
    type Of = Contract;
    const PATH: &'static str = ContractSummary::PATH;

    fn shape(record: &Record<Contract>, now: Time) -> Self {
        Self { summary: ContractSummary::shape(record, now), terms: record.terms.clone(), archived_at: record.archived_at }
    }
}

/// Which contracts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ContractFilter {
    /// Those of a client.
    client: Option<ClientId>,
    /// Those at a status.
    status: Option<Status>,
    /// Those that were archived.
    archived: Option<bool>,
}

/// A new contract with a client, who may have accepted a proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"client": "client_01kanar9g00000000000000007", "title": "Market study", "value": "22000.00", "start_date": "2027-01-04"}))]
struct NewContract {
    client: ClientId,
    /// The proposal that it carries out, which the client must have accepted.
    proposal: Option<ProposalId>,
    /// Default: the proposal's; needed without one.
    title: Option<SingleLine<200>>,
    /// Default: the proposal's total.
    value: Option<Price>,
    /// Default: the proposal's or the firm's currency.
    currency: Option<Currency>,
    start_date: Option<Date>,
    end_date: Option<Date>,
    /// Default: the proposal's.
    terms: Option<MultiLine<50000>>,
}

impl NewContract {
    fn contract(self, number: u64, proposal: Option<&Proposal>, firm: &Firm) -> Result<Contract, Refusal> {
        let Self { client, proposal: id, title, value, currency, start_date, end_date, terms } = self;
        if proposal.is_some_and(|p| p.acceptance.as_ref().is_none_or(|acceptance| acceptance.client != client)) {
            return Err(Refusal::rule("proposal", "Wasn't accepted by this client."));
        }
        let offered = proposal.map(|p| p.total);
        let value = money("value", value, currency.or(offered.map(Money::currency)).unwrap_or(firm.currency))?;
        let title = title.or_else(|| proposal.map(|p| p.title.clone()));
        let terms = match terms {
            Some(terms) => Some(terms),
            None => proposal.and_then(|p| p.terms.as_ref()).and_then(|terms| MultiLine::new(terms).ok()),
        };
        let contract = Contract {
            number,
            client,
            proposal: id,
            title: title.ok_or_else(|| Refusal::rule("title", "Is required without a proposal."))?,
            value: value.or(offered),
            start_date,
            end_date,
            status: Status::Draft,
            signature: None,
            reason: None,
            terms,
        };
        contract.checked()
    }
}

/// Changes to a draft: what is absent stays, what is null is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"end_date": "2027-06-30"}))]
struct ContractPatch {
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    title: Set<SingleLine<200>>,
    /// In the currency that it is in, or `currency`.
    #[serde(default)]
    #[schema(value_type = Option<Price>)]
    value: Patch<Price>,
    /// Needs `value` too.
    #[serde(default)]
    #[schema(value_type = Option<Currency>, nullable = false)]
    currency: Set<Currency>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    start_date: Patch<Date>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    end_date: Patch<Date>,
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<50000>>)]
    terms: Patch<MultiLine<50000>>,
}

impl ContractPatch {
    fn over(self, before: Contract, firm: &Firm) -> Result<Contract, Refusal> {
        let Self { title, value, currency, start_date, end_date, terms } = self;
        let value = patch_money("value", before.value, value, currency, firm.currency)?;
        Ok(Contract {
            title: title.over(before.title),
            value,
            start_date: start_date.over(before.start_date),
            end_date: end_date.over(before.end_date),
            terms: terms.over(before.terms),
            ..before
        })
    }
}

/// Who signed for the client, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"signed_by": "Ann Lee", "signed_on": "2026-11-20"}))]
struct SignContract {
    signed_by: SingleLine<200>,
    /// Default: today.
    signed_on: Option<Date>,
}

/// Why it is ended early.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The market was left"}))]
struct TerminateContract {
    reason: SingleLine<500>,
}

/// List contracts.
#[utoipa::path(get, path = "/api/crm/contracts/", tag = "contracts", params(ContractFilter, PageParams), security(("staff" = ["sales.read"])),
    responses((status = 200, description = "A page of contracts", body = Page<ContractSummary>)))]
async fn list_contracts(cx: Cx, staff: Staff<may::ReadSales>, query: ListQuery<ContractFilter>) -> Result<Answer, Problem> {
    let ContractFilter { client, status, archived } = query.filter;
    let which = which(archived, status.map(Status::as_str), client.map(Into::into))?;
    cx.list::<ContractSummary, _>(&staff, which, &query).await
}

/// Draw up a contract with a client.
#[utoipa::path(post, path = "/api/crm/contracts/", tag = "contracts", request_body = NewContract, security(("staff" = ["sales.close"])),
    responses((status = 201, description = "The draft", body = ContractOut)))]
async fn create_contract(cx: Cx, staff: Staff<may::CloseSales>, Valid(body): Valid<NewContract>) -> Result<Answer, Problem> {
    let read = cx.read(&staff).record(body.client).maybe(body.proposal).record(staff.firm).counter(Counter::Contracts);
    let found = read.fetch().await?;
    found.named("client", body.client)?;
    let proposal = body.proposal.map(|id| found.named("proposal", id)).transpose()?;
    let number = found.next(Counter::Contracts)?;
    let contract = body.contract(number, proposal.as_deref(), &*found.record(staff.firm)?)?;
    let mut change = cx.change(&staff);
    change.number(Counter::Contracts, number)?;
    let contract = change.create(cx.new_id(), contract, contract::event::CREATED)?;
    cx.commit(change, cx.created::<ContractOut>(&contract)).await
}

/// Show a contract.
#[utoipa::path(get, path = "/api/crm/contracts/{id}/", tag = "contracts", params(("id" = ContractId, Path)), security(("staff" = ["sales.read"])),
    responses((status = 200, description = "The contract", body = ContractOut)))]
async fn show_contract(cx: Cx, staff: Staff<may::ReadSales>, Path(id): Path<ContractId>) -> Result<Answer, Problem> {
    cx.show::<ContractOut>(&staff, id).await
}

/// Change a draft.
#[utoipa::path(patch, path = "/api/crm/contracts/{id}/", tag = "contracts", params(("id" = ContractId, Path)), request_body = ContractPatch,
    security(("staff" = ["sales.close"])), responses((status = 200, description = "The draft", body = ContractOut)))]
async fn update_contract(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ContractId>,
    Valid(body): Valid<ContractPatch>,
) -> Result<Answer, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let contract = change.update(&before, before.edit(body.over(before.content.clone(), &firm)?)?)?;
    cx.commit(change, cx.ok::<ContractOut>(&contract)).await
}

/// Delete a draft, or archive an contract that is over.
#[utoipa::path(delete, path = "/api/crm/contracts/{id}/", tag = "contracts", params(("id" = ContractId, Path)),
    security(("staff" = ["sales.close"])), responses((status = 204, description = "It is deleted or archived")))]
async fn remove_contract(cx: Cx, staff: Staff<may::CloseSales>, Path(id): Path<ContractId>) -> Result<Answer, Problem> {
    let (mut change, contract) = cx.edit(&staff, id).await?;
    change.remove(&contract, contract.remove()?)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Record that the client signed.
#[utoipa::path(post, path = "/api/crm/contracts/{id}/sign/", tag = "contracts", params(("id" = ContractId, Path)),
    request_body = SignContract, security(("staff" = ["sales.close"])),
    responses((status = 200, description = "The contract, signed", body = ContractOut)))]
async fn sign_contract(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ContractId>,
    Valid(body): Valid<SignContract>,
) -> Result<Answer, Problem> {
    cx.act::<ContractOut>(&staff, id, |contract| {
        let SignContract { signed_by, signed_on } = body;
        contract.sign(Signature { signed_by, signed_on: signed_on.unwrap_or(cx.today()) }, Date::latest(cx.now))
    })
    .await
}

/// Put a signed contract in force.
#[utoipa::path(post, path = "/api/crm/contracts/{id}/activate/", tag = "contracts", params(("id" = ContractId, Path)),
    security(("staff" = ["sales.close"])), responses((status = 200, description = "The contract, in force", body = ContractOut)))]
async fn activate_contract(cx: Cx, staff: Staff<may::CloseSales>, Path(id): Path<ContractId>) -> Result<Answer, Problem> {
    cx.act::<ContractOut>(&staff, id, |contract| contract.activate()).await
}

/// Record that a contract is fulfilled.
#[utoipa::path(post, path = "/api/crm/contracts/{id}/complete/", tag = "contracts", params(("id" = ContractId, Path)),
    security(("staff" = ["sales.close"])), responses((status = 200, description = "The contract, completed", body = ContractOut)))]
async fn complete_contract(cx: Cx, staff: Staff<may::CloseSales>, Path(id): Path<ContractId>) -> Result<Answer, Problem> {
    cx.act::<ContractOut>(&staff, id, |contract| contract.complete()).await
}

/// End a contract early.
#[utoipa::path(post, path = "/api/crm/contracts/{id}/terminate/", tag = "contracts", params(("id" = ContractId, Path)),
    request_body = TerminateContract, security(("staff" = ["sales.close"])),
    responses((status = 200, description = "The contract, terminated", body = ContractOut)))]
async fn terminate_contract(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ContractId>,
    Valid(body): Valid<TerminateContract>,
) -> Result<Answer, Problem> {
    cx.act::<ContractOut>(&staff, id, |contract| contract.terminate(body.reason)).await
}

/// List what happened to a contract.
#[utoipa::path(get, path = "/api/crm/contracts/{id}/history/", tag = "contracts", params(("id" = ContractId, Path), PageParams),
    security(("staff" = ["sales.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_contract_history(
    cx: Cx,
    staff: Staff<may::ReadSales>,
    Path(id): Path<ContractId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}
