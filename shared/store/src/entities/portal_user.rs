//! Portal users in the table.

use domain::portal_user::PortalUser;

use crate::{Entity, Parent};

impl Entity for PortalUser {
    const TYPE: &'static str = "PORTAL_USER";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn parent(&self) -> Option<Parent> {
        Some(self.client.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }
}
