//! Engagements, as callers see them.

use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Money, MultiLine, SingleLine,
    engagement::{Engagement, Status},
    ids::{ClientId, EngagementId, ProposalId},
};
use serde::Serialize;

use utoipa::ToSchema;

use api::{Decimal, Listed, View};

/// An engagement, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Engagement)]
pub struct EngagementSummary {
    id: EngagementId,
    client: ClientId,
    /// The proposal that it came from.
    proposal: Option<ProposalId>,
    title: SingleLine<200>,
    /// A decimal, in `currency`.
    #[view(it.value.map(Decimal::from))]
    value: Option<Decimal>,
    #[view(it.value.map(Money::currency))]
    currency: Option<Currency>,
    start_date: Option<Date>,
    end_date: Option<Date>,
    /// 1 for the first; a renewal is the next.
    #[view(it.content.version)]
    version: u32,
    /// The version before this.
    previous: Option<EngagementId>,
    status: Status,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// An engagement.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Engagement)]
#[view(record = Engagement, path = "/api/clients/engagements/")]
pub struct EngagementOut {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: EngagementSummary,
    notes: Option<MultiLine<10000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}
