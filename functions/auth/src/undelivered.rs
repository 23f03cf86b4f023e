//! `/api/auth/firm/undelivered/`: what should have followed from something and could not be done or was in vain, mostly mails
//! whose address was refused, or that came back. Shown to whoever may see all that mails are about, invoices too.

use api::{Answer, App, Cx, ListQuery, Page, Path, Problem, Routes, Staff, View, get, list_scope, may, post, routes};
use chrono::{DateTime, Utc};
use domain::{
    Email,
    effect::EffectKind,
    ids::UndeliveredId,
    undelivered::{Status, Undelivered},
};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, ToSchema,
    openapi::schema::{Object, ObjectBuilder, Type},
};

api::standard_handlers! {
    UndeliveredId, UndeliveredOut, "/api/auth/firm/undelivered/{id}/":
    /// Show what is undelivered.
    ///
    /// With the reason in words, where a mail should have gone, and what came of trying again; one that is over is shown
    /// too.
    show_undelivered: show by Staff<may::ReadBilling>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_undelivered))
        .routes(routes!(show_undelivered))
        .routes(routes!(retry_undelivered))
        .routes(routes!(dismiss_undelivered))
}

/// What could not be done.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Undelivered)]
#[view(both = Undelivered, path = "/api/auth/firm/undelivered/")]
struct UndeliveredOut {
    id: UndeliveredId,
    /// What happened: `invoice.sent`; none if that can't be read any more.
    event: Option<String>,
    /// To which record: its id.
    record: String,
    #[view(EffectKind::name_in(&it.effect).to_owned())]
    #[schema(schema_with = effects)]
    effect: String,
    /// Where the mail should have gone.
    to: Option<Email>,
    /// Why it could not be done, in words.
    reason: String,
    first_tried_at: DateTime<Utc>,
    last_tried_at: DateTime<Utc>,
    /// How often it was tried.
    attempts: u32,
    status: Status,
    /// When it is tried again by itself: what waits for the firm's next day, since it sent as many mails as it may in one.
    retry_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// What [`UndeliveredOut::effect`] can be.
fn effects() -> Object {
    let about = "What should have followed: `mail`, or something done to other records; `event` where it could not even be found out.";
    let names = EffectKind::ALL.map(EffectKind::as_str);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).description(Some(about)).build()
}

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct UndeliveredFilter {
    /// Those that stand so: `waiting` is what somebody has to look at.
    status: Option<Status>,
}

/// List what is undelivered.
///
/// What can never be done is listed at once, such as a mail to an address that is refused or suppressed; what failed ten times,
/// within minutes, after that; a mail that came back once that is known; and what is more than the firm may send in a day, until the
/// next. Newest first, whatever came of it; by status alone: 400 for another filter.
#[get("/api/auth/firm/undelivered/")]
async fn list_undelivered(
    cx: Cx,
    staff: Staff<may::ReadBilling>,
    query: ListQuery<UndeliveredFilter>,
) -> Result<Answer<Page<UndeliveredOut>>, Problem> {
    let scope = list_scope(None, query.filter.status.map(Status::as_str), None)?;
    cx.list(&staff, scope, &query).await
}

/// Try again what is undelivered.
///
/// It happens seconds later. A mail says what it would have said; if its address was refused, or it came back from there, it goes
/// to the one that the client, prospect or person has now, so correct that first; or have the address's suppression lifted. What isn't true any more isn't sent: the item is `dropped`.
/// What was done meanwhile isn't done twice. 409 unless it waits or was dismissed.
#[post("/api/auth/firm/undelivered/{id}/retry/")]
async fn retry_undelivered(
    cx: Cx,
    staff: Staff<may::ManageFirm>,
    Path(id): Path<UndeliveredId>,
) -> Result<Answer<UndeliveredOut>, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let item = change.retry(&before)?;
    cx.commit(change, cx.ok(&item)).await
}

/// Dismiss what is undelivered.
///
/// Somebody saw to it otherwise, or it doesn't matter: it isn't tried again by itself, but can be by `retry/`. 409 unless it waits.
#[post("/api/auth/firm/undelivered/{id}/dismiss/")]
async fn dismiss_undelivered(
    cx: Cx,
    staff: Staff<may::ManageFirm>,
    Path(id): Path<UndeliveredId>,
) -> Result<Answer<UndeliveredOut>, Problem> {
    cx.act(&staff, id, Undelivered::dismiss).await
}
