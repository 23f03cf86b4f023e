//! `/api/crm/contracts/`

use api::{
    Answer, App, Body, Cx, Decimal, ListQuery, Listed, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, View, get, list_scope, may,
    patch, post, routes,
};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Money, MultiLine, Price, Refusal, SingleLine,
    contract::{self, Contract, Signature, Status},
    firm::Firm,
    ids::{ClientId, ContractId, ProposalId},
    proposal::Proposal,
};
use serde::{Deserialize, Serialize};
use store::{Counter, Named, Record};
use utoipa::{IntoParams, ToSchema};
use wire::{money, patch_money};

api::standard_handlers! {
    ContractId, ContractOut, "/api/crm/contracts/{id}/":
    /// Show a contract.
    ///
    /// With its terms, which lists leave out. An archived one is shown too.
    show_contract: show by Staff<may::ReadSales>;
    /// Delete a draft, or archive a contract that is over.
    ///
    /// Of a draft nothing is left but its history. 409 while it is signed or active (complete or terminate it first), and
    /// if it is archived already.
    remove_contract: archive by Staff<may::CloseSales>;
    /// Take a contract out of the archive.
    ///
    /// It is completed or terminated as before. One that isn't archived is shown as it is.
    restore_contract: restore by Staff<may::CloseSales>;
    /// List what happened to a contract.
    ///
    /// Newest first, also of a draft that was deleted: by whom it was drawn up, changed, signed, activated, completed,
    /// terminated, archived or restored, and which fields that changed. Network addresses are for owners and managers.
    list_contract_history: history by Staff<may::ReadSales>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_contracts, create_contract))
        .routes(routes!(show_contract, update_contract, remove_contract))
        .routes(routes!(restore_contract))
        .routes(routes!(sign_contract))
        .routes(routes!(activate_contract))
        .routes(routes!(complete_contract))
        .routes(routes!(terminate_contract))
        .routes(routes!(list_contract_history))
}

/// A contract, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Contract)]
struct ContractSummary {
    id: ContractId,
    /// `CON-000001`.
    #[view(contract::label(it.number))]
    number: String,
    client: ClientId,
    /// The proposal that it carries out.
    proposal: Option<ProposalId>,
    title: SingleLine<200>,
    /// A decimal, in `currency`.
    #[view(it.value.map(Decimal::from))]
    value: Option<Decimal>,
    #[view(it.value.map(Money::currency))]
    currency: Option<Currency>,
    start_date: Option<Date>,
    end_date: Option<Date>,
    status: Status,
    /// Who signed for the client.
    #[view(it.signature.as_ref().map(|signature| signature.signed_by.clone()))]
    signed_by: Option<SingleLine<200>>,
    #[view(it.signature.as_ref().map(|signature| signature.signed_on))]
    signed_on: Option<Date>,
    /// Why it was ended early.
    reason: Option<SingleLine<500>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A contract.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Contract)]
#[view(record = Contract, path = "/api/crm/contracts/")]
struct ContractOut {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: ContractSummary,
    terms: Option<MultiLine<50000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
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
    client: Named<ClientId>,
    /// The proposal that it carries out, which the client must have accepted.
    proposal: Option<Named<ProposalId>>,
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
    fn contract(self, number: u64, client: ClientId, proposal: Option<&Record<Proposal>>, firm: &Firm) -> Result<Contract, Refusal> {
        let Self { title, value, currency, start_date, end_date, terms, .. } = self;
        proposal.map(|proposal| Contract::may_carry_out(proposal, client)).transpose()?;
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
            proposal: proposal.map(|proposal| proposal.id),
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
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"end_date": "2027-06-30"}))]
#[body(patch = Contract, given(firm: &Firm), keep(number, client, proposal, status, signature, reason))]
struct ContractPatch {
    title: Set<SingleLine<200>>,
    /// In the currency that it is in, or `currency`.
    #[body(patch_money("value", before.value, value, currency, firm.currency)?)]
    value: Patch<Price>,
    /// Needs `value` too.
    #[body(skip)]
    currency: Patch<Currency>,
    start_date: Patch<Date>,
    end_date: Patch<Date>,
    terms: Patch<MultiLine<50000>>,
}

