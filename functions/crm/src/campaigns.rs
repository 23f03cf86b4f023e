//! `/api/crm/campaigns/`

use api::{
    Answer, App, Body, Cx, Decimal, ListQuery, Listed, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, View, get, list_scope, may,
    patch, post, routes,
};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Money, MultiLine, Price, SingleLine,
    campaign::{Campaign, Event, Status},
    firm::Firm,
    ids::CampaignId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wire::{money, patch_money};

api::standard_handlers! {
    CampaignId, CampaignOut, "/api/crm/campaigns/{id}/":
    /// Show a campaign.
    ///
    /// With its notes, which lists leave out. An archived one is shown too.
    show_campaign: show by Staff<may::ReadSales>;
    /// Archive a campaign.
    ///
    /// The leads and prospects that came from it keep naming it, but no other lead can be given it. 409 while it is active
    /// (complete it first), and if it is archived already.
    archive_campaign: archive by Staff<may::WriteSales>;
    /// Take a campaign out of the archive.
    ///
    /// It stands where it stood, and leads can be given it again. One that isn't archived is shown as it is.
    restore_campaign: restore by Staff<may::WriteSales>;
    /// List what happened to a campaign.
    ///
    /// Newest first: by whom it was planned, changed, moved, archived or restored, and which fields that changed. Network
    /// addresses are for owners and managers.
    list_campaign_history: history by Staff<may::ReadSales>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_campaigns, create_campaign))
        .routes(routes!(show_campaign, update_campaign, archive_campaign))
        .routes(routes!(restore_campaign))
        .routes(routes!(move_campaign))
        .routes(routes!(list_campaign_history))
}

/// A campaign, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Campaign)]
struct CampaignSummary {
    id: CampaignId,
    name: SingleLine<200>,
    status: Status,
    start_date: Option<Date>,
    end_date: Option<Date>,
    /// What it may cost, in `currency`.
    #[view(it.budget.map(Decimal::from))]
    budget: Option<Decimal>,
    #[view(it.budget.map(Money::currency))]
    currency: Option<Currency>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A campaign.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Campaign)]
#[view(record = Campaign, path = "/api/crm/campaigns/")]
struct CampaignOut {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: CampaignSummary,
    notes: Option<MultiLine<10000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

/// Which campaigns.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CampaignFilter {
    /// Those at a status.
    status: Option<Status>,
    /// Those that were archived.
    archived: Option<bool>,
}

/// A new campaign.
#[derive(Debug, Deserialize, ToSchema, Body)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Spring fair 2027", "start_date": "2027-04-12", "end_date": "2027-04-15", "budget": "12000.00"}))]
#[body(new = Campaign, given(firm: &Firm), set(status = Status::Planned))]
struct NewCampaign {
    name: SingleLine<200>,
    start_date: Option<Date>,
    end_date: Option<Date>,
    /// What it may cost.
    #[body(money("budget", budget, currency.unwrap_or(firm.currency))?)]
    budget: Option<Price>,
    /// Default: the firm's currency.
    #[body(skip)]
    currency: Option<Currency>,
    notes: Option<MultiLine<10000>>,
}

/// Changes to a campaign: what is absent stays, what is null is cleared.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"budget": "15000.00"}))]
#[body(patch = Campaign, given(firm: &Firm), keep(status))]
struct CampaignPatch {
    name: Set<SingleLine<200>>,
    start_date: Patch<Date>,
    end_date: Patch<Date>,
    /// In the currency that it is in, or `currency`.
    #[body(patch_money("budget", before.budget, budget, currency, firm.currency)?)]
    budget: Patch<Price>,
    /// Needs `budget` too.
    #[body(skip)]
    currency: Patch<Currency>,
    notes: Patch<MultiLine<10000>>,
}

/// Where a campaign goes on to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "active"}))]
struct MoveCampaign {
    to: Status,
}

/// List campaigns.
///
/// Newest first, without notes, and without those that are archived, which `archived=true` lists. 422 for a status and
/// archived ones at once.
#[get("/api/crm/campaigns/")]
async fn list_campaigns(
    cx: Cx,
    staff: Staff<may::ReadSales>,
    query: ListQuery<CampaignFilter>,
) -> Result<Answer<Page<CampaignSummary>>, Problem> {
    let scope = list_scope(query.filter.archived, query.filter.status.map(Status::as_str), None)?;
    cx.list(&staff, scope, &query).await
}

/// Plan a campaign.
///
/// It is planned until it is moved. 422 if its last day is before its first, or its budget is no amount in the currency.
#[post("/api/crm/campaigns/", 201)]
async fn create_campaign(cx: Cx, staff: Staff<may::WriteSales>, Valid(body): Valid<NewCampaign>) -> Result<Answer<CampaignOut>, Problem> {
    let firm = cx.read(&staff).record(staff.firm).fetch().await?.record(staff.firm)?;
    let mut change = cx.change(&staff);
    let campaign = change.create(cx.new_id(), body.make(&firm)?.checked()?, Event::Created)?;
    cx.commit(change, cx.created(&campaign)).await
}

/// Change a campaign.
///
/// At any status; `move/` changes that. 409 if it is archived; 422 if its last day would be before its first, or for a
/// currency without a budget.
#[patch("/api/crm/campaigns/{id}/")]
async fn update_campaign(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<CampaignId>,
    Valid(body): Valid<CampaignPatch>,
) -> Result<Answer<CampaignOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let campaign = change.update(&before, before.edit(body.over(before.content.clone(), &firm)?)?)?;
    cx.commit(change, cx.ok(&campaign)).await
}

/// Begin or complete a campaign.
///
/// From planned to active or completed, from active to completed, and never back. 409 for any other way, and if it is
/// archived.
#[post("/api/crm/campaigns/{id}/move/")]
async fn move_campaign(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<CampaignId>,
    Valid(body): Valid<MoveCampaign>,
) -> Result<Answer<CampaignOut>, Problem> {
    cx.act(&staff, id, |campaign| campaign.move_to(body.to)).await
}
