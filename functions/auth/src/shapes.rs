//! Firms and their people, as callers see them.

use api::Shape;
use chrono::{DateTime, Utc};
use domain::{
    Currency, Email, SingleLine, Time, TimeZone,
    access::Role,
    firm::{Firm, FirmId},
    invitation::{Invitation, Standing},
    user::{User, UserId},
};
use serde::{Deserialize, Serialize};
use store::Record;
use utoipa::ToSchema;

/// A firm.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Firm)]
pub(crate) struct FirmOut {
    id: FirmId,
    name: SingleLine<200>,
    /// The default currency of what it sells.
    currency: Currency,
    time_zone: TimeZone,
    created_at: DateTime<Utc>,
}

impl From<&Record<Firm>> for FirmOut {
    fn from(record: &Record<Firm>) -> Self {
        let Firm { name, currency, time_zone, .. } = record.content.clone();
        Self { id: record.id, name, currency, time_zone, created_at: record.created_at }
    }
}

/// A member of the firm.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserOut {
    id: UserId,
    name: SingleLine<200>,
    /// Where mail goes, and what they sign in with.
    email: Email,
    role: Role,
    status: Standing,
    /// When the last link was sent to them; none for who founded the firm.
    invited_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Shape for UserOut {
    type Of = User;
    const PATH: &'static str = "/api/auth/users/";

    fn shape(record: &Record<User>, _: Time) -> Self {
        let User { name, email, role, status, active_since: _, invitation } = record.content.clone();
        let invited_at = invitation.map(|Invitation { sent_at, .. }| sent_at);
        Self { id: record.id, name, email, role, status, invited_at, created_at: record.created_at, updated_at: record.updated_at }
    }
}
