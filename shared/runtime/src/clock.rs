//! Where the time comes from.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::Time;

/// Tells the time; the only place that reads the machine's clock.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// Now, to the millisecond, as records and tokens have it.
    pub fn now(&self) -> Time {
        #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
        let millis = chrono::Utc::now().timestamp_millis();
        Time::from_timestamp_millis(millis + self.ahead_ms.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// Let so much time pass, for all who share this clock. For tests of what happens later.
    pub fn advance(&self, by: chrono::TimeDelta) {
        self.ahead_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}
