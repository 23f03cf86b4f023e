//! `/api/auth/notifications/`: what whoever is signed in was told of, in the firm or at the client that they are signed in to. How they
//! came by it is the outbox's.

use api::{Answer, App, Caller, Cx, Decimal, ListQuery, NoFilter, Page, Problem, Routes, Valid, get, post, routes};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Email, MultiLine, Refusal, SingleLine,
    ids::{CommentId, NotificationId},
    invoice::Dispute,
    notification::{Kind, MOST_UNREAD, Which},
};
use serde::{Deserialize, Serialize};
use store::Notified;
use utoipa::ToSchema;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(list_notifications)).routes(routes!(read_notifications))
}

/// Some of what somebody was told of.
#[derive(Debug, Serialize, ToSchema)]
struct Notifications {
    results: Vec<NotificationOut>,
    /// The address of the page after it.
    next: Option<String>,
    /// The address of the page before it.
    previous: Option<String>,
    /// How many are unread, of all that there are; 90 are at the most, and older ones count as read. Null on a page that doesn't begin
    /// with the newest.
    unread: Option<usize>,
}

/// That somebody was told of something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notification)]
struct NotificationOut {
    id: NotificationId,
    kind: Kind,
    /// The id of what it is about: a task, an invoice, a proposal, what is undelivered.
    record: String,
    /// The page of the web app that shows that.
    url: String,
    /// What that was called: a task's title, an invoice's number.
    title: SingleLine<200>,
    /// To what it belonged: a task's project, an invoice's client.
    within: Option<SingleLine<200>>,
    /// Who did it, if that is anybody whose name is known.
    by: Option<SingleLine<200>>,
    /// Of which company they are, if they are of another.
    by_company: Option<SingleLine<200>>,
    /// The beginning of what was written, or why something happened.
    text: Option<MultiLine<280>>,
    /// The comment that `text` is the beginning of.
    comment: Option<CommentId>,
    /// How much was paid, or is due.
    amount: Option<Decimal>,
    /// What that is in.
    currency: Option<Currency>,
    /// That a bank takes the payment back, or took it.
    dispute: Option<Dispute>,
    /// By when it is to be done, or was to be.
    date: Option<Date>,
    /// Where the mail didn't arrive.
    address: Option<Email>,
    is_read: bool,
    read_at: Option<DateTime<Utc>>,
    /// When it happened.
    happened_at: DateTime<Utc>,
    /// When they were told.
    created_at: DateTime<Utc>,
}

impl NotificationOut {
    fn of(Notified { id, notification, read_at }: &Notified, is_portal: bool) -> Self {
        let news = notification.news.clone();
        let url = news.about.page(is_portal).into_iter().map(|(name, id)| format!("/{name}/{id}")).collect();
        Self {
            id: *id,
            kind: news.kind,
            record: news.about.record(),
            url,
            title: news.title,
            within: news.within,
            by: news.by,
            by_company: news.by_company,
            text: news.text,
            comment: news.comment,
            amount: news.amount.map(Decimal::from),
            currency: news.amount.map(|amount| amount.currency()),
            dispute: news.dispute,
            date: news.date,
            address: news.address,
            is_read: read_at.is_some(),
            read_at: *read_at,
            happened_at: news.at,
            created_at: id.made_at(),
        }
    }
}

/// What somebody has read: some of it, or all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"all": true}))]
struct ReadNotifications {
    /// These; at most 90.
    #[schema(max_items = 90)]
    ids: Option<Vec<NotificationId>>,
    /// All that there are.
    all: Option<bool>,
}

impl ReadNotifications {
    fn which(self) -> Result<Which, Refusal> {
        match (self.ids, self.all.unwrap_or(false)) {
            (None, true) => Ok(Which::All),
            (Some(ids), false) if ids.len() > MOST_UNREAD => Err(Refusal::rule("ids", format!("At most {MOST_UNREAD}."))),
            (Some(ids), false) => Ok(Which::These(ids)),
            (Some(_), true) => Err(Refusal::rule("all", "Either that, or ids.")),
            (None, false) => Err(Refusal::rule("ids", "Say which, or all.")),
        }
    }
}

/// How much somebody has still to read.
#[derive(Debug, Serialize, ToSchema)]
struct Unread {
    unread: usize,
}

/// List notifications.
///
/// What concerns whoever is signed in and was done by others, in the firm or at the client that they are signed in to: newest first,
/// for 90 days. Of what they don't want to hear of there is nothing (`notification-settings/`). What their role or rights don't show
/// them any more is left out, so a page may be short; among `unread` it counts until all is marked as read. Who polls sends the `ETag`
/// back as `If-None-Match`, and is answered 304 as long as nothing is new. There is no filter: 400.
#[get("/api/auth/notifications/", tag = "auth")]
async fn list_notifications(cx: Cx, caller: Caller, query: ListQuery<NoFilter>) -> Result<Answer<Notifications>, Problem> {
    let (firm, subject, is_portal) = (caller.firm, caller.principal.subject(), caller.role().is_none());
    let (mut page, inbox) = cx.store.notifications(firm, &subject, &query.page, cx.now).await?;
    page.items.retain(|notified| notified.notification.news.about.concerns(caller.principal));
    let Page { results, next, previous } = query.page(&page, |notified| NotificationOut::of(notified, is_portal));
    cx.json(&Notifications { results, next, previous, unread: inbox.map(|inbox| inbox.count(cx.now)) })
}

/// Mark notifications as read.
///
/// Those that `ids` names, or `all`; how many are unread then. What is read already stays so: the same call again is answered the
/// same. What is read before it is mailed isn't mailed. 422 for both or neither, for more than 90 ids, and for what isn't there, as
/// what is somebody else's: nothing is marked then.
#[post("/api/auth/notifications/read/", tag = "auth")]
async fn read_notifications(cx: Cx, caller: Caller, Valid(body): Valid<ReadNotifications>) -> Result<Answer<Unread>, Problem> {
    let (which, subject) = (body.which()?, caller.principal.subject());
    let named = if let Which::These(ids) = &which { ids.as_slice() } else { &[] };
    let found = cx.read(&caller).inbox(&subject).notifications(&subject, named).fetch().await?;
    found.require_notifications(&subject, "ids", named)?;
    let before = found.inbox(&subject)?;
    let (mut change, mut unread) = (cx.change(&caller), before.count(cx.now));
    if let Some((after, read)) = before.read(&which, cx.now) {
        unread = after.count(cx.now);
        change.read_notifications(&subject, &before, (after, &read))?;
    }
    let answer = cx.json(&Unread { unread });
    cx.commit(change, answer).await
}
