//! Who may sign up a firm: a setting of the installation.

use std::str::FromStr;

use api::Problem;
use domain::{SingleLine, ids::FirmId, payment_account::Mode};
use http::StatusCode;
use store::{Change, Found};

/// An invitation to sign up a firm, as it was in the link.
pub(crate) type Invitation = SingleLine<64>;

/// Who may sign up a firm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Registration {
    /// Everybody.
    #[default]
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

    /// That `firm` may be signed up in `change`, with `invitation` if there is one, where what was `found` says which was the first;
    /// 403 otherwise.
    pub(crate) fn admit(self, change: &mut Change, found: &Found, firm: FirmId, invitation: Option<&Invitation>) -> Result<(), Problem> {
        let first = found.first_firm()?;
        match (self, invitation) {
            (Self::Open, _) => {}
            (Self::Invite, Some(invitation)) => change.use_firm_invitation(invitation)?,
            (Self::Invite, None) => return Err(closed("Firms sign up by invitation here; use the link of yours.")),
            (Self::Closed, _) if first.is_some() => return Err(closed("No further firms sign up here.")),
            (Self::Closed, _) => {}
        }
        if first.is_none() {
            change.be_first_firm(firm)?;
        }
        Ok(())
    }
}

fn closed(detail: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "registration-closed", detail)
}
