//! Changing the e-mail of a login: a link that is sent to the new one shows that it is theirs, and a link that is sent to the old one
//! takes it back, since who changes it may be somebody else who found the device unlocked.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{CONFIRMATION, Event, Login, SentLink};
use crate::{
    Email, Refusal, Time, Transition,
    ids::{FirmId, SessionId},
};

/// How long whose e-mail was changed can take that back.
pub const RETURNS: TimeDelta = TimeDelta::hours(72);
/// What is said of what isn't there to be taken back.
pub const TAKEN_BACK: &str = "It was taken back already, or three days are over.";
/// How often it is changed in that time.
const MOST_RETURNS: usize = 5;

/// That the e-mail is to be changed, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailChange {
    /// What it becomes.
    pub to: Email,
    /// The link that was sent there.
    pub link: SentLink,
    /// In which session it was asked, which goes on when the others end.
    pub session: SessionId,
    /// In which epoch of the login: who chooses another password, or ends all sessions, ends this too.
    pub epoch: u64,
}

/// An e-mail that a login had, and can have again for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastEmail {
    /// It.
    pub email: Email,
    /// By which link it was given up: what takes it back names that.
    pub number: u32,
    /// When it was given up.
    pub until: Time,
}

/// Whom a login stands for in a firm: where its mail goes, follows its e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follower {
    /// The firm.
    pub firm: FirmId,
    /// A user's or portal user's id.
    pub subject: String,
}

impl PastEmail {
    /// Until when it can be taken back.
    pub fn returns_until(&self) -> Time {
        self.until + RETURNS
    }
}

impl Login {
    /// Send a link to `to`, which becomes the e-mail once it is followed; asked in `session` of `epoch` at `now`.
    pub fn request_email(&self, to: Email, (session, epoch): (SessionId, u64), now: Time) -> Transition<Self> {
        if to == self.email {
            return Err(Refusal::rule("email", "Is your e-mail already."));
        }
        let last = self.email_change.as_ref().map(|change| change.link);
        let Some(link) = SentLink::next(last, now) else {
            return Err(Refusal::state("A link was sent a short while ago; wait before you ask for another."));
        };
        if self.past_emails_at(now).count() >= MOST_RETURNS {
            return Err(Refusal::state(format!(
                "The e-mail was changed {MOST_RETURNS} times in three days; wait before you change it again."
            )));
        }
        let email_change = Some(EmailChange { to, link, session, epoch });
        Ok((Self { email_change, ..self.clone() }, Event::EmailChangeRequested))
    }

    /// The link `number` was followed that was sent to the new e-mail, at `now`, when the login is in `epoch`; its `followers` are told
    /// of it. One that nobody had proven can't be taken back: it may be anybody's.
    pub fn change_email(&self, number: u32, epoch: u64, followers: Vec<Follower>, now: Time) -> Transition<Self> {
        let change = self.email_change.clone().ok_or_else(|| Refusal::state("No link was sent to change the e-mail."))?;
        let link = change.link.use_up(number, CONFIRMATION, now)?;
        if change.epoch != epoch {
            return Err(Refusal::state("The password was changed since, or all sessions were ended; ask for another link."));
        }
        let given_up = self.proven_at.map(|_| PastEmail { email: self.email.clone(), number, until: now });
        let past_emails = self.past_emails_at(now).filter(|past| past.email != change.to).cloned().chain(given_up).collect();
        let (email, proven_at) = (change.to.clone(), self.proven_at.or(Some(now)));
        let changed = Self {
            email,
            proven_at,
            founded: None,
            reset: self.reset.map(SentLink::spent),
            email_change: Some(EmailChange { link, ..change }),
            past_emails,
            followers,
            ..self.clone()
        };
        Ok((changed, Event::EmailChanged))
    }

    /// Whose e-mail was changed by the link `number` takes that back at `now`, and all that came of it since.
    pub fn restore_email(&self, number: u32, followers: Vec<Follower>, now: Time) -> Transition<Self> {
        let past = self.past_email(number, now).ok_or_else(|| Refusal::state(TAKEN_BACK))?.clone();
        let past_emails = self.past_emails_at(now).take_while(|other| other.number != number).cloned().collect();
        let email_change = self.email_change.clone().map(|change| EmailChange { link: change.link.spent(), ..change });
        let (email, reset) = (past.email, self.reset.map(SentLink::spent));
        Ok((Self { email, reset, email_change, past_emails, followers, ..self.clone() }, Event::EmailRestored))
    }

    /// Whether `email` is the login's at `now`, or was lately and can be again.
    pub fn is_reached_by(&self, email: &Email, now: Time) -> bool {
        self.email == *email || self.past_emails_at(now).any(|past| past.email == *email)
    }

