//! Proposals, as callers see them.

use api::{Shape, shapes::ContactOut};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, MultiLine, Price, Quantity, SingleLine, Time,
    client::ClientId,
    engagement::EngagementId,
    offer::LineItem,
    portal_user::PortalUserId,
    proposal::{Acceptance, Proposal, ProposalId, Status},
    prospect::ProspectId,
};
use serde::Serialize;
use store::Record;
use utoipa::ToSchema;

/// A proposal, in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalSummary {
    id: ProposalId,
    /// `PRO-000042`; all versions have the same.
    number: String,
    /// 1 for the first; a revision is the next.
    version: u32,
    prospect: ProspectId,
    /// Whom it is addressed to.
    #[serde(flatten)]
    contact: ContactOut,
    title: SingleLine<200>,
    status: Status,
    /// A decimal, in `currency`.
    total_value: String,
    currency: Currency,
    /// The last day on which it can be accepted.
    valid_until: Option<Date>,
    sent_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A proposal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Proposal)]
pub(crate) struct ProposalOut {
    #[serde(flatten)]
    summary: ProposalSummary,
    line_items: Vec<LineItemOut>,
    terms: Option<MultiLine<20000>>,
    /// Why it was rejected or taken back.
    reason: Option<MultiLine<2000>>,
    /// Who said yes to what.
    acceptance: Option<AcceptanceOut>,
    /// The version before this.
    supersedes: Option<ProposalId>,
    /// The version after this.
    superseded_by: Option<ProposalId>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

/// One line of an offer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProposalLineItem)]
struct LineItemOut {
    description: SingleLine<500>,
    quantity: Quantity,
    unit_price: Price,
    /// A decimal, in the proposal's currency.
    amount: String,
    /// Whether the client can leave it out.
    optional: bool,
    /// Whether it is in the total.
    chosen: bool,
}

/// Who said yes to what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Acceptance)]
struct AcceptanceOut {
    /// Who accepted, at the client.
    accepted_by: Option<SingleLine<200>>,
    note: Option<MultiLine<2000>>,
    at: DateTime<Utc>,
    /// SHA-256 of what was accepted: number, version, lines, total and terms.
    content_sha256: String,
    client: ClientId,
    portal_user: Option<PortalUserId>,
    engagement: EngagementId,
}

impl From<&Acceptance> for AcceptanceOut {
    fn from(acceptance: &Acceptance) -> Self {
        let Acceptance { accepted_by, note, at, content, client, portal_user, engagement } = acceptance.clone();
        Self { accepted_by, note, at, content_sha256: content.to_string(), client, portal_user, engagement }
    }
}

impl LineItemOut {
    fn new(line: &LineItem, currency: Currency) -> Self {
        let amount = line.amount(currency).map(domain::Money::to_decimal_string).unwrap_or_default();
        let LineItem { description, quantity, unit_price, optional, chosen } = line.clone();
        Self { description, quantity, unit_price, amount, optional, chosen }
    }
}

impl Shape for ProposalSummary {
    type Of = Proposal;
    const PATH: &'static str = "/api/crm/proposals/";

    fn shape(record: &Record<Proposal>, now: Time) -> Self {
        Self {
            id: record.id,
            number: record.label(),
            version: record.content.version,
            prospect: record.prospect,
            contact: (&record.contact).into(),
            title: record.title.clone(),
            status: record.status_on(Date::today(now)),
            total_value: record.total.to_decimal_string(),
            currency: record.total.currency(),
            valid_until: record.valid_until,
            sent_at: record.sent_at,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl Shape for ProposalOut {
    type Of = Proposal;
    const PATH: &'static str = ProposalSummary::PATH;

    fn shape(record: &Record<Proposal>, now: Time) -> Self {
        Self {
            summary: ProposalSummary::shape(record, now),
            line_items: record.line_items.iter().map(|line| LineItemOut::new(line, record.total.currency())).collect(),
            terms: record.terms.clone(),
            reason: record.reason.clone(),
            acceptance: record.acceptance.as_ref().map(Into::into),
            supersedes: record.supersedes,
            superseded_by: record.superseded_by,
            archived_at: record.archived_at,
        }
    }
}
