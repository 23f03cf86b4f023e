//! `/api/crm/leads/`

use api::{
    Answer, App, Body, Cx, ListQuery, Listed, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, View, delete, get, list_scope, may,
    patch, post, routes,
};
use chrono::{DateTime, Utc};
use domain::{
    Archive, Currency, Email, Language, MultiLine, Price, Refusal, SingleLine,
    contact::Contact,
    firm::Firm,
    ids::{CampaignId, LeadId, ProspectId},
    lead::{self, Lead, Status},
    prospect::{self, Prospect, Stage},
};
use serde::{Deserialize, Serialize};
use store::{Change, Found, Named, Record, Unique};
use utoipa::{IntoParams, ToSchema};
use wire::{ContactOut, ContactPatch, money};

use crate::prospect_shape::ProspectOut;

api::standard_handlers! {
    LeadId, LeadOut, "/api/crm/leads/{id}/":
    /// Show a lead.
    ///
    /// One that was converted names its prospect. An archived one is shown too.
    show_lead: show by Staff<may::ReadSales>;
    /// List what happened to a lead.
    ///
    /// Newest first: by whom it was entered, changed, moved, converted, archived or restored, and which fields that
    /// changed. What happens to its prospect is in that one's history. Network addresses are for owners and managers.
    list_lead_history: history by Staff<may::ReadSales>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_leads, create_lead))
        .routes(routes!(show_lead, update_lead, archive_lead))
        .routes(routes!(restore_lead))
        .routes(routes!(move_lead))
        .routes(routes!(convert_lead))
        .routes(routes!(list_lead_history))
}

/// A lead, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Lead)]
pub(crate) struct LeadSummary {
    id: LeadId,
    #[serde(flatten)]
    #[view((&it.contact).into())]
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
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Lead)]
#[view(record = Lead, path = "/api/crm/leads/")]
pub(crate) struct LeadOut {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: LeadSummary,
    notes: Option<MultiLine<10000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
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
    /// The language in which they are written to. Default: the firm's.
    language: Option<Language>,
    /// Where it came from: `website`, `referral`, …
    source: Option<SingleLine<60>>,
    /// The campaign that brought it.
    campaign: Option<Named<CampaignId>>,
    notes: Option<MultiLine<10000>>,
    /// Take it although another lead has its e-mail.
    #[serde(default)]
    allow_duplicate: bool,
}

/// Changes to a lead: what is absent stays, what is null is cleared.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"phone": "+46 8 123 456", "notes": null}))]
#[body(
    patch = Lead,
    given(campaign_id: Patch<CampaignId>),
    set(contact = ContactPatch { company_name, contact_name, email, phone, language }.over(before.contact)),
    keep(status, reason, prospect)
)]
struct LeadPatch {
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
    source: Patch<SingleLine<60>>,
    #[body(campaign_id.over(before.campaign))]
    campaign: Patch<Named<CampaignId>>,
    notes: Patch<MultiLine<10000>>,
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
    pub(crate) language: Option<Language>,
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
        let Self { contact_name, email, phone, language, estimated_value, currency, stage, notes } = self;
        let known = lead.contact.clone();
        let contact = Contact {
            contact_name: contact_name.or(known.contact_name),
            email: email.or(known.email),
            phone: phone.or(known.phone),
            language: language.or(known.language),
            company_name: known.company_name,
        };
        let value = money("estimated_value", estimated_value, currency.unwrap_or(firm.currency))?;
        let prospect = Prospect::new(contact, value, stage.unwrap_or(Stage::Discovery), notes.or(lead.notes.clone()))?;
        Ok(Prospect { lead: Some(lead.id), campaign: lead.campaign, ..prospect })
    }
}

/// List leads.
///
/// Newest first, without notes, and without those that are archived, which `archived=true` lists. By campaign, by status or
/// archived: 422 for two at once.
#[get("/api/crm/leads/")]
async fn list_leads(cx: Cx, staff: Staff<may::ReadSales>, query: ListQuery<LeadFilter>) -> Result<Answer<Page<LeadSummary>>, Problem> {
    let LeadFilter { campaign, status, archived } = query.filter;
    let scope = list_scope(archived, status.map(Status::as_str), campaign.map(Into::into))?;
    cx.list(&staff, scope, &query).await
}

/// Enter a lead.
///
/// It begins at `new`; nobody gets a mail. 409, naming the other in `existing`, if a lead that isn't archived has its
/// e-mail, unless `allow_duplicate` is set; 422 if there is no such campaign, or it is archived.
#[post("/api/crm/leads/", 201)]
async fn create_lead(cx: Cx, staff: Staff<may::WriteSales>, Valid(body): Valid<NewLead>) -> Result<Answer<LeadOut>, Problem> {
    let NewLead { company_name, contact_name, email, phone, language, source, campaign, notes, allow_duplicate } = body;
    let contact = Contact { company_name, contact_name, email, phone, language };
    let mut change = cx.change(&staff);
    let campaign = match campaign {
        Some(named) => Some(change.depend(&cx.read(&staff).named(named).fetch().await?, "campaign", named)?.id),
        None => None,
    };
    let lead = change.create(cx.new_id(), Lead::new(contact, source, campaign, notes), lead::Event::Created)?;
    match &lead.contact.email {
        Some(email) if allow_duplicate => change.join(&Unique::LeadEmail(email.clone()), lead.id)?,
        email => sync_email_claim(&mut change, lead.id, None, email.as_ref())?,
    }
    cx.commit(change, cx.created(&lead)).await
}

