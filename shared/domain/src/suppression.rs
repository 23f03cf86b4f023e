//! Addresses to which a firm sends no mail, because one came back for good or was called spam. Each address has one such
//! record in a firm, whatever happens to it.
//!
//! Who complains about a firm's mail doesn't get any at the wish of that firm alone: only they can ask for it, and the
//! installation's operators lift it then.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::{
    Email, Refusal, Time, Transition,
    ids::MailId,
    mail::{BounceKind, Mail},
    names::names,
};

crate::events! {
    Suppression {
        /// No mail is sent there from now on.
        Added = "suppression.added" is Creation,
        /// There is another reason.
        Changed = "suppression.changed" is Change,
        /// Mail is sent there again.
        Lifted = "suppression.lifted" is Change,
        /// It was, and came back again, or was called spam.
        Renewed = "suppression.renewed" is Change,
    }
}

names! {
    /// Whether mail is sent there.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = SuppressionStatus))]
    #[serde(rename_all = "snake_case")]
    pub enum Status {
        /// None is.
        Active = "active",
        /// It is again.
        Lifted = "lifted",
    }
}

names! {
    /// Why no mail is sent there; the stronger reason last.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = SuppressionReason))]
    #[serde(rename_all = "snake_case")]
    pub enum Reason {
        /// A mail came back for good.
        Bounce = "bounce",
        /// A mail was called spam.
        Complaint = "complaint",
    }
}

/// What a mail gives reason to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Why.
    pub reason: Reason,
    /// The same as a sentence for the firm.
    pub detail: String,
    /// Which mail it was.
    pub mail: MailId,
    /// When that was sent.
    pub sent_at: Time,
    /// When that came back or was called spam.
    pub at: Time,
}

impl Cause {
    /// What the mail `id` gives reason to, which came back for good or was called spam; none if it did neither.
    pub fn of(id: MailId, mail: &Mail) -> Option<Self> {
        let cause = |reason, detail: &str, at| Self { reason, detail: detail.to_owned(), mail: id, sent_at: mail.sent_at, at };
        if let Some(at) = mail.complained_at {
            return Some(cause(Reason::Complaint, "The recipient called a mail spam.", at));
        }
        let bounce = mail.bounce.filter(|bounce| bounce.kind == BounceKind::Permanent)?;
        Some(cause(Reason::Bounce, bounce.reason.in_words(), bounce.at))
    }

    /// The stronger of the two; of two that are as strong, the earlier.
    fn or_stronger(self, other: Self) -> Self {
        let rank = |cause: &Self| (cause.reason, Reverse((cause.at, cause.mail)));
        if rank(&other) > rank(&self) { other } else { self }
    }
}

/// An address to which no mail is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suppression {
    /// The address.
    pub email: Email,
    /// Why.
    pub cause: Cause,
    /// When mail was let go there again, if it was.
    pub lifted_at: Option<Time>,
}

impl Suppression {
    /// No mail is sent to `email` from now on, because of `cause`.
    pub fn new(email: Email, cause: Cause) -> Self {
        Self { email, cause, lifted_at: None }
    }

    /// Whether mail is sent there.
    pub fn status(&self) -> Status {
        if self.lifted_at.is_some() { Status::Lifted } else { Status::Active }
    }

    /// There is `cause` too; nothing if that changes nothing. A mail that was sent before it was lifted and came back tells of
    /// nothing new.
    pub fn again(&self, cause: Cause) -> Option<(Self, Event)> {
        match self.lifted_at {
            Some(lifted_at) if cause.reason == Reason::Bounce && cause.sent_at <= lifted_at => None,
            Some(_) => Some((Self::new(self.email.clone(), cause), Event::Renewed)),
            None => {
                let cause = self.cause.clone().or_stronger(cause);
                (cause != self.cause).then(|| (Self { cause, ..self.clone() }, Event::Changed))
            }
        }
    }

    /// Somebody of the firm lets mail go there again at `now`.
    pub fn lift(&self, now: Time) -> Transition<Self> {
        match (self.status(), self.cause.reason) {
            (Status::Active, Reason::Complaint) => Err(Refusal::state(
                "The recipient called a mail spam, so only they can ask for more: the operators of this service lift it then.",
            )),
            (Status::Active, Reason::Bounce) | (Status::Lifted, _) => self.lift_as_asked(now),
        }
    }

    /// Mail goes there again from `now` on, as whose address it is has asked the operators.
    pub fn lift_as_asked(&self, now: Time) -> Transition<Self> {
        match self.status() {
            Status::Active => Ok((Self { lifted_at: Some(now), ..self.clone() }, Event::Lifted)),
            Status::Lifted => Err(Refusal::state("It was lifted already.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_timestamp_millis(1_763_800_000_000).unwrap() + TimeDelta::seconds(seconds)
    }

    fn cause(reason: Reason, sent: i64, back: i64) -> Cause {
        Cause { reason, detail: String::new(), mail: MailId::new(at(sent), 1), sent_at: at(sent), at: at(back) }
    }

    fn suppressed(cause: Cause) -> Suppression {
        Suppression::new(Email::new("ann@acme.example").unwrap(), cause)
    }

    #[test]
    fn the_strongest_cause_counts_in_whichever_order_they_come() {
        let [early, late, complaint] =
            [(Reason::Bounce, 1, 2), (Reason::Bounce, 0, 3), (Reason::Complaint, 4, 9)].map(|(r, s, b)| cause(r, s, b));
        for (one, other, expected) in [(&early, &late, &early), (&early, &complaint, &complaint), (&late, &complaint, &complaint)] {
            for (first, second) in [(one, other), (other, one)] {
                let known = suppressed(first.clone());
                let after = known.again(second.clone()).map_or(known, |(after, event)| {
                    assert_eq!(event, Event::Changed);
                    after
                });
                assert_eq!(after.cause, *expected);
            }
        }
    }

    #[test]
    fn the_firm_lifts_what_came_back_and_not_what_was_called_spam() {
        let bounced = suppressed(cause(Reason::Bounce, 1, 2));
        let (lifted, event) = bounced.lift(at(5)).unwrap();
        assert_eq!((lifted.status(), event, lifted.lift(at(6)).is_err()), (Status::Lifted, Event::Lifted, true));
        let complained = suppressed(cause(Reason::Complaint, 1, 2));
        assert!(complained.lift(at(5)).is_err());
        assert_eq!(complained.lift_as_asked(at(5)).unwrap().0.status(), Status::Lifted);
    }

    #[test]
    fn what_was_lifted_is_suppressed_again_by_mails_that_were_sent_since_and_by_any_complaint() {
        let (lifted, _) = suppressed(cause(Reason::Bounce, 1, 2)).lift(at(5)).unwrap();
        assert_eq!(lifted.again(cause(Reason::Bounce, 5, 9)), None);
        for cause in [cause(Reason::Bounce, 6, 9), cause(Reason::Complaint, 1, 9)] {
            let (again, event) = lifted.again(cause.clone()).unwrap();
            assert_eq!((again.status(), again.cause, event), (Status::Active, cause, Event::Renewed));
        }
    }
}
