//! `/api/crm/prospects/`

use api::{
    Answer, App, Body, Cx, ListQuery, Page, Patch, Path, Problem, Routes, Set, Shape, Staff, Valid, get, list_scope, may, patch, post,
    routes,
};
use domain::{
    Currency, Email, Language, MultiLine, Price, SingleLine,
    client::Client,
    contact::Contact,
    firm::Firm,
    ids::{CampaignId, LeadId, ProspectId},
    portal_user::PortalUser,
    prospect::{self, Prospect, Stage},
};
use serde::{Deserialize, Serialize};
use store::{Named, Record};
use utoipa::{IntoParams, ToSchema};
use wire::{ClientOut, ContactPatch, PortalUserOut, money, patch_money};

use crate::{
    leads::{ConvertLead, convert},
    onboarding::{Onboarded, onboard},
    prospect_shape::{ProspectOut, ProspectSummary},
};

api::standard_handlers! {
    ProspectId, ProspectOut, "/api/crm/prospects/{id}/":
    /// Show a prospect.
    ///
    /// One that was won names its client, one that was lost says why. An archived one is shown too.
    show_prospect: show by Staff<may::ReadSales>;
    /// Archive a prospect, once its sale is over and no proposal to it is open.
    ///
    /// Its proposals stay. 409 while it is neither won nor lost, while a proposal to it is a draft, waits for approval, is
    /// approved or sent (the answer names it), and if it is archived already.
    archive_prospect: archive by Staff<may::WriteSales>;
    /// Take a prospect out of the archive.
    ///
    /// It is won or lost as before; one that was lost can be taken up again. One that isn't archived is shown as it is.
    restore_prospect: restore by Staff<may::WriteSales>;
    /// List what happened to a prospect.
    ///
    /// Newest first: by whom it was entered, changed, moved, won, archived or restored, and which fields that changed.
    /// Where an accepted proposal won it, that is `system:outbox`. Network addresses are for owners and managers.
    list_prospect_history: history by Staff<may::ReadSales>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_prospects, create_prospect))
        .routes(routes!(show_prospect, update_prospect, archive_prospect))
        .routes(routes!(restore_prospect))
        .routes(routes!(move_prospect))
        .routes(routes!(convert_prospect))
        .routes(routes!(list_prospect_history))
}

/// What came of a prospect that was converted.
#[derive(Debug, Serialize, ToSchema)]
struct ConvertedProspect {
    #[serde(flatten)]
    client: ClientOut,
    /// Who was let into its portal; none if no e-mail was known.
    portal_user: Option<PortalUserOut>,
}

impl ConvertedProspect {
    fn new(cx: &Cx, client: &Record<Client>, portal_user: Option<&Record<PortalUser>>) -> Self {
        let portal_user = portal_user.map(|user| PortalUserOut::shape(user, cx.now));
        Self { client: ClientOut::shape(client, cx.now), portal_user }
    }
}

/// Which prospects.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ProspectFilter {
    /// Those that a campaign brought.
    campaign: Option<CampaignId>,
    /// Those at a stage.
    stage: Option<Stage>,
    /// Those that were archived.
    archived: Option<bool>,
}

/// A new prospect: from a lead, which is converted by it, or from scratch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": "ann@acme.example", "estimated_value": "50000.00"}))]
struct NewProspect {
    /// The lead that becomes it; then the names are taken from there.
    lead: Option<Named<LeadId>>,
    /// Needed without a lead, refused with one.
    company_name: Option<SingleLine<200>>,
    contact_name: Option<SingleLine<200>>,
    email: Option<Email>,
    phone: Option<SingleLine<40>>,
    /// The language in which they are written to. Default: the firm's.
    language: Option<Language>,
    /// What the sale may bring.
    estimated_value: Option<Price>,
    /// Default: the firm's currency.
    currency: Option<Currency>,
    /// Default: `discovery`.
    stage: Option<Stage>,
    notes: Option<MultiLine<10000>>,
}

/// Changes to a prospect: what is absent stays, what is null is cleared.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"estimated_value": "65000.00"}))]
#[body(
    patch = Prospect,
    given(firm: &Firm),
    set(contact = ContactPatch { company_name, contact_name, email, phone, language }.over(before.contact)),
    keep(lead, campaign, stage, lost_reason, client, portal_user)
)]
struct ProspectPatch {
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
    /// In the currency that it is in, or `currency`.
    #[body(patch_money("estimated_value", before.estimated_value, estimated_value, currency, firm.currency)?)]
    estimated_value: Patch<Price>,
    /// Needs `estimated_value` too.
    #[body(skip)]
    currency: Patch<Currency>,
    notes: Patch<MultiLine<10000>>,
}

/// Where the seller moves a prospect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "lost", "reason": "Chose another firm"}))]
struct MoveProspect {
    /// Any stage but `won`.
    to: Stage,
    /// Why it was lost; needed for `lost`.
    reason: Option<SingleLine<500>>,
}

/// Nothing needs to be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConvertProspect {}

