//! Logins in the table. They are the installation's; their secrets lie apart, for `auth` alone (`../login.rs`).

use domain::login::Login;

use crate::{Entity, Placement};

impl Entity for Login {
    const TYPE: &'static str = "LOGIN";
    const IS_LISTED: bool = false;
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement::nowhere()
    }
}