/// Change a lead.
///
/// `move/` changes its status. 409 once it is converted or archived, and, naming the other in `existing`, if a lead that
/// isn't archived has its new e-mail; 422 if there is no such campaign, or it is archived.
#[patch("/api/crm/leads/{id}/")]
async fn update_lead(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<LeadId>,
    Valid(body): Valid<LeadPatch>,
) -> Result<Answer<LeadOut>, Problem> {
    let found = cx.read(&staff).record(id).named(body.campaign.over(None)).fetch().await?;
    let (before, mut change) = (cx.target(&found, id)?, cx.change(&staff));
    let other = |named| Ok::<_, store::Error>(change.depend_other(&found, "campaign", named, before.campaign)?.0);
    let campaign = body.campaign.try_map(other)?;
    let lead = change.update(&before, before.edit(body.over(before.content.clone(), campaign)?)?)?;
    sync_email_claim(&mut change, id, before.contact.email.as_ref(), lead.contact.email.as_ref())?;
    cx.commit(change, cx.ok(&lead)).await
}

/// Archive a lead.
///
/// At any status; a prospect that it became stays. Its e-mail no longer keeps another lead from being entered. 409 if it is
/// archived already.
#[delete("/api/crm/leads/{id}/")]
async fn archive_lead(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<LeadId>) -> Result<Answer<()>, Problem> {
    let (mut change, lead) = cx.edit(&staff, id).await?;
    change.remove(&lead, lead.archive()?)?;
    sync_email_claim(&mut change, id, lead.contact.email.as_ref(), None)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Take a lead out of the archive, also where another has its e-mail by now.
///
/// Then both have it. One that isn't archived is shown as it is.
#[post("/api/crm/leads/{id}/restore/")]
async fn restore_lead(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<LeadId>) -> Result<Answer<LeadOut>, Problem> {
    cx.restore_with(&staff, id, |change, lead| match &lead.contact.email {
        Some(email) => change.join(&Unique::LeadEmail(email.clone()), id),
        None => Ok(()),
    })
    .await
}

/// Move a lead to another status.
///
/// Back and forth, also from unqualified, whose reason goes then. 409 once it is converted or archived; 422 to `converted`,
/// which is what `convert/` is for, and to `unqualified` without a reason.
#[post("/api/crm/leads/{id}/move/")]
async fn move_lead(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<LeadId>,
    Valid(body): Valid<MoveLead>,
) -> Result<Answer<LeadOut>, Problem> {
    cx.act(&staff, id, |lead| lead.move_to(body.to, body.reason)).await
}

/// Convert a lead to a prospect.
///
/// The prospect has its campaign, and its contact and notes where the body doesn't say better; the lead is converted, and
/// can't be changed any more. Again: 200, the same prospect. 409 if it was archived before; 422 to begin at `won` or
/// `lost`.
#[post("/api/crm/leads/{id}/convert/", 201, 200)]
async fn convert_lead(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<LeadId>,
    Valid(body): Valid<ConvertLead>,
) -> Result<Answer<ProspectOut>, Problem> {
    let found = cx.read(&staff).record(id).record(staff.firm).fetch().await?;
    let change = cx.change(&staff);
    convert(cx, staff, change, &found, id, body).await
}

/// Convert by `change` the lead `id`, which is among what was `found`.
pub(crate) async fn convert(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    mut change: Change,
    found: &Found,
    id: LeadId,
    body: ConvertLead,
) -> Result<Answer<ProspectOut>, Problem> {
    if let Some(prospect) = found.record(id)?.prospect {
        return cx.show_current(&staff, prospect).await;
    }
    let lead = cx.target(found, id)?;
    let prospect = change.create(cx.new_id(), body.prospect(&lead, &*found.record(staff.firm)?)?, prospect::Event::Created)?;
    change.update(&lead, lead.convert(prospect.id)?)?;
    cx.commit(change, cx.created(&prospect)).await
}

/// Let the lead `id` give up the e-mail that it had `before` and take the one that it has `after`, which nobody else may have.
fn sync_email_claim(change: &mut Change, id: LeadId, before: Option<&Email>, after: Option<&Email>) -> Result<(), Problem> {
    if before == after {
        return Ok(());
    }
    if let Some(email) = before {
        change.leave(&Unique::LeadEmail(email.clone()), id)?;
    }
    if let Some(email) = after {
        let taken = Refusal::state("Another lead has this e-mail; see existing.").about("email");
        change.claim_first(&Unique::LeadEmail(email.clone()), id, taken)?;
    }
    Ok(())
}
