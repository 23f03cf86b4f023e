//! Engagements in the table.

use domain::engagement::Engagement;

use crate::{Entity, Parent};

impl Entity for Engagement {
    const TYPE: &'static str = "ENGAGEMENT";
    const DETAIL: &'static [&'static str] = &["notes"];

    fn parent(&self) -> Option<Parent> {
        Some(self.client.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }
}