/// List prospects.
///
/// Newest first, without notes, and without those that are archived, which `archived=true` lists. By campaign, by stage or
/// archived: 422 for two at once.
#[get("/api/crm/prospects/")]
async fn list_prospects(
    cx: Cx,
    staff: Staff<may::ReadSales>,
    query: ListQuery<ProspectFilter>,
) -> Result<Answer<Page<ProspectSummary>>, Problem> {
    let ProspectFilter { campaign, stage, archived } = query.filter;
    let scope = list_scope(archived, stage.map(Stage::as_str), campaign.map(Into::into))?;
    cx.list(&staff, scope, &query).await
}

/// Enter a prospect, or convert a lead.
///
/// A lead that was converted before: 200, its prospect. 422 without a lead or a company's name, and with both; if there is
/// no such lead, or it is archived; to begin at `won` or `lost`.
#[post("/api/crm/prospects/", 201, 200)]
async fn create_prospect(cx: Cx, staff: Staff<may::WriteSales>, Valid(body): Valid<NewProspect>) -> Result<Answer<ProspectOut>, Problem> {
    let NewProspect { lead, company_name, contact_name, email, phone, language, estimated_value, currency, stage, notes } = body;
    let company_name = match (lead, company_name) {
        (Some(lead), None) => {
            let terms = ConvertLead { contact_name, email, phone, language, estimated_value, currency, stage, notes };
            let found = cx.read(&staff).named(lead).record(staff.firm).fetch().await?;
            let mut change = cx.change(&staff);
            let lead = change.depend(&found, "lead", lead)?.id;
            return convert(cx, staff, change, &found, lead, terms).await;
        }
        (Some(_), Some(_)) => return Err(Problem::invalid("company_name", "Is the lead's.")),
        (None, None) => return Err(Problem::invalid("company_name", "Is required without a lead.")),
        (None, Some(company_name)) => company_name,
    };
    let firm = cx.read(&staff).record(staff.firm).fetch().await?.record(staff.firm)?;
    let contact = Contact { company_name, contact_name, email, phone, language };
    let value = money("estimated_value", estimated_value, currency.unwrap_or(firm.currency))?;
    let mut change = cx.change(&staff);
    let prospect = Prospect::new(contact, value, stage.unwrap_or(Stage::Discovery), notes)?;
    let prospect = change.create(cx.new_id(), prospect, prospect::Event::Created)?;
    cx.commit(change, cx.created(&prospect)).await
}

/// Change a prospect.
///
/// Proposals keep the contact to whom they were drafted, and `move/` changes the stage. 409 once it is won or archived; 422
/// for a currency without an estimated value.
#[patch("/api/crm/prospects/{id}/")]
async fn update_prospect(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<ProspectId>,
    Valid(body): Valid<ProspectPatch>,
) -> Result<Answer<ProspectOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let prospect = change.update(&before, before.edit(body.over(before.content.clone(), &firm)?)?)?;
    cx.commit(change, cx.ok(&prospect)).await
}

/// Move a prospect to another stage.
///
/// Back and forth, also from lost, whose reason goes then. 409 once it is won or archived; 422 to `won`, which comes of an
/// accepted proposal or of `convert/`, and to `lost` without a reason.
#[post("/api/crm/prospects/{id}/move/")]
async fn move_prospect(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<ProspectId>,
    Valid(body): Valid<MoveProspect>,
) -> Result<Answer<ProspectOut>, Problem> {
    cx.act(&staff, id, |prospect| prospect.move_to(body.to, body.reason)).await
}

/// Convert a prospect to a client, with a portal user if there is an e-mail.
///
/// By hand, without a proposal: the prospect is won, and the portal user has all rights and gets the welcome mail. Its
/// proposals stay as they are; one of them can still be accepted. Again: 200, the same client. 409 if it was lost and is
/// archived, and, with `existing`, in the moment after a proposal was accepted, before the prospect is won by it.
#[post("/api/crm/prospects/{id}/convert/", 201, 200)]
async fn convert_prospect(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ProspectId>,
    Valid(ConvertProspect {}): Valid<ConvertProspect>,
) -> Result<Answer<ConvertedProspect>, Problem> {
    let found = cx.read(&staff).record(id).record(staff.firm).fetch().await?;
    let (prospect, firm) = (found.record(id)?, found.record(staff.firm)?);
    if let Some(client) = prospect.client {
        let found = cx.read(&staff).record(client).maybe(prospect.portal_user).fetch().await?;
        let portal_user = prospect.portal_user.map(|user| found.record(user)).transpose()?;
        return cx.json(&ConvertedProspect::new(&cx, &found.record(client)?, portal_user.as_ref()));
    }
    let prospect = cx.target(&found, id)?;
    let Onboarded { mut change, client, portal_user } = onboard(&cx, &staff, &firm, id, &prospect.contact)?;
    change.update(&prospect, prospect.win(client.id, portal_user.as_ref().map(|user| user.id))?)?;
    let body = ConvertedProspect::new(&cx, &client, portal_user.as_ref());
    cx.commit(change, cx.made::<ClientOut, _>(client.id, &body)).await
}
