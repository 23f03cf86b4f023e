//! Comments in the table: a client's, and of those a task's.

use domain::comment::Comment;

use crate::{Entity, Placement};

impl Entity for Comment {
    const TYPE: &'static str = "COMMENT";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: Some(self.client.into()),
            filter: Some(self.task.to_string()),
            parent_state: None,
            person: None,
            keeps_open: Vec::new(),
            timers: Vec::new(),
        }
    }
}
