//! Engagements in the table.

use derive::View;
use domain::{
    Date, Id, Money, SingleLine,
    client::Client,
    engagement::{Engagement, Status},
    proposal::Proposal,
};
use serde::{Deserialize, Serialize};

use crate::{Entity, OpenItem, Placement, Row};

/// What lists know of an engagement.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = Engagement)]
pub struct EngagementRow {
    /// For whom.
    pub client: Id<Client>,
    /// The proposal that it came from.
    pub proposal: Option<Id<Proposal>>,
    /// What it is.
    pub title: SingleLine<200>,
    /// What it is worth.
    pub value: Option<Money>,
    /// Its first day.
    pub start_date: Option<Date>,
    /// Its last day.
    pub end_date: Option<Date>,
    /// 1 for the first; a renewal is the next.
    pub version: u32,
    /// The version before this.
    pub previous: Option<Id<Engagement>>,
    /// Where it stands.
    pub status: Status,
}

impl Entity for Engagement {
    const TYPE: &'static str = "ENGAGEMENT";
    type Row = EngagementRow;

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

impl OpenItem for Engagement {
    fn open_item(row: &Row<Self>) -> Option<String> {
        row.status.is_open().then(|| format!("the engagement “{}”", row.title))
    }
}
