//! Engagements, as callers see them.

use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Money, MultiLine, SingleLine, Time,
    client::ClientId,
    engagement::{Engagement, EngagementId, Status},
    proposal::ProposalId,
};
use serde::Serialize;
use store::Record;
use utoipa::ToSchema;

use crate::Shape;

/// An engagement, in lists.
#[derive(Debug, Serialize, ToSchema)]
pub struct EngagementSummary {
    id: EngagementId,
    client: ClientId,
    /// The proposal that it came from.
    proposal: Option<ProposalId>,
    title: SingleLine<200>,
    /// A decimal, in `currency`.
    value: Option<String>,
    currency: Option<Currency>,
    start_date: Option<Date>,
    end_date: Option<Date>,
    /// 1 for the first; a renewal is the next.
    version: u32,
    /// The version before this.
    previous: Option<EngagementId>,
    status: Status,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// An engagement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Engagement)]
pub struct EngagementOut {
    #[serde(flatten)]
    summary: EngagementSummary,
    notes: Option<MultiLine<10000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

impl Shape for EngagementSummary {
    type Of = Engagement;
    const PATH: &'static str = "/api/clients/engagements/";

    fn shape(record: &Record<Engagement>, _: Time) -> Self {
        Self {
            id: record.id,
            client: record.client,
            proposal: record.proposal,
            title: record.title.clone(),
            value: record.value.map(Money::to_decimal_string),
            currency: record.value.map(Money::currency),
            start_date: record.start_date,
            end_date: record.end_date,
            version: record.content.version,
            previous: record.previous,
            status: record.status,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl Shape for EngagementOut {
    type Of = Engagement;
    const PATH: &'static str = EngagementSummary::PATH;

    fn shape(record: &Record<Engagement>, now: Time) -> Self {
        Self { summary: EngagementSummary::shape(record, now), notes: record.notes.clone(), archived_at: record.archived_at }
    }
}