/// Who signed for the client, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"signed_by": "Ann Lee", "signed_on": "2026-11-20"}))]
struct SignContract {
    signed_by: SingleLine<200>,
    /// Not in the future. Default: today, where the firm is.
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
///
/// Newest first, without terms, and without those that are archived, which `archived=true` lists. By client, by status or
/// archived: 422 for two at once.
#[get("/api/crm/contracts/")]
async fn list_contracts(
    cx: Cx,
    staff: Staff<may::ReadSales>,
    query: ListQuery<ContractFilter>,
) -> Result<Answer<Page<ContractSummary>>, Problem> {
    let ContractFilter { client, status, archived } = query.filter;
    let scope = list_scope(archived, status.map(Status::as_str), client.map(Into::into))?;
    cx.list(&staff, scope, &query).await
}

/// Draw up a contract with a client.
///
/// It is a draft with a number; what isn't said of title, value and terms is the proposal's. 422 if there is no such client
/// or proposal, or it is archived; if the client didn't accept the proposal; without a title or a proposal; if its last day
/// is before its first.
#[post("/api/crm/contracts/", 201)]
async fn create_contract(cx: Cx, staff: Staff<may::CloseSales>, Valid(body): Valid<NewContract>) -> Result<Answer<ContractOut>, Problem> {
    let read = cx.read(&staff).named(body.client).named(body.proposal).record(staff.firm).counter(Counter::Contracts);
    let (found, mut change) = (read.fetch().await?, cx.change(&staff));
    let client = change.depend(&found, "client", body.client)?.id;
    let proposal = change.depend_if(&found, "proposal", body.proposal)?;
    let number = found.next(Counter::Contracts)?;
    let contract = body.contract(number, client, proposal.as_ref(), &*found.record(staff.firm)?)?;
    change.number(Counter::Contracts, number)?;
    let contract = change.create(cx.new_id(), contract, contract::Event::Created)?;
    cx.commit(change, cx.created(&contract)).await
}

/// Change a draft.
///
/// Its client, its proposal and its number stay. 409 once it is signed; 422 if its last day would be before its first, or
/// for a currency without a value.
#[patch("/api/crm/contracts/{id}/")]
async fn update_contract(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ContractId>,
    Valid(body): Valid<ContractPatch>,
) -> Result<Answer<ContractOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let contract = change.update(&before, before.edit(body.over(before.content.clone(), &firm)?)?)?;
    cx.commit(change, cx.ok(&contract)).await
}

/// Record that the client signed.
///
/// It can't be changed any more, and projects can carry it out; nobody gets a mail. 409 unless it is a draft; 422 for a day
/// that is in the future where the firm is.
#[post("/api/crm/contracts/{id}/sign/")]
async fn sign_contract(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ContractId>,
    Valid(body): Valid<SignContract>,
) -> Result<Answer<ContractOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let (SignContract { signed_by, signed_on }, today) = (body, firm.time_zone.day(cx.now));
    let contract = change.update(&before, before.sign(Signature { signed_by, signed_on: signed_on.unwrap_or(today) }, today)?)?;
    cx.commit(change, cx.ok(&contract)).await
}

/// Put a signed contract in force.
///
/// On whichever day: its first and its last one aren't looked at. 409 unless it is signed.
#[post("/api/crm/contracts/{id}/activate/")]
async fn activate_contract(cx: Cx, staff: Staff<may::CloseSales>, Path(id): Path<ContractId>) -> Result<Answer<ContractOut>, Problem> {
    cx.act(&staff, id, |contract| contract.activate()).await
}

/// Record that a contract is fulfilled.
///
/// Projects that carry it out stay as they are. 409 unless it is active.
#[post("/api/crm/contracts/{id}/complete/")]
async fn complete_contract(cx: Cx, staff: Staff<may::CloseSales>, Path(id): Path<ContractId>) -> Result<Answer<ContractOut>, Problem> {
    cx.act(&staff, id, |contract| contract.complete()).await
}

/// End a contract early.
///
/// It may be signed or active; its projects stay as they are. 409 for a draft, which is deleted instead, and if it is over
/// already.
#[post("/api/crm/contracts/{id}/terminate/")]
async fn terminate_contract(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ContractId>,
    Valid(body): Valid<TerminateContract>,
) -> Result<Answer<ContractOut>, Problem> {
    cx.act(&staff, id, |contract| contract.terminate(body.reason)).await
}
