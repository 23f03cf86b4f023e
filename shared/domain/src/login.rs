//! Logins: what somebody signs in with, one for all the firms and clients that they belong to. A login belongs to no firm, so
//! it is kept as the installation's ([`INSTALLATION`](crate::firm::INSTALLATION)).
//!
//! Whoever types an e-mail hasn't shown that it is theirs. Until they have, by a link that was sent there, the login is
//! unproven: whoever does show it takes it over, and what it founded reaches nobody.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{Email, Language, Refusal, SingleLine, Time, Transition, ids::FirmId};

mod credentials;
mod email;

pub use credentials::{Credentials, Joined, MOST_JOINED};
pub use email::{EmailChange, Follower, PastEmail, RETURNS, TAKEN_BACK};

/// How long a link that confirms an e-mail works.
pub const CONFIRMATION: TimeDelta = TimeDelta::hours(24);
/// How long a link works by which another password is chosen.
pub const RESET: TimeDelta = TimeDelta::hours(1);
/// How long nobody is sent another link by which a password or an e-mail is changed after the first that wasn't used; twice as long
/// after the second, and so on: whoever asks for another's can't fill their mailbox.
const WAITS: TimeDelta = TimeDelta::minutes(1);
/// The longest that it is: as long as a link works to choose a password, so that whose it is has one that works or is sent one.
const WAITS_AT_MOST: TimeDelta = RESET;
/// After how long it begins anew.
const FORGOTTEN: TimeDelta = TimeDelta::hours(24);
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
        /// Somebody said that they forgot its password; a link is sent by which it gets another.
        ResetRequested = "login.reset_requested" is Change,
        /// It got another password, by such a link.
        PasswordReset = "login.password_reset" is Change,
        /// It got another password, by who knew the one before.
        PasswordChanged = "login.password_changed" is Change,
        /// Another e-mail is to be its own; a link is sent there.
        EmailChangeRequested = "login.email_change_requested" is Change,
        /// It has another e-mail, whose it is followed that link; a link is sent to the one before that takes it back.
        EmailChanged = "login.email_changed" is Change,
        /// It has the e-mail of before again, by that link.
        EmailRestored = "login.email_restored" is Change,
        /// It got a second factor.
        FactorAdded = "login.factor_added" is Change,
        /// It got another in place of its second factor.
        FactorReplaced = "login.factor_replaced" is Change,
        /// Whose it is didn't set that up, and took it back by a link.
        FactorTakenBack = "login.factor_taken_back" is Change,
        /// It has no second factor any more.
        FactorRemoved = "login.factor_removed" is Change,
        /// It got other recovery codes.
        RecoveryCodesRenewed = "login.recovery_codes_renewed" is Change,
        /// One of its recovery codes was used.
        RecoveryCodeUsed = "login.recovery_code_used" is Change,
        /// It is written to in another language.
        LanguageChanged = "login.language_changed" is Change,
        /// All its sessions but one were ended.
        SessionsEnded = "login.sessions_ended" is Change,
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
    /// The language of mails about the login.
    #[serde(default)]
    pub language: Language,
    /// When it was shown that the e-mail is theirs, if it was.
    pub proven_at: Option<Time>,
    /// The firm that it founded, as long as its e-mail isn't confirmed: it is confirmed with it.
    pub founded: Option<FirmId>,
    /// The last link that was sent to confirm the e-mail.
    pub confirmation: Option<SentLink>,
    /// The last link that was sent to choose another password.
    #[serde(default)]
    pub reset: Option<SentLink>,
    /// What the e-mail is to become, or became last.
    #[serde(default)]
    pub email_change: Option<EmailChange>,
    /// The e-mails that it had lately, the newest last.
    #[serde(default)]
    pub past_emails: Vec<PastEmail>,
    /// Whose mail followed it when the e-mail was changed last.
    #[serde(default)]
    pub followers: Vec<Follower>,
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
    /// How many were sent, this one among them, since one was used.
    #[serde(default)]
    pub unused: u32,
}

impl SentLink {
    /// The one after `last`, at `now`.
    pub fn after(last: Option<Self>, now: Time) -> Self {
        let unused = last.map_or(0, |last| if last.used { 0 } else { last.unused });
        Self { number: last.map_or(1, |last| last.number + 1), sent_at: now, used: false, unused: unused + 1 }
    }

    /// The same, unless `last` was sent a moment ago or too many were in a row.
    fn next(last: Option<Self>, now: Time) -> Option<Self> {
        let waits = |last: Self| (WAITS * 2_i32.pow(last.unused.saturating_sub(1).min(10))).min(WAITS_AT_MOST);
        let is_early = last.is_some_and(|last| !last.used && now < last.sent_at + waits(last));
        let last = last.map(|last| Self { used: last.used || now >= last.sent_at + FORGOTTEN, ..last });
        (!is_early).then(|| Self::after(last, now))
    }

    /// It once it is worthless.
    fn spent(self) -> Self {
        Self { used: true, ..self }
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
        Ok(self.spent())
    }
}

impl Login {
    /// Of who signs up `firm` at `now`, with an e-mail that they type.
    pub fn registered(name: SingleLine<200>, email: Email, firm: FirmId, now: Time) -> Self {
        let confirmation = Some(SentLink::after(None, now));
        Self { proven_at: None, founded: Some(firm), confirmation, ..Self::proven(name, email, now) }
    }

