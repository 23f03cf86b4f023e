//! `/api/crm/proposals/`. Accepting one is in `acceptance.rs`.

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Object, Page, PageParams, Patch, Path, Problem, Routes, Set, Staff, Valid, may, routes,
    shapes::ContactPatch, which,
};
use domain::{
    Currency, Date, Email, Money, MultiLine, Price, Quantity, Refusal, SingleLine,
    offer::{LineItem, Offer},
    proposal::{self, Proposal, ProposalId, Status},
    prospect::ProspectId,
};
use serde::Deserialize;
use store::Counter;
use utoipa::{IntoParams, ToSchema};

use crate::proposal_shape::{ProposalOut, ProposalSummary};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_proposals, create_proposal))
        .routes(routes!(show_proposal, update_proposal, remove_proposal))
        .routes(routes!(submit_proposal))
        .routes(routes!(approve_proposal))
        .routes(routes!(send_proposal))
        .routes(routes!(reject_proposal))
        .routes(routes!(cancel_proposal))
        .routes(routes!(revise_proposal))
        .routes(routes!(list_proposal_history))
        .merge(crate::acceptance::routes())
}

/// Which proposals.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ProposalFilter {
    /// Those to a prospect.
    prospect: Option<ProspectId>,
    /// Those at a status. Those that expired within the last minutes may still be at `sent`.
    status: Option<Status>,
    /// Those that were archived.
    archived: Option<bool>,
}

/// One line of an offer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLineItem {
    description: SingleLine<500>,
    quantity: Quantity,
    unit_price: Price,
    /// Whether the client can leave it out.
    #[serde(default)]
    optional: bool,
    /// Whether an optional line is in the total; not, unless said.
    #[serde(default)]
    chosen: bool,
}

/// A new proposal: of a sum, or of lines.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"prospect": "prospect_01kanar9g00000000000000007", "title": "Market study", "valid_until": "2027-01-31",
    "line_items": [{"description": "Interviews", "quantity": "12", "unit_price": "1500.00"},
                   {"description": "Workshop", "quantity": "1", "unit_price": "4000.00", "optional": true}]}))]
struct NewProposal {
    prospect: ProspectId,
    /// Default: the prospect's company.
    title: Option<SingleLine<200>>,
    /// What is offered as a whole; needed without lines, refused with them.
    total_value: Option<Price>,
    /// 1 to 100 lines.
    #[schema(value_type = Option<Vec<NewLineItem>>)]
    line_items: Option<Vec<Object<NewLineItem>>>,
    /// Default: the firm's currency.
    currency: Option<Currency>,
    /// The last day on which it can be accepted.
    valid_until: Option<Date>,
    terms: Option<MultiLine<20000>>,
}

/// Changes to a draft: what is absent stays, what is null is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"total_value": "48000.00", "valid_until": null}))]
struct ProposalPatch {
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    title: Set<SingleLine<200>>,
    /// Whom it is addressed to, in place of what the prospect said when it was drafted.
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    company_name: Set<SingleLine<200>>,
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>)]
    contact_name: Patch<SingleLine<200>>,
    #[serde(default)]
    #[schema(value_type = Option<Email>)]
    email: Patch<Email>,
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<40>>)]
    phone: Patch<SingleLine<40>>,
    /// In place of what was offered.
    #[serde(default)]
    #[schema(value_type = Option<Price>, nullable = false)]
    total_value: Set<Price>,
    /// In place of what was offered.
    #[serde(default)]
    #[schema(value_type = Option<Vec<NewLineItem>>, nullable = false)]
    line_items: Set<Vec<Object<NewLineItem>>>,
    /// Needs `total_value` or `line_items` too.
    #[serde(default)]
    #[schema(value_type = Option<Currency>, nullable = false)]
    currency: Set<Currency>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    valid_until: Patch<Date>,
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<20000>>)]
    terms: Patch<MultiLine<20000>>,
}

/// Why the client said no.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Chose another firm"}))]
struct RejectProposal {
    reason: MultiLine<2000>,
}

/// Why the firm takes it back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The team isn't free any more"}))]
struct CancelProposal {
    reason: Option<MultiLine<2000>>,
}

