//! Prospects, as callers see them.

use api::{Shape, shapes::ContactOut};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Money, MultiLine, SingleLine, Time,
    campaign::CampaignId,
    client::ClientId,
    lead::LeadId,
    prospect::{Prospect, ProspectId, Stage},
};
use serde::Serialize;
use store::Record;
use utoipa::ToSchema;

/// A prospect, in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProspectSummary {
    id: ProspectId,
    #[serde(flatten)]
    contact: ContactOut,
    /// The lead that it was.
    lead: Option<LeadId>,
    /// The campaign that brought it.
    campaign: Option<CampaignId>,
    /// What the sale may bring: a decimal, in `currency`.
    estimated_value: Option<String>,
    currency: Option<Currency>,
    stage: Stage,
    lost_reason: Option<SingleLine<500>>,
    /// The client that it became.
    client: Option<ClientId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A prospect.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Prospect)]
pub(crate) struct ProspectOut {
    #[serde(flatten)]
    summary: ProspectSummary,
    notes: Option<MultiLine<10000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

impl Shape for ProspectSummary {
    type Of = Prospect;
    const PATH: &'static str = "/api/crm/prospects/";

    fn shape(record: &Record<Prospect>, _: Time) -> Self {
        Self {
            id: record.id,
            contact: (&record.contact).into(),
            lead: record.lead,
            campaign: record.campaign,
            estimated_value: record.estimated_value.map(Money::to_decimal_string),
            currency: record.estimated_value.map(Money::currency),
            stage: record.stage,
            lost_reason: record.lost_reason.clone(),
            client: record.client,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl Shape for ProspectOut {
    type Of = Prospect;
    const PATH: &'static str = ProspectSummary::PATH;

    fn shape(record: &Record<Prospect>, now: Time) -> Self {
        Self { summary: ProspectSummary::shape(record, now), notes: record.notes.clone(), archived_at: record.archived_at }
    }
}
