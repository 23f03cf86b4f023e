//! Time zones, by their IANA names.

use chrono::{NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Date, Time};

/// A time zone of the IANA database: `Europe/Stockholm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeZone(Tz);

impl TimeZone {
    /// Where a firm is until it says otherwise.
    pub const UTC: Self = Self(Tz::UTC);

    /// The day that it is there at `now`: what is written on something, what picks a rate, and after which the future
    /// begins.
    pub fn day(self, now: Time) -> Date {
        Date::new(now.with_timezone(&self.0).date_naive()).unwrap_or(Date::anywhere_on_earth(now))
    }

    /// When `day` begins there. Where a country left a day out, the first moment at which that day is over everywhere else.
    pub fn begins(self, day: Date) -> Time {
        self.0
            .from_local_datetime(&day.get().and_time(NaiveTime::MIN))
            .earliest()
            .map_or(day.begins_everywhere(), |at| at.with_timezone(&Utc))
    }

    /// Noon of `day` there. Where a country left a day out, the first moment at which that day is over everywhere else.
    pub fn noon(self, day: Date) -> Time {
        self.at(day, 12)
    }

    /// The same of the full `hour` of `day` there.
    pub fn at(self, day: Date, hour: u32) -> Time {
        let at = day.get().and_time(NaiveTime::MIN) + TimeDelta::hours(hour.into());
        self.0.from_local_datetime(&at).earliest().map_or(day.begins_everywhere(), |at| at.with_timezone(&Utc))
    }
}

impl Serialize for TimeZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(|_| de::Error::custom("Not an IANA time zone."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_that_of_the_clock_on_the_wall() {
        for (zone, now, day) in [
            ("UTC", "2026-11-25T23:59:59.999Z", "2026-11-25"),
            ("UTC", "2026-11-26T00:00:00Z", "2026-11-26"),
            ("Pacific/Auckland", "2026-11-25T10:59:59Z", "2026-11-25"),
            ("Pacific/Auckland", "2026-11-25T11:00:00Z", "2026-11-26"),
            ("Pacific/Kiritimati", "2026-11-25T09:59:59Z", "2026-11-25"),
            ("Pacific/Kiritimati", "2026-11-25T10:00:00Z", "2026-11-26"),
            ("Pacific/Honolulu", "2026-11-26T09:59:59Z", "2026-11-25"),
            ("Pacific/Honolulu", "2026-11-26T10:00:00Z", "2026-11-26"),
            ("Asia/Kathmandu", "2026-11-25T18:15:00Z", "2026-11-26"),
            // Winter time until the clocks go forward on the 28th, summer time until they go back on the 31st.
            ("Europe/Berlin", "2027-03-27T22:59:59Z", "2027-03-27"),
            ("Europe/Berlin", "2027-03-27T23:00:00Z", "2027-03-28"),
            ("Europe/Berlin", "2027-03-28T21:59:59Z", "2027-03-28"),
            ("Europe/Berlin", "2027-03-28T22:00:00Z", "2027-03-29"),
            ("Europe/Berlin", "2027-10-30T22:00:00Z", "2027-10-31"),
            ("Europe/Berlin", "2027-10-31T22:59:59Z", "2027-10-31"),
            ("Europe/Berlin", "2027-10-31T23:00:00Z", "2027-11-01"),
        ] {
            let zone_of: TimeZone = serde_json::from_value(zone.into()).unwrap();
            assert_eq!(zone_of.day(now.parse().unwrap()), day.parse().unwrap(), "{zone} at {now}");
        }
    }

    #[test]
    fn noon_is_within_its_day() {
        for (zone, noon) in [
            ("UTC", "2035-01-16T12:00:00Z"),
            ("Pacific/Auckland", "2035-01-15T23:00:00Z"),
            ("Pacific/Kiritimati", "2035-01-15T22:00:00Z"),
            ("Pacific/Pago_Pago", "2035-01-16T23:00:00Z"),
        ] {
            let zone_of: TimeZone = serde_json::from_value(zone.into()).unwrap();
            let day = "2035-01-16".parse().unwrap();
            assert_eq!((zone_of.noon(day), zone_of.day(zone_of.noon(day))), (noon.parse().unwrap(), day), "{zone}");
        }
        // Samoa went over the date line: it had no 30th.
        let samoa: TimeZone = serde_json::from_value("Pacific/Apia".into()).unwrap();
        let left_out: Date = "2011-12-30".parse().unwrap();
        assert_eq!(samoa.noon(left_out), left_out.begins_everywhere());
    }
}
