//! Whom the firm talks to at a company: what a lead, a prospect, a proposal and a client have in common.

use serde::{Deserialize, Serialize};

use crate::{Email, SingleLine};

/// A company, and how to reach somebody there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The company's name.
    pub company_name: SingleLine<200>,
    /// Who is to be addressed there.
    pub contact_name: Option<SingleLine<200>>,
    /// Where mail goes.
    pub email: Option<Email>,
    /// A telephone number, as people write it.
    pub phone: Option<SingleLine<40>>,
}
