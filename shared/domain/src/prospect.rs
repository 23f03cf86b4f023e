//! Prospects: somebody who wants something, and how far the sale is.

use serde::{Deserialize, Serialize};

use crate::{
    Archive, Money, MultiLine, Refusal, SingleLine, Transition,
    contact::Contact,
    ids::{CampaignId, ClientId, LeadId, PortalUserId},
};

crate::events! {
    Prospect {
        /// Entered, or made from a lead.
        Created = "prospect.created" is Creation,
        /// Its fields were changed.
        Updated = "prospect.updated" is Edit,
        /// Its stage was changed by hand.
        Moved = "prospect.moved" is Change,
        /// It became a client.
        Won = "prospect.won" is Change,
        /// Archived.
        Archived = "prospect.archived" is Archiving,
        /// Taken out of the archive.
        Restored = "prospect.restored" is Restoring,
    }
}

/// How far a sale is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Finding out what they need.
    Discovery,
    /// A proposal is being written or is out.
    Proposal,
    /// Terms are being talked over.
    Negotiation,
    /// They became a client.
    Won,
    /// They didn't.
    Lost,
}

impl Stage {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Proposal => "proposal",
            Self::Negotiation => "negotiation",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// Somebody who wants something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prospect {
    /// Who it is.
    #[serde(flatten)]
    pub contact: Contact,
    /// The lead that it was.
    pub lead: Option<LeadId>,
    /// The campaign that brought it.
    pub campaign: Option<CampaignId>,
    /// What the sale may bring.
    pub estimated_value: Option<Money>,
    /// How far the sale is.
    pub stage: Stage,
    /// Why it was lost.
    pub lost_reason: Option<SingleLine<500>>,
    /// The client that it became.
    pub client: Option<ClientId>,
    /// Who was let into the client's portal then.
    pub portal_user: Option<PortalUserId>,
    /// Whatever the team writes down.
    pub notes: Option<MultiLine<10000>>,
}

impl Prospect {
    /// A prospect to begin with: at `stage`, which can't be an end.
    pub fn new(contact: Contact, estimated_value: Option<Money>, stage: Stage, notes: Option<MultiLine<10000>>) -> Result<Self, Refusal> {
        match stage {
            Stage::Discovery | Stage::Proposal | Stage::Negotiation => {}
            Stage::Won | Stage::Lost => return Err(Refusal::rule("stage", "A prospect doesn't begin at its end.")),
        }
        Ok(Self { contact, lead: None, campaign: None, estimated_value, stage, lost_reason: None, client: None, portal_user: None, notes })
    }

    /// The prospect with other fields; one that was won is history.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        self.not_won()?;
        Ok((edited, Event::Updated))
    }

    /// The prospect at another stage, which the seller says; lost needs a reason, won comes of itself.
    pub fn move_to(&self, to: Stage, reason: Option<SingleLine<500>>) -> Transition<Self> {
        self.not_won()?;
        let lost_reason = match to {
            Stage::Won => return Err(Refusal::rule("to", "A prospect is won by an accepted proposal or by converting it.")),
            Stage::Lost if reason.is_none() => return Err(Refusal::rule("reason", "Say why it was lost.")),
            Stage::Lost => reason,
            Stage::Discovery | Stage::Proposal | Stage::Negotiation => None,
        };
        Ok((Self { stage: to, lost_reason, ..self.clone() }, Event::Moved))
    }

    /// The prospect as it is once it became `client`, into whose portal `portal_user` was let.
    pub fn win(&self, client: ClientId, portal_user: Option<PortalUserId>) -> Transition<Self> {
        self.not_won()?;
        Ok((Self { stage: Stage::Won, lost_reason: None, client: Some(client), portal_user, ..self.clone() }, Event::Won))
    }

    /// That a proposal can be made to it.
    pub fn may_be_offered(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Discovery | Stage::Proposal | Stage::Negotiation => Ok(()),
            Stage::Won => Err(Refusal::state("The prospect is won; enter a new one for further business.")),
            Stage::Lost => Err(Refusal::state("The prospect is lost; move it back to a stage before offering again.")),
        }
    }

    fn not_won(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Discovery | Stage::Proposal | Stage::Negotiation | Stage::Lost => Ok(()),
            Stage::Won => Err(Refusal::state("The prospect has become a client and can't be changed any more.")),
        }
    }
}

impl Archive for Prospect {
    /// Whether it can be archived: not while the sale is open.
    fn archive(&self) -> Result<Event, Refusal> {
        match self.stage {
            Stage::Won | Stage::Lost => Ok(Event::Archived),
            Stage::Discovery | Stage::Proposal | Stage::Negotiation => Err(Refusal::state("The sale is open; move it to lost first.")),
        }
    }

    fn restore(&self) -> Event {
        Event::Restored
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Id, Time};

    fn at(stage: Stage) -> Prospect {
        let contact =
            Contact { company_name: SingleLine::new("Acme").unwrap(), contact_name: None, email: None, phone: None, language: None };
        Prospect { stage, ..Prospect::new(contact, None, Stage::Discovery, None).unwrap() }
    }

    #[test]
    fn a_lost_sale_can_be_taken_up_again_and_a_won_one_is_final() {
        use Stage::{Discovery, Lost, Negotiation, Proposal, Won};
        for from in [Discovery, Proposal, Negotiation, Lost] {
            for to in [Discovery, Proposal, Negotiation] {
                assert_eq!(at(from).move_to(to, None).unwrap().0.stage, to);
            }
            assert!(at(from).move_to(Won, None).is_err());
            assert_eq!(at(from).move_to(Lost, None).unwrap_err().field.as_deref(), Some("reason"));
            assert_eq!(at(from).win(Id::new(Time::default(), 1), None).unwrap().0.stage, Won);
        }
        assert!(at(Won).move_to(Discovery, None).is_err());
        assert!(at(Won).win(Id::new(Time::default(), 1), None).is_err());
    }

    #[test]
    fn only_an_open_sale_is_offered_to_and_only_a_closed_one_archived() {
        for stage in [Stage::Discovery, Stage::Proposal, Stage::Negotiation, Stage::Won, Stage::Lost] {
            assert_ne!(at(stage).may_be_offered().is_ok(), at(stage).archive().is_ok());
        }
    }
}
