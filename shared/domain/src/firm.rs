//! Firms: the tenants.

use serde::{Deserialize, Serialize};

use crate::{Currency, Id, Kind, Line, TimeZone};

/// What happens to firms.
pub mod event {
    use crate::EventName;

    /// Signed up.
    pub const REGISTERED: EventName = "firm.registered";
}

/// A consulting firm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Firm {
    /// What it is called, in its mails too.
    pub name: Line<200>,
    /// What it sells in, unless said otherwise.
    pub currency: Currency,
    /// Where its days begin and end.
    pub time_zone: TimeZone,
}

impl Kind for Firm {
    const PREFIX: &'static str = "firm";
    const NAME: &'static str = "firm";
}

/// The id of a firm.
pub type FirmId = Id<Firm>;
