//! Engagements: what the firm is doing for a client, version after version.

use serde::{Deserialize, Serialize};

use crate::{Date, EventName, Id, Kind, Money, MultiLine, Refusal, SingleLine, Transition, client::Client, proposal::Proposal};

/// What happens to engagements.
pub mod event {
    use crate::EventName;

    /// Begun: entered, or made from an accepted proposal.
    pub const CREATED: EventName = "engagement.created";
    /// Its fields were changed.
    pub const UPDATED: EventName = "engagement.updated";
    /// A next version took its place.
    pub const RENEWED: EventName = "engagement.renewed";
    /// Finished.
    pub const COMPLETED: EventName = "engagement.completed";
    /// Archived.
    pub const ARCHIVED: EventName = "engagement.archived";
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
    /// Whatever the team writes down.
    pub notes: Option<MultiLine<10000>>,
}

impl Kind for Engagement {
    const PREFIX: &'static str = "eng";
    const NAME: &'static str = "engagement";
}

/// The id of an engagement.
pub type EngagementId = Id<Engagement>;

/// That `end`, if it is known, isn't before `start`.
pub fn in_order(start: Option<Date>, end: Option<Date>) -> Result<(), Refusal> {
    match (start, end) {
        (Some(start), Some(end)) if end < start => Err(Refusal::rule("end_date", "May not be before the start.")),
        _ => Ok(()),
    }
}

impl Engagement {
    /// The first version of an engagement.
    pub fn new(client: Id<Client>, proposal: Option<Id<Proposal>>, title: SingleLine<200>, value: Option<Money>) -> Self {
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

    /// The engagement with its days.
    pub fn lasting(self, start_date: Option<Date>, end_date: Option<Date>) -> Result<Self, Refusal> {
        in_order(start_date, end_date)?;
        Ok(Self { start_date, end_date, ..self })
    }

    /// The engagement with other fields; one that is over is history.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        self.active()?;
        in_order(edited.start_date, edited.end_date)?;
        Ok((edited, event::UPDATED))
    }

    /// This engagement, whose id is `id`, once it is renewed, and its next version.
    pub fn renew(&self, id: Id<Self>) -> Result<((Self, EventName), Self), Refusal> {
        self.active()?;
        let start_date = self.end_date.map(Date::next);
        let next = Self { version: self.version + 1, previous: Some(id), start_date, end_date: None, ..self.clone() };
        Ok(((Self { status: Status::Renewed, ..self.clone() }, event::RENEWED), next))
    }

    /// The engagement once it is finished.
    pub fn complete(&self) -> Transition<Self> {
        self.active()?;
        Ok((Self { status: Status::Completed, ..self.clone() }, event::COMPLETED))
    }

    /// Whether it can be archived: once it is over.
    pub fn archive(&self) -> Result<EventName, Refusal> {
        match self.status {
            Status::Renewed | Status::Completed => Ok(event::ARCHIVED),
            Status::Active => Err(Refusal::state("The engagement is going on; complete it first.")),
        }
    }

    fn active(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Active => Ok(()),
            Status::Renewed => Err(Refusal::state("The engagement was renewed; change its next version.")),
            Status::Completed => Err(Refusal::state("The engagement is finished and can't be changed any more.")),
        }
    }
}
