//! Firms in the table.

use domain::firm::Firm;

use crate::Entity;

impl Entity for Firm {
    const TYPE: &'static str = "FIRM";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }
}
