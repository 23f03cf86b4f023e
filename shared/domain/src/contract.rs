//! Contracts: what was agreed with a client. Signing on the portal and the PDF come with documents; until then the
//! staff record a signature that was given elsewhere.

use serde::{Deserialize, Serialize};

use crate::{
    Archive, Date, Money, MultiLine, Refusal, SingleLine, Transition,
    date::in_order,
    ids::{ClientId, ProposalId},
    proposal::Proposal,
};

crate::events! {
    Contract {
        /// Drawn up.
        Created = "contract.created" is Creation,
        /// Its fields were changed.
        Updated = "contract.updated" is Edit,
        /// Signed by the client.
        Signed = "contract.signed" is Change,
        /// In force.
        Activated = "contract.activated" is Change,
        /// Fulfilled.
        Completed = "contract.completed" is Change,
        /// Ended before it was fulfilled.
        Terminated = "contract.terminated" is Change,
        /// Archived.
        Archived = "contract.archived" is Archiving,
        /// Taken out of the archive.
        Restored = "contract.restored" is Restoring,
        /// A draft was thrown away.
        Deleted = "contract.deleted" is Deletion,
    }
}

/// Where a contract stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ContractStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being written.
    Draft,
    /// Signed, not yet in force.
    Signed,
    /// In force.
    Active,
    /// Fulfilled.
    Completed,
    /// Ended before it was fulfilled.
    Terminated,
}

impl Status {
    /// Whether it binds, or may come to.
    pub fn is_open(self) -> bool {
        match self {
            Self::Draft | Self::Signed | Self::Active => true,
            Self::Completed | Self::Terminated => false,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Signed => "signed",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Terminated => "terminated",
        }
    }
}

/// Who signed, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// The name under it.
    pub signed_by: SingleLine<200>,
    /// The day on it.
    pub signed_on: Date,
}

/// What was agreed with a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// `CON-000001`, without the letters and zeros.
    pub number: u64,
    /// With whom.
    pub client: ClientId,
    /// The proposal that it carries out.
    pub proposal: Option<ProposalId>,
    /// What it is about.
    pub title: SingleLine<200>,
    /// What it is worth.
    pub value: Option<Money>,
    /// Its first day.
    pub start_date: Option<Date>,
    /// Its last day.
    pub end_date: Option<Date>,
    /// Where it stands.
    pub status: Status,
    /// The client's signature.
    pub signature: Option<Signature>,
    /// Why it was ended.
    pub reason: Option<SingleLine<500>>,
    /// Its text.
    pub terms: Option<MultiLine<50000>>,
}

/// `number` as people write it: `CON-000001`.
pub fn label(number: u64) -> String {
    format!("CON-{number:06}")
}

impl Contract {
    /// Its number as people write it: `CON-000001`.
    pub fn label(&self) -> String {
        label(self.number)
    }

    /// That its days are in order.
    pub fn checked(self) -> Result<Self, Refusal> {
        in_order(self.start_date, self.end_date)?;
        Ok(self)
    }

    /// That a contract with `client` can carry out `proposal`: it is that client who accepted it.
    pub fn may_carry_out(proposal: &Proposal, client: ClientId) -> Result<(), Refusal> {
        match &proposal.acceptance {
            Some(acceptance) if acceptance.client == client => Ok(()),
            Some(_) | None => Err(Refusal::rule("proposal", "Wasn't accepted by this client.")),
        }
    }

    /// That a project of `client` can carry it out: it is with the client, and no draft, which can be deleted.
    pub fn may_be_carried_out(&self, client: ClientId) -> Result<(), Refusal> {
        if self.client != client {
            Err(Refusal::rule("contract", "Is with another client."))
        } else if self.status == Status::Draft {
            Err(Refusal::rule("contract", "Is a draft; record that it is signed first."))
        } else {
            Ok(())
        }
    }

    /// The contract with other fields; only a draft can be changed.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        self.draft()?;
        Ok((edited.checked()?, Event::Updated))
    }

    /// The contract once `signature` is on it, which can't be of a day after `today`, the firm's.
    pub fn sign(&self, signature: Signature, today: Date) -> Transition<Self> {
        self.draft()?;
        signature.signed_on.not_after("signed_on", today)?;
        Ok((Self { status: Status::Signed, signature: Some(signature), ..self.clone() }, Event::Signed))
    }

    /// The contract once it is in force.
    pub fn activate(&self) -> Transition<Self> {
        match self.status {
            Status::Signed => Ok((Self { status: Status::Active, ..self.clone() }, Event::Activated)),
            Status::Draft => Err(Refusal::state("The contract isn't signed.")),
            Status::Active | Status::Completed | Status::Terminated => self.past(),
        }
    }

    /// The contract once it is fulfilled.
    pub fn complete(&self) -> Transition<Self> {
        match self.status {
            Status::Active => Ok((Self { status: Status::Completed, ..self.clone() }, Event::Completed)),
            Status::Draft | Status::Signed => Err(Refusal::state("The contract isn't in force.")),
            Status::Completed | Status::Terminated => self.past(),
        }
    }

    /// The contract once it is ended early, and why.
    pub fn terminate(&self, reason: SingleLine<500>) -> Transition<Self> {
        match self.status {
            Status::Signed | Status::Active => {
                Ok((Self { status: Status::Terminated, reason: Some(reason), ..self.clone() }, Event::Terminated))
            }
            Status::Draft => Err(Refusal::state("The contract isn't signed; delete the draft.")),
            Status::Completed | Status::Terminated => self.past(),
        }
    }

    fn draft(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Draft => Ok(()),
            Status::Signed | Status::Active | Status::Completed | Status::Terminated => {
                Err(Refusal::state("The contract is signed and can't be changed any more."))
            }
        }
    }

    fn past<T>(&self) -> Result<T, Refusal> {
        Err(Refusal::state(format!("The contract is {} already.", self.status.as_str())))
    }
}

