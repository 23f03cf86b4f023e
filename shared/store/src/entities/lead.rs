//! Leads in the table.

use derive::View;
use domain::{
    Id, SingleLine,
    campaign::Campaign,
    contact::Contact,
    lead::{Lead, Status},
    prospect::Prospect,
};
use serde::{Deserialize, Serialize};

use crate::{Entity, Placement};

/// What lists know of a lead.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = Lead)]
pub struct LeadRow {
    /// Who it is.
    #[serde(flatten)]
    pub contact: Contact,
    /// Where it came from: `website`, `referral`, …
    pub source: Option<SingleLine<60>>,
    /// The campaign that brought it.
    pub campaign: Option<Id<Campaign>>,
    /// What the seller has done with it.
    pub status: Status,
    /// Why it isn't worth pursuing.
    pub reason: Option<SingleLine<500>>,
    /// The prospect that it became.
    pub prospect: Option<Id<Prospect>>,
}

impl Entity for Lead {
    const TYPE: &'static str = "LEAD";
    type Row = LeadRow;

    fn row(&self) -> Self::Row {
        self.into()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: self.campaign.map(Into::into),
            filter: Some(self.status.as_str().to_owned()),
            parent_state: None,
            person: None,
            keeps_open: Vec::new(),
            timers: Vec::new(),
        }
    }
}