    /// Of who came by a link that was sent to `email`.
    pub fn proven(name: SingleLine<200>, email: Email, now: Time) -> Self {
        let (past_emails, followers) = (Vec::new(), Vec::new());
        Self {
            name,
            email,
            language: Language::default(),
            proven_at: Some(now),
            founded: None,
            confirmation: None,
            reset: None,
            email_change: None,
            past_emails,
            followers,
        }
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
    pub fn take_over(&self, (name, language): (SingleLine<200>, Language), now: Time) -> Transition<Self> {
        match self.proven_at {
            Some(_) => Err(Refusal::state("This e-mail has a login already; sign in with it.")),
            None => Ok((Self { name, language, proven_at: Some(now), ..self.clone() }, Event::TakenOver)),
        }
    }

    /// Send a link by which another password is chosen; nothing, if one was sent a moment ago, or too many were in a row.
    pub fn request_reset(&self, now: Time) -> Option<(Self, Event)> {
        SentLink::next(self.reset, now).map(|reset| (Self { reset: Some(reset), ..self.clone() }, Event::ResetRequested))
    }

    /// The link `number` to choose another password was used: so the e-mail is theirs.
    pub fn reset_password(&self, number: u32, now: Time) -> Transition<Self> {
        let sent = self.reset.ok_or_else(|| Refusal::state("No link was sent to choose another password."))?;
        let reset = Some(sent.use_up(number, RESET, now)?);
        let proven_at = self.proven_at.or(Some(now));
        Ok((Self { proven_at, reset, ..self.clone() }, Event::PasswordReset))
    }

    /// It is written to in `language`; nothing, if it is already.
    pub fn speak(&self, language: Language) -> Option<(Self, Event)> {
        (self.language != language).then(|| (Self { language, ..self.clone() }, Event::LanguageChanged))
    }

    /// All its sessions are ended but the one in which that is asked.
    pub fn end_sessions(&self) -> (Self, Event) {
        (self.clone(), Event::SessionsEnded)
    }

    /// It has a second factor from now on.
    pub fn add_factor(&self) -> (Self, Event) {
        (self.clone(), Event::FactorAdded)
    }

    /// It has another in place of its second factor.
    pub fn replace_factor(&self) -> (Self, Event) {
        (self.clone(), Event::FactorReplaced)
    }

    /// Whose it is took a second factor back that somebody else had set up; links that were sent to choose a password are worthless.
    pub fn take_factor_back(&self) -> (Self, Event) {
        (Self { reset: self.reset.map(SentLink::spent), ..self.clone() }, Event::FactorTakenBack)
    }

    /// It has no second factor any more.
    pub fn remove_factor(&self) -> (Self, Event) {
        (self.clone(), Event::FactorRemoved)
    }

    /// It has other recovery codes.
    pub fn renew_recovery_codes(&self) -> (Self, Event) {
        (self.clone(), Event::RecoveryCodesRenewed)
    }

    /// One of its recovery codes was used.
    pub fn use_recovery_code(&self) -> (Self, Event) {
        (self.clone(), Event::RecoveryCodeUsed)
    }

    /// Whoever knows its password chose another; links that were sent for that are worthless.
    pub fn change_password(&self) -> (Self, Event) {
        (Self { reset: self.reset.map(SentLink::spent), ..self.clone() }, Event::PasswordChanged)
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
        let (taken, _) = login.take_over((SingleLine::new("Ann Lee").unwrap(), Language::De), now).unwrap();
        assert_eq!((taken.proven_at, taken.founded, taken.language), (Some(now), login.founded, Language::De));
        assert!(taken.take_over((login.name.clone(), Language::En), now).is_err());
        assert!(taken.confirm(1, now).is_ok());
    }

    #[test]
    fn a_password_is_reset_once_by_the_last_link_within_an_hour_which_shows_that_the_e_mail_is_theirs() {
        let (login, now) = (registered(), Time::default());
        assert!(login.reset_password(1, now).is_err());
        let (asked, _) = login.request_reset(now).unwrap();
        assert!(asked.reset_password(1, now + RESET).is_err() && asked.reset_password(2, now).is_err());
        let (reset, event) = asked.reset_password(1, now).unwrap();
        assert_eq!((event, reset.proven_at, reset.founded), (Event::PasswordReset, Some(now), login.founded));
        assert!(reset.reset_password(1, now).is_err());
        let (changed, _) = asked.change_password();
        assert!(changed.reset_password(1, now).is_err());
    }

    #[test]
    fn who_asks_again_and_again_has_fewer_and_fewer_links_sent() {
        let mut login = registered();
        let sent = (0..7 * 24 * 60).filter(|minute| match login.request_reset(Time::default() + TimeDelta::minutes(*minute)) {
            Some((asked, _)) => {
                login = asked;
                true
            }
            None => false,
        });
        // After 1, 2, 4, … minutes, and then each hour: there always is one that works.
        assert_eq!(sent.count(), 7 + 166);
        let now = Time::default() + TimeDelta::days(8);
        let number = login.reset.unwrap().number;
        assert!(login.request_reset(now).unwrap().0.reset_password(number + 1, now).unwrap().0.request_reset(now).is_some());
    }
}
