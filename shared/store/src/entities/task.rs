//! Tasks in the table. Lists are filtered by who does them: a project's tasks are few enough to be shown at all statuses.

use domain::task::Task;

use crate::{Entity, Parent};

impl Entity for Task {
    const TYPE: &'static str = "TASK";
    const DETAIL: &'static [&'static str] = &["description"];

    fn parent(&self) -> Option<Parent> {
        Some(self.project.into())
    }

    fn filter_key(&self) -> Option<String> {
        self.assignee.map(|user| user.to_string())
    }
}
