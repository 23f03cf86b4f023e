//! Users in the table.

use domain::user::User;

use crate::Entity;

impl Entity for User {
    const TYPE: &'static str = "USER";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }
}