impl Archive for Contract {
    /// How it goes away: a draft is deleted, one that is over is archived.
    fn archive(&self) -> Result<Event, Refusal> {
        match self.status {
            Status::Draft => Ok(Event::Deleted),
            Status::Completed | Status::Terminated => Ok(Event::Archived),
            Status::Signed | Status::Active => Err(Refusal::state("The contract binds; complete or terminate it first.")),
        }
    }

    fn restore(&self) -> Event {
        Event::Restored
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, Id, Time, TimeZone, contact::Contact, offer::Offer, proposal::AcceptanceIds};

    fn at(status: Status) -> Contract {
        let client = Id::new(Time::default(), 1);
        let title = SingleLine::new("Audit").unwrap();
        Contract {
            number: 1,
            client,
            proposal: None,
            title,
            value: None,
            start_date: None,
            end_date: None,
            status,
            signature: None,
            reason: None,
            terms: None,
        }
    }

    #[test]
    fn a_project_carries_out_what_is_agreed_with_its_own_client() {
        let (ours, another) = (Id::new(Time::default(), 1), Id::new(Time::default(), 2));
        for (status, client, refused) in [
            (Status::Draft, ours, Some("Is a draft; record that it is signed first.")),
            (Status::Draft, another, Some("Is with another client.")),
            (Status::Signed, another, Some("Is with another client.")),
            (Status::Signed, ours, None),
            (Status::Terminated, ours, None),
        ] {
            let refusal = refused.map(|message| Refusal::rule("contract", message));
            assert_eq!(at(status).may_be_carried_out(client).err(), refusal, "{status:?}");
        }
    }

    #[test]
    fn a_contract_carries_out_what_its_own_client_accepted() {
        let (ours, another) = (Id::new(Time::default(), 1), Id::new(Time::default(), 2));
        let company = SingleLine::new("Acme").unwrap();
        let contact = Contact { company_name: company.clone(), contact_name: None, email: None, phone: None, language: None };
        let offer = Offer::of_total(Money::zero(Currency::USD));
        let offered = Proposal::new(1, Id::new(Time::default(), 3), contact, company, offer);
        let ids = AcceptanceIds { client: ours, portal_user: None, engagement: Id::new(Time::default(), 4) };
        let (accepted, _) = offered.accept(None, None, None, ids, Time::default()).unwrap();
        let refused = Some(Refusal::rule("proposal", "Wasn't accepted by this client."));
        for (proposal, client, refused) in [(&offered, ours, refused.clone()), (&accepted, another, refused), (&accepted, ours, None)] {
            assert_eq!(Contract::may_carry_out(proposal, client).err(), refused);
        }
    }

    #[test]
    fn every_state_allows_what_it_should_and_nothing_else() {
        use Status::{Active, Completed, Draft, Signed, Terminated};
        let today = TimeZone::UTC.day(Time::default());
        let signature = Signature { signed_by: SingleLine::new("Ann").unwrap(), signed_on: today };
        let reason = SingleLine::new("Bankrupt").unwrap();
        // edit, sign, activate, complete, terminate, remove
        for (status, allowed) in [
            (Draft, [true, true, false, false, false, true]),
            (Signed, [false, false, true, false, true, false]),
            (Active, [false, false, false, true, true, false]),
            (Completed, [false, false, false, false, false, true]),
            (Terminated, [false, false, false, false, false, true]),
        ] {
            let contract = at(status);
            let did = [
                contract.edit(contract.clone()).is_ok(),
                contract.sign(signature.clone(), today).is_ok(),
                contract.activate().is_ok(),
                contract.complete().is_ok(),
                contract.terminate(reason.clone()).is_ok(),
                contract.archive().is_ok(),
            ];
            assert_eq!(did, allowed, "{status:?}");
        }
    }

    #[test]
    fn a_signature_of_tomorrow_and_an_end_before_the_start_are_refused() {
        let today = TimeZone::UTC.day(Time::default());
        let tomorrow = today.next();
        let signature = Signature { signed_by: SingleLine::new("Ann").unwrap(), signed_on: tomorrow };
        assert_eq!(at(Status::Draft).sign(signature, today).unwrap_err().field.as_deref(), Some("signed_on"));
        let reversed = Contract { start_date: Some(tomorrow), end_date: Some(today), ..at(Status::Draft) };
        assert_eq!(reversed.checked().unwrap_err().field.as_deref(), Some("end_date"));
    }
}
