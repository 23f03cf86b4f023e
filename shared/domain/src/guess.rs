//! Guessing: who failed to prove who they are waits before they may try again, longer each time.

use chrono::TimeDelta;

/// How long after the last of so many `failures` in an hour nobody may try again, of whom `most` may fail in one: the first half of them
/// cost nothing, since people mistype; then it is a second, and twice as long each time.
pub fn wait(failures: u32, most: u32) -> TimeDelta {
    match failures.checked_sub(most.div_ceil(2)) {
        Some(more) => TimeDelta::seconds(2_i64.checked_pow(more).unwrap_or(3600).min(3600)),
        None => TimeDelta::zero(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_again_and_again_waits_longer_each_time_up_to_an_hour() {
        let waits: Vec<_> = [0, 9, 10, 11, 12, 19, 21, 22, 73, u32::MAX].iter().map(|failures| wait(*failures, 20).num_seconds()).collect();
        assert_eq!(waits, [0, 0, 1, 2, 4, 512, 2048, 3600, 3600, 3600]);
        // All of them together are less than an hour, so that the bound of the hour can be reached.
        assert!((0..20).map(|failures| wait(failures, 20)).sum::<TimeDelta>() < TimeDelta::hours(1));
    }
}
