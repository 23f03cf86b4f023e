//! Portal users, as callers see them.

use chrono::{DateTime, Utc};
use domain::{
    Email, Language, SingleLine,
    access::Rights,
    ids::{ClientId, PortalUserId},
    invitation::Standing,
    portal_user::PortalUser,
};
use serde::Serialize;

use utoipa::ToSchema;

use api::View;

/// Somebody at a client.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = PortalUser)]
#[view(both = PortalUser, path = "/api/clients/portal-users/")]
pub struct PortalUserOut {
    id: PortalUserId,
    /// Whose they are.
    client: ClientId,
    name: SingleLine<200>,
    /// Where mail goes, and what they sign in with.
    email: Email,
    /// The language in which they are written to; none: the client's, or else the firm's.
    language: Option<Language>,
    rights: Rights,
    status: Standing,
    /// When the last link was sent to them.
    #[view(it.invitation.sent_at)]
    invited_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}
