//! `/api/auth/firm/suppressions/`: addresses to which the firm's mails came back for good, or that called one spam. None is sent
//! there until that is lifted.

use api::{Answer, App, Cx, ListQuery, Page, Path, Problem, Routes, Staff, View, get, list_scope, may, post, routes};
use chrono::{DateTime, Utc};
use domain::{
    Email,
    ids::{MailId, SuppressionId},
    suppression::{Reason, Status, Suppression},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

api::standard_handlers! {
    SuppressionId, SuppressionOut, "/api/auth/firm/suppressions/{id}/":
    /// Show a suppressed address.
    ///
    /// One that was lifted is shown too.
    show_suppression: show by Staff<may::ReadBilling>;
    /// List what happened to a suppressed address.
    ///
    /// Newest first: which mails gave reason to it, by whom it was lifted, and whether mail came back since. Network addresses are
    /// for owners and managers.
    list_suppression_history: history by Staff<may::ReadBilling>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_suppressions))
        .routes(routes!(show_suppression))
        .routes(routes!(lift_suppression))
        .routes(routes!(list_suppression_history))
}

/// An address to which no mail is sent, or none was.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Suppression)]
#[view(both = Suppression, path = "/api/auth/firm/suppressions/")]
struct SuppressionOut {
    id: SuppressionId,
    email: Email,
    #[view(it.status())]
    status: Status,
    #[view(it.cause.reason)]
    reason: Reason,
    /// The same in words.
    #[view(it.cause.detail.clone())]
    detail: String,
    /// The mail that gave reason to it.
    #[view(it.cause.mail)]
    mail: MailId,
    /// Since when.
    #[view(it.cause.at)]
    suppressed_at: DateTime<Utc>,
    lifted_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SuppressionFilter {
    /// Those that stand so: to what is `active` no mail is sent.
    status: Option<Status>,
}

/// List suppressed addresses.
///
/// A mail that came back for good, or that its recipient called spam, suppresses its address for this firm alone, until that is
/// lifted. What would be sent there is undelivered. By the time of the first such mail, newest first; by status alone: 400 for another
/// filter.
#[get("/api/auth/firm/suppressions/")]
async fn list_suppressions(
    cx: Cx,
    staff: Staff<may::ReadBilling>,
    query: ListQuery<SuppressionFilter>,
) -> Result<Answer<Page<SuppressionOut>>, Problem> {
    let scope = list_scope(None, query.filter.status.map(Status::as_str), None)?;
    cx.list(&staff, scope, &query).await
}

/// Let mail go to a suppressed address again.
///
/// Where the mailbox is there again, say. What is undelivered isn't sent by that: have it tried again. A mail that comes back
/// suppresses the address anew. 409 if it was lifted already, and where a mail was called spam: only its recipient can ask for more,
/// and the operators of this service lift it then.
#[post("/api/auth/firm/suppressions/{id}/lift/")]
async fn lift_suppression(cx: Cx, staff: Staff<may::ManageMail>, Path(id): Path<SuppressionId>) -> Result<Answer<SuppressionOut>, Problem> {
    cx.act(&staff, id, |suppression: &Suppression| suppression.lift(cx.now)).await
}
