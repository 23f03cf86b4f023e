//! Time entries in the table.

use domain::{project::sum, time_entry::TimeEntry};

use crate::{Change, Entity, Parent};

impl Entity for TimeEntry {
    const TYPE: &'static str = "TIME_ENTRY";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn parent(&self) -> Option<Parent> {
        Some(self.project.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status().as_str())
    }
}

impl Change {
    /// Sum up, beside the project and the task, that an entry is now `after` and was `before`.
    pub fn add_time_to_totals(&mut self, before: Option<&TimeEntry>, after: Option<&TimeEntry>) {
        for (entry, sign) in before.map(|entry| (entry, -1)).into_iter().chain(after.map(|entry| (entry, 1))) {
            self.add_to_totals(entry.project, &entry.sums().map(|(name, by)| (name, sign * by)));
            if let Some(task) = entry.task {
                self.add_to_totals(task, &[(sum::MINUTES, sign * i64::from(entry.minutes))]);
            }
        }
    }
}
