//! Projects in the table.

use domain::project::Project;

use crate::{Entity, Parent};

impl Entity for Project {
    const TYPE: &'static str = "PROJECT";
    const DETAIL: &'static [&'static str] = &["description", "rates", "members"];

    fn parent(&self) -> Option<Parent> {
        Some(self.client.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }
}
