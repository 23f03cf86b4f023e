//! Days of the calendar.

use std::str::FromStr;

use chrono::{Datelike, NaiveDate, TimeDelta};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{Refusal, Time};

/// A day from 1900 to 2199: anything else is a slip of the finger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Date(NaiveDate);

/// The day is beyond reason, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A day from 1900-01-01 to 2199-12-31, as YYYY-MM-DD.")]
pub struct NotADate;

impl Date {
    /// The day that `day` is.
    pub fn new(day: NaiveDate) -> Result<Self, NotADate> {
        if (1900..2200).contains(&day.year()) { Ok(Self(day)) } else { Err(NotADate) }
    }

    /// The day that it still is somewhere on Earth at `now` (UTC−12): for deadlines, and for nothing else. What holds until
    /// a day holds until that day is over for everyone, so no deadline comes early for anybody. The day that is written
    /// on something, that a rate is of or after which the future begins is the firm's: [`crate::TimeZone::day`].
    pub fn anywhere_on_earth(now: Time) -> Self {
        Self((now - TimeDelta::hours(12)).date_naive())
    }

    /// How many days after this one `later` is.
    pub fn days_until(self, later: Self) -> i64 {
        (later.0 - self.0).num_days()
    }

    /// The moment from which the day before is over everywhere, and [`Date::anywhere_on_earth`] is this day.
    pub fn begins_everywhere(self) -> Time {
        self.0.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(12)
    }

    /// The day so many days later, or earlier; the last or first that there is, where that is out of bounds.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        let day = TimeDelta::try_days(days).and_then(|days| self.0.checked_add_signed(days)).and_then(|day| Self::new(day).ok());
        day.unwrap_or(Self(
            if days < 0 { NaiveDate::from_ymd_opt(1900, 1, 1) } else { NaiveDate::from_ymd_opt(2199, 12, 31) }.unwrap_or(self.0),
        ))
    }

    /// This day, which `field` says, unless it is after `today`.
    pub fn not_after(self, field: &'static str, today: Self) -> Result<Self, Refusal> {
        if self > today { Err(Refusal::rule(field, "May not be in the future.")) } else { Ok(self) }
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.succ_opt().unwrap_or(self.0))
    }

    /// The day, for what formats days.
    pub fn get(self) -> NaiveDate {
        self.0
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        // chrono also takes 2026-1-1, +2026-1-01 and 2026- 1-01.
        let is_written_out = text.len() == 10
            && text.bytes().enumerate().all(|(place, b)| match place {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        let day = is_written_out.then(|| text.parse().ok()).flatten();
        day.ok_or(NotADate).and_then(Self::new)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// That `end`, if it is known, isn't before `start`.
pub(crate) fn in_order(start: Option<Date>, end: Option<Date>) -> Result<(), Refusal> {
    match (start, end) {
        (Some(start), Some(end)) if end < start => Err(Refusal::rule("end_date", "May not be before the start.")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_within_reason_are_days() {
        for (text, good) in [
            ("2026-11-22", true),
            ("1900-01-01", true),
            ("2199-12-31", true),
            ("1899-12-31", false),
            ("2200-01-01", false),
            ("2026-02-29", false),
            ("2026-1-1", false),
            ("22/11/2026", false),
            ("+02026-11-", false),
            ("+2026-1-01", false),
            (" 2026-1-01", false),
            ("2026- 1-01", false),
            ("2026-1 -01", false),
            ("２026-01-1", false),
            ("", false),
        ] {
            assert_eq!(serde_json::from_value::<Date>(text.into()).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn a_day_is_over_when_it_is_over_everywhere() {
        let at = |text: &str| Date::anywhere_on_earth(text.parse().unwrap()).get().to_string();
        assert_eq!(at("2026-11-23T11:59:59Z"), "2026-11-22");
        assert_eq!(at("2026-11-23T12:00:00Z"), "2026-11-23");
        let day: Date = "2026-11-23".parse().unwrap();
        let begins = day.begins_everywhere();
        assert_eq!(Date::anywhere_on_earth(begins), day);
        assert_eq!(Date::anywhere_on_earth(begins - TimeDelta::milliseconds(1)).next(), day);
    }

    #[test]
    fn the_future_begins_tomorrow() {
        let today: Date = "2026-11-29".parse().unwrap();
        assert_eq!(today.not_after("date", today), Ok(today));
        assert_eq!(today.next().not_after("date", today), Err(Refusal::rule("date", "May not be in the future.")));
    }

    #[test]
    fn days_are_counted_within_reason() {
        let day: Date = "2026-12-30".parse().unwrap();
        let plus = |days| day.plus_days(days).get().to_string();
        assert_eq!((plus(3), plus(-30)), ("2027-01-02".into(), "2026-11-30".into()));
        assert_eq!((plus(i64::MAX), plus(-1_000_000)), ("2199-12-31".into(), "1900-01-01".into()));
    }
}
