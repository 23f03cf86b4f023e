//! Proposals: what the firm offers a prospect, from draft to accepted.
//!
//! draft → (pending approval → approved) → sent → accepted | rejected | expired | cancelled. What was sent can't be
//! changed: a revision is a new record with the same number and the next version, and the old one is superseded.
//! Expiry follows from the day on which one looks; a timer marks it soon after.

mod revision;

use serde::{Deserialize, Serialize};

use crate::{
    Archive, Date, Digest, Money, MultiLine, Refusal, SingleLine, Time, Transition,
    contact::Contact,
    firm::Confirmed,
    ids::{ClientId, EngagementId, PortalUserId, ProposalId, ProspectId},
    offer::{LineItem, Offer},
    timer::{Timer, TimerKind},
};

crate::events! {
    Proposal {
        /// Drafted.
        Created = "proposal.created" is Creation,
        /// The draft was changed.
        Updated = "proposal.updated" is Edit,
        /// Handed to somebody who may approve it.
        Submitted = "proposal.submitted" is Change,
        /// May be sent.
        Approved = "proposal.approved" is Change,
        /// Is out.
        Sent = "proposal.sent" is Change,
        /// The client said yes.
        Accepted = "proposal.accepted" is Change,
        /// Was out too long.
        Expired = "proposal.expired" is Change,
        /// The client said no.
        Rejected = "proposal.rejected" is Change,
        /// The firm took it back.
        Cancelled = "proposal.cancelled" is Change,
        /// A next version took its place.
        Superseded = "proposal.superseded" is Change,
        /// The draft of its next version was deleted: it is as before.
        Reinstated = "proposal.reinstated" is Reviving,
        /// A draft was thrown away.
        Deleted = "proposal.deleted" is Deletion,
        /// Archived.
        Archived = "proposal.archived" is Archiving,
        /// Taken out of the archive.
        Restored = "proposal.restored" is Restoring,
    }
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ProposalStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being written.
    Draft,
    /// Waits for somebody who may approve it.
    PendingApproval,
    /// May be sent.
    Approved,
    /// Is out.
    Sent,
    /// The client said yes.
    Accepted,
    /// The client said no.
    Rejected,
    /// Was out too long.
    Expired,
    /// The firm took it back.
    Cancelled,
    /// A next version took its place.
    Superseded,
}

impl Status {
    /// What it is on the day `today`, if it can be accepted until `valid_until`: what is out past its last day has expired.
    #[must_use]
    pub fn on(self, today: Date, valid_until: Option<Date>) -> Self {
        match self {
            Self::Sent if valid_until.is_some_and(|last| last < today) => Self::Expired,
            Self::Draft
            | Self::PendingApproval
            | Self::Approved
            | Self::Sent
            | Self::Accepted
            | Self::Rejected
            | Self::Expired
            | Self::Cancelled
            | Self::Superseded => self,
        }
    }

    /// Whether the prospect may come to say yes to it.
    pub fn is_open(self) -> bool {
        match self {
            Self::Draft | Self::PendingApproval | Self::Approved | Self::Sent => true,
            Self::Accepted | Self::Rejected | Self::Expired | Self::Cancelled | Self::Superseded => false,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PendingApproval => "pending_approval",
            Self::Approved => "approved",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Superseded => "superseded",
        }
    }
}

/// Who said yes to what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acceptance {
    /// The name of who accepted, at the client.
    pub accepted_by: Option<SingleLine<200>>,
    /// What they, or the staff for them, wrote.
    pub note: Option<MultiLine<2000>>,
    /// When.
    pub at: Time,
    /// SHA-256 of what was accepted: number, version, chosen lines, total and terms, as JSON.
    pub content: Digest,
    /// The client that came of it.
    pub client: ClientId,
    /// Who was let into its portal, if an e-mail was known.
    pub portal_user: Option<PortalUserId>,
    /// The engagement that came of it.
    pub engagement: EngagementId,
}

/// What comes of a proposal that is accepted.
#[derive(Debug, Clone, Copy)]
pub struct AcceptanceIds {
    /// The client.
    pub client: ClientId,
    /// Who is let into its portal, if an e-mail is known.
    pub portal_user: Option<PortalUserId>,
    /// The engagement.
    pub engagement: EngagementId,
}

