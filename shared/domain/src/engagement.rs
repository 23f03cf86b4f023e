//! Engagements: what the firm is doing for a client, version after version.

use serde::{Deserialize, Serialize};

use crate::{
    Archive, Date, Money, MultiLine, Refusal, SingleLine, Transition,
    date::in_order,
    ids::{ClientId, EngagementId, ProposalId},
};

crate::events! {
    Engagement {
        /// Begun: entered, or made from an accepted proposal.
        Created = "engagement.created" is Creation,
        /// Its fields were changed.
        Updated = "engagement.updated" is Edit,
        /// A next version took its place.
        Renewed = "engagement.renewed" is Change,
        /// Finished.
        Completed = "engagement.completed" is Change,
        /// Archived.
        Archived = "engagement.archived" is Archiving,
        /// Taken out of the archive.
        Restored = "engagement.restored" is Restoring,
    }
}

/// Where an engagement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = EngagementStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Going on.
    Active,
    /// A next version took its place.
    Renewed,
    /// Finished.
    Completed,
}

impl Status {
    /// Whether it goes on.
    pub fn is_open(self) -> bool {
        match self {
            Self::Active => true,
            Self::Renewed | Self::Completed => false,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Renewed => "renewed",
            Self::Completed => "completed",
        }
    }
}

/// What the firm is doing for a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Engagement {
    /// For whom.
    pub client: ClientId,
    /// The proposal that it came from.
    pub proposal: Option<ProposalId>,
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
    pub previous: Option<EngagementId>,
    /// Where it stands.
    pub status: Status,
    /// Whatever the team writes down.
    pub notes: Option<MultiLine<10000>>,
}

impl Engagement {
    /// The first version of an engagement.
    pub fn new(client: ClientId, proposal: Option<ProposalId>, title: SingleLine<200>, value: Option<Money>) -> Self {
        Self {
            client,
            proposal,
            title,
            value,
            start_date: None,
            end_date: None,
            version: 1,
            previous: None,
            status: Status::Active,
            notes: None,
        }
    }

    /// That its days are in order.
    pub fn checked(self) -> Result<Self, Refusal> {
        in_order(self.start_date, self.end_date)?;
        Ok(self)
    }

    /// The engagement with other fields; one that is over is history.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        self.active()?;
        Ok((edited.checked()?, Event::Updated))
    }

    /// This engagement, whose id is `id`, once it is renewed, and its next version.
    pub fn renew(&self, id: EngagementId) -> Result<((Self, Event), Self), Refusal> {
        self.active()?;
        let start_date = self.end_date.map(Date::next);
        let next = Self { version: self.version + 1, previous: Some(id), start_date, end_date: None, ..self.clone() };
        Ok(((Self { status: Status::Renewed, ..self.clone() }, Event::Renewed), next))
    }

    /// The engagement once it is finished.
    pub fn complete(&self) -> Transition<Self> {
        self.active()?;
        Ok((Self { status: Status::Completed, ..self.clone() }, Event::Completed))
    }

    fn active(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Active => Ok(()),
            Status::Renewed => Err(Refusal::state("The engagement was renewed; change its next version.")),
            Status::Completed => Err(Refusal::state("The engagement is finished and can't be changed any more.")),
        }
    }
}

impl Archive for Engagement {
    /// Whether it can be archived: once it is over.
    fn archive(&self) -> Result<Event, Refusal> {
        match self.status {
            Status::Renewed | Status::Completed => Ok(Event::Archived),
            Status::Active => Err(Refusal::state("The engagement is going on; complete it first.")),
        }
    }

    fn restore(&self) -> Event {
        Event::Restored
    }
}