/// What is offered: the sum or the lines, not both; none where neither is said.
fn offer(total_value: Option<Price>, line_items: Option<Vec<Object<NewLineItem>>>, currency: Currency) -> Result<Option<Offer>, Refusal> {
    match (total_value, line_items) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Refusal::rule("total_value", "Is the sum of the line_items.")),
        (Some(total), None) => Ok(Some(Offer::of_total(Money::new("total_value", total, currency)?))),
        (None, Some(lines)) => {
            let line = |Object(NewLineItem { description, quantity, unit_price, optional, chosen })| LineItem {
                description,
                quantity,
                unit_price,
                optional,
                chosen: chosen || !optional,
            };
            Offer::of_lines(lines.into_iter().map(line).collect(), currency).map(Some)
        }
    }
}

impl ProposalPatch {
    fn over(self, before: Proposal) -> Result<Proposal, Refusal> {
        let Self { title, company_name, contact_name, email, phone, total_value, line_items, currency, valid_until, terms } = self;
        let contact = ContactPatch { company_name, contact_name, email, phone }.over(before.contact.clone());
        let currency = currency.value();
        let offered = offer(total_value.value(), line_items.value(), currency.unwrap_or(before.total.currency()))?;
        if currency.is_some() && offered.is_none() {
            return Err(Refusal::rule("currency", "Send the total_value or the line_items in it too."));
        }
        let Offer { line_items, total } = offered.unwrap_or_else(|| before.offer());
        let (title, valid_until, terms) = (title.over(before.title), valid_until.over(before.valid_until), terms.over(before.terms));
        Ok(Proposal { title, contact, line_items, total, valid_until, terms, ..before })
    }
}

/// List proposals.
#[utoipa::path(get, path = "/api/crm/proposals/", tag = "proposals", params(ProposalFilter, PageParams), security(("staff" = ["sales.read"])),
    responses((status = 200, description = "A page of proposals", body = Page<ProposalSummary>)))]
async fn list_proposals(cx: Cx, staff: Staff<may::ReadSales>, query: ListQuery<ProposalFilter>) -> Result<Answer, Problem> {
    let ProposalFilter { prospect, status, archived } = query.filter;
    let which = which(archived, status.map(Status::as_str), prospect.map(Into::into))?;
    cx.list::<ProposalSummary, _>(&staff, which, &query).await
}

/// Draft a proposal to a prospect.
#[utoipa::path(post, path = "/api/crm/proposals/", tag = "proposals", request_body = NewProposal, security(("staff" = ["sales.write"])),
    responses((status = 201, description = "The draft", body = ProposalOut)))]
async fn create_proposal(cx: Cx, staff: Staff<may::WriteSales>, Valid(body): Valid<NewProposal>) -> Result<Answer, Problem> {
    let NewProposal { prospect, title, total_value, line_items, currency, valid_until, terms } = body;
    let found = cx.read(&staff).record(prospect).record(staff.firm).counter(Counter::Proposals).fetch().await?;
    let to = found.named("prospect", prospect)?;
    to.may_be_offered()?;
    let offer = offer(total_value, line_items, currency.unwrap_or(found.record(staff.firm)?.currency))?;
    let offer = offer.ok_or_else(|| Problem::malformed("total_value", "Is required without line_items."))?;
    let number = found.next(Counter::Proposals)?;
    let title = title.unwrap_or_else(|| to.contact.company_name.clone());
    let proposal = Proposal { valid_until, terms, ..Proposal::new(number, prospect, to.contact.clone(), title, offer) };
    let mut change = cx.change(&staff);
    change.number(Counter::Proposals, number)?;
    let proposal = change.create(cx.new_id(), proposal, proposal::event::CREATED)?;
    cx.commit(change, cx.created::<ProposalOut>(&proposal)).await
}

/// Show a proposal.
#[utoipa::path(get, path = "/api/crm/proposals/{id}/", tag = "proposals", params(("id" = ProposalId, Path)), security(("staff" = ["sales.read"])),
    responses((status = 200, description = "The proposal", body = ProposalOut)))]
async fn show_proposal(cx: Cx, staff: Staff<may::ReadSales>, Path(id): Path<ProposalId>) -> Result<Answer, Problem> {
    cx.show::<ProposalOut>(&staff, id).await
}

/// Change a draft. One that was approved has to be approved again.
#[utoipa::path(patch, path = "/api/crm/proposals/{id}/", tag = "proposals", params(("id" = ProposalId, Path)), request_body = ProposalPatch,
    security(("staff" = ["sales.write"])), responses((status = 200, description = "The draft", body = ProposalOut)))]
async fn update_proposal(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<ProposalId>,
    Valid(body): Valid<ProposalPatch>,
) -> Result<Answer, Problem> {
    cx.act::<ProposalOut>(&staff, id, |proposal| proposal.edit(body.over(proposal.clone())?)).await
}