/// What the firm offers a prospect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// `PRO-000042`, without the letters and zeros. All versions have the same.
    pub number: u64,
    /// 1 for the first; a revision is the next.
    pub version: u32,
    /// To which prospect.
    pub prospect: ProspectId,
    /// Whom it is addressed to: the prospect as it was when the proposal was drafted.
    #[serde(flatten)]
    pub contact: Contact,
    /// What it is about.
    pub title: SingleLine<200>,
    /// What is offered, line by line; none where only the sum is.
    #[serde(default)]
    pub line_items: Vec<LineItem>,
    /// The sum of the chosen lines, or what is offered without lines.
    pub total: Money,
    /// The last day on which it can be accepted.
    pub valid_until: Option<Date>,
    /// What else is agreed by accepting.
    pub terms: Option<MultiLine<20000>>,
    /// Where it stands; see [`Proposal::status_on`].
    pub status: Status,
    /// When it was sent.
    pub sent_at: Option<Time>,
    /// Why it was rejected or taken back.
    pub reason: Option<MultiLine<2000>>,
    /// Who said yes to what.
    pub acceptance: Option<Acceptance>,
    /// The version before this.
    pub supersedes: Option<ProposalId>,
    /// The version after this.
    pub superseded_by: Option<ProposalId>,
}

/// `number` as people write it: `PRO-000001`.
pub fn label(number: u64) -> String {
    format!("PRO-{number:06}")
}

impl Proposal {
    /// The first draft of a proposal, addressed to `contact`.
    pub fn new(number: u64, prospect: ProspectId, contact: Contact, title: SingleLine<200>, offer: Offer) -> Self {
        let Offer { line_items, total } = offer;
        Self {
            number,
            version: 1,
            prospect,
            contact,
            title,
            line_items,
            total,
            valid_until: None,
            terms: None,
            status: Status::Draft,
            sent_at: None,
            reason: None,
            acceptance: None,
            supersedes: None,
            superseded_by: None,
        }
    }

    /// Its number as people write it: `PRO-000042`; all its versions have the same.
    pub fn label(&self) -> String {
        label(self.number)
    }

    /// What it offers.
    pub fn offer(&self) -> Offer {
        Offer { line_items: self.line_items.clone(), total: self.total }
    }

    /// Where it stands on the day `today`.
    pub fn status_on(&self, today: Date) -> Status {
        self.status.on(today, self.valid_until)
    }

    /// When it expires by itself, while it is out.
    pub fn timers(&self) -> Vec<Timer> {
        let last = self.valid_until.filter(|_| self.status == Status::Sent);
        last.map(|last| Timer { at: last.next().begins_everywhere(), kind: TimerKind::ProposalExpiry }).into_iter().collect()
    }

    /// The proposal once it was out too long, on the day `today`; nothing if it is not, or no longer, to be marked.
    pub fn expire(&self, today: Date) -> Option<(Self, Event)> {
        let over = self.status == Status::Sent && self.status_on(today) == Status::Expired;
        over.then(|| (Self { status: Status::Expired, ..self.clone() }, Event::Expired))
    }

