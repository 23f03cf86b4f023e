//! Firms and their people, as callers see them.

use api::View;
use chrono::{DateTime, Utc};
use domain::{
    Currency, Email, Language, SingleLine, TimeZone,
    access::Role,
    firm::Firm,
    ids::{ClientId, FirmId, UserId},
    invitation::Standing,
    session::Principal,
    user::User,
};
use serde::{Deserialize, Serialize};
use store::{Membership, Record};
use utoipa::ToSchema;

/// A firm.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, View)]
#[schema(as = Firm)]
#[view(of = Record<Firm>)]
pub(crate) struct FirmOut {
    id: FirmId,
    name: SingleLine<200>,
    /// The default currency of what it sells.
    currency: Currency,
    time_zone: TimeZone,
    /// The language of its mails to whom no other is known of.
    language: Language,
    /// By when its founder has to have confirmed their e-mail: it is closed otherwise, and nothing leaves it until then. None once
    /// they have.
    #[view(it.unconfirmed.map(|unconfirmed| unconfirmed.until))]
    confirm_by: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

/// As whom somebody can be, by `switch/`: a member of a firm, or of a client of a firm.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = MembershipSummary)]
pub(crate) struct MembershipOut {
    /// The user's or portal user's id.
    id: String,
    firm: FirmId,
    /// The client, of a portal user.
    client: Option<ClientId>,
    /// The role, of a member of the firm.
    role: Option<Role>,
}

impl MembershipOut {
    pub(crate) fn of(Membership { firm, principal }: &Membership) -> Self {
        let (client, role) = match principal {
            Principal::Staff { role, .. } => (None, Some(*role)),
            Principal::Portal { client, .. } => (Some(*client), None),
        };
        Self { id: principal.subject(), firm: *firm, client, role }
    }
}

/// A member of the firm.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, View)]
#[schema(as = User)]
#[view(both = User, path = "/api/auth/users/")]
pub(crate) struct UserOut {
    id: UserId,
    name: SingleLine<200>,
    /// Where mail goes, and what they sign in with.
    email: Email,
    /// The language in which they are written to; none: the firm's.
    language: Option<Language>,
    role: Role,
    status: Standing,
    /// When the last link was sent to them; none for who founded the firm.
    #[view(it.invitation.map(|invitation| invitation.sent_at))]
    invited_at: Option<DateTime<Utc>>,
    /// To whom what they had still to do was handed last.
    handed_over_to: Option<UserId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}
