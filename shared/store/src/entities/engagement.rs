//! Engagements in the table.

use derive::View;
use domain::{
    Date, Id, Money, SingleLine,
    client::Client,
    engagement::{Engagement, Status},
    proposal::Proposal,
};
use serde::{Deserialize, Serialize};

use crate::{Entity, Guarded, OpenItem, Parent, Row};

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

impl OpenItem for Engagement {
    fn open_item(row: &Row<Self>) -> Option<String> {
        row.status.is_open().then(|| format!("the engagement “{}”", row.title))
    }
}