    /// The draft with other fields; one that was approved has to be approved again.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        match self.status {
            // What stays as it is stays approved.
            Status::PendingApproval | Status::Approved if edited == *self => Ok((edited, Event::Updated)),
            Status::Draft | Status::PendingApproval | Status::Approved => Ok((Self { status: Status::Draft, ..edited }, Event::Updated)),
            Status::Sent | Status::Expired => Err(Refusal::state("The proposal is out; revise it to make its next version.")),
            Status::Accepted | Status::Rejected | Status::Cancelled | Status::Superseded => self.closed(),
        }
    }

    /// The draft handed to somebody who may approve it.
    pub fn submit(&self) -> Transition<Self> {
        match self.status {
            Status::Draft => Ok((Self { status: Status::PendingApproval, ..self.clone() }, Event::Submitted)),
            Status::PendingApproval | Status::Approved => Err(Refusal::state("The proposal was submitted already.")),
            Status::Sent | Status::Accepted | Status::Rejected | Status::Expired | Status::Cancelled | Status::Superseded => self.closed(),
        }
    }

    /// The proposal once it may be sent.
    pub fn approve(&self) -> Transition<Self> {
        match self.status {
            Status::PendingApproval => Ok((Self { status: Status::Approved, ..self.clone() }, Event::Approved)),
            Status::Draft => Err(Refusal::state("The proposal wasn't submitted for approval.")),
            Status::Approved => Err(Refusal::state("The proposal was approved already.")),
            Status::Sent | Status::Accepted | Status::Rejected | Status::Expired | Status::Cancelled | Status::Superseded => self.closed(),
        }
    }

    /// The proposal once it is out. Needs somewhere to be sent to, and a last day that isn't over.
    pub fn send(&self, _: Confirmed, now: Time, today: Date) -> Transition<Self> {
        match self.status {
            Status::Draft | Status::Approved => {}
            Status::PendingApproval => return Err(Refusal::state("The proposal waits for approval.")),
            Status::Sent | Status::Expired => return Err(Refusal::state("The proposal was sent already.")),
            Status::Accepted | Status::Rejected | Status::Cancelled | Status::Superseded => return self.closed(),
        }
        if self.contact.email.is_none() {
            return Err(Refusal::rule("email", "The prospect has no e-mail to send it to."));
        }
        if self.valid_until.is_some_and(|last| last < today) {
            return Err(Refusal::rule("valid_until", "The last day to accept is over."));
        }
        Ok((Self { status: Status::Sent, sent_at: Some(now), ..self.clone() }, Event::Sent))
    }

    /// That it can be accepted on the day `today`: from sent, or by staff (`recorded`) from draft too, for a yes that
    /// was given by word of mouth; not after its last day.
    pub fn may_be_accepted(&self, recorded: bool, today: Date) -> Result<(), Refusal> {
        match self.status_on(today) {
            Status::Sent => Ok(()),
            Status::Draft | Status::Approved if recorded && self.valid_until.is_some_and(|last| last < today) => {
                Err(Refusal::state("The proposal's last day to accept is over; change it first."))
            }
            Status::Draft | Status::Approved if recorded => Ok(()),
            Status::Draft | Status::Approved | Status::PendingApproval => Err(Refusal::state("The proposal wasn't sent.")),
            Status::Expired => Err(Refusal::state("The proposal has expired; revise it with a later last day.")),
            Status::Accepted | Status::Rejected | Status::Cancelled | Status::Superseded => self.closed(),
        }
    }

    /// The proposal once the client said yes at `now`, to just these of its optional lines if `options` says any.
    pub fn accept(
        &self,
        accepted_by: Option<SingleLine<200>>,
        note: Option<MultiLine<2000>>,
        options: Option<&[usize]>,
        ids: AcceptanceIds,
        now: Time,
    ) -> Transition<Self> {
        let offer = self.offer();
        let Offer { line_items, total } = options.map_or(Ok(offer.clone()), |places| offer.choosing(places))?;
        let content = Digest::of(&[serde_json::json!([self.number, self.version, line_items, total, self.terms]).to_string().as_bytes()]);
        let AcceptanceIds { client, portal_user, engagement } = ids;
        let acceptance = Some(Acceptance { accepted_by, note, at: now, content, client, portal_user, engagement });
        Ok((Self { status: Status::Accepted, line_items, total, acceptance, ..self.clone() }, Event::Accepted))
    }

    /// The proposal once the client said no, and why.
    pub fn reject(&self, reason: MultiLine<2000>) -> Transition<Self> {
        match self.status {
            Status::Sent => Ok((Self { status: Status::Rejected, reason: Some(reason), ..self.clone() }, Event::Rejected)),
            Status::Draft | Status::PendingApproval | Status::Approved => Err(Refusal::state("The proposal wasn't sent.")),
            Status::Accepted | Status::Rejected | Status::Expired | Status::Cancelled | Status::Superseded => self.closed(),
        }
    }

    /// The proposal once the firm took it back.
    pub fn cancel(&self, reason: Option<MultiLine<2000>>) -> Transition<Self> {
        match self.status {
            Status::PendingApproval | Status::Approved | Status::Sent | Status::Expired => {
                Ok((Self { status: Status::Cancelled, reason, ..self.clone() }, Event::Cancelled))
            }
            Status::Draft => Err(Refusal::state("The proposal is a draft; delete it.")),
            Status::Accepted | Status::Rejected | Status::Cancelled | Status::Superseded => self.closed(),
        }
    }

    /// The proposal once another to the same prospect, `accepted`, was accepted: what is still open is cancelled.
    pub fn cancel_as_sibling(&self, accepted: &str) -> Transition<Self> {
        match self.status {
            Status::Draft | Status::PendingApproval | Status::Approved | Status::Sent | Status::Expired => {
                let reason = MultiLine::new(&format!("{accepted} was accepted.")).ok();
                Ok((Self { status: Status::Cancelled, reason, ..self.clone() }, Event::Cancelled))
            }
            Status::Accepted | Status::Rejected | Status::Cancelled | Status::Superseded => self.closed(),
        }
    }

    fn closed<T>(&self) -> Result<T, Refusal> {
        Err(Refusal::state(format!("The proposal is {} and can't be changed any more.", self.status.as_str().replace('_', " "))))
    }
}

impl Archive for Proposal {
    /// How it goes away: a draft is deleted, and what it was to replace is as before; what is over is archived.
    fn archive(&self) -> Result<Event, Refusal> {
        match self.status {
            Status::Draft => Ok(Event::Deleted),
            Status::Accepted | Status::Rejected | Status::Cancelled | Status::Superseded => Ok(Event::Archived),
            Status::PendingApproval | Status::Approved | Status::Sent | Status::Expired => {
                Err(Refusal::state("The proposal is on its way; cancel it first."))
            }
        }
    }

    fn restore(&self) -> Event {
        Event::Restored
    }
}

#[cfg(test)]
mod tests;
