//! Time entries in the table.

use domain::{ids::ClientId, time_entry::TimeEntry};

use crate::{Change, Entity, ListScope, OpenItem, Placement, Row};

impl Entity for TimeEntry {
    const TYPE: &'static str = "TIME_ENTRY";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: Some(self.project.into()),
            filter: Some(self.status().as_str().to_owned()),
            parent_state: self.is_unbilled().then(|| (self.client.into(), UNBILLED)),
            person: Some((self.user.into(), Some(self.date))),
            keeps_open: if self.is_unbilled() { vec![self.client.into(), self.project.into()] } else { Vec::new() },
            timers: Vec::new(),
        }
    }
}

/// At the state of time that is still to be billed.
const UNBILLED: &str = "unbilled";

impl ListScope {
    /// The time of `client` that is still to be billed.
    pub fn unbilled_time(client: ClientId) -> Self {
        Self::ParentState(client.into(), UNBILLED)
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
