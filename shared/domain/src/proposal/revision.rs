//! Versions of a proposal: the next one takes its place, unless that draft is thrown away.

use super::{Event, Proposal, Status};
use crate::{MultiLine, Refusal, Transition, ids::ProposalId};

impl Proposal {
    /// This proposal, whose id is `id`, once its next version, whose id is `next`, takes its place; and that version.
    pub fn revise(&self, id: ProposalId, next: ProposalId) -> Result<((Self, Event), Self), Refusal> {
        match self.status {
            Status::Sent | Status::Expired | Status::Rejected => {}
            Status::Draft | Status::PendingApproval | Status::Approved => {
                return Err(Refusal::state("The proposal isn't out; change it as it is."));
            }
            Status::Accepted | Status::Cancelled | Status::Superseded => return self.closed(),
        }
        let revision =
            Self { version: self.version + 1, status: Status::Draft, sent_at: None, reason: None, supersedes: Some(id), ..self.clone() };
        Ok(((Self { status: Status::Superseded, superseded_by: Some(next), ..self.clone() }, Event::Superseded), revision))
    }

    /// The proposal once its next version, the draft `next`, is deleted: as it was before it was superseded; or cancelled, if it
    /// was open and `another` to the prospect was accepted meanwhile.
    pub fn reinstate(&self, next: ProposalId, another: bool) -> Transition<Self> {
        if self.status != Status::Superseded || self.superseded_by != Some(next) {
            return Err(Refusal::state("The draft isn't the proposal's next version."));
        }
        if another && self.reason.is_none() {
            let reason = MultiLine::new("Another proposal was accepted.").ok();
            return Ok((Self { status: Status::Cancelled, superseded_by: None, reason, ..self.clone() }, Event::Cancelled));
        }
        // It was out when it was superseded, and a reason is given only where it was rejected. Whether it has expired, its
        // last day says.
        let status = if self.reason.is_some() { Status::Rejected } else { Status::Sent };
        Ok((Self { status, superseded_by: None, ..self.clone() }, Event::Reinstated))
    }
}
