//! Proposals in the table.

use derive::View;
use domain::{
    Date, Id, Money, SingleLine, Time,
    contact::Contact,
    proposal::{self, Proposal, Status},
    prospect::Prospect,
};
use serde::{Deserialize, Serialize};

use crate::{Entity, OpenItem, Placement, Row};

/// What lists know of a proposal.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = Proposal)]
pub struct ProposalRow {
    /// `PRO-000042`, without the letters and zeros. All versions have the same.
    pub number: u64,
    /// 1 for the first; a revision is the next.
    pub version: u32,
    /// To which prospect.
    pub prospect: Id<Prospect>,
    /// Whom it is addressed to: the prospect as it was when the proposal was drafted.
    #[serde(flatten)]
    pub contact: Contact,
    /// What it is about.
    pub title: SingleLine<200>,
    /// The sum of the chosen lines, or what is offered without lines.
    pub total: Money,
    /// The last day on which it can be accepted.
    pub valid_until: Option<Date>,
    /// Where it stands; see [`Proposal::status_on`].
    pub status: Status,
    /// When it was sent.
    pub sent_at: Option<Time>,
    /// The version before this.
    pub supersedes: Option<Id<Proposal>>,
    /// The version after this.
    pub superseded_by: Option<Id<Proposal>>,
}

impl Entity for Proposal {
    const TYPE: &'static str = "PROPOSAL";
    type Row = ProposalRow;

    fn row(&self) -> Self::Row {
        self.into()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: Some(self.prospect.into()),
            filter: Some(self.status.as_str().to_owned()),
            parent_state: None,
            person: None,
            keeps_open: self.status.is_open().then(|| self.prospect.into()).into_iter().collect(),
            timers: self.timers(),
        }
    }
}

impl OpenItem for Proposal {
    fn open_item(row: &Row<Self>) -> Option<String> {
        row.status.is_open().then(|| format!("the proposal {}", proposal::label(row.number)))
    }
}
