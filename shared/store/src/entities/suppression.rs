//! Suppressed addresses in the table.

use domain::suppression::Suppression;

use crate::{Entity, Placement};

impl Entity for Suppression {
    const TYPE: &'static str = "SUPPRESSION";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: None,
            filter: Some(self.status().as_str().to_owned()),
            parent_state: None,
            person: None,
            keeps_open: Vec::new(),
            timers: Vec::new(),
        }
    }
}
