//! `/api/auth/firm/mails/`: every mail that left in the firm's name, and what became of it. Who may see a record may see the
//! mails about it; who may see invoices too, which is all that mails are about, may see all of them.

use api::{Answer, App, Cx, ListQuery, Page, Path, Problem, Routes, Staff, View, get, may, routes};
use chrono::{DateTime, Utc};
use domain::{
    Email,
    access::Permission,
    ids::MailId,
    mail::{Bounce, BounceKind, Delay, Mail, Purpose, Status, Topic},
};
use serde::{Deserialize, Serialize};
use store::{ListScope, Person};
use utoipa::{IntoParams, ToSchema};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(list_mails)).routes(routes!(show_mail))
}

/// A mail that was sent.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Mail)]
#[view(both = Mail, path = "/api/auth/firm/mails/")]
struct MailOut {
    id: MailId,
    /// The record that it is about.
    record: Topic,
    /// What happened to that: `invoice.sent`.
    event: String,
    purpose: Purpose,
    /// Where it went.
    to: Email,
    #[view(it.status())]
    status: Status,
    sent_at: DateTime<Utc>,
    /// When the host of its address took it.
    delivered_at: Option<DateTime<Utc>>,
    /// That it wasn't taken at once, and why: the last that was heard of that.
    #[view(it.delay.map(DelayOut::from))]
    delay: Option<DelayOut>,
    /// That it came back. One that was delivered and comes back without a reason is mostly the answer of a machine, as of
    /// somebody who is out of the office.
    #[view(it.bounce.map(BounceOut::from))]
    bounce: Option<BounceOut>,
    /// When its recipient called it spam.
    complained_at: Option<DateTime<Utc>>,
    /// When the mail service found a virus in it, and didn't send it on.
    rejected_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
}

/// That a mail wasn't taken at once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailDelay)]
struct DelayOut {
    at: DateTime<Utc>,
    /// Why, in words.
    reason: &'static str,
}

impl From<Delay> for DelayOut {
    fn from(Delay { at, reason }: Delay) -> Self {
        Self { at, reason: reason.in_words() }
    }
}

/// That a mail came back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailBounce)]
struct BounceOut {
    at: DateTime<Utc>,
    kind: BounceKind,
    /// Why, in words.
    reason: &'static str,
}

impl From<Bounce> for BounceOut {
    fn from(Bounce { at, kind, reason }: Bounce) -> Self {
        Self { at, kind, reason: reason.in_words() }
    }
}

/// Which mails.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MailFilter {
    /// Those about a record.
    record: Option<Topic>,
    /// Those to an address: what a person was sent.
    to: Option<Email>,
    /// Those that stand so: `bounced` is what didn't come to whom it is for.
    status: Option<Status>,
}

/// List mails.
///
/// Newest first, and what became of each, as far as it is known: that takes seconds, or days where a mail is delayed. Those about a
/// record for whoever may see that record; all, or those to an address or with a status, for whoever may see invoices (403 for
/// others). 422 for two filters at once.
#[get("/api/auth/firm/mails/")]
async fn list_mails(cx: Cx, staff: Staff<may::ReadFirm>, query: ListQuery<MailFilter>) -> Result<Answer<Page<MailOut>>, Problem> {
    let MailFilter { record, to, status } = query.filter.clone();
    staff.needs(record.map_or(Permission::ReadBilling, Topic::permission))?;
    let scope = match (record, to, status) {
        (None, None, None) => ListScope::All,
        (Some(record), None, None) => ListScope::Parent(record.into()),
        (None, Some(to), None) => ListScope::Person(Person::Address(to)),
        (None, None, Some(status)) => ListScope::State(status.as_str()),
        _ => return Err(Problem::two_filters()),
    };
    cx.list(&staff, scope, &query).await
}

/// Show a mail.
///
/// For whoever may see the record that it is about; 403 for others.
#[get("/api/auth/firm/mails/{id}/")]
async fn show_mail(cx: Cx, staff: Staff<may::ReadFirm>, Path(id): Path<MailId>) -> Result<Answer<MailOut>, Problem> {
    let mail = cx.store.get(staff.firm, id).await?;
    staff.needs(mail.record.permission())?;
    cx.ok(&mail)
}
