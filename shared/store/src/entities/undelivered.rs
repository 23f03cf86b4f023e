//! What is undelivered, in the table.

use domain::undelivered::Undelivered;

use crate::Entity;

impl Entity for Undelivered {
    const TYPE: &'static str = "UNDELIVERED";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }
}
