//! Campaigns in the table.

use domain::campaign::Campaign;

use crate::Entity;

impl Entity for Campaign {
    const TYPE: &'static str = "CAMPAIGN";
    const DETAIL: &'static [&'static str] = &["notes"];

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }
}
