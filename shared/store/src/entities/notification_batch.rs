//! Notifications that are mailed together, in the table. In no list: whose they are sees the notifications, and the mail.

use domain::notification_batch::NotificationBatch;

use crate::{Entity, Placement};

impl Entity for NotificationBatch {
    const TYPE: &'static str = "NOTIFICATION_BATCH";
    const IS_LISTED: bool = false;
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement { timers: self.timers(), ..Placement::nowhere() }
    }
}
