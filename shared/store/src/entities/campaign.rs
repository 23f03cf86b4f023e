//! Campaigns in the table.

use derive::View;
use domain::{
    Date, Money, SingleLine,
    campaign::{Campaign, Status},
};
use serde::{Deserialize, Serialize};

use crate::{Entity, Placement};

/// What lists know of a campaign.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = Campaign)]
pub struct CampaignRow {
    /// What it is called.
    pub name: SingleLine<200>,
    /// Where it stands.
    pub status: Status,
    /// Its first day.
    pub start_date: Option<Date>,
    /// Its last day.
    pub end_date: Option<Date>,
    /// What it may cost.
    pub budget: Option<Money>,
}

impl Entity for Campaign {
    const TYPE: &'static str = "CAMPAIGN";
    const IS_GUARDED: bool = true;
    type Row = CampaignRow;

    fn row(&self) -> Self::Row {
        self.into()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: None,
            filter: Some(self.status.as_str().to_owned()),
            parent_state: None,
            person: None,
            keeps_open: Vec::new(),
            timers: Vec::new(),
        }
    }
}
