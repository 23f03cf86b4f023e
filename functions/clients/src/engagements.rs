//! `/api/clients/engagements/`

use api::{
    Answer, App, Body, Cx, ListQuery, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, get, list_scope, may, patch, post, routes,
};
use domain::{
    Currency, Date, MultiLine, Price, Refusal, SingleLine,
    engagement::{self, Engagement, Status},
    firm::Firm,
    ids::{ClientId, EngagementId},
};
use serde::Deserialize;
use store::Named;
use utoipa::{IntoParams, ToSchema};
use wire::{EngagementOut, EngagementSummary, money, patch_money};

api::standard_handlers! {
    EngagementId, EngagementOut, "/api/clients/engagements/{id}/":
    /// Show an engagement.
    ///
    /// With its notes, which lists leave out. An archived one is shown too.
    show_engagement: show by Staff<may::ReadClients>;
    /// Archive an engagement, once it is over.
    ///
    /// Its other versions stay where they are. 409 while it is active, and if it is archived already.
    archive_engagement: archive by Staff<may::WriteClients>;
    /// Take an engagement out of the archive.
    ///
    /// It is renewed or completed as before. One that isn't archived is shown as it is.
    restore_engagement: restore by Staff<may::WriteClients>;
    /// List what happened to an engagement.
    ///
    /// Newest first, of this version alone: by whom it was begun, changed, renewed, completed, archived or restored, and
    /// which fields that changed. Network addresses are for owners and managers.
    list_engagement_history: history by Staff<may::ReadClients>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_engagements, create_engagement))
        .routes(routes!(show_engagement, update_engagement, archive_engagement))
        .routes(routes!(restore_engagement))
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
    client: Named<ClientId>,
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
    fn engagement(self, client: ClientId, firm: &Firm) -> Result<Engagement, Refusal> {
        let Self { client: _, title, value, currency, start_date, end_date, notes } = self;
        let value = money("value", value, currency.unwrap_or(firm.currency))?;
        Engagement { start_date, end_date, notes, ..Engagement::new(client, None, title, value) }.checked()
    }
}

/// Changes to an engagement: what is absent stays, what is null is cleared.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"end_date": "2027-06-30", "notes": null}))]
#[body(patch = Engagement, given(firm: &Firm), keep(client, proposal, version, previous, status))]
struct EngagementPatch {
    title: Set<SingleLine<200>>,
    /// In the currency that it is in, or `currency`.
    #[body(patch_money("value", before.value, value, currency, firm.currency)?)]
    value: Patch<Price>,
    /// Needs `value` too.
    #[body(skip)]
    currency: Patch<Currency>,
    start_date: Patch<Date>,
    end_date: Patch<Date>,
    notes: Patch<MultiLine<10000>>,
}

/// List engagements.
///
/// Newest first, each version by itself, without notes, and without those that are archived, which `archived=true` lists.
/// By client, by status or archived: 422 for two at once.
#[get("/api/clients/engagements/")]
async fn list_engagements(
    cx: Cx,
    staff: Staff<may::ReadClients>,
    query: ListQuery<EngagementFilter>,
) -> Result<Answer<Page<EngagementSummary>>, Problem> {
    let EngagementFilter { client, status, archived } = query.filter;
    cx.list(&staff, list_scope(archived, status.map(Status::as_str), client.map(Into::into))?, &query).await
}

/// Begin an engagement that didn't come from a proposal.
///
/// It is active at once; no mail goes out. 422 if there is no such client, or it is archived, and if its last day is before
/// its first.
#[post("/api/clients/engagements/", 201)]
async fn create_engagement(
    cx: Cx,
    staff: Staff<may::WriteClients>,
    Valid(body): Valid<NewEngagement>,
) -> Result<Answer<EngagementOut>, Problem> {
    let (found, mut change) = (cx.read(&staff).named(body.client).record(staff.firm).fetch().await?, cx.change(&staff));
    let client = change.depend(&found, "client", body.client)?.id;
    let engagement = change.create(cx.new_id(), body.engagement(client, &*found.record(staff.firm)?)?, engagement::Event::Created)?;
    cx.commit(change, cx.created(&engagement)).await
}

/// Change an engagement that is going on.
///
/// Its client and the proposal that it came from stay. 409 once it is renewed or completed; 422 if its last day would be
/// before its first, or for a currency without a value.
#[patch("/api/clients/engagements/{id}/")]
async fn update_engagement(
    cx: Cx,
    staff: Staff<may::WriteClients>,
    Path(id): Path<EngagementId>,
    Valid(body): Valid<EngagementPatch>,
) -> Result<Answer<EngagementOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let engagement = change.update(&before, before.edit(body.over(before.content.clone(), &firm)?)?)?;
    cx.commit(change, cx.ok(&engagement)).await
}

/// Renew an engagement: its next version goes on from the day after its last.
///
/// The next version is active, says the same and has no last day; this one is renewed, and can't be changed any more. 409
/// unless it is active, and if its client is archived.
#[post("/api/clients/engagements/{id}/renew/", 201)]
async fn renew_engagement(cx: Cx, staff: Staff<may::WriteClients>, Path(id): Path<EngagementId>) -> Result<Answer<EngagementOut>, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let (renewed, next) = before.renew(id)?;
    change.update(&before, renewed)?;
    let next = change.create(cx.new_id(), next, engagement::Event::Created)?;
    cx.commit(change, cx.created(&next)).await
}

/// Finish an engagement.
///
/// The client isn't told; contracts and projects stay as they are. 409 unless it is active.
#[post("/api/clients/engagements/{id}/complete/")]
async fn complete_engagement(
    cx: Cx,
    staff: Staff<may::WriteClients>,
    Path(id): Path<EngagementId>,
) -> Result<Answer<EngagementOut>, Problem> {
    cx.act(&staff, id, |engagement| engagement.complete()).await
}
