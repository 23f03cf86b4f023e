//! Prospects in the table.

use domain::prospect::Prospect;

use crate::{Entity, Parent};

impl Entity for Prospect {
    const TYPE: &'static str = "PROSPECT";
    const DETAIL: &'static [&'static str] = &["notes"];

    fn parent(&self) -> Option<Parent> {
        self.campaign.map(Into::into)
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.stage.as_str())
    }
}
