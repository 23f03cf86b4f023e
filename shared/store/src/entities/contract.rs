//! Contracts in the table.

use domain::contract::Contract;

use crate::{Entity, Parent};

impl Entity for Contract {
    const TYPE: &'static str = "CONTRACT";
    const DETAIL: &'static [&'static str] = &["terms"];

    fn parent(&self) -> Option<Parent> {
        Some(self.client.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }
}
