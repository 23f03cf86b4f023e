//! `/api/crm/campaigns/`

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Page, PageParams, Patch, Path, Problem, Routes, Set, Shape, Staff, Valid, may, routes,
    shapes::{money, patch_money},
    which,
};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Money, MultiLine, Price, Refusal, SingleLine, Time,
    campaign::{self, Campaign, CampaignId, Status},
    firm::Firm,
};
use serde::{Deserialize, Serialize};
use store::Record;
use utoipa::{IntoParams, ToSchema};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_campaigns, create_campaign))
        .routes(routes!(show_campaign, update_campaign, archive_campaign))
        .routes(routes!(move_campaign))
        .routes(routes!(list_campaign_history))
}

/// A campaign, in lists.
#[derive(Debug, Serialize, ToSchema)]
struct CampaignSummary {
    id: CampaignId,
    name: SingleLine<200>,
    status: Status,
    start_date: Option<Date>,
    end_date: Option<Date>,
    /// What it may cost: a decimal, in `currency`.
    budget: Option<String>,
    currency: Option<Currency>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A campaign.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Campaign)]
struct CampaignOut {
    #[serde(flatten)]
    summary: CampaignSummary,
    notes: Option<MultiLine<10000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

impl Shape for CampaignSummary {
    type Of = Campaign;
    const PATH: &'static str = "/api/crm/campaigns/";

    fn shape(record: &Record<Campaign>, _: Time) -> Self {
        Self {
            id: record.id,
            name: record.name.clone(),
            status: record.status,
            start_date: record.start_date,
            end_date: record.end_date,
            budget: record.budget.map(Money::to_decimal_string),
            currency: record.budget.map(Money::currency),
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl Shape for CampaignOut {
    type Of = Campaign;
    const PATH: &'static str = CampaignSummary::PATH;

    fn shape(record: &Record<Campaign>, now: Time) -> Self {
        Self { summary: CampaignSummary::shape(record, now), notes: record.notes.clone(), archived_at: record.archived_at }
    }
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
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Spring fair 2027", "start_date": "2027-04-12", "end_date": "2027-04-15", "budget": "12000.00"}))]
struct NewCampaign {
    name: SingleLine<200>,
    start_date: Option<Date>,
    end_date: Option<Date>,
    /// What it may cost.
    budget: Option<Price>,
    /// Default: the firm's currency.
    currency: Option<Currency>,
    notes: Option<MultiLine<10000>>,
}

/// Changes to a campaign: what is absent stays, what is null is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"budget": "15000.00"}))]
struct CampaignPatch {
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    name: Set<SingleLine<200>>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    start_date: Patch<Date>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    end_date: Patch<Date>,
    /// In the currency that it is in, or `currency`.
    #[serde(default)]
    #[schema(value_type = Option<Price>)]
    budget: Patch<Price>,
    /// Needs `budget` too.
    #[serde(default)]
    #[schema(value_type = Option<Currency>, nullable = false)]
    currency: Set<Currency>,
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<10000>>)]
    notes: Patch<MultiLine<10000>>,
}

impl CampaignPatch {
    fn over(self, before: Campaign, firm: &Firm) -> Result<Campaign, Refusal> {
        let Self { name, start_date, end_date, budget, currency, notes } = self;
        Ok(Campaign {
            name: name.over(before.name),
            start_date: start_date.over(before.start_date),
            end_date: end_date.over(before.end_date),
            budget: patch_money("budget", before.budget, budget, currency, firm.currency)?,
            notes: notes.over(before.notes),
            status: before.status,
        })
    }
}

/// Where a campaign goes on to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "active"}))]
struct MoveCampaign {
    to: Status,
}

/// List campaigns.
#[utoipa::path(get, path = "/api/crm/campaigns/", tag = "campaigns", params(CampaignFilter, PageParams), security(("staff" = ["sales.read"])),
    responses((status = 200, description = "A page of campaigns", body = Page<CampaignSummary>)))]
async fn list_campaigns(cx: Cx, staff: Staff<may::ReadSales>, query: ListQuery<CampaignFilter>) -> Result<Answer, Problem> {
    let which = which(query.filter.archived, query.filter.status.map(Status::as_str), None)?;
    cx.list::<CampaignSummary, _>(&staff, which, &query).await
}

/// Plan a campaign.
#[utoipa::path(post, path = "/api/crm/campaigns/", tag = "campaigns", request_body = NewCampaign, security(("staff" = ["sales.write"])),
    responses((status = 201, description = "The campaign", body = CampaignOut)))]
