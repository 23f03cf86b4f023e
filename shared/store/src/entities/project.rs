//! Projects in the table.

use derive::View;
use domain::{
    Currency, Date, Id, Money, Quantity, SingleLine,
    client::Client,
    ids::{ContractId, UserId},
    project::{Project, Rounding, Status},
};
use serde::{Deserialize, Serialize};

use crate::{Entity, Guarded, OpenItem, Parent, Row};

/// What lists know of a project.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = Project)]
pub struct ProjectRow {
    /// For whom.
    pub client: Id<Client>,
    /// The contract that it carries out.
    pub contract: Option<ContractId>,
    /// What it is called; the client sees it.
    pub name: SingleLine<200>,
    /// Where it stands.
    pub status: Status,
    /// What its time is billed in.
    pub currency: Currency,
    /// How many hours it may take.
    pub budget_hours: Option<Quantity>,
    /// How much its time may cost.
    pub budget_amount: Option<Money>,
    /// How its time is rounded for billing.
    pub rounding: Rounding,
    /// Whether its time has to be approved before it is billed.
    pub requires_approval: bool,
    /// Who answers for it.
    pub manager: Option<UserId>,
    /// Its first day.
    pub start_date: Option<Date>,
    /// Its last day.
    pub end_date: Option<Date>,
}

impl Entity for Project {
    const TYPE: &'static str = "PROJECT";
    const IS_GUARDED: bool = true;
    type Row = ProjectRow;

    fn row(&self) -> Self::Row {
        self.into()
    }

    fn keeps_open(&self) -> Vec<Guarded> {
        if self.status.is_open() { vec![self.client.into()] } else { Vec::new() }
    }

    fn parent(&self) -> Option<Parent> {
        Some(self.client.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }
}

impl OpenItem for Project {
    fn open_item(row: &Row<Self>) -> Option<String> {
        row.status.is_open().then(|| format!("the project “{}”", row.name))
    }
}
