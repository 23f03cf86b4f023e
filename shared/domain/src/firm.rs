//! Firms: the tenants.

use serde::{Deserialize, Serialize};

use crate::{Currency, Id, Kind, Line, Percent, TimeZone};

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
    /// How many days its clients have to pay, unless an invoice says otherwise.
    #[serde(default = "month")]
    pub payment_terms_days: u16,
    /// How many days after the last one to pay its clients are reminded, each time.
    #[serde(default = "weekly")]
    pub reminder_days: Vec<i16>,
    /// The tax on what it charges, unless a line says otherwise.
    #[serde(default)]
    pub default_tax_rate: Option<Percent>,
}

fn month() -> u16 {
    30
}

fn weekly() -> Vec<i16> {
    vec![1, 7, 14]
}

impl Firm {
    /// A firm that has just signed up.
    pub fn new(name: Line<200>, currency: Currency, time_zone: TimeZone) -> Self {
        Self { name, currency, time_zone, payment_terms_days: month(), reminder_days: weekly(), default_tax_rate: None }
    }
}

impl Kind for Firm {
    const PREFIX: &'static str = "firm";
    const NAME: &'static str = "firm";
}

/// The id of a firm.
pub type FirmId = Id<Firm>;
