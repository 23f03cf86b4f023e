//! Time zones, by their IANA names.

use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Date, Time};

/// A time zone of the IANA database: `Europe/Stockholm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeZone(Tz);

impl TimeZone {
    /// Where a firm is until it says otherwise.
    pub const UTC: Self = Self(Tz::UTC);

    /// The day that it is there at `now`.
    pub fn day(self, now: Time) -> Date {
        Date::new(now.with_timezone(&self.0).date_naive()).unwrap_or(Date::latest(now))
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
