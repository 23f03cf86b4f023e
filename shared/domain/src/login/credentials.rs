//! What a login proves itself by, and where it leads.

use serde::{Deserialize, Serialize};

use crate::{
    Refusal, Time,
    ids::{ClientId, FirmId},
    second_factor::SecondFactor,
};

/// To how many firms and clients a login leads at most: what ends its sessions is one transaction.
pub const MOST_JOINED: usize = 80;

/// What a login proves itself by, and where it leads. Nothing of this is in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The password's hash, as a PHC string.
    pub password: String,
    /// Another each time that its sessions end: those that were neither begun nor kept in it are over. Not a time: of a sign-in beside
    /// it none is to be taken for later.
    pub epoch: u64,
    /// What else is asked.
    pub factor: SecondFactor,
    /// How often that was changed; each code that is taken changes it.
    pub factor_version: u64,
    /// As whom they signed in last: a user's or portal user's id.
    pub last_used: Option<String>,
    /// How often it joined a firm.
    pub joins: u64,
    /// Where it leads, the newest last. Whether somebody is still let in there, the membership says.
    pub joined: Vec<Joined>,
}

/// A firm that a login once came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The firm.
    pub firm: FirmId,
    /// Who they are there: a user's or portal user's id.
    pub subject: String,
    /// Whose they are there, if they are a client's.
    #[serde(default)]
    pub client: Option<ClientId>,
    /// When they were entered there.
    pub since: Time,
}

impl Credentials {
    /// Those of a new login, whose password's hash is `password`, and who signs in as `subject`.
    pub fn new(password: String, subject: &str) -> Self {
        let (factor, last_used) = (SecondFactor::default(), Some(subject.to_owned()));
        Self { password, epoch: 0, factor, factor_version: 0, last_used, joins: 1, joined: Vec::new() }
    }

    /// That it can lead to one more, where it is let in so often.
    pub fn has_room(let_in: usize) -> Result<(), Refusal> {
        if let_in < MOST_JOINED {
            Ok(())
        } else {
            Err(Refusal::state(format!("This e-mail signs in to {MOST_JOINED} firms and clients already, and to no more.")))
        }
    }

    /// Once somebody signed in by them as `subject`.
    #[must_use]
    pub fn signed_in(&self, subject: &str) -> Self {
        Self { last_used: Some(subject.to_owned()), ..self.clone() }
    }

    /// Once they lead to one more, `subject`, who signs in there.
    #[must_use]
    pub fn joining(&self, subject: &str) -> Self {
        Self { joins: self.joins + 1, ..self.signed_in(subject) }
    }

    /// With another hash of the same password, if there is one.
    #[must_use]
    pub fn rehashed(&self, hash: Option<String>) -> Self {
        Self { password: hash.unwrap_or_else(|| self.password.clone()), ..self.clone() }
    }

    /// Once the sessions are over.
    #[must_use]
    pub fn with_sessions_ended(&self) -> Self {
        Self { epoch: self.epoch + 1, ..self.clone() }
    }

    /// Once there is another password, of which `hash` is the hash: the sessions are over.
    #[must_use]
    pub fn with_password(&self, hash: String) -> Self {
        let after = Self { password: hash, ..self.with_sessions_ended() };
        // Nor is anything left of what who knew the one before has set up.
        let set_up = self.factor.pending.is_some().then(|| SecondFactor { pending: None, ..self.factor.clone() });
        set_up.into_iter().fold(after, |after, factor| after.with_factor(factor))
    }

    /// Once whose they are took back what somebody else had changed since `given_up`: there is another password, of which `hash` is the
    /// hash, and no second factor that wasn't there before.
    #[must_use]
    pub fn restored(&self, hash: String, given_up: Time) -> Self {
        let is_since = self.factor.totp.as_ref().is_some_and(|totp| totp.since >= given_up);
        if is_since { self.taken_over(hash) } else { self.with_password(hash) }
    }

    /// With another second factor, or one of which a code was taken.
    #[must_use]
    pub fn with_factor(&self, factor: SecondFactor) -> Self {
        Self { factor, factor_version: self.factor_version + 1, ..self.clone() }
    }

    /// Once nothing is left of who had them: whoever has shown that the e-mail is theirs has a password of which `hash` is the hash.
    #[must_use]
    pub fn taken_over(&self, hash: String) -> Self {
        self.with_password(hash).with_factor(SecondFactor::default())
    }
}
