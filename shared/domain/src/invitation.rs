//! Invitations: how somebody whom another person entered comes to a login of their own.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{Refusal, Time};

/// How long a link in a mail lets somebody in.
pub const VALID: TimeDelta = TimeDelta::days(7);

/// Where somebody stands between being invited and being gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Has been sent a link and hasn't used it.
    Invited,
    /// Can sign in.
    Active,
    /// Can't any more.
    Deactivated,
}

impl Standing {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }
}

/// The last link that was sent to somebody. Sending another makes the ones before it worthless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// 1 for the first.
    pub number: u32,
    /// When it was sent.
    pub sent_at: Time,
}

impl Invitation {
    /// The first, at `now`.
    pub fn first(now: Time) -> Self {
        Self { number: 1, sent_at: now }
    }

    /// The one after this, at `now`.
    #[must_use]
    pub fn next(self, now: Time) -> Self {
        Self { number: self.number + 1, sent_at: now }
    }

    /// Until when its link works.
    pub fn expires_at(self) -> Time {
        self.sent_at + VALID
    }

    /// That the link of invitation `number` lets somebody in who stands at `standing`.
    pub fn admits(self, standing: Standing, number: u32, now: Time) -> Result<(), Refusal> {
        match standing {
            Standing::Active => Err(Refusal::state("This invitation has been used; sign in with your password.")),
            Standing::Deactivated => Err(Refusal::state("This invitation was withdrawn.")),
            Standing::Invited if number != self.number => {
                Err(Refusal::state("A newer invitation was sent; use the link in the last mail."))
            }
            Standing::Invited if now >= self.expires_at() => Err(Refusal::state("This invitation has expired; ask for a new one.")),
            Standing::Invited => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_link_of_somebody_who_waits_works_and_only_for_a_week() {
        let sent = Time::default();
        let second = Invitation::first(sent).next(sent);
        assert!(second.admits(Standing::Invited, 2, sent).is_ok());
        assert!(second.admits(Standing::Invited, 1, sent).is_err());
        assert!(second.admits(Standing::Invited, 3, sent).is_err());
        assert!(second.admits(Standing::Invited, 2, sent + VALID).is_err());
        assert!(second.admits(Standing::Active, 2, sent).is_err());
        assert!(second.admits(Standing::Deactivated, 2, sent).is_err());
    }
}
