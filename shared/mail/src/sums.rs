//! What the mails about money add up: amounts, each with what it is, and what comes out.

use domain::Refusal;

use crate::SendError;

/// An amount, and what it is.
#[derive(Debug)]
pub(crate) struct Sum {
    pub(crate) label: String,
    pub(crate) amount: String,
    /// Whether it is what comes out.
    pub(crate) main: bool,
}

impl Sum {
    /// An amount on the way to what comes out.
    pub(crate) fn of(label: String, amount: String) -> Self {
        Self { label, amount, main: false }
    }

    /// What comes out.
    pub(crate) fn main(label: String, amount: String) -> Self {
        Self { label, amount, main: true }
    }
}

/// A mail whose amounts don't go together is never sent.
pub(crate) fn unequal(refusal: Refusal) -> SendError {
    SendError::refused(refusal.to_string())
}
