//! Who may sign up a firm: a setting of the installation.

use std::str::FromStr;

use api::Problem;
use domain::{SingleLine, payment_account::Mode};
use http::StatusCode;
use store::{Change, Found, no_firm_invitation};

/// An invitation to sign up a firm, as it was in the link.
pub(crate) type Invitation = SingleLine<64>;

/// Who may sign up a firm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Everybody.
    Open,
    /// Whoever the operators invited, once each.
    Invite,
    /// Nobody, once there is a firm.
    Closed,
}

impl FromStr for Registration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "open" => Ok(Self::Open),
            "invite" => Ok(Self::Invite),
            "closed" => Ok(Self::Closed),
            other => Err(format!("registration can't be {other}")),
        }
    }
}

impl Registration {
    /// The same where payments are taken as `mode` says: into the installation's account for one firm alone.
    #[must_use]
    pub(crate) fn under(self, mode: Mode) -> Self {
        match mode {
            Mode::Connect => self,
            Mode::Own => Self::Closed,
        }
    }

    /// That a firm may be signed up in `change`, at `now`, with `invitation` if there is one, where what was `found` says which was the
    /// first; 403 otherwise. It comes before anything that is told of an e-mail.
    pub(crate) fn admit(self, change: &mut Change, found: &Found, invitation: Option<&Invitation>) -> Result<(), Problem> {
        match (self, invitation) {
            (Self::Open, _) => Ok(()),
            (Self::Invite, Some(invitation)) if found.has_firm_invitation(invitation, change.now()) => {
                Ok(change.use_firm_invitation(invitation)?)
            }
            (Self::Invite, Some(_)) => Err(no_firm_invitation().into()),
            (Self::Invite, None) => Err(closed("Firms sign up by invitation here; use the link of yours.")),
            (Self::Closed, _) if found.first_firm()?.is_some() => Err(closed("No further firms sign up here.")),
            (Self::Closed, _) => Ok(()),
        }
    }
}

fn closed(detail: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "registration-closed", detail)
}
