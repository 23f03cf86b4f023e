//! `/api/crm/leads/`

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Page, PageParams, Patch, Path, Problem, Routes, Set, Shape, Staff, Valid, may, routes,
    shapes::{ContactOut, ContactPatch, money},
    which,
};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Email, MultiLine, Price, Refusal, SingleLine, Time,
    campaign::CampaignId,
    contact::Contact,
    firm::Firm,
    lead::{self, Lead, LeadId, Status},
    prospect::{self, Prospect, ProspectId, Stage},
};
use serde::{Deserialize, Serialize};
use store::{Change, Record, Unique};
use utoipa::{IntoParams, ToSchema};

use crate::prospect_shape::ProspectOut;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_leads, create_lead))
        .routes(routes!(show_lead, update_lead, archive_lead))
        .routes(routes!(move_lead))
        .routes(routes!(convert_lead))
        .routes(routes!(list_lead_history))
}

/// A lead, in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeadSummary {
    id: LeadId,
    #[serde(flatten)]
    contact: ContactOut,
    /// Where it came from.
    source: Option<SingleLine<60>>,
    /// The campaign that brought it.
    campaign: Option<CampaignId>,
    status: Status,
    /// Why it isn't worth pursuing.
    reason: Option<SingleLine<500>>,
    /// The prospect that it became.
    prospect: Option<ProspectId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lead)]
pub(crate) struct LeadOut {
    #[serde(flatten)]
    summary: LeadSummary,
    notes: Option<MultiLine<10000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

impl Shape for LeadSummary {
    type Of = Lead;
    const PATH: &'static str = "/api/crm/leads/";

    fn shape(record: &Record<Lead>, _: Time) -> Self {
        Self {
            id: record.id,
            contact: (&record.contact).into(),
            source: record.source.clone(),
            campaign: record.campaign,
            status: record.status,
            reason: record.reason.clone(),
            prospect: record.prospect,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl Shape for LeadOut {
    type Of = Lead;
    const PATH: &'static str = LeadSummary::PATH;

    fn shape(record: &Record<Lead>, now: Time) -> Self {
        Self { summary: LeadSummary::shape(record, now), notes: record.notes.clone(), archived_at: record.archived_at }
    }
}

/// Which leads.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LeadFilter {
    /// Those that a campaign brought.
    campaign: Option<CampaignId>,
    /// Those at a status.
    status: Option<Status>,
    /// Those that were archived.
    archived: Option<bool>,
}

/// A new lead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": "ann@acme.example", "source": "website"}))]
struct NewLead {
    company_name: SingleLine<200>,
    contact_name: Option<SingleLine<200>>,
    /// A second lead with the same e-mail is refused, naming the first.
    email: Option<Email>,
    phone: Option<SingleLine<40>>,
    /// Where it came from: `website`, `referral`, …
    source: Option<SingleLine<60>>,
    /// The campaign that brought it.
    campaign: Option<CampaignId>,
    notes: Option<MultiLine<10000>>,
    /// Take it although another lead has its e-mail.
    #[serde(default)]
    allow_duplicate: bool,
}

/// Changes to a lead: what is absent stays, what is null is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "+46 8 123 456", "notes": null}))]
struct LeadPatch {
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
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<60>>)]
    source: Patch<SingleLine<60>>,
    #[serde(default)]
    #[schema(value_type = Option<CampaignId>)]
    campaign: Patch<CampaignId>,
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<10000>>)]
    notes: Patch<MultiLine<10000>>,
}

impl LeadPatch {
    fn over(self, before: Lead) -> Lead {
        let Self { company_name, contact_name, email, phone, source, campaign, notes } = self;
        let contact = ContactPatch { company_name, contact_name, email, phone }.over(before.contact.clone());
        // A lead that gets another e-mail holds that; see `sync_email_claim`.
        let holds_email = if contact.email == before.contact.email { before.holds_email } else { contact.email.is_some() };
        let (source, campaign, notes) = (source.over(before.source), campaign.over(before.campaign), notes.over(before.notes));
        Lead { contact, holds_email, source, campaign, notes, ..before }
    }
}