async fn create_campaign(cx: Cx, staff: Staff<may::WriteSales>, Valid(body): Valid<NewCampaign>) -> Result<Answer, Problem> {
    let NewCampaign { name, start_date, end_date, budget, currency, notes } = body;
    let firm = cx.read(&staff).record(staff.firm).fetch().await?.record(staff.firm)?;
    let budget = money("budget", budget, currency.unwrap_or(firm.currency))?;
    let mut change = cx.change(&staff);
    let campaign = Campaign { name, status: Status::Planned, start_date, end_date, budget, notes }.checked()?;
    let campaign = change.create(cx.new_id(), campaign, campaign::event::CREATED)?;
    cx.commit(change, cx.created::<CampaignOut>(&campaign)).await
}

/// Show a campaign.
#[utoipa::path(get, path = "/api/crm/campaigns/{id}/", tag = "campaigns", params(("id" = CampaignId, Path)), security(("staff" = ["sales.read"])),
    responses((status = 200, description = "The campaign", body = CampaignOut)))]
async fn show_campaign(cx: Cx, staff: Staff<may::ReadSales>, Path(id): Path<CampaignId>) -> Result<Answer, Problem> {
    cx.show::<CampaignOut>(&staff, id).await
}

/// Change a campaign.
#[utoipa::path(patch, path = "/api/crm/campaigns/{id}/", tag = "campaigns", params(("id" = CampaignId, Path)), request_body = CampaignPatch,
    security(("staff" = ["sales.write"])), responses((status = 200, description = "The campaign", body = CampaignOut)))]
async fn update_campaign(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<CampaignId>,
    Valid(body): Valid<CampaignPatch>,
) -> Result<Answer, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let campaign = change.update(&before, before.edit(body.over(before.content.clone(), &firm)?)?)?;
    cx.commit(change, cx.ok::<CampaignOut>(&campaign)).await
}

/// Archive a campaign.
#[utoipa::path(delete, path = "/api/crm/campaigns/{id}/", tag = "campaigns", params(("id" = CampaignId, Path)),
    security(("staff" = ["sales.write"])), responses((status = 204, description = "It is archived")))]
async fn archive_campaign(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<CampaignId>) -> Result<Answer, Problem> {
    let (mut change, campaign) = cx.edit(&staff, id).await?;
    change.remove(&campaign, campaign.archive()?)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Begin or complete a campaign.
#[utoipa::path(post, path = "/api/crm/campaigns/{id}/move/", tag = "campaigns", params(("id" = CampaignId, Path)), request_body = MoveCampaign,
    security(("staff" = ["sales.write"])), responses((status = 200, description = "The campaign", body = CampaignOut)))]
async fn move_campaign(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<CampaignId>,
    Valid(body): Valid<MoveCampaign>,
) -> Result<Answer, Problem> {
    cx.act::<CampaignOut>(&staff, id, |campaign| campaign.move_to(body.to)).await
}

/// List what happened to a campaign.
#[utoipa::path(get, path = "/api/crm/campaigns/{id}/history/", tag = "campaigns", params(("id" = CampaignId, Path), PageParams),
    security(("staff" = ["sales.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_campaign_history(
    cx: Cx,
    staff: Staff<may::ReadSales>,
    Path(id): Path<CampaignId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}
