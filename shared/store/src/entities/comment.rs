//! Comments in the table: a client's, and of those a task's.

use domain::comment::Comment;

use crate::{Entity, Parent};

impl Entity for Comment {
    const TYPE: &'static str = "COMMENT";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn parent(&self) -> Option<Parent> {
        Some(self.client.into())
    }

    fn filter_key(&self) -> Option<String> {
        Some(self.task.to_string())
    }
}
