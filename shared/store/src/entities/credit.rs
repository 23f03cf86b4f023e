//! Client credit in the table.

use derive::View;
use domain::{
    Id, Money,
    client::Client,
    credit::{Credit, Origin, Status},
};
use serde::{Deserialize, Serialize};

use crate::{Entity, Guarded, OpenItem, Parent, Row};

/// What lists know of a credit.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = Credit)]
pub struct CreditRow {
    /// Whose.
    pub client: Id<Client>,
    /// How much it was.
    pub amount: Money,
    /// How much of it is left: `amount + settled − used − withdrawn − refunded`, unless that is less than nothing.
    pub remaining: Money,
    /// What the client owes where that is less than nothing.
    pub overdrawn: Money,
    /// How much of it went back to the payer, as Stripe, or the payment that it came from, says.
    pub withdrawn: Money,
    /// How much of it was given to the client otherwise, as staff recorded.
    pub refunded: Money,
    /// Where it came from.
    pub origin: Origin,
    /// Whether there is something left of it.
    #[view(it.status())]
    pub status: Status,
}

impl Entity for Credit {
    const TYPE: &'static str = "CREDIT";
    type Row = CreditRow;

    fn row(&self) -> Self::Row {
        self.into()
    }

    fn keeps_open(&self) -> Vec<Guarded> {
        if self.status().is_open() { vec![self.client.into()] } else { Vec::new() }
    }

    fn parent(&self) -> Option<Parent> {
        Some(self.client.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status().as_str())
    }
}

impl OpenItem for Credit {
    fn open_item(row: &Row<Self>) -> Option<String> {
        row.status.is_open().then(|| format!("the credit {}", row.id))
    }
}
