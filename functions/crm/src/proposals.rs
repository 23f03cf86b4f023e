//! `/api/crm/proposals/`. Accepting one is in `acceptance.rs`.

use api::{
    Answer, App, Body, Cx, JsonObject, ListQuery, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, delete, get, list_scope, may,
    patch, post, routes,
};
use domain::{
    Archive, Currency, Date, Email, Language, MultiLine, Price, Quantity, Refusal, SingleLine,
    access::Permission,
    ids::{ProposalId, ProspectId},
    offer::{LineItem, Offer},
    proposal::{self, Proposal, Status},
};
use serde::Deserialize;
use store::{Counter, Named, Unique};
use utoipa::{IntoParams, ToSchema};
use wire::ContactPatch;

use crate::{
    acceptance::{self, none_accepted},
    proposal_shape::{ProposalOut, ProposalSummary},
};

api::standard_handlers! {
    ProposalId, ProposalOut, "/api/crm/proposals/{id}/":
    /// Show a proposal.
    ///
    /// Once its last day is over everywhere it is shown as expired, before that is recorded. An archived one is shown too.
    show_proposal: show by Staff<may::ReadSales>;
    /// Take a proposal out of the archive.
    ///
    /// It is accepted, rejected, cancelled or superseded as before. One that isn't archived is shown as it is.
    restore_proposal: restore by Staff<may::WriteSales>;
    /// List what happened to a proposal.
    ///
    /// Newest first, also of a draft that was deleted; each version has a history of its own. What expired by itself is by
    /// `system:schedule`, what was cancelled because another was accepted by `system:outbox`. Network addresses are for
    /// owners and managers.
    list_proposal_history: history by Staff<may::ReadSales>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_proposals, create_proposal))
        .routes(routes!(show_proposal, update_proposal, remove_proposal))
        .routes(routes!(restore_proposal))
        .routes(routes!(submit_proposal))
        .routes(routes!(approve_proposal))
        .routes(routes!(send_proposal))
        .routes(routes!(reject_proposal))
        .routes(routes!(cancel_proposal))
        .routes(routes!(revise_proposal))
        .routes(routes!(list_proposal_history))
        .merge(acceptance::routes())
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
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLineItem {
    description: SingleLine<500>,
    quantity: Quantity,
    unit_price: Price,
    /// Whether the client can leave it out.
    #[serde(default)]
    optional: bool,
    /// Whether an optional line is in the total. Default: no.
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
    prospect: Named<ProspectId>,
    /// Default: the prospect's company.
    title: Option<SingleLine<200>>,
    /// What is offered as a whole; needed without lines, refused with them.
    total_value: Option<Price>,
    /// 1 to 100 lines, whose descriptions take at most 50,000 bytes together.
    #[schema(max_items = 100)]
    line_items: Option<Vec<JsonObject<NewLineItem>>>,
    /// Default: the firm's currency.
    currency: Option<Currency>,
    /// The last day on which it can be accepted.
    valid_until: Option<Date>,
    terms: Option<MultiLine<20000>>,
}

