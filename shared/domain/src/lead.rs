//! Leads: somebody who may want something. What the seller does with one is its status.

use serde::{Deserialize, Serialize};

use crate::{
    Archive, MultiLine, Refusal, SingleLine, Transition,
    contact::Contact,
    ids::{CampaignId, ProspectId},
};

crate::events! {
    Lead {
        /// Entered.
        Created = "lead.created" is Creation,
        /// Its fields were changed.
        Updated = "lead.updated" is Edit,
        /// Its status was changed by hand.
        Moved = "lead.moved" is Change,
        /// It became a prospect.
        Converted = "lead.converted" is Change,
        /// Archived.
        Archived = "lead.archived" is Archiving,
        /// Taken out of the archive.
        Restored = "lead.restored" is Restoring,
    }
}

/// What the seller has done with a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = LeadStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing yet.
    New,
    /// Spoken to, or tried to.
    Contacted,
    /// Worth pursuing.
    Qualified,
    /// Not worth pursuing.
    Unqualified,
    /// Became a prospect.
    Converted,
}

impl Status {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Contacted => "contacted",
            Self::Qualified => "qualified",
            Self::Unqualified => "unqualified",
            Self::Converted => "converted",
        }
    }
}

/// Somebody who may want something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// Who it is.
    #[serde(flatten)]
    pub contact: Contact,
    /// Where it came from: `website`, `referral`, …
    pub source: Option<SingleLine<60>>,
    /// The campaign that brought it.
    pub campaign: Option<CampaignId>,
    /// What the seller has done with it.
    pub status: Status,
    /// Why it isn't worth pursuing.
    pub reason: Option<SingleLine<500>>,
    /// The prospect that it became.
    pub prospect: Option<ProspectId>,
    /// Whatever the team writes down.
    pub notes: Option<MultiLine<10000>>,
}

impl Lead {
    /// A lead that was just entered.
    pub fn new(contact: Contact, source: Option<SingleLine<60>>, campaign: Option<CampaignId>, notes: Option<MultiLine<10000>>) -> Self {
        Self { contact, source, campaign, status: Status::New, reason: None, prospect: None, notes }
    }

    /// The lead with other fields; a converted one is history.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        self.open()?;
        Ok((edited, Event::Updated))
    }

    /// The lead at another status, which the seller says; unqualified needs a reason.
    pub fn move_to(&self, to: Status, reason: Option<SingleLine<500>>) -> Transition<Self> {
        self.open()?;
        let reason = match to {
            Status::Converted => return Err(Refusal::rule("to", "A lead is converted by `convert/`.")),
            Status::Unqualified if reason.is_none() => return Err(Refusal::rule("reason", "Say why it isn't worth pursuing.")),
            Status::Unqualified => reason,
            Status::New | Status::Contacted | Status::Qualified => None,
        };
        Ok((Self { status: to, reason, ..self.clone() }, Event::Moved))
    }

    /// The lead as it is once it became `prospect`.
    pub fn convert(&self, prospect: ProspectId) -> Transition<Self> {
        self.open()?;
        Ok((Self { status: Status::Converted, reason: None, prospect: Some(prospect), ..self.clone() }, Event::Converted))
    }

    fn open(&self) -> Result<(), Refusal> {
        match self.status {
            Status::New | Status::Contacted | Status::Qualified | Status::Unqualified => Ok(()),
            Status::Converted => Err(Refusal::state("The lead has become a prospect and can't be changed any more.")),
        }
    }
}

impl Archive for Lead {
    /// Whether it can be archived; always.
    fn archive(&self) -> Result<Event, Refusal> {
        Ok(Event::Archived)
    }

    fn restore(&self) -> Event {
        Event::Restored
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Id, Time};

    fn lead() -> Lead {
        let contact =
            Contact { company_name: SingleLine::new("Acme").unwrap(), contact_name: None, email: None, phone: None, language: None };
        Lead::new(contact, None, None, None)
    }

    #[test]
    fn only_the_end_of_a_lead_is_final() {
        use Status::{Contacted, Converted, New, Qualified, Unqualified};
        for from in [New, Contacted, Qualified, Unqualified] {
            for to in [New, Contacted, Qualified] {
                let (moved, _) = Lead { status: from, ..lead() }.move_to(to, None).unwrap();
                assert_eq!(moved.status, to);
            }
        }
        let prospect = Id::new(Time::default(), 1);
        let (converted, event) = lead().convert(prospect).unwrap();
        assert_eq!((converted.status, converted.prospect, event), (Converted, Some(prospect), Event::Converted));
        assert!(converted.move_to(New, None).is_err());
        assert!(converted.convert(prospect).is_err());
        assert!(converted.edit(lead()).is_err());
        assert!(lead().move_to(Converted, None).is_err());
    }

    #[test]
    fn not_worth_pursuing_needs_a_reason_which_goes_when_it_is() {
        assert_eq!(lead().move_to(Status::Unqualified, None).unwrap_err().field.as_deref(), Some("reason"));
        let (unqualified, _) = lead().move_to(Status::Unqualified, SingleLine::new("No budget").ok()).unwrap();
        assert_eq!(unqualified.move_to(Status::Qualified, None).unwrap().0.reason, None);
    }
}