/// Where the seller moves a lead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "unqualified", "reason": "No budget this year"}))]
struct MoveLead {
    /// Any status but `converted`.
    to: Status,
    /// Why it isn't worth pursuing; needed for `unqualified`.
    reason: Option<SingleLine<500>>,
}

/// What is known better when a lead becomes a prospect; what is absent is taken from the lead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"estimated_value": "50000.00"}))]
pub(crate) struct ConvertLead {
    pub(crate) contact_name: Option<SingleLine<200>>,
    pub(crate) email: Option<Email>,
    pub(crate) phone: Option<SingleLine<40>>,
    /// What the sale may bring.
    pub(crate) estimated_value: Option<Price>,
    /// Default: the firm's currency.
    pub(crate) currency: Option<Currency>,
    /// Default: `discovery`.
    pub(crate) stage: Option<Stage>,
    pub(crate) notes: Option<MultiLine<10000>>,
}

impl ConvertLead {
    fn prospect(self, lead: &Record<Lead>, firm: &Firm) -> Result<Prospect, Refusal> {
        let Self { contact_name, email, phone, estimated_value, currency, stage, notes } = self;
        let known = lead.contact.clone();
        let contact = Contact {
            contact_name: contact_name.or(known.contact_name),
            email: email.or(known.email),
            phone: phone.or(known.phone),
            company_name: known.company_name,
        };
        let value = money("estimated_value", estimated_value, currency.unwrap_or(firm.currency))?;
        let prospect = Prospect::new(contact, value, stage.unwrap_or(Stage::Discovery), notes.or(lead.notes.clone()))?;
        Ok(Prospect { lead: Some(lead.id), campaign: lead.campaign, ..prospect })
    }
}

/// List leads.
#[utoipa::path(get, path = "/api/crm/leads/", tag = "leads", params(LeadFilter, PageParams), security(("staff" = ["sales.read"])),
    responses((status = 200, description = "A page of leads", body = Page<LeadSummary>)))]
async fn list_leads(cx: Cx, staff: Staff<may::ReadSales>, query: ListQuery<LeadFilter>) -> Result<Answer, Problem> {
    let LeadFilter { campaign, status, archived } = query.filter;
    let which = which(archived, status.map(Status::as_str), campaign.map(Into::into))?;
    cx.list::<LeadSummary, _>(&staff, which, &query).await
}

/// Enter a lead.
#[utoipa::path(post, path = "/api/crm/leads/", tag = "leads", request_body = NewLead, security(("staff" = ["sales.write"])),
    responses((status = 201, description = "The lead", body = LeadOut)))]
async fn create_lead(cx: Cx, staff: Staff<may::WriteSales>, Valid(body): Valid<NewLead>) -> Result<Answer, Problem> {
    let NewLead { company_name, contact_name, email, phone, source, campaign, notes, allow_duplicate } = body;
    let contact = Contact { company_name, contact_name, email, phone };
    let mut change = cx.change(&staff);
    let lead = change.create(cx.new_id(), Lead::new(contact, source, campaign, notes, allow_duplicate), lead::event::CREATED)?;
    sync_email_claim(&mut change, lead.id, None, Some(&lead))?;
    require_campaign(&mut change, None, &lead)?;
    cx.commit(change, cx.created::<LeadOut>(&lead)).await
}

/// Show a lead.
#[utoipa::path(get, path = "/api/crm/leads/{id}/", tag = "leads", params(("id" = LeadId, Path)), security(("staff" = ["sales.read"])),
    responses((status = 200, description = "The lead", body = LeadOut)))]
async fn show_lead(cx: Cx, staff: Staff<may::ReadSales>, Path(id): Path<LeadId>) -> Result<Answer, Problem> {
    cx.show::<LeadOut>(&staff, id).await
}

/// Change a lead.
#[utoipa::path(patch, path = "/api/crm/leads/{id}/", tag = "leads", params(("id" = LeadId, Path)), request_body = LeadPatch,
    security(("staff" = ["sales.write"])), responses((status = 200, description = "The lead", body = LeadOut)))]
async fn update_lead(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<LeadId>,
    Valid(body): Valid<LeadPatch>,
) -> Result<Answer, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let lead = change.update(&before, before.edit(body.over(before.content.clone()))?)?;
    sync_email_claim(&mut change, id, Some(&before), Some(&lead))?;
    require_campaign(&mut change, Some(&before), &lead)?;
    cx.commit(change, cx.ok::<LeadOut>(&lead)).await
}

