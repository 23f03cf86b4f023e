//! The time of a request: until when it has to be answered, and how long a handler waits that lost a race.
//!
//! A process that Lambda ends answers nothing, so every request is answered before. Who loses a race waits for others as
//! long as an attempt takes, at random: first longer and longer, so that few try at once, then the shorter the longer the
//! request is under way, so that those who have waited longest come next. (A race can't be won by all, but one wins each
//! time: `tests` has sixteen at a time queue for one number.)

use std::time::Duration;

use domain::Time;
use lambda_http::Context;
use tokio::time::Instant;

/// How long before Lambda ends the process everything is answered.
const MARGIN: Duration = Duration::from_secs(2);
/// How long a request may take where nobody says when the process ends: what a function's ten seconds leave.
const USUAL: Duration = Duration::from_secs(8);
/// The longest wait after the first lost race, and the longest of all, as a multiple of what the attempt took.
const WAITS: (u32, u32) = (4, 16);
/// After how long the waits of a request are half as long.
const HALVING: Duration = Duration::from_millis(333);
/// What an attempt takes at least, where waits are made from it.
const SHORTEST: Duration = Duration::from_millis(1);

/// Until when a request has to be answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    began: Instant,
    ends: Instant,
}

impl Deadline {
    /// That of a request which Lambda hands over at `now` in `context`.
    pub(crate) fn of(context: Option<&Context>, now: Time) -> Self {
        let now = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        let left = context.and_then(|context| context.deadline.checked_sub(now)).map(Duration::from_millis);
        // What stands in for Lambda on one machine may name a time that is long over.
        let left = left.and_then(|left| left.checked_sub(MARGIN)).filter(|left| !left.is_zero()).unwrap_or(USUAL);
        let began = Instant::now();
        Self { began, ends: began + left }
    }

    /// When that is.
    pub(crate) fn at(&self) -> Instant {
        self.ends
    }

    /// How long a handler waits that has lost `lost` races, the last in an attempt that took `took`; nothing if there is no
    /// time for another.
    pub(crate) fn pause(&self, lost: u32, took: Duration) -> Option<Duration> {
        let now = Instant::now();
        let spare = self.ends.saturating_duration_since(now).checked_sub(took).filter(|spare| !spare.is_zero())?;
        let longest = longest_pause(lost, took, now.saturating_duration_since(self.began));
        Some(rand::random_range(Duration::ZERO..=longest).min(spare))
    }
}

/// The longest that a handler waits after `lost` lost races, the last in an attempt that took `took`, in a request that is
/// under way for `age`.
fn longest_pause(lost: u32, took: Duration, age: Duration) -> Duration {
    let (first, most) = WAITS;
    let times = first.checked_shl(lost.saturating_sub(1)).filter(|times| (first..most).contains(times)).unwrap_or(most);
    let halvings = age.as_secs_f64() / HALVING.as_secs_f64();
    (took.max(SHORTEST) * times).mul_f64((-halvings).exp2())
}

#[cfg(test)]
mod tests;
