//! Projects in the table.

use derive::View;
use domain::{
    Currency, Date, Id, Money, Quantity, SingleLine,
    client::Client,
    ids::{ContractId, UserId},
    project::{Project, Rounding, Status},
};
use serde::{Deserialize, Serialize};

use crate::{Entity, OpenItem, Placement, Row};

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

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: Some(self.client.into()),
            filter: Some(self.status.as_str().to_owned()),
            parent_state: None,
            person: None,
            keeps_open: self.status.is_open().then(|| self.client.into()).into_iter().collect(),
            timers: Vec::new(),
        }
    }
}

impl OpenItem for Project {
    fn open_item(row: &Row<Self>) -> Option<String> {
        row.status.is_open().then(|| format!("the project “{}”", row.name))
    }
}
