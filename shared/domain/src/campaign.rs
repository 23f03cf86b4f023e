//! Campaigns: where leads come from.

use serde::{Deserialize, Serialize};

use crate::{Archive, Date, Money, MultiLine, Refusal, SingleLine, Transition, date::in_order};

crate::events! {
    Campaign {
        /// Planned.
        Created = "campaign.created" is Creation,
        /// Its fields were changed.
        Updated = "campaign.updated" is Edit,
        /// Its status was changed.
        Moved = "campaign.moved" is Change,
        /// Archived.
        Archived = "campaign.archived" is Archiving,
        /// Taken out of the archive.
        Restored = "campaign.restored" is Restoring,
    }
}

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CampaignStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not yet begun.
    Planned,
    /// Going on.
    Active,
    /// Over.
    Completed,
}

impl Status {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Active => "active",
            Self::Completed => "completed",
        }
    }
}

/// Where leads come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
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
    /// Whatever the team writes down.
    pub notes: Option<MultiLine<10000>>,
}

impl Campaign {
    /// That its days are in order.
    pub fn checked(self) -> Result<Self, Refusal> {
        in_order(self.start_date, self.end_date)?;
        Ok(self)
    }

    /// The campaign with other fields.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        Ok((edited.checked()?, Event::Updated))
    }

    /// The campaign at the next status: planned → active → completed.
    pub fn move_to(&self, to: Status) -> Transition<Self> {
        match (self.status, to) {
            (Status::Planned, Status::Active) | (Status::Planned | Status::Active, Status::Completed) => {
                Ok((Self { status: to, ..self.clone() }, Event::Moved))
            }
            (Status::Planned | Status::Active | Status::Completed, _) => {
                Err(Refusal::state(format!("The campaign is {}; it can't become {}.", self.status.as_str(), to.as_str())))
            }
        }
    }
}

impl Archive for Campaign {
    /// Whether it can be archived: not while it goes on.
    fn archive(&self) -> Result<Event, Refusal> {
        match self.status {
            Status::Planned | Status::Completed => Ok(Event::Archived),
            Status::Active => Err(Refusal::state("The campaign is going on; complete it first.")),
        }
    }

    fn restore(&self) -> Event {
        Event::Restored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_goes_forward_only() {
        use Status::{Active, Completed, Planned};
        let at = |status| Campaign {
            name: SingleLine::new("Fair").unwrap(),
            status,
            start_date: None,
            end_date: None,
            budget: None,
            notes: None,
        };
        for (from, to, allowed) in [
            (Planned, Planned, false),
            (Planned, Active, true),
            (Planned, Completed, true),
            (Active, Planned, false),
            (Active, Active, false),
            (Active, Completed, true),
            (Completed, Planned, false),
            (Completed, Active, false),
            (Completed, Completed, false),
        ] {
            assert_eq!(at(from).move_to(to).is_ok(), allowed, "{from:?} → {to:?}");
        }
        assert!(at(Active).archive().is_err());
    }
}