    /// The e-mail that was given up by the link `number`, if it can be taken back at `now`.
    pub fn past_email(&self, number: u32, now: Time) -> Option<&PastEmail> {
        self.past_emails_at(now).find(|past| past.number == number)
    }

    /// Those that can be taken back at `now`, the newest last.
    fn past_emails_at(&self, now: Time) -> impl Iterator<Item = &PastEmail> {
        self.past_emails.iter().filter(move |past| now < past.returns_until())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Id, SingleLine};

    fn email(name: &str) -> Email {
        Email::new(&format!("{name}@north.example")).unwrap()
    }

    fn ann(now: Time) -> Login {
        Login::proven(SingleLine::new("Ann Lee").unwrap(), email("ann"), now)
    }

    /// `login` once its e-mail is `to`.
    fn moved(login: &Login, to: &str, now: Time) -> Login {
        let (asked, _) = login.request_email(email(to), (Id::new(now, 1), 3), now).unwrap();
        asked.change_email(asked.email_change.as_ref().unwrap().link.number, 3, Vec::new(), now).unwrap().0
    }

    #[test]
    fn an_e_mail_is_changed_once_by_the_last_link_within_a_day_and_in_the_same_epoch() {
        let (now, session) = (Time::default(), (Id::new(Time::default(), 1), 3));
        let login = ann(now);
        assert_eq!(login.request_email(email("ann"), session, now).unwrap_err().field, Some("email".into()));
        let (asked, _) = login.request_email(email("anna"), session, now).unwrap();
        assert_eq!(asked.email, email("ann"));
        assert!(asked.change_email(2, 3, Vec::new(), now).is_err() && asked.change_email(1, 4, Vec::new(), now).is_err());
        assert!(asked.change_email(1, 3, Vec::new(), now + CONFIRMATION).is_err() && login.change_email(1, 3, Vec::new(), now).is_err());
        let (changed, event) = asked.change_email(1, 3, Vec::new(), now).unwrap();
        assert_eq!((event, &changed.email), (Event::EmailChanged, &email("anna")));
        assert!(changed.change_email(1, 3, Vec::new(), now).is_err());
        // Nobody's mailbox is filled by it.
        assert!(asked.request_email(email("bo"), session, now + TimeDelta::seconds(59)).is_err());
        assert!(asked.request_email(email("bo"), session, now + TimeDelta::seconds(60)).is_ok());
    }

    #[test]
    fn it_is_taken_back_within_three_days_with_all_that_came_of_it() {
        let now = Time::default();
        let twice = moved(&moved(&ann(now), "eve", now), "mallory", now + TimeDelta::hours(1));
        assert_eq!(twice.past_emails.iter().map(|past| &past.email).collect::<Vec<_>>(), [&email("ann"), &email("eve")]);
        assert!(twice.restore_email(1, Vec::new(), now + RETURNS).is_err() && twice.restore_email(3, Vec::new(), now).is_err());
        let (asked, _) = twice.request_email(email("trent"), (Id::new(now, 1), 3), now + TimeDelta::hours(2)).unwrap();
        let (back, event) = asked.restore_email(1, Vec::new(), now + TimeDelta::hours(71)).unwrap();
        assert_eq!((event, &back.email, back.past_emails.len()), (Event::EmailRestored, &email("ann"), 0));
        // What whoever it was asked for since is worthless.
        assert!(back.change_email(3, 3, Vec::new(), now + TimeDelta::hours(2)).is_err());
        assert!(back.restore_email(1, Vec::new(), now).is_err() && back.restore_email(2, Vec::new(), now).is_err());
    }

    #[test]
    fn what_nobody_has_proven_is_not_taken_back_and_what_is_new_is_proven() {
        let now = Time::default();
        let typed = Login::registered(SingleLine::new("Ann Lee").unwrap(), email("amn"), Id::new(now, 1), now);
        let mended = moved(&typed, "ann", now);
        assert_eq!((mended.proven_at, mended.founded, mended.past_emails.len()), (Some(now), None, 0));
        let often = (0..20).fold(ann(now), |login, n| {
            let later = now + TimeDelta::minutes(n);
            let asked = login.request_email(email(&format!("ann{n}")), (Id::new(now, 1), 3), later);
            asked.map_or(login, |(asked, _)| {
                asked.change_email(asked.email_change.as_ref().unwrap().link.number, 3, Vec::new(), later).unwrap().0
            })
        });
        assert_eq!(often.past_emails.len(), MOST_RETURNS);
    }
}
