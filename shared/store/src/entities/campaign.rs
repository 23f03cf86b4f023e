//! Campaigns in the table.

use derive::View;
use domain::{
    Date, Money, SingleLine,
    campaign::{Campaign, Status},
};
use serde::{Deserialize, Serialize};

use crate::Entity;

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

    fn state(&self) -> Option<&'static str> {
        Some(self.status.as_str())
    }
}
