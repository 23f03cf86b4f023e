//! Leads in the table.

use domain::lead::Lead;

use crate::{Entity, Parent};

impl Entity for Lead {
    const TYPE: &'static str = "LEAD";
    const DETAIL: &'static [&'static str] = &["notes"];

    fn parent(&self) -> Option<Parent> {
        self.campaign.map(Into::into)
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }
}
