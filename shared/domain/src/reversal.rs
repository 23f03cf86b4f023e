//! That something was recorded wrongly: it stays, says so, and doesn't count.

use serde::{Deserialize, Serialize};

use crate::{MultiLine, Time};

/// That a payment or a refund was recorded wrongly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reversal {
    /// Why.
    pub reason: MultiLine<300>,
    /// When.
    pub at: Time,
}
