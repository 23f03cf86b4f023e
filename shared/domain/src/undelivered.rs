//! What should have followed from an event and could not be done, or was in vain: mostly a mail whose address was refused, or
//! that came back. It is set aside, so that it holds nothing else up, shown to the firm with its reason, and tried again when
//! the firm says so.
//!
//! waiting → retried → delivered | dropped, or waiting again; or waiting → dismissed, which can be tried again all the same. What waits
//! for the firm's next day is tried again by itself.

use serde::{Deserialize, Serialize};

use crate::{Email, Refusal, Time, Transition};

crate::events! {
    Undelivered {
        /// Set aside.
        SetAside = "undelivered.set_aside" is Creation,
        /// Is to be tried again.
        Retried = "undelivered.retried" is Change,
        /// Was tried again, in vain.
        SetAsideAgain = "undelivered.set_aside_again" is Change,
        /// Was tried again, and done; or had only seemed to come back.
        Delivered = "undelivered.delivered" is Change,
        /// Was tried again, and needed no more.
        Dropped = "undelivered.dropped" is Change,
        /// Somebody saw to it otherwise, or it doesn't matter.
        Dismissed = "undelivered.dismissed" is Change,
    }
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = UndeliveredStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// For somebody of the firm to look at.
    Waiting,
    /// Is being tried again.
    Retried,
    /// Was done when it was tried again, or had arrived after all.
    Delivered,
    /// Was needed no more when it was tried again: the invoice is void, the invitation was used.
    Dropped,
    /// Somebody saw to it otherwise, or it doesn't matter.
    Dismissed,
}

impl Status {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Retried => "retried",
            Self::Delivered => "delivered",
            Self::Dropped => "dropped",
            Self::Dismissed => "dismissed",
        }
    }
}

/// What could not be done of what follows from an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undelivered {
    /// What the keys say that the event's record is: `INVOICE`.
    pub kind: String,
    /// The id of the event's record.
    pub record: String,
    /// The event, by its sequence.
    pub sequence: u64,
    /// What happened: `invoice.sent`; none if that can't be read.
    pub event: Option<String>,
    /// What should have followed from it: `mail`, or `mail` and whom to.
    pub effect: String,
    /// Where the mail should have gone, if it is one and came so far.
    pub to: Option<Email>,
    /// Whether an address was refused, this or one before it: it is tried again where who it is for is reached then.
    #[serde(default)]
    pub refused: bool,
    /// Why it could not be done, in words for the firm.
    pub reason: String,
    /// When it was tried first.
    pub first_tried_at: Time,
    /// When it was tried last.
    pub last_tried_at: Time,
    /// How often it was tried, in all.
    pub attempts: u32,
    /// Where it stands.
    pub status: Status,
    /// When it is tried again by itself, if it waits for the firm's next day.
    #[serde(default)]
    pub retry_at: Option<Time>,
}

/// How trying to do it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Where the mail should have gone, if it is one and came so far.
    pub to: Option<Email>,
    /// Whether that address was refused, or the mail came back from it.
    pub refused: bool,
    /// Why, in words for the firm.
    pub reason: String,
    /// When it was tried first, since it was set aside or at all.
    pub first_tried_at: Time,
    /// When it was tried last.
    pub last_tried_at: Time,
    /// How often, since.
    pub attempts: u32,
    /// When it is to be tried again by itself.
    pub retry_at: Option<Time>,
}

impl Undelivered {
    /// It is to be tried again.
    pub fn retry(&self) -> Transition<Self> {
        match self.status {
            Status::Waiting | Status::Dismissed => Ok((Self { status: Status::Retried, retry_at: None, ..self.clone() }, Event::Retried)),
            Status::Retried => Err(Refusal::state("It is being tried again already.")),
            Status::Delivered => Err(Refusal::state("It was delivered.")),
            Status::Dropped => Err(Refusal::state("It isn't needed any more.")),
        }
    }

