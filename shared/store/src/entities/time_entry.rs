//! Time entries in the table.

use domain::{project::sum, time_entry::TimeEntry};

use crate::{Change, Entity, Openable, Parent, Row};

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
    /// Sum up, beside the project and the task and in the day of who worked, that an entry is now `after` and was
    /// `before`. Time that is logged has to fit into the day.
    pub fn add_time_to_totals(&mut self, before: Option<&TimeEntry>, after: Option<&TimeEntry>) {
        let is_moved = |entry: &TimeEntry| before.is_some_and(|before| before.minutes == entry.minutes);
        if let Some(entry) = before {
            self.add_to_day(entry.user, entry.date, -i64::from(entry.minutes), None);
        }
        if let Some(entry) = after {
            let field = if is_moved(entry) { "date" } else { "hours" };
            self.add_to_day(entry.user, entry.date, entry.minutes.into(), Some(field));
        }
        for (entry, sign) in before.map(|entry| (entry, -1)).into_iter().chain(after.map(|entry| (entry, 1))) {
            self.add_to_totals(entry.project, &entry.sums().map(|(name, by)| (name, sign * by)));
            if let Some(task) = entry.task {
                self.add_to_totals(task, &[(sum::MINUTES, sign * i64::from(entry.minutes))]);
            }
        }
    }
}

impl Openable for TimeEntry {
    fn open(row: &Row<Self>) -> Option<String> {
        row.is_unbilled().then(|| format!("unbilled time of {}", row.date.get()))
    }
}
