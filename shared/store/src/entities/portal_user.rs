//! Portal users in the table.

use domain::portal_user::PortalUser;

use crate::{Entity, Placement};

impl Entity for PortalUser {
    const TYPE: &'static str = "PORTAL_USER";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: Some(self.client.into()),
            filter: Some(self.status.as_str().to_owned()),
            parent_state: None,
            person: None,
            keeps_open: Vec::new(),
            timers: Vec::new(),
        }
    }
}
