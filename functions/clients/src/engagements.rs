//! `/api/clients/engagements/`

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Page, PageParams, Patch, Path, Problem, Routes, Set, Staff, Valid, may, routes,
    shapes::{EngagementOut, EngagementSummary, money, patch_money},
    which,
};
use domain::{
    Currency, Date, MultiLine, Price, Refusal, SingleLine,
    client::ClientId,
    engagement::{self, Engagement, EngagementId, Status},
    firm::Firm,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_engagements, create_engagement))
        .routes(routes!(show_engagement, update_engagement, archive_engagement))
        .routes(routes!(renew_engagement))
        .routes(routes!(complete_engagement))
        .routes(routes!(list_engagement_history))
}

/// Which engagements.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EngagementFilter {
    /// Those for a client.
    client: Option<ClientId>,
    /// Those at a status.
    status: Option<Status>,
    /// Those that were archived.
    archived: Option<bool>,
}

/// A new engagement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"client": "client_01kamzvmc0gqg1t9qf8zz3h5wd", "title": "Advisory retainer 2027", "value": "24000.00", "start_date": "2027-01-01", "end_date": "2027-12-31"}))]
struct NewEngagement {
    /// For whom.
    client: ClientId,
    title: SingleLine<200>,
    /// What it is worth.
    value: Option<Price>,
    /// Default: the firm's currency.
    currency: Option<Currency>,
    /// Its first day.
    start_date: Option<Date>,
    /// Its last day.
    end_date: Option<Date>,
    notes: Option<MultiLine<10000>>,
}

impl NewEngagement {
    fn engagement(self, firm: &Firm) -> Result<Engagement, Refusal> {
        let Self { client, title, value, currency, start_date, end_date, notes } = self;
        let value = money("value", value, currency.unwrap_or(firm.currency))?;
        let engagement = Engagement::new(client, None, title, value).lasting(start_date, end_date)?;
        Ok(Engagement { notes, ..engagement })
    }
}

/// Changes to an engagement: what is absent stays, what is null is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"end_date": "2027-06-30", "notes": null}))]
struct EngagementPatch {
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    title: Set<SingleLine<200>>,
    /// In the currency that it is in, or `currency`.
    #[serde(default)]
    #[schema(value_type = Option<Price>)]
    value: Patch<Price>,
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
    #[schema(value_type = Option<MultiLine<10000>>)]
    notes: Patch<MultiLine<10000>>,
}

impl EngagementPatch {
    fn over(self, before: Engagement, firm: &Firm) -> Result<Engagement, Refusal> {
        let Self { title, value, currency, start_date, end_date, notes } = self;
        Ok(Engagement {
            title: title.over(before.title),
            value: patch_money("value", before.value, value, currency, firm.currency)?,
            start_date: start_date.over(before.start_date),
            end_date: end_date.over(before.end_date),
            notes: notes.over(before.notes),
            ..before
        })
    }
}

/// List engagements.
#[utoipa::path(get, path = "/api/clients/engagements/", tag = "engagements", params(EngagementFilter, PageParams),
    security(("staff" = ["clients.read"])), responses((status = 200, description = "A page of engagements", body = Page<EngagementSummary>)))]
async fn list_engagements(cx: Cx, staff: Staff<may::ReadClients>, query: ListQuery<EngagementFilter>) -> Result<Answer, Problem> {
    let EngagementFilter { client, status, archived } = query.filter;
    cx.list::<EngagementSummary, _>(&staff, which(archived, status.map(Status::as_str), client.map(Into::into))?, &query).await
}

/// Begin an engagement that didn't come from a proposal.
#[utoipa::path(post, path = "/api/clients/engagements/", tag = "engagements", request_body = NewEngagement,
    security(("staff" = ["clients.write"])), responses((status = 201, description = "The engagement", body = EngagementOut)))]
async fn create_engagement(cx: Cx, staff: Staff<may::WriteClients>, Valid(body): Valid<NewEngagement>) -> Result<Answer, Problem> {
    let firm = cx.read(&staff).record(staff.firm).fetch().await?.record(staff.firm)?;
    let mut change = cx.change(&staff);
    change.require("client", body.client)?;
    let engagement = change.create(cx.new_id(), body.engagement(&firm)?, engagement::event::CREATED)?;
    cx.commit(change, cx.created::<EngagementOut>(&engagement)).await
}

/// Show an engagement.
#[utoipa::path(get, path = "/api/clients/engagements/{id}/", tag = "engagements", params(("id" = EngagementId, Path)),
    security(("staff" = ["clients.read"])), responses((status = 200, description = "The engagement", body = EngagementOut)))]
async fn show_engagement(cx: Cx, staff: Staff<may::ReadClients>, Path(id): Path<EngagementId>) -> Result<Answer, Problem> {
    cx.show::<EngagementOut>(&staff, id).await
}

/// Change an engagement that is going on.
#[utoipa::path(patch, path = "/api/clients/engagements/{id}/", tag = "engagements", params(("id" = EngagementId, Path)),
    request_body = EngagementPatch, security(("staff" = ["clients.write"])),
    responses((status = 200, description = "The engagement", body = EngagementOut)))]
async fn update_engagement(
    cx: Cx,
    staff: Staff<may::WriteClients>,
    Path(id): Path<EngagementId>,
    Valid(body): Valid<EngagementPatch>,
) -> Result<Answer, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let engagement = change.update(&before, before.edit(body.over(before.content.clone(), &firm)?)?)?;
    cx.commit(change, cx.ok::<EngagementOut>(&engagement)).await
}

/// Archive an engagement, once it is over.
#[utoipa::path(delete, path = "/api/clients/engagements/{id}/", tag = "engagements", params(("id" = EngagementId, Path)),
    security(("staff" = ["clients.write"])), responses((status = 204, description = "It is archived")))]
async fn archive_engagement(cx: Cx, staff: Staff<may::WriteClients>, Path(id): Path<EngagementId>) -> Result<Answer, Problem> {
    let (mut change, engagement) = cx.edit(&staff, id).await?;
    change.remove(&engagement, engagement.archive()?)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Renew an engagement: its next version goes on from the day after its last.
#[utoipa::path(post, path = "/api/clients/engagements/{id}/renew/", tag = "engagements", params(("id" = EngagementId, Path)),
    security(("staff" = ["clients.write"])),
    responses((status = 201, description = "The next version", body = EngagementOut)))]
async fn renew_engagement(cx: Cx, staff: Staff<may::WriteClients>, Path(id): Path<EngagementId>) -> Result<Answer, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let (renewed, next) = before.renew(id)?;
    change.update(&before, renewed)?;
    let next = change.create(cx.new_id(), next, engagement::event::CREATED)?;
    cx.commit(change, cx.created::<EngagementOut>(&next)).await
}

/// Finish an engagement.
#[utoipa::path(post, path = "/api/clients/engagements/{id}/complete/", tag = "engagements", params(("id" = EngagementId, Path)),
    security(("staff" = ["clients.write"])),
    responses((status = 200, description = "The engagement", body = EngagementOut)))]
async fn complete_engagement(cx: Cx, staff: Staff<may::WriteClients>, Path(id): Path<EngagementId>) -> Result<Answer, Problem> {
    cx.act::<EngagementOut>(&staff, id, |engagement| engagement.complete()).await
}

/// List what happened to an engagement.
#[utoipa::path(get, path = "/api/clients/engagements/{id}/history/", tag = "engagements", params(("id" = EngagementId, Path), PageParams),
    security(("staff" = ["clients.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_engagement_history(
    cx: Cx,
    staff: Staff<may::ReadClients>,
    Path(id): Path<EngagementId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}
