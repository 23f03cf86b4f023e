//! Firms' own domains in the table. When one is looked at is beside it: see `sender_domain.rs`.

use domain::sender_domain::SenderDomain;

use crate::{Entity, Placement};

impl Entity for SenderDomain {
    const TYPE: &'static str = "SENDER_DOMAIN";
    const IS_LISTED: bool = false;
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement::nowhere()
    }
}
