//! Time entries in the table.

use domain::time_entry::TimeEntry;

use crate::{Entity, Parent};

impl Entity for TimeEntry {
    const TYPE: &'static str = "TIME_ENTRY";

    fn parent(&self) -> Option<Parent> {
        Some(self.project.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status().as_str())
    }
}
