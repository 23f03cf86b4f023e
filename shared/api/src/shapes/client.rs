//! Clients, as callers see them.

use chrono::{DateTime, Utc};
use domain::{
    MultiLine, SingleLine, Time,
    client::{Client, ClientId},
    prospect::ProspectId,
};
use serde::Serialize;
use store::Record;
use utoipa::ToSchema;

use super::ContactOut;
use crate::Shape;

/// A client, in lists.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientSummary {
    id: ClientId,
    #[serde(flatten)]
    contact: ContactOut,
    /// The prospect that it was.
    prospect: Option<ProspectId>,
    website: Option<SingleLine<300>>,
    industry: Option<SingleLine<100>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A client.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Client)]
pub struct ClientOut {
    #[serde(flatten)]
    summary: ClientSummary,
    /// Where it is, as on an envelope.
    address: Option<MultiLine<1000>>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

impl Shape for ClientSummary {
    type Of = Client;
    const PATH: &'static str = "/api/clients/clients/";

    fn shape(record: &Record<Client>, _: Time) -> Self {
        Self {
            id: record.id,
            contact: (&record.contact).into(),
            prospect: record.prospect,
            website: record.website.clone(),
            industry: record.industry.clone(),
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl Shape for ClientOut {
    type Of = Client;
    const PATH: &'static str = ClientSummary::PATH;

    fn shape(record: &Record<Client>, now: Time) -> Self {
        Self { summary: ClientSummary::shape(record, now), address: record.address.clone(), archived_at: record.archived_at }
    }
}
