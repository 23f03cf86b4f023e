//! What of somebody's notifications is unread, and which of them are going to be mailed together.

use super::{Delivery, KEPT};
use crate::{
    Id, Time,
    ids::{NotificationBatchId, NotificationId},
};

/// The most notifications of somebody's that are unread: of more, the oldest count as read. So many fit a transaction.
pub const MOST_UNREAD: usize = 90;

/// Beside somebody's notifications, what is true of all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inbox {
    /// How often it was changed.
    pub version: u64,
    /// Those that are unread, the oldest first.
    pub unread: Vec<NotificationId>,
    /// Those that are mailed within minutes.
    pub instant: Option<NotificationBatchId>,
    /// Those that are mailed in the morning.
    pub digest: Option<NotificationBatchId>,
}

/// Which notifications somebody has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All that there are.
    All,
    /// Those of theirs among these.
    These(Vec<NotificationId>),
}

/// An inbox as it is after a change, and the notifications that are read since.
pub(super) type Changed = (Inbox, Vec<NotificationId>);

impl Inbox {
    /// How many are unread at `now`: those that are kept no more aren't.
    pub fn count(&self, now: Time) -> usize {
        self.unread.iter().filter(|id| is_kept(**id, now)).count()
    }

    /// The inbox once `id` came, at `now`.
    #[must_use]
    pub fn receive(&self, id: NotificationId, now: Time) -> Changed {
        let mut unread: Vec<_> = self.unread.iter().copied().filter(|id| is_kept(*id, now)).collect();
        unread.push(id);
        // One that came through a slower process may be older.
        unread.sort_unstable();
        let read = unread.drain(..unread.len().saturating_sub(MOST_UNREAD)).filter(|read| *read != id).collect();
        (Self { unread, ..self.clone() }, read)
    }

    /// The inbox once `which` are read, at `now`; nothing if all of them are.
    pub fn read(&self, which: &Which, now: Time) -> Option<Changed> {
        let (unread, gone): (Vec<_>, Vec<_>) = self.unread.iter().partition(|id| match which {
            Which::All => false,
            Which::These(ids) => !ids.contains(id),
        });
        let read: Vec<_> = gone.into_iter().filter(|id| is_kept(*id, now)).collect();
        (!read.is_empty()).then(|| (Self { unread, ..self.clone() }, read))
    }

    /// With which others what comes now is mailed, if there are any.
    pub fn batch(&self, delivery: Delivery) -> Option<NotificationBatchId> {
        match delivery {
            Delivery::Instant => self.instant,
            Delivery::Digest => self.digest,
            Delivery::Off => None,
        }
    }

    /// The inbox, of which `batch` is what is mailed next.
    #[must_use]
    pub fn open(self, delivery: Delivery, batch: NotificationBatchId) -> Self {
        match delivery {
            Delivery::Instant => Self { instant: Some(batch), ..self },
            Delivery::Digest => Self { digest: Some(batch), ..self },
            Delivery::Off => self,
        }
    }

    /// The inbox once nothing more comes to `batch`.
    #[must_use]
    pub fn close(&self, batch: NotificationBatchId) -> Self {
        let other = |open: Option<NotificationBatchId>| open.filter(|open| *open != batch);
        Self { instant: other(self.instant), digest: other(self.digest), ..self.clone() }
    }
}

/// Whether what came with the id `id` is kept at `now`.
fn is_kept<K>(id: Id<K>, now: Time) -> bool {
    now < id.made_at() + KEPT
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(minutes: i64) -> Time {
        Time::from_timestamp_millis(1_763_800_000_000).unwrap() + TimeDelta::minutes(minutes)
    }

    fn id(minutes: i64) -> NotificationId {
        Id::new(at(minutes), 7)
    }

    #[test]
    fn no_more_are_unread_than_can_be_read_at_once() {
        let mut inbox = Inbox::default();
        let mut read = Vec::new();
        for minute in 0..100 {
            let (after, over) = inbox.receive(id(minute), at(minute));
            inbox = after;
            read.extend(over);
        }
        assert_eq!((inbox.count(at(100)), read), (MOST_UNREAD, (0..10).map(id).collect()));
        let (none, all) = inbox.read(&Which::All, at(100)).unwrap();
        assert_eq!((none.count(at(100)), all.len(), none.read(&Which::All, at(100))), (0, MOST_UNREAD, None));
    }

    #[test]
    fn others_and_those_that_are_read_are_left_alone() {
        let (inbox, _) = Inbox::default().receive(id(1), at(1));
        let (inbox, _) = inbox.receive(id(0), at(1));
        assert_eq!(inbox.unread, [id(0), id(1)]);
        assert_eq!(inbox.read(&Which::These(vec![id(5)]), at(2)), None);
        let (after, read) = inbox.read(&Which::These(vec![id(5), id(1), id(1)]), at(2)).unwrap();
        assert_eq!((after.unread, read), (vec![id(0)], vec![id(1)]));
    }

    #[test]
    fn what_is_kept_no_more_is_not_unread_nor_can_it_be_read() {
        let (inbox, _) = Inbox::default().receive(id(0), at(0));
        let (inbox, _) = inbox.receive(id(1), at(1));
        let later = at(0) + KEPT;
        assert_eq!(inbox.count(later), 1);
        assert_eq!(inbox.read(&Which::All, later).unwrap().1, [id(1)]);
        assert_eq!(inbox.receive(id(200_000), at(200_000)).0.unread, [id(200_000)]);
        assert_eq!(inbox.read(&Which::All, later + TimeDelta::minutes(1)), None);
    }

    #[test]
    fn a_batch_is_open_until_it_is_closed() {
        let (one, other) = (Id::new(at(0), 1), Id::new(at(0), 2));
        let inbox = Inbox::default().open(Delivery::Instant, one).open(Delivery::Digest, other);
        assert_eq!(
            (inbox.batch(Delivery::Instant), inbox.batch(Delivery::Digest), inbox.batch(Delivery::Off)),
            (Some(one), Some(other), None)
        );
        assert_eq!((inbox.close(one).batch(Delivery::Instant), inbox.close(one).batch(Delivery::Digest)), (None, Some(other)));
    }
}
