//! Users in the table.

use domain::user::User;

use crate::{Entity, Placement};

impl Entity for User {
    const TYPE: &'static str = "USER";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement::nowhere()
    }
}
