//! The firm's months, counted back from the one whose time isn't invoiced yet.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// A month isn't invoiced before it has been over for so many days, so that something is always still to be invoiced.
const INVOICED_AFTER: u64 = 10;

/// The months up to a day.
#[derive(Clone, Copy)]
pub(super) struct Calendar {
    pub(super) today: NaiveDate,
}

impl Calendar {
    /// The first day of the month so many back; 0 is the one that goes on.
    pub(super) fn first(self, back: u32) -> NaiveDate {
        let current = self.today - Days::new(INVOICED_AFTER);
        current - Days::new(current.day0().into()) - Months::new(back)
    }

    /// Its last day, which for the one that goes on is today.
    pub(super) fn last(self, back: u32) -> NaiveDate {
        if back == 0 { self.today } else { self.first(back - 1) - Days::new(1) }
    }

    /// The days of it on which people work.
    pub(super) fn workdays(self, back: u32) -> Vec<NaiveDate> {
        let last = self.last(back);
        self.first(back).iter_days().take_while(|day| *day <= last).filter(|day| is_workday(*day)).collect()
    }
}

/// Whether people work on it: not at the weekend, nor between Christmas and New Year.
fn is_workday(day: NaiveDate) -> bool {
    let holidays = (day.month(), day.day()) >= (12, 24) || (day.month(), day.day()) == (1, 1);
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !holidays
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(today: &str) -> Calendar {
        Calendar { today: today.parse().unwrap() }
    }

    #[test]
    fn months_follow_each_other_without_a_gap_up_to_today() {
        for today in ["2026-03-01", "2026-03-10", "2026-03-11", "2028-02-29", "2026-12-31", "2027-01-05"] {
            let calendar = at(today);
            for back in 1..18 {
                assert_eq!(calendar.last(back) + Days::new(1), calendar.first(back - 1), "{today}, {back} back");
                assert!(calendar.workdays(back).len() >= 15, "{today}, {back} back");
            }
            assert!(calendar.workdays(0).len() >= 5, "{today}");
            assert_eq!(calendar.last(0), calendar.today);
        }
        assert_eq!(at("2026-03-10").first(0).to_string(), "2026-02-01");
        assert_eq!(at("2026-03-11").first(0).to_string(), "2026-03-01");
    }
}
