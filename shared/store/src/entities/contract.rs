//! Contracts in the table.

use derive::View;
use domain::{
    Date, Id, Money, SingleLine,
    client::Client,
    contract::{self, Contract, Signature, Status},
    proposal::Proposal,
};
use serde::{Deserialize, Serialize};

use crate::{Entity, OpenItem, Placement, Row};

/// What lists know of a contract.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = Contract)]
pub struct ContractRow {
    /// `CON-000001`, without the letters and zeros.
    pub number: u64,
    /// With whom.
    pub client: Id<Client>,
    /// The proposal that it carries out.
    pub proposal: Option<Id<Proposal>>,
    /// What it is about.
    pub title: SingleLine<200>,
    /// What it is worth.
    pub value: Option<Money>,
    /// Its first day.
    pub start_date: Option<Date>,
    /// Its last day.
    pub end_date: Option<Date>,
    /// Where it stands.
    pub status: Status,
    /// The client's signature.
    pub signature: Option<Signature>,
    /// Why it was ended.
    pub reason: Option<SingleLine<500>>,
}

impl Entity for Contract {
    const TYPE: &'static str = "CONTRACT";
    type Row = ContractRow;

    fn row(&self) -> Self::Row {
        self.into()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: Some(self.client.into()),
            filter: Some(self.status.as_str().to_owned()),
            parent_state: Some((self.client.into(), self.status.as_str())),
            person: None,
            keeps_open: self.status.is_open().then(|| self.client.into()).into_iter().collect(),
            timers: Vec::new(),
        }
    }
}

impl OpenItem for Contract {
    fn open_item(row: &Row<Self>) -> Option<String> {
        row.status.is_open().then(|| format!("the contract {}", contract::label(row.number)))
    }
}
