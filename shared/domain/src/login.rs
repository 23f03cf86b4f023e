//! Logins: what somebody signs in with, one for all the firms and clients that they belong to.

use serde::{Deserialize, Serialize};

use crate::{Time, ids::FirmId};

/// What somebody signs in with. It is found by its e-mail, but is kept under an id of its own, so that the e-mail can change.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// The password's hash, as a PHC string.
    pub password: String,
    /// Where it leads, the newest last. Whether somebody is still let in there, the membership says.
    pub joined: Vec<Joined>,
}

/// A firm that a login once came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    /// The firm.
    pub firm: FirmId,
    /// Who they are there: a user's or portal user's id.
    pub subject: String,
    /// When they were entered there.
    pub since: Time,
}
