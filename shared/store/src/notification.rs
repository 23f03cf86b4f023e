//! Notifications: in a partition for each person in a firm, by when they came, with what is true of all of them beside them. They
//! are no records: they have no history and expire. What is beside them sorts after all of them, so that the newest and the
//! number of those that are unread are one query.

use aws_sdk_dynamodb::types::Update;
use domain::{
    Id, Time,
    firm::Firm,
    ids::{NotificationBatchId, NotificationId},
    notification::{Inbox, KEPT, Notification},
};
use serde::{Deserialize, Serialize};

use crate::{
    Change, Cursor, Effect, Error, Found, NotACursor, Page, PageRequest, Read, Store,
    change::OnFailure,
    effect::state,
    item::{Attributes, Item, millis, number, text},
    key::{HEADER, Key, NOTIFICATIONS, name},
};

/// A notification of somebody's.
#[derive(Debug, Clone, PartialEq)]
pub struct Notified {
    /// Its id.
    pub id: NotificationId,
    /// What they were told of.
    pub notification: Notification,
    /// When they read it, if they did.
    pub read_at: Option<Time>,
}

/// An inbox as it is kept; its version is an attribute of its own.
#[derive(Serialize, Deserialize)]
struct Kept {
    unread: Vec<NotificationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instant: Option<NotificationBatchId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<NotificationBatchId>,
}

impl Read<'_> {
    /// What is true of all notifications of `subject`, too.
    #[must_use]
    pub fn inbox(self, subject: &str) -> Self {
        let key = Key::inbox(self.firm(), subject);
        self.key(key)
    }
}

impl Read<'_> {
    /// Those of the notifications `ids` that are `subject`'s, too.
    #[must_use]
    pub fn notifications(self, subject: &str, ids: &[NotificationId]) -> Self {
        let firm = self.firm();
        ids.iter().fold(self, |read, id| read.key(Key::notification(firm, subject, *id)))
    }
}

impl Found {
    /// That all of the notifications `ids`, which the body names in `field`, are `subject`'s, which was read.
    pub fn require_notifications(&self, subject: &str, field: &str, ids: &[NotificationId]) -> Result<(), Error> {
        let is_missing = |id: &NotificationId| self.item(&Key::notification(self.firm(), subject, *id)).is_none();
        match ids.iter().position(is_missing) {
            Some(place) => Err(Error::NoSuch { field: format!("{field}[{place}]").into(), kind: "notification" }),
            None => Ok(()),
        }
    }

    /// What is true of all notifications of `subject`, which was read.
    pub fn inbox(&self, subject: &str) -> Result<Inbox, Error> {
        self.item(&Key::inbox(self.firm(), subject)).map_or_else(|| Ok(Inbox::default()), inbox_in)
    }
}

impl Store {
    /// A page of what `subject` of `firm` was told of and is kept at `now`, the newest first or last; and what is true of all of
    /// it, where the page begins or ends with the newest.
    pub async fn notifications(
        &self,
        firm: Id<Firm>,
        subject: &str,
        page: &PageRequest,
        now: Time,
    ) -> Result<(Page<Notified>, Option<Inbox>), Error> {
        let back = matches!(page.cursor, Some(Cursor::Before(_)));
        let start = match &page.cursor {
            Some(Cursor::After(id) | Cursor::Before(id)) => {
                Some(Key::notification(firm, subject, id.parse().map_err(|_| NotACursor)?).item())
            }
            None => None,
        };
        let limit = usize::from(page.limit);
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(Key::inbox(firm, subject).pk))
            .scan_index_forward(page.ascending != back)
            .set_exclusive_start_key(start)
            // One more shows whether there are more; and what is beside them.
            .limit(i32::from(page.limit) + 2)
            .send()
            .await?;
        let mut items = output.items.unwrap_or_default();
        let beside = items.iter().position(|item| item.text(name::SK).is_ok_and(|sk| sk == HEADER)).map(|place| items.remove(place));
        let inbox = match (beside, &page.cursor) {
            (Some(item), _) => Some(inbox_in(&item)?),
            // Nothing ever came.
            (None, None) if items.is_empty() => Some(Inbox::default()),
            (None, _) => None,
        };
        let more = items.len() > limit;
        items.truncate(limit);
        if back {
            items.reverse();
        }
        let mut found = items.iter().map(notified_in).collect::<Result<Vec<_>, _>>()?;
        let (before, after) = if back { (more, true) } else { (page.cursor.is_some(), more) };
        let edge = |notified: Option<&Notified>, there| notified.filter(|_| there).map(|notified| notified.id.to_string());
        let (mut next, previous) = (edge(found.last(), after).map(Cursor::After), edge(found.first(), before).map(Cursor::Before));
        // DynamoDB takes its time to delete what has expired.
        let known = found.len();
        found.retain(|notified| now < notified.id.made_at() + KEPT);
        if found.len() < known && !page.ascending {
            next = None;
        }
        Ok((Page { items: found, next, previous }, inbox))
    }

    /// What of the notifications of `subject` in `firm` is mailed with `batch` and unread, the oldest first. All that are unread are
    /// among the newest, which one query gives.
    pub async fn unread_of_batch(&self, firm: Id<Firm>, subject: &str, batch: NotificationBatchId) -> Result<Vec<Notified>, Error> {
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :notifications)")
            .expression_attribute_values(":pk", text(Key::inbox(firm, subject).pk))
            .expression_attribute_values(":notifications", text(NOTIFICATIONS))
            .scan_index_forward(false)
            .consistent_read(true)
            .send()
            .await?;
        let mut found = output.items.unwrap_or_default().iter().map(notified_in).collect::<Result<Vec<_>, _>>()?;
        found.retain(|notified| notified.read_at.is_none() && notified.notification.batch == Some(batch));
        found.reverse();
        Ok(found)
    }
}

