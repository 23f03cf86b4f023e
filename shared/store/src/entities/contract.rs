//! Contracts in the table.

use derive::View;
use domain::{
    Date, Id, Money, SingleLine,
    client::Client,
    contract::{self, Contract, Signature, Status},
    proposal::Proposal,
};
use serde::{Deserialize, Serialize};

use crate::{Entity, Guarded, OpenItem, Parent, Row};

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

    fn keeps_open(&self) -> Vec<Guarded> {
        if self.status.is_open() { vec![self.client.into()] } else { Vec::new() }
    }

    fn parent(&self) -> Option<Parent> {
        Some(self.client.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }

    fn parent_state(&self) -> Option<(Parent, &'static str)> {
        Some((self.client.into(), self.status.as_str()))
    }
}

impl OpenItem for Contract {
    fn open_item(row: &Row<Self>) -> Option<String> {
        row.status.is_open().then(|| format!("the contract {}", contract::label(row.number)))
    }
}
