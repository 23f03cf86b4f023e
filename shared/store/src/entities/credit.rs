//! Client credit in the table.

use domain::credit::Credit;

use crate::{Entity, Parent};

impl Entity for Credit {
    const TYPE: &'static str = "CREDIT";
    const DETAIL: &'static [&'static str] = &["uses"];

    fn parent(&self) -> Option<Parent> {
        Some(self.client.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status().as_str())
    }
}
