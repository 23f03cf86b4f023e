//! Portal users, as callers see them.

use chrono::{DateTime, Utc};
use domain::{
    Email, SingleLine, Time,
    access::Rights,
    client::ClientId,
    invitation::Standing,
    portal_user::{PortalUser, PortalUserId},
};
use serde::Serialize;
use store::Record;
use utoipa::ToSchema;

use crate::Shape;

/// Somebody at a client.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PortalUser)]
pub struct PortalUserOut {
    id: PortalUserId,
    /// Whose they are.
    client: ClientId,
    name: SingleLine<200>,
    /// Where mail goes, and what they sign in with.
    email: Email,
    rights: Rights,
    status: Standing,
    /// When the last link was sent to them.
    invited_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Shape for PortalUserOut {
    type Of = PortalUser;
    const PATH: &'static str = "/api/clients/portal-users/";

    fn shape(record: &Record<PortalUser>, _: Time) -> Self {
        Self {
            id: record.id,
            client: record.client,
            name: record.name.clone(),
            email: record.email.clone(),
            rights: record.rights,
            status: record.status,
            invited_at: record.invitation.sent_at,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}