    /// Nobody has to look at it any more, and it isn't tried again by itself.
    pub fn dismiss(&self) -> Transition<Self> {
        match self.status {
            Status::Waiting => Ok((Self { status: Status::Dismissed, retry_at: None, ..self.clone() }, Event::Dismissed)),
            Status::Retried => Err(Refusal::state("It is being tried again.")),
            Status::Delivered => Err(Refusal::state("It was delivered.")),
            Status::Dropped => Err(Refusal::state("It isn't needed any more.")),
            Status::Dismissed => Err(Refusal::state("It was dismissed already.")),
        }
    }

    /// It was tried again, in vain; when it was tried first stays as it was.
    pub fn set_aside_again(&self, failure: Failure) -> (Self, Event) {
        let Failure { to, refused, reason, first_tried_at: _, last_tried_at, attempts, retry_at } = failure;
        let attempts = self.attempts.saturating_add(attempts);
        let (to, refused) = (to.or_else(|| self.to.clone()), self.refused || refused);
        (Self { to, refused, reason, last_tried_at, attempts, status: Status::Waiting, retry_at, ..self.clone() }, Event::SetAsideAgain)
    }

    /// What had come back seemed to only: it did arrive; nothing unless it waits.
    pub fn arrive(&self) -> Option<(Self, Event)> {
        (self.status == Status::Waiting).then(|| (Self { status: Status::Delivered, retry_at: None, ..self.clone() }, Event::Delivered))
    }

    /// It was tried again at `now`, and done, or was needed no more; nothing if it isn't being tried.
    pub fn settle(&self, done: bool, now: Time) -> Option<(Self, Event)> {
        let (status, event) = if done { (Status::Delivered, Event::Delivered) } else { (Status::Dropped, Event::Dropped) };
        let attempts = self.attempts.saturating_add(u32::from(done));
        (self.status == Status::Retried).then(|| (Self { status, attempts, last_tried_at: now, ..self.clone() }, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(status: Status) -> Undelivered {
        let at = Time::from_timestamp_millis(1_763_800_000_000).unwrap();
        Undelivered {
            kind: "INVOICE".to_owned(),
            record: "inv_1".to_owned(),
            sequence: 2,
            event: Some("invoice.sent".to_owned()),
            effect: "mail".to_owned(),
            to: Email::new("ann@acme.example").ok(),
            refused: true,
            reason: "Refused.".to_owned(),
            first_tried_at: at,
            last_tried_at: at,
            attempts: 1,
            status,
            retry_at: Some(at),
        }
    }

    #[test]
    fn only_what_waits_or_was_dismissed_is_tried_again_and_only_what_is_tried_again_is_settled() {
        for (status, retried, settled) in [
            (Status::Waiting, true, false),
            (Status::Retried, false, true),
            (Status::Delivered, false, false),
            (Status::Dropped, false, false),
            (Status::Dismissed, true, false),
        ] {
            let item = item(status);
            assert_eq!(item.dismiss().is_ok(), status == Status::Waiting, "{status:?}");
            assert_eq!(item.retry().ok().map(|(retried, _)| retried.retry_at), retried.then_some(None), "{status:?}");
            assert_eq!(item.arrive().is_some(), status == Status::Waiting, "{status:?}");
            for done in [true, false] {
                assert_eq!(item.settle(done, item.first_tried_at).is_some(), settled, "{status:?}");
            }
        }
    }

    #[test]
    fn what_failed_again_waits_again_and_its_attempts_add_up() {
        let before = item(Status::Retried);
        let later = before.last_tried_at + chrono::TimeDelta::days(1);
        let failure = Failure {
            to: None,
            refused: true,
            reason: "Refused again.".to_owned(),
            first_tried_at: later,
            last_tried_at: later,
            attempts: 10,
            retry_at: None,
        };
        let (after, event) = before.set_aside_again(failure);
        assert_eq!((after.status, after.attempts, event), (Status::Waiting, 11, Event::SetAsideAgain));
        assert_eq!((after.first_tried_at, after.last_tried_at, &after.to), (before.first_tried_at, later, &before.to));
    }
}