impl Change {
    /// That `subject` is told of `notification`, whose inbox was `before` and is `after`, by which `read` are read.
    pub fn notify(
        &mut self,
        subject: &str,
        (id, notification): (NotificationId, &Notification),
        before: &Inbox,
        (after, read): (Inbox, &[NotificationId]),
    ) -> Result<(), Error> {
        let mut item = Key::notification(self.firm(), subject, id).item();
        item.insert(name::DATA.to_owned(), serde_dynamo::to_attribute_value(notification).map_err(Error::internal)?);
        item.insert(name::EXPIRES.to_owned(), number((id.made_at() + KEPT).timestamp()));
        let put = self.put(item).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)?;
        self.read_notifications(subject, before, (after, read))
    }

    /// That `read` are read of the notifications of `subject`, whose inbox was `before` and is `after`.
    pub fn read_notifications(&mut self, subject: &str, before: &Inbox, (after, read): (Inbox, &[NotificationId])) -> Result<(), Error> {
        for id in read {
            let update = Update::builder()
                .table_name(self.table())
                .set_key(Some(Key::notification(self.firm(), subject, *id).item()))
                .update_expression("SET #read = :now")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#read", name::READ)
                .expression_attribute_values(":now", millis(self.now()));
            self.push_update(update)?;
        }
        self.replace_inbox(subject, before, after)
    }

    /// That the inbox of `subject`, which was `before`, is `after`.
    pub fn replace_inbox(&mut self, subject: &str, before: &Inbox, after: Inbox) -> Result<(), Error> {
        let Inbox { version: _, unread, instant, digest } = after;
        let mut item = Key::inbox(self.firm(), subject).item();
        let kept = serde_dynamo::to_attribute_value(Kept { unread, instant, digest }).map_err(Error::internal)?;
        item.insert(name::DATA.to_owned(), kept);
        item.insert(name::VERSION.to_owned(), number(before.version + 1));
        let put = self.put(item);
        let put = match before.version {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            version => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", name::VERSION)
                .expression_attribute_values(":version", number(version)),
        };
        self.push_put(put, OnFailure::Lost)
    }

    /// That `effect`, which is claimed, is done: in the transaction that does it, so that it is done once.
    pub fn finish(&mut self, effect: &Effect) -> Result<(), Error> {
        let update = Update::builder()
            .table_name(self.table())
            .set_key(Some(effect.key.item()))
            .update_expression("SET #state = :done, #until = :now")
            .condition_expression("#state = :claimed")
            .expression_attribute_names("#state", name::STATE)
            .expression_attribute_names("#until", name::UPDATED)
            .expression_attribute_values(":done", text(state::DONE))
            .expression_attribute_values(":claimed", text(state::CLAIMED))
            .expression_attribute_values(":now", millis(self.now()));
        self.push_update(update)
    }
}

fn inbox_in(item: &Item) -> Result<Inbox, Error> {
    let kept = serde_json::from_value(item.fields(name::DATA)?.into()).map_err(Error::internal)?;
    let Kept { unread, instant, digest } = kept;
    Ok(Inbox { version: item.number(name::VERSION)?, unread, instant, digest })
}

fn notified_in(item: &Item) -> Result<Notified, Error> {
    let sk = item.text(name::SK)?;
    let id = sk.strip_prefix(NOTIFICATIONS).and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| Error::Internal(format!("{sk} is no notification's")))?;
    let notification = serde_json::from_value(item.fields(name::DATA)?.into()).map_err(Error::internal)?;
    let read_at = item.contains_key(name::READ).then(|| item.time(name::READ)).transpose()?;
    Ok(Notified { id, notification, read_at })
}
