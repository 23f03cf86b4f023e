//! Firms in the table.

use domain::firm::Firm;

use crate::{Entity, Placement};

impl Entity for Firm {
    const TYPE: &'static str = "FIRM";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement::nowhere()
    }
}
