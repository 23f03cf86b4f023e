//! Leads in the table.

use domain::lead::Lead;

use crate::Entity;

impl Entity for Lead {
    const TYPE: &'static str = "LEAD";
    const DETAIL: &'static [&'static str] = &["notes"];

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }
}