/// Changes to a draft: what is absent stays, what is null is cleared.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"total_value": "48000.00", "valid_until": null}))]
#[body(
    patch = Proposal,
    given(offer: Offer),
    set(
        contact = ContactPatch { company_name, contact_name, email, phone, language }.over(before.contact),
        line_items = offer.line_items,
        total = offer.total
    ),
    keep(number, version, prospect, status, sent_at, reason, acceptance, supersedes, superseded_by)
)]
struct ProposalPatch {
    title: Set<SingleLine<200>>,
    /// Whom it is addressed to, in place of what the prospect said when it was drafted.
    #[body(skip)]
    company_name: Set<SingleLine<200>>,
    #[body(skip)]
    contact_name: Patch<SingleLine<200>>,
    #[body(skip)]
    email: Patch<Email>,
    #[body(skip)]
    phone: Patch<SingleLine<40>>,
    /// The language in which they are written to; null: the firm's.
    #[body(skip)]
    language: Patch<Language>,
    /// In place of what was offered.
    #[body(skip)]
    total_value: Set<Price>,
    /// In place of what was offered.
    #[body(skip)]
    #[schema(value_type = Vec<JsonObject<NewLineItem>>, max_items = 100, required = false)]
    line_items: Set<Vec<JsonObject<NewLineItem>>>,
    /// Needs `total_value` or `line_items` too.
    #[body(skip)]
    currency: Set<Currency>,
    valid_until: Patch<Date>,
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

/// What is offered, if it is said.
fn offer(
    total_value: Option<Price>,
    line_items: Option<Vec<JsonObject<NewLineItem>>>,
    currency: Currency,
) -> Result<Option<Offer>, Refusal> {
    let line = |JsonObject(NewLineItem { description, quantity, unit_price, optional, chosen })| LineItem {
        description,
        quantity,
        unit_price,
        optional,
        chosen: chosen || !optional,
    };
    Offer::said(total_value, line_items.map(|lines| lines.into_iter().map(line).collect()), currency)
}

impl ProposalPatch {
    /// What is offered after the patch of a proposal that was `before`.
    fn offer(&self, before: &Proposal) -> Result<Offer, Refusal> {
        let currency = self.currency.value();
        let (total, lines) = (self.total_value.value(), self.line_items.clone().value());
        let offered = offer(total, lines, currency.unwrap_or(before.total.currency()))?;
        if currency.is_some() && offered.is_none() {
            return Err(Refusal::rule("currency", "Send the total_value or the line_items in it too."));
        }
        Ok(offered.unwrap_or_else(|| before.offer()))
    }
}

/// List proposals.
///
/// Newest first, each version by itself, without lines and terms, and without those that are archived, which
/// `archived=true` lists. By prospect, by status or archived: 422 for two at once.
#[get("/api/crm/proposals/")]
async fn list_proposals(
    cx: Cx,
    staff: Staff<may::ReadSales>,
    query: ListQuery<ProposalFilter>,
) -> Result<Answer<Page<ProposalSummary>>, Problem> {
    let ProposalFilter { prospect, status, archived } = query.filter;
    let scope = list_scope(archived, status.map(Status::as_str), prospect.map(Into::into))?;
    cx.list(&staff, scope, &query).await
}

/// Draft a proposal to a prospect.
///
/// It gets a number, and is addressed to the prospect as that is now; nothing is sent. 409 if the prospect is won or lost,
/// and, with `existing`, if a proposal to it was accepted; 422 if there is no such prospect, or it is archived; without a
/// total or lines, and with a total that isn't the sum of the lines.
#[post("/api/crm/proposals/", 201)]
async fn create_proposal(cx: Cx, staff: Staff<may::WriteSales>, Valid(body): Valid<NewProposal>) -> Result<Answer<ProposalOut>, Problem> {
    let NewProposal { prospect, title, total_value, line_items, currency, valid_until, terms } = body;
    let found = cx.read(&staff).named(prospect).record(staff.firm).counter(Counter::Proposals).fetch().await?;
    let mut change = cx.change(&staff);
    let to = change.depend(&found, "prospect", prospect)?;
    to.may_be_offered()?;
    none_accepted(&mut change, to.id)?;
    let offer = offer(total_value, line_items, currency.unwrap_or(found.record(staff.firm)?.currency))?;
    let offer = offer.ok_or_else(|| Problem::invalid("total_value", "Is required without line_items."))?;
    let number = found.next(Counter::Proposals)?;
    let title = title.unwrap_or_else(|| to.contact.company_name.clone());
    let proposal = Proposal { valid_until, terms, ..Proposal::new(number, to.id, to.contact.clone(), title, offer) };
    change.number(Counter::Proposals, number)?;
    let proposal = change.create(cx.new_id(), proposal, proposal::Event::Created)?;
    cx.commit(change, cx.created(&proposal)).await
}

/// Change a draft.
///
/// One that was submitted or approved is a draft again, without its approval. 409 once it is sent (`revise/` makes its next
/// version) or over; 422 for a currency without a total or lines, and for a total that isn't the sum of the lines.
#[patch("/api/crm/proposals/{id}/")]
async fn update_proposal(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<ProposalId>,
    Valid(body): Valid<ProposalPatch>,
) -> Result<Answer<ProposalOut>, Problem> {
    cx.act(&staff, id, |proposal: &Proposal| {
        let offer = body.offer(proposal)?;
        proposal.edit(body.over(proposal.clone(), offer)?)
    })
    .await
}

/// Delete a draft, or archive a proposal that is over.
///
/// Of a draft nothing is left but its history; where it is the next version of another, that one is as it was before, taken
/// out of the archive if it was there, or is cancelled if it was open and another proposal to the prospect was accepted. Archiving takes the
/// permission `sales.close`. 409 while it waits for approval, is approved, sent or expired (cancel it first), and if it is archived
/// already.
#[delete("/api/crm/proposals/{id}/")]
async fn remove_proposal(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<ProposalId>) -> Result<Answer<()>, Problem> {
    let (mut change, proposal) = cx.edit(&staff, id).await?;
    let event = proposal.archive()?;
    if event != proposal::Event::Deleted && !staff.role.may(Permission::CloseSales) {
        return Err(Problem::forbidden("Only a draft can be deleted without the permission sales.close."));
    }
    if let (proposal::Event::Deleted, Some(previous)) = (event, proposal.supersedes) {
        let accepted = Unique::AcceptedBy(proposal.prospect);
        let found = cx.read(&staff).record(previous).unique(&accepted).fetch().await?;
        let is_free = found.is_free(&accepted);
        if is_free {
            change.keep_free(&accepted)?;
        }
        let previous = found.record(previous)?;
        change.update(&previous, previous.reinstate(id, !is_free)?)?;
    }
    change.remove(&proposal, event)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Submit a draft to somebody who may approve it.
///
/// It can't be sent before it is approved; nobody gets a mail of that. 409 unless it is a draft.
#[post("/api/crm/proposals/{id}/submit/")]
async fn submit_proposal(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<ProposalId>) -> Result<Answer<ProposalOut>, Problem> {
    cx.act(&staff, id, |proposal| proposal.submit()).await
}

/// Approve a proposal that was submitted.
///
/// It may be sent from now on, and a change makes it a draft again; nobody gets a mail. 409 unless it waits for approval.
#[post("/api/crm/proposals/{id}/approve/")]
async fn approve_proposal(cx: Cx, staff: Staff<may::CloseSales>, Path(id): Path<ProposalId>) -> Result<Answer<ProposalOut>, Problem> {
    cx.act(&staff, id, |proposal| proposal.approve()).await
}

/// Send a proposal to the prospect, by mail.
///
/// A draft goes out without approval too. It can't be changed any more, and expires by itself once its last day is over
/// everywhere. 409 if it waits for approval, was sent already or is over, and, with `existing`, if another proposal to the
/// prospect was accepted; 422 without an e-mail on it, and if its last day is over.
#[post("/api/crm/proposals/{id}/send/")]
async fn send_proposal(cx: Cx, staff: Staff<may::CloseSales>, Path(id): Path<ProposalId>) -> Result<Answer<ProposalOut>, Problem> {
    let (mut change, draft, firm) = cx.edit_with_firm(&staff, id).await?;
    none_accepted(&mut change, draft.prospect)?;
    let proposal = change.update(&draft, draft.send(firm.confirmed()?, cx.now, Date::anywhere_on_earth(cx.now))?)?;
    cx.commit(change, cx.ok(&proposal)).await
}

/// Record that the client said no.
///
/// The prospect and the other proposals to it stay as they are. 409 unless it is sent.
#[post("/api/crm/proposals/{id}/reject/")]
async fn reject_proposal(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ProposalId>,
    Valid(body): Valid<RejectProposal>,
) -> Result<Answer<ProposalOut>, Problem> {
    cx.act(&staff, id, |proposal| proposal.reject(body.reason)).await
}

/// Take a proposal back.
///
/// The prospect isn't told. 409 for a draft, which is deleted instead, and if it is accepted, rejected, cancelled or
/// superseded already.
#[post("/api/crm/proposals/{id}/cancel/")]
async fn cancel_proposal(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ProposalId>,
    Valid(body): Valid<CancelProposal>,
) -> Result<Answer<ProposalOut>, Problem> {
    cx.act(&staff, id, |proposal| proposal.cancel(body.reason)).await
}

/// Make the next version of a proposal that is out; the old one is superseded.
///
/// The next version is a draft of the same number that says the same; deleting it brings the old one back. 409 unless it is
/// sent, expired or rejected, if the prospect is archived, and, with `existing`, if a proposal to it was accepted.
#[post("/api/crm/proposals/{id}/revise/", 201)]
async fn revise_proposal(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<ProposalId>) -> Result<Answer<ProposalOut>, Problem> {
    let (mut change, proposal) = cx.edit(&staff, id).await?;
    none_accepted(&mut change, proposal.prospect)?;
    let next = cx.new_id();
    let (superseded, revision) = proposal.revise(id, next)?;
    change.update(&proposal, superseded)?;
    let revision = change.create(next, revision, proposal::Event::Created)?;
    cx.commit(change, cx.created(&revision)).await
}
