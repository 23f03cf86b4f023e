//! Client credit in the table.

use derive::View;
use domain::{
    Id, Money,
    client::Client,
    credit::{Credit, Origin, Status},
};
use serde::{Deserialize, Serialize};

use crate::{Entity, OpenItem, Placement, Row};

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

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: Some(self.client.into()),
            filter: Some(self.status().as_str().to_owned()),
            parent_state: None,
            person: None,
            keeps_open: self.status().is_open().then(|| self.client.into()).into_iter().collect(),
            timers: Vec::new(),
        }
    }
}

impl OpenItem for Credit {
    fn open_item(row: &Row<Self>) -> Option<String> {
        row.status.is_open().then(|| format!("the credit {}", row.id))
    }
}
