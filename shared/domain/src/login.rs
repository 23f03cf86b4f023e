//! Logins: what somebody signs in with, one for all the firms and clients that they belong to. A login belongs to no firm, so
//! it is kept as the installation's ([`INSTALLATION`](crate::firm::INSTALLATION)).
//!
//! Whoever types an e-mail hasn't shown that it is theirs. Until they have, by a link that was sent there, the login is
//! unproven: whoever does show it takes it over, and what it founded reaches nobody.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{Email, Refusal, SingleLine, Time, Transition, ids::FirmId};

/// How long a link that confirms an e-mail works.
pub const CONFIRMATION: TimeDelta = TimeDelta::hours(24);
/// How many are sent at the most: whoever signs up with another's e-mail can't fill their mailbox.
const MOST_CONFIRMATIONS: u32 = 10;

crate::events! {
    Login {
        /// A firm was signed up with it; a link is sent by which its e-mail is confirmed.
        Registered = "login.registered" is Creation,
        /// Somebody came by a link that was sent to its e-mail.
        Created = "login.created" is Creation,
        /// Another link to confirm its e-mail is to be sent.
        ConfirmationResent = "login.confirmation_resent" is Change,
        /// Its e-mail was confirmed, by such a link.
        Confirmed = "login.confirmed" is Change,
        /// It was taken over from who hadn't proven its e-mail, by who came by a link that was sent there.
        TakenOver = "login.taken_over" is Change,
        /// Nobody confirmed its e-mail: it is free again.
        Closed = "login.closed" is Deletion,
    }
}

/// What somebody signs in with, but for its secrets: see [`Credentials`]. It is found by its e-mail, but is kept under an id of
/// its own, so that the e-mail can change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Login {
    /// What they are called, in mails about the login.
    pub name: SingleLine<200>,
    /// What they sign in with, and where mails about the login go.
    pub email: Email,
    /// When it was shown that the e-mail is theirs, if it was.
    pub proven_at: Option<Time>,
    /// The firm that it founded, as long as its e-mail isn't confirmed: it is confirmed with it.
    pub founded: Option<FirmId>,
    /// The last link that was sent to confirm the e-mail.
    pub confirmation: Option<SentLink>,
    /// Since when sessions go on: those that began before are over.
    pub sessions_since: Option<Time>,
}

/// The last link of its kind that was sent. It works once, and for as long as its kind does; another makes it worthless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentLink {
    /// 1 for the first.
    pub number: u32,
    /// When it was to be sent.
    pub sent_at: Time,
    /// Whether it was used.
    pub used: bool,
}

impl SentLink {
    /// The one after `last`, at `now`.
    pub fn after(last: Option<Self>, now: Time) -> Self {
        Self { number: last.map_or(1, |last| last.number + 1), sent_at: now, used: false }
    }

    /// It once link `number` was used at `now`, of a kind that works `so_long`.
    pub fn use_up(self, number: u32, so_long: TimeDelta, now: Time) -> Result<Self, Refusal> {
        if number != self.number {
            return Err(Refusal::state("A newer link was sent; use the one in the last mail."));
        }
        if self.used {
            return Err(Refusal::state("This link has been used."));
        }
        if now >= self.sent_at + so_long {
            return Err(Refusal::state("This link has expired; ask for a new one."));
        }
        Ok(Self { used: true, ..self })
    }
}

/// What a login proves itself by, and where it leads. Nothing of this is in an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Credentials {
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

impl Login {
    /// Of who signs up `firm` at `now`, with an e-mail that they type.
    pub fn registered(name: SingleLine<200>, email: Email, firm: FirmId, now: Time) -> Self {
        let confirmation = Some(SentLink::after(None, now));
        Self { name, email, proven_at: None, founded: Some(firm), confirmation, sessions_since: None }
    }

    /// Of who came by a link that was sent to `email`.
    pub fn proven(name: SingleLine<200>, email: Email, now: Time) -> Self {
        Self { name, email, proven_at: Some(now), founded: None, confirmation: None, sessions_since: None }
    }

    /// Send another link to confirm the e-mail.
    pub fn resend_confirmation(&self, now: Time) -> Transition<Self> {
        self.unconfirmed()?;
        match self.confirmation {
            Some(last) if last.number >= MOST_CONFIRMATIONS => {
                Err(Refusal::state(format!("{MOST_CONFIRMATIONS} links were sent already; look where else your mail goes.")))
            }
            last => Ok((Self { confirmation: Some(SentLink::after(last, now)), ..self.clone() }, Event::ConfirmationResent)),
        }
    }

    /// The link `number` to confirm the e-mail was used.
    pub fn confirm(&self, number: u32, now: Time) -> Transition<Self> {
        self.unconfirmed()?;
        let sent = self.confirmation.ok_or_else(|| Refusal::state("No link was sent to confirm it."))?;
        let confirmation = Some(sent.use_up(number, CONFIRMATION, now)?);
        let proven_at = self.proven_at.or(Some(now));
        Ok((Self { proven_at, founded: None, confirmation, ..self.clone() }, Event::Confirmed))
    }

    fn unconfirmed(&self) -> Result<(), Refusal> {
        match self.founded {
            Some(_) => Ok(()),
            None => Err(Refusal::state("The e-mail is confirmed already.")),
        }
    }

    /// Somebody came by a link that was sent to the e-mail, other than to confirm it: whoever typed it before hasn't shown that it
    /// is theirs, and loses it.
    pub fn take_over(&self, name: SingleLine<200>, now: Time) -> Transition<Self> {
        match self.proven_at {
            Some(_) => Err(Refusal::state("This e-mail has a login already; sign in with it.")),
            None => Ok((Self { name, proven_at: Some(now), sessions_since: Some(now), ..self.clone() }, Event::TakenOver)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Id;

    fn registered() -> Login {
        let (name, email) = (SingleLine::new("Ann Lee").unwrap(), Email::new("ann@north.example").unwrap());
        Login::registered(name, email, Id::new(Time::default(), 1), Time::default())
    }

    #[test]
    fn an_e_mail_is_confirmed_once_by_the_last_link_within_a_day() {
        let (login, now) = (registered(), Time::default());
        let (again, event) = login.resend_confirmation(now).unwrap();
        assert_eq!(event, Event::ConfirmationResent);
        assert!(again.confirm(1, now).is_err() && again.confirm(2, now + CONFIRMATION).is_err());
        let often = (0..20).fold(login, |login, _| login.resend_confirmation(now).map_or(login, |(login, _)| login));
        assert_eq!(often.confirmation.map(|last| last.number), Some(MOST_CONFIRMATIONS));
        let (confirmed, event) = again.confirm(2, now).unwrap();
        assert_eq!((event, confirmed.proven_at, confirmed.founded), (Event::Confirmed, Some(now), None));
        assert!(confirmed.confirm(2, now).is_err() && confirmed.resend_confirmation(now).is_err());
    }

    #[test]
    fn only_a_login_that_was_never_proven_is_taken_over_and_what_it_founded_waits_to_be_confirmed() {
        let (login, now) = (registered(), Time::default());
        let (taken, _) = login.take_over(SingleLine::new("Ann Lee").unwrap(), now).unwrap();
        assert_eq!((taken.sessions_since, taken.founded), (Some(now), login.founded));
        assert!(taken.take_over(login.name.clone(), now).is_err());
        assert!(taken.confirm(1, now).is_ok());
    }
}
