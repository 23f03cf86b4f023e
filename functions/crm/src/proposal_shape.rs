//! Proposals, as callers see them.

use api::{Decimal, Listed, View};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Money, MultiLine, Price, Quantity, SingleLine,
    ids::{ClientId, EngagementId, PortalUserId, ProposalId, ProspectId},
    offer::LineItem,
    proposal::{self, Acceptance, Proposal, Status},
};
use serde::Serialize;

use utoipa::ToSchema;
use wire::ContactOut;

/// A proposal, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Proposal)]
pub(crate) struct ProposalSummary {
    id: ProposalId,
    /// `PRO-000042`; all versions have the same.
    #[view(proposal::label(it.number))]
    number: String,
    /// 1 for the first; a revision is the next.
    #[view(it.content.version)]
    version: u32,
    prospect: ProspectId,
    /// Whom it is addressed to.
    #[serde(flatten)]
    #[view((&it.contact).into())]
    contact: ContactOut,
    title: SingleLine<200>,
    #[view(it.status.on(Date::anywhere_on_earth(now), it.valid_until))]
    status: Status,
    /// A decimal, in `currency`.
    #[view(it.total.into())]
    total_value: Decimal,
    #[view(it.total.currency())]
    currency: Currency,
    /// The last day on which it can be accepted.
    valid_until: Option<Date>,
    sent_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A proposal.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Proposal)]
#[view(record = Proposal, path = "/api/crm/proposals/")]
pub(crate) struct ProposalOut {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: ProposalSummary,
    #[view(it.line_items.iter().map(|line| LineItemOut::new(line, it.total.currency())).collect())]
    line_items: Vec<LineItemOut>,
    terms: Option<MultiLine<20000>>,
    /// Why it was rejected or taken back.
    reason: Option<MultiLine<2000>>,
    /// Who said yes to what.
    #[view(it.acceptance.as_ref().map(Into::into))]
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
    /// In the proposal's currency.
    amount: Decimal,
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
        let amount = line.amount(currency).unwrap_or(Money::zero(currency)).into();
        let LineItem { description, quantity, unit_price, optional, chosen } = line.clone();
        Self { description, quantity, unit_price, amount, optional, chosen }
    }
}
