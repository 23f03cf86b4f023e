//! Time entries in the table.

use domain::time_entry::TimeEntry;

use crate::{Change, Entity, OpenItem, Parent, Row};

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
    /// Count an entry that is now `after` and was `before` in the day of who worked. Time that is logged has to fit into it.
    pub fn count_in_day(&mut self, before: Option<&TimeEntry>, after: Option<&TimeEntry>) {
        let is_moved = |entry: &TimeEntry| before.is_some_and(|before| before.minutes == entry.minutes);
        if let Some(entry) = before {
            self.add_to_day(entry.user, entry.date, -i64::from(entry.minutes), None);
        }
        if let Some(entry) = after {
            let field = if is_moved(entry) { "date" } else { "hours" };
            self.add_to_day(entry.user, entry.date, entry.minutes.into(), Some(field));
        }
    }
}

impl OpenItem for TimeEntry {
    fn open_item(row: &Row<Self>) -> Option<String> {
        row.is_unbilled().then(|| format!("unbilled time of {}", row.date.get()))
    }
}
