//! Notifications of one person that go out in one mail: what comes within minutes of the first, or until the next morning.
//!
//! The first opens the batch, a timer closes it; from then on nothing comes to it, and the mail follows from that.

use serde::{Deserialize, Serialize};

use crate::{
    Time, TimeZone,
    notification::{Delivery, Recipient},
    timer::{Timer, TimerKind},
};

/// The hour of the day at which people read of the day before.
const MORNING: u32 = 8;

crate::events! {
    NotificationBatch {
        /// The first came.
        Opened = "notification_batch.opened" is Creation,
        /// Nothing more comes: it is to be mailed.
        Closed = "notification_batch.closed" is Change,
    }
}

/// Notifications that are mailed together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotificationBatch {
    /// Whose they are.
    pub recipient: Recipient,
    /// How they hear of them.
    pub delivery: Delivery,
    /// When they are mailed, at the earliest.
    pub due_at: Time,
    /// Since when nothing more comes.
    pub closed_at: Option<Time>,
}

impl NotificationBatch {
    /// The batch of which the first comes at `now`, where `zone` is: what comes at once waits for `wait`.
    pub fn open(recipient: Recipient, delivery: Delivery, (zone, wait): (TimeZone, chrono::TimeDelta), now: Time) -> Self {
        let due_at = match delivery {
            Delivery::Instant | Delivery::Off => now + wait,
            Delivery::Digest => next_morning(zone, now),
        };
        Self { recipient, delivery, due_at, closed_at: None }
    }

    /// What is to happen to it by itself.
    pub fn timers(&self) -> Vec<Timer> {
        self.closed_at.is_none().then_some(Timer { at: self.due_at, kind: TimerKind::NotificationsDue }).into_iter().collect()
    }

    /// The batch once nothing more comes to it; nothing if it is too early, or was closed.
    pub fn close(&self, now: Time) -> Option<(Self, Event)> {
        let is_due = self.closed_at.is_none() && self.due_at <= now;
        is_due.then(|| (Self { closed_at: Some(now), ..self.clone() }, Event::Closed))
    }
}

/// The first morning after `now` where `zone` is.
fn next_morning(zone: TimeZone, now: Time) -> Time {
    let today = zone.day(now);
    let morning = zone.at(today, MORNING);
    if morning > now { morning } else { zone.at(today.next(), MORNING) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Id;

    #[test]
    fn a_digest_goes_out_on_the_next_morning_where_the_firm_is() {
        for (zone, now, morning) in [
            ("UTC", "2026-11-25T07:59:59Z", "2026-11-25T08:00:00Z"),
            ("UTC", "2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z"),
            ("Europe/Berlin", "2026-11-25T20:00:00Z", "2026-11-26T07:00:00Z"),
            // The clocks go forward in between.
            ("Europe/Berlin", "2027-03-27T20:00:00Z", "2027-03-28T06:00:00Z"),
            ("Pacific/Auckland", "2026-11-25T20:00:00Z", "2026-11-26T19:00:00Z"),
        ] {
            let zone: TimeZone = serde_json::from_value(zone.into()).unwrap();
            assert_eq!(next_morning(zone, now.parse().unwrap()), morning.parse::<Time>().unwrap(), "{now}");
        }
    }

    #[test]
    fn a_batch_is_closed_once_when_it_is_due() {
        let (now, wait) = (Time::default(), chrono::TimeDelta::minutes(5));
        let batch = NotificationBatch::open(Recipient::Staff(Id::new(now, 1)), Delivery::Instant, (TimeZone::UTC, wait), now);
        assert_eq!(batch.close(now), None);
        let (closed, _) = batch.close(now + wait).unwrap();
        assert_eq!((batch.timers().len(), closed.timers(), closed.close(now + wait)), (1, vec![], None));
    }
}
