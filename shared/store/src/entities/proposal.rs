//! Proposals in the table.

use domain::{proposal::Proposal, timer::Timer};

use crate::{Entity, Parent};

impl Entity for Proposal {
    const TYPE: &'static str = "PROPOSAL";
    const DETAIL: &'static [&'static str] = &["line_items", "terms", "acceptance", "reason"];

    fn parent(&self) -> Option<Parent> {
        Some(self.prospect.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }

    fn timers(&self) -> Vec<Timer> {
        self.timers()
    }
}