/// Delete a draft, or archive an proposal that is over.
#[utoipa::path(delete, path = "/api/crm/proposals/{id}/", tag = "proposals", params(("id" = ProposalId, Path)),
    security(("staff" = ["sales.write"])), responses((status = 204, description = "It is deleted or archived")))]
async fn remove_proposal(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<ProposalId>) -> Result<Answer, Problem> {
    let (mut change, proposal) = cx.edit(&staff, id).await?;
    change.remove(&proposal, proposal.remove()?)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Submit a draft to somebody who may approve it.
#[utoipa::path(post, path = "/api/crm/proposals/{id}/submit/", tag = "proposals", params(("id" = ProposalId, Path)),
    security(("staff" = ["sales.write"])), responses((status = 200, description = "The proposal, pending approval", body = ProposalOut)))]
async fn submit_proposal(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<ProposalId>) -> Result<Answer, Problem> {
    cx.act::<ProposalOut>(&staff, id, |proposal| proposal.submit()).await
}

/// Approve a proposal that was submitted.
#[utoipa::path(post, path = "/api/crm/proposals/{id}/approve/", tag = "proposals", params(("id" = ProposalId, Path)),
    security(("staff" = ["sales.close"])), responses((status = 200, description = "The proposal, approved", body = ProposalOut)))]
async fn approve_proposal(cx: Cx, staff: Staff<may::CloseSales>, Path(id): Path<ProposalId>) -> Result<Answer, Problem> {
    cx.act::<ProposalOut>(&staff, id, |proposal| proposal.approve()).await
}

/// Send a proposal to the prospect, by mail.
#[utoipa::path(post, path = "/api/crm/proposals/{id}/send/", tag = "proposals", params(("id" = ProposalId, Path)),
    security(("staff" = ["sales.close"])), responses((status = 200, description = "The proposal, sent", body = ProposalOut)))]
async fn send_proposal(cx: Cx, staff: Staff<may::CloseSales>, Path(id): Path<ProposalId>) -> Result<Answer, Problem> {
    cx.act::<ProposalOut>(&staff, id, |proposal| proposal.send(cx.now, cx.today())).await
}

/// Record that the client said no.
#[utoipa::path(post, path = "/api/crm/proposals/{id}/reject/", tag = "proposals", params(("id" = ProposalId, Path)),
    request_body = RejectProposal, security(("staff" = ["sales.close"])),
    responses((status = 200, description = "The proposal, rejected", body = ProposalOut)))]
async fn reject_proposal(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ProposalId>,
    Valid(body): Valid<RejectProposal>,
) -> Result<Answer, Problem> {
    cx.act::<ProposalOut>(&staff, id, |proposal| proposal.reject(body.reason)).await
}

/// Take a proposal back.
#[utoipa::path(post, path = "/api/crm/proposals/{id}/cancel/", tag = "proposals", params(("id" = ProposalId, Path)),
    request_body = CancelProposal, security(("staff" = ["sales.close"])),
    responses((status = 200, description = "The proposal, cancelled", body = ProposalOut)))]
async fn cancel_proposal(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ProposalId>,
    Valid(body): Valid<CancelProposal>,
) -> Result<Answer, Problem> {
    cx.act::<ProposalOut>(&staff, id, |proposal| proposal.cancel(body.reason)).await
}

/// Make the next version of a proposal that is out; the old one is superseded.
#[utoipa::path(post, path = "/api/crm/proposals/{id}/revise/", tag = "proposals", params(("id" = ProposalId, Path)),
    security(("staff" = ["sales.write"])), responses((status = 201, description = "The next version, a draft", body = ProposalOut)))]
async fn revise_proposal(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<ProposalId>) -> Result<Answer, Problem> {
    let (mut change, proposal) = cx.edit(&staff, id).await?;
    let next = cx.new_id();
    let (superseded, revision) = proposal.revise(id, next)?;
    change.update(&proposal, superseded)?;
    let revision = change.create(next, revision, proposal::event::CREATED)?;
    cx.commit(change, cx.created::<ProposalOut>(&revision)).await
}

/// List what happened to a proposal.
#[utoipa::path(get, path = "/api/crm/proposals/{id}/history/", tag = "proposals", params(("id" = ProposalId, Path), PageParams),
    security(("staff" = ["sales.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_proposal_history(
    cx: Cx,
    staff: Staff<may::ReadSales>,
    Path(id): Path<ProposalId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}
