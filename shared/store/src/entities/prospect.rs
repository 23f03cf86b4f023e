//! Prospects in the table.

use derive::View;
use domain::{
    Id, Money, SingleLine,
    campaign::Campaign,
    client::Client,
    contact::Contact,
    lead::Lead,
    portal_user::PortalUser,
    prospect::{Prospect, Stage},
};
use serde::{Deserialize, Serialize};

use crate::{Entity, Placement};

/// What lists know of a prospect.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = Prospect)]
pub struct ProspectRow {
    /// Who it is.
    #[serde(flatten)]
    pub contact: Contact,
    /// The lead that it was.
    pub lead: Option<Id<Lead>>,
    /// The campaign that brought it.
    pub campaign: Option<Id<Campaign>>,
    /// What the sale may bring.
    pub estimated_value: Option<Money>,
    /// How far the sale is.
    pub stage: Stage,
    /// Why it was lost.
    pub lost_reason: Option<SingleLine<500>>,
    /// The client that it became.
    pub client: Option<Id<Client>>,
    /// Who was let into the client's portal then.
    pub portal_user: Option<Id<PortalUser>>,
}

impl Entity for Prospect {
    const TYPE: &'static str = "PROSPECT";
    const IS_GUARDED: bool = true;
    type Row = ProspectRow;

    fn row(&self) -> Self::Row {
        self.into()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: self.campaign.map(Into::into),
            filter: Some(self.stage.as_str().to_owned()),
            parent_state: None,
            person: None,
            keeps_open: Vec::new(),
            timers: Vec::new(),
        }
    }
}