/// Archive a lead.
#[utoipa::path(delete, path = "/api/crm/leads/{id}/", tag = "leads", params(("id" = LeadId, Path)), security(("staff" = ["sales.write"])),
    responses((status = 204, description = "It is archived")))]
async fn archive_lead(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<LeadId>) -> Result<Answer, Problem> {
    let (mut change, lead) = cx.edit(&staff, id).await?;
    change.remove(&lead, lead.archive()?)?;
    sync_email_claim(&mut change, id, Some(&lead), None)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Move a lead to another status.
#[utoipa::path(post, path = "/api/crm/leads/{id}/move/", tag = "leads", params(("id" = LeadId, Path)), request_body = MoveLead,
    security(("staff" = ["sales.write"])), responses((status = 200, description = "The lead", body = LeadOut)))]
async fn move_lead(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<LeadId>, Valid(body): Valid<MoveLead>) -> Result<Answer, Problem> {
    cx.act::<LeadOut>(&staff, id, |lead| lead.move_to(body.to, body.reason)).await
}

/// Convert a lead to a prospect. Again: 200, the same prospect.
#[utoipa::path(post, path = "/api/crm/leads/{id}/convert/", tag = "leads", params(("id" = LeadId, Path)), request_body = ConvertLead,
    security(("staff" = ["sales.write"])),
    responses((status = 201, description = "The prospect", body = ProspectOut),
              (status = 200, description = "It was converted before: the prospect", body = ProspectOut)))]
async fn convert_lead(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<LeadId>,
    Valid(body): Valid<ConvertLead>,
) -> Result<Answer, Problem> {
    convert(cx, staff, id, None, body).await
}

/// Convert the lead `id`, which the body names in `field` if the path doesn't.
pub(crate) async fn convert(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    id: LeadId,
    field: Option<&'static str>,
    body: ConvertLead,
) -> Result<Answer, Problem> {
    let found = cx.read(&staff).record(id).record(staff.firm).fetch().await?;
    if let Some(field) = field {
        found.named(field, id)?;
    }
    if let Some(prospect) = found.record(id)?.prospect {
        return cx.show_current::<ProspectOut>(&staff, prospect).await;
    }
    let lead = cx.target(&found, id)?;
    let mut change = cx.change(&staff);
    let prospect = change.create(cx.new_id(), body.prospect(&lead, &*found.record(staff.firm)?)?, prospect::event::CREATED)?;
    change.update(&lead, lead.convert(prospect.id)?)?;
    cx.commit(change, cx.created::<ProspectOut>(&prospect)).await
}

/// List what happened to a lead.
#[utoipa::path(get, path = "/api/crm/leads/{id}/history/", tag = "leads", params(("id" = LeadId, Path), PageParams),
    security(("staff" = ["sales.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_lead_history(
    cx: Cx,
    staff: Staff<may::ReadSales>,
    Path(id): Path<LeadId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}

/// See to it that the campaign that brought the lead is there, if that is new.
fn require_campaign(change: &mut Change, before: Option<&Lead>, after: &Lead) -> Result<(), Problem> {
    match after.campaign {
        Some(campaign) if before.and_then(|lead| lead.campaign) != Some(campaign) => Ok(change.require("campaign", campaign)?),
        _ => Ok(()),
    }
}

/// Let go of the e-mail that the lead `id` held `before` and take the one that it holds `after`.
fn sync_email_claim(change: &mut Change, id: LeadId, before: Option<&Lead>, after: Option<&Lead>) -> Result<(), Problem> {
    let held = |lead: Option<&Lead>| lead.filter(|lead| lead.holds_email).and_then(|lead| lead.contact.email.clone());
    let (before, after) = (held(before), held(after));
    if before == after {
        return Ok(());
    }
    if let Some(email) = before {
        change.release(&Unique::LeadEmail(email))?;
    }
    if let Some(email) = after {
        let taken = Refusal { field: Some("email"), ..Refusal::state("Another lead has this e-mail; see existing.") };
        change.claim(&Unique::LeadEmail(email), id, taken)?;
    }
    Ok(())
}
