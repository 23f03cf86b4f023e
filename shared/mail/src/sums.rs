//! What the mails about money add up: amounts, each with what it is, and what comes out.

use domain::{Money, Refusal};

use crate::{SendError, format};

/// An amount, and what it is.
pub(crate) struct Sum {
    pub(crate) label: &'static str,
    pub(crate) amount: String,
    /// Whether it is what comes out.
    pub(crate) main: bool,
}

impl Sum {
    /// An amount on the way to what comes out.
    pub(crate) fn of(label: &'static str, amount: Money) -> Self {
        Self { label, amount: format::amount(amount), main: false }
    }

    /// The same, if it isn't zero.
    pub(crate) fn some(label: &'static str, amount: Money) -> Option<Self> {
        (!amount.is_zero()).then(|| Self::of(label, amount))
    }

    /// What comes out.
    pub(crate) fn main(label: &'static str, amount: Money) -> Self {
        Self { main: true, ..Self::of(label, amount) }
    }
}

/// A mail whose amounts don't go together is never sent.
pub(crate) fn unequal(refusal: Refusal) -> SendError {
    SendError::refused(refusal.to_string())
}
