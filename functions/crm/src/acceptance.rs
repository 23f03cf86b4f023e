//! `POST /api/crm/proposals/{id}/accept/`: the point at which a prospect becomes a client. One transaction makes the
//! client, its portal user and the engagement; the stream then wins the prospect, cancels the other proposals to it
//! and sends the welcome mail.

use api::{Answer, App, Cx, Path, Problem, Routes, Shape, Staff, Valid, may, post, routes};
use domain::{
    Date, MultiLine, Refusal, SingleLine,
    client::Client,
    engagement::{self, Engagement},
    ids::{ClientId, ProposalId, ProspectId},
    offer::MOST_LINES,
    portal_user::PortalUser,
    proposal::{Acceptance, AcceptanceIds, Proposal},
};
use serde::{Deserialize, Serialize};
use store::{Change, Record, Unique};
use utoipa::{
    ToSchema,
    openapi::schema::{Array, ArrayBuilder, ObjectBuilder, SchemaType, Type},
};
use wire::{ClientOut, EngagementOut, PortalUserOut};

use crate::{
    onboarding::{Onboarded, onboard},
    proposal_shape::ProposalOut,
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(accept_proposal))
}

/// What the client said yes to, and who said it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"accepted_by": "Ann Lee", "chosen_options": [1]}))]
struct AcceptProposal {
    /// Who accepted, at the client.
    accepted_by: Option<SingleLine<200>>,
    note: Option<MultiLine<2000>>,
    #[serde(default, deserialize_with = "api::whole")]
    #[schema(schema_with = places, required = false)]
    chosen_options: Option<Vec<usize>>,
}

/// What [`AcceptProposal::chosen_options`] takes.
fn places() -> Array {
    let place = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(MOST_LINES - 1));
    ArrayBuilder::new()
        .items(place)
        .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
        .max_items(Some(MOST_LINES))
        .description(Some("The optional lines that were chosen, by their places from 0. Default: as they were offered."))
        .build()
}

/// What came of a proposal that was accepted.
#[derive(Debug, Serialize, ToSchema)]
struct AcceptedProposal {
    proposal: ProposalOut,
    client: ClientOut,
    /// Who was let into the client's portal; none if no e-mail was known.
    portal_user: Option<PortalUserOut>,
    engagement: EngagementOut,
}

/// Accept a proposal for the client, from draft or sent.
///
/// In one go the prospect becomes a client, unless it was converted by hand, with a portal user who has all rights if there
/// is an e-mail, and an engagement begins. Soon after the prospect is won, the other open proposals to it are cancelled, and
/// the welcome mail goes out. Again: the same answer. 409 if it waits for approval, has expired or is over, and, with
/// `existing`, if another proposal to the prospect was accepted, since one can be, and if the client that it was converted
/// to is archived; 403 (`unconfirmed`), where somebody would be invited, before the firm's founder has confirmed their e-mail;
/// 422 for chosen options that aren't optional lines, or come twice.
#[post("/api/crm/proposals/{id}/accept/")]
async fn accept_proposal(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ProposalId>,
    Valid(body): Valid<AcceptProposal>,
) -> Result<Answer<AcceptedProposal>, Problem> {
    let found = cx.read(&staff).record(id).record(staff.firm).fetch().await?;
    let (proposal, firm) = (found.record(id)?, found.record(staff.firm)?);
    if let Some(acceptance) = &proposal.acceptance {
        return show_accepted(&cx, &staff, &proposal, acceptance).await;
    }
    let proposal = cx.target(&found, id)?;
    proposal.may_be_accepted(true, Date::anywhere_on_earth(cx.now))?;
    let Onboarded { mut change, client, portal_user } = onboard(&cx, &staff, &firm, proposal.prospect, &proposal.contact)?;
    let answer = accept(&cx, &mut change, &proposal, &client, portal_user.as_ref(), body.clone())?;
    match change.commit(answer.reply()).await {
        // It was converted by hand: the proposal is accepted for the client that it became.
        Err(store::Error::Taken { holder, .. }) if holder.parse::<ClientId>().is_ok() => {
            let client = holder.parse().map_err(Problem::internal)?;
            let found = cx.read(&staff).record(client).record(proposal.prospect).fetch().await?;
            let (client, prospect) = (found.record(client)?, found.record(proposal.prospect)?);
            let found = cx.read(&staff).maybe(prospect.portal_user).fetch().await?;
            let portal_user = prospect.portal_user.map(|user| found.record(user)).transpose()?;
            let mut change = cx.change(&staff);
            let answer = accept(&cx, &mut change, &proposal, &client, portal_user.as_ref(), body)?;
            cx.commit(change, Ok(answer)).await
        }
        result => Ok(result.map(|()| answer)?),
    }
}

fn accepted_before() -> Refusal {
    Refusal::state("Another proposal to the prospect was accepted; see existing.")
}

/// Add to `change` that no proposal to `prospect` was accepted, since no other can be then.
pub(crate) fn none_accepted(change: &mut Change, prospect: ProspectId) -> Result<(), store::Error> {
    change.require_free(&Unique::AcceptedBy(prospect), accepted_before())
}

/// Add to `change` that `proposal` is accepted for `client`, and the engagement that comes of it.
fn accept(
    cx: &Cx,
    change: &mut Change,
    proposal: &Record<Proposal>,
    client: &Record<Client>,
    portal_user: Option<&Record<PortalUser>>,
    body: AcceptProposal,
) -> Result<Answer<AcceptedProposal>, Problem> {
    change.claim(&Unique::AcceptedBy(proposal.prospect), proposal.id, accepted_before())?;
    let AcceptProposal { accepted_by, note, chosen_options } = body;
    let ids = AcceptanceIds { client: client.id, portal_user: portal_user.map(|user| user.id), engagement: cx.new_id() };
    let accepted = change.update(proposal, proposal.accept(accepted_by, note, chosen_options.as_deref(), ids, cx.now)?)?;
    let engagement = Engagement::new(client.id, Some(proposal.id), accepted.title.clone(), Some(accepted.total));
    let engagement = change.create(ids.engagement, engagement, engagement::Event::Created)?;
    shape(cx, &accepted, client, portal_user, &engagement)
}

/// The same answer again, with what came of it as it is now.
async fn show_accepted(
    cx: &Cx,
    staff: &Staff<may::CloseSales>,
    proposal: &Record<Proposal>,
    acceptance: &Acceptance,
) -> Result<Answer<AcceptedProposal>, Problem> {
    let Acceptance { client, portal_user, engagement, .. } = acceptance;
    let found = cx.read(staff).record(*client).maybe(*portal_user).record(*engagement).fetch().await?;
    let portal_user = portal_user.map(|user| found.record(user)).transpose()?;
    shape(cx, proposal, &found.record(*client)?, portal_user.as_ref(), &found.record(*engagement)?)
}

fn shape(
    cx: &Cx,
    proposal: &Record<Proposal>,
    client: &Record<Client>,
    portal_user: Option<&Record<PortalUser>>,
    engagement: &Record<Engagement>,
) -> Result<Answer<AcceptedProposal>, Problem> {
    let body = AcceptedProposal {
        proposal: ProposalOut::shape(proposal, cx.now),
        client: ClientOut::shape(client, cx.now),
        portal_user: portal_user.map(|user| PortalUserOut::shape(user, cx.now)),
        engagement: EngagementOut::shape(engagement, cx.now),
    };
    Ok(cx.json(&body)?.version(proposal.version))
}
