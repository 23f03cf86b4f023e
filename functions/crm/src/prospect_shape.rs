//! Prospects, as callers see them.

use api::{Decimal, Listed, View};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Money, MultiLine, SingleLine,
    ids::{CampaignId, ClientId, LeadId, ProspectId},
    prospect::{Prospect, Stage},
};
use serde::Serialize;

use utoipa::ToSchema;
use wire::ContactOut;

/// A prospect, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Prospect)]
pub(crate) struct ProspectSummary {
    id: ProspectId,
    #[serde(flatten)]
    #[view((&it.contact).into())]
    contact: ContactOut,
    /// The lead that it was.
    lead: Option<LeadId>,
    /// The campaign that brought it.
    campaign: Option<CampaignId>,
    /// What the sale may bring: a decimal, in `currency`.
    #[view(it.estimated_value.map(Decimal::from))]
    estimated_value: Option<Decimal>,
    #[view(it.estimated_value.map(Money::currency))]
    currency: Option<Currency>,
    stage: Stage,
    lost_reason: Option<SingleLine<500>>,
    /// The client that it became.
    client: Option<ClientId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A prospect.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Prospect)]
#[view(record = Prospect, path = "/api/crm/prospects/")]
pub(crate) struct ProspectOut {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: ProspectSummary,
    notes: Option<MultiLine<10000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}
