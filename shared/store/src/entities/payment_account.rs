//! Firms' accounts for payments in the table.

use domain::payment_account::PaymentAccount;

use crate::{Entity, Placement};

impl Entity for PaymentAccount {
    const TYPE: &'static str = "PAYMENT_ACCOUNT";
    const IS_LISTED: bool = false;
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement::nowhere()
    }
}
