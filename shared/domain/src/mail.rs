//! Mails that were sent: what each was about, to whom it went, and what became of it.
//!
//! What the mail service tells of a mail comes late, twice and in any order. So a mail keeps of each kind of news what counts
//! most, and how it stands follows from all that it keeps: the same news in another order make the same mail.

mod bounce;
mod purpose;
mod topic;

use serde::{Deserialize, Serialize};

use crate::{
    Email, Time,
    effect::{EffectKind, EffectName},
    names::names,
};

pub use bounce::{Bounce, BounceKind, BounceReason, Delay, DelayReason};
pub use purpose::Purpose;
pub use topic::{NoTopic, Topic};

crate::events! {
    Mail {
        /// The mail service took it.
        Sent = "mail.sent" is Creation,
        /// Whoever sent it says so, of which the mail service told first.
        HandedOver = "mail.handed_over" is Change,
        /// The host of its address took it.
        Delivered = "mail.delivered" is Change,
        /// The host doesn't take it now, and it is tried again.
        Delayed = "mail.delayed" is Change,
        /// It came back.
        Bounced = "mail.bounced" is Change,
        /// Whose address it is says that it is spam.
        Complained = "mail.complained" is Change,
        /// The mail service found a virus in it.
        Rejected = "mail.rejected" is Change,
    }
}

names! {
    /// How a mail stands.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = MailStatus))]
    #[serde(rename_all = "snake_case")]
    pub enum Status {
        /// It is on its way.
        Sent = "sent",
        /// It isn't taken now, and is tried again.
        Delayed = "delayed",
        /// The host of its address took it.
        Delivered = "delivered",
        /// It came back.
        Bounced = "bounced",
        /// It was never sent on, because of a virus.
        Rejected = "rejected",
        /// Whose address it is says that it is spam.
        Complained = "complained",
    }
}

impl Status {
    /// Whether it didn't come to whom it is for, and won't.
    pub fn is_failed(self) -> bool {
        match self {
            Self::Bounced | Self::Rejected => true,
            Self::Sent | Self::Delayed | Self::Delivered | Self::Complained => false,
        }
    }
}

/// A mail that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mail {
    /// The record that it is about.
    pub record: Topic,
    /// Which event of that it follows, by its sequence.
    pub sequence: u64,
    /// What happened: `invoice.sent`.
    pub event: String,
    /// Which of several mails that follow the event: the payment that it confirms, or whom it tells.
    pub about: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// Where it went.
    pub to: Email,
    /// When it was sent.
    pub sent_at: Time,
    /// Whether who sent it has said so; until then, only the mail service told of it.
    pub is_handed_over: bool,
    /// When the host of its address took it.
    pub delivered_at: Option<Time>,
    /// That it wasn't taken at once.
    pub delay: Option<Delay>,
    /// That it came back.
    pub bounce: Option<Bounce>,
    /// When it was called spam.
    pub complained_at: Option<Time>,
    /// When a virus was found in it.
    pub rejected_at: Option<Time>,
}

/// What the mail service tells of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It was taken: nothing that isn't known.
    Sent,
    /// The host of its address took it.
    Delivered(Time),
    /// It isn't taken now.
    Delayed(Delay),
    /// It came back.
    Bounced(Bounce),
    /// Whose address it is says that it is spam.
    Complained(Time),
    /// It has a virus.
    Rejected(Time),
}

impl Mail {
    /// The mail about `record` for `purpose` that was sent to `to` at `sent_at`, as far as the mail service knows it: it follows an
    /// event, by its sequence and name, as the one about `about`.
    pub fn sent(
        record: Topic,
        (sequence, event): (u64, String),
        about: Option<String>,
        purpose: Purpose,
        to: Email,
        sent_at: Time,
    ) -> Self {
        Self {
            record,
            sequence,
            event,
            about,
            purpose,
            to,
            sent_at,
            is_handed_over: false,
            delivered_at: None,
            delay: None,
            bounce: None,
            complained_at: None,
            rejected_at: None,
        }
    }

    /// The effect that it is, among those of its event.
    pub fn effect(&self) -> EffectName {
        self.about.as_ref().map_or_else(|| EffectKind::Mail.into(), |about| EffectKind::Mail.about(about))
    }

    /// How it stands. A complaint outranks all: who complains was reached. What came back after it was taken did come back,
    /// unless that may be only the answer of a machine ([`Bounce::may_be_an_answer`]).
    pub fn status(&self) -> Status {
        let came_back = self.bounce.is_some_and(|bounce| self.delivered_at.is_none() || !bounce.may_be_an_answer());
        match self {
            Self { complained_at: Some(_), .. } => Status::Complained,
            _ if came_back => Status::Bounced,
            Self { delivered_at: Some(_), .. } => Status::Delivered,
            Self { rejected_at: Some(_), .. } => Status::Rejected,
            Self { delay: Some(_), .. } => Status::Delayed,
            _ => Status::Sent,
        }
    }

    /// Why it doesn't come to whom it is for, in words; none if it does, or may yet.
    pub fn failure(&self) -> Option<&'static str> {
        match self.status() {
            Status::Bounced => self.bounce.map(|bounce| bounce.reason.in_words()),
            Status::Rejected => Some("The mail service found a virus in the mail, and did not send it."),
            Status::Sent | Status::Delayed | Status::Delivered | Status::Complained => None,
        }
    }

    /// The mail after `news` of it; nothing if that is no news.
    pub fn hear(&self, news: News) -> Option<(Self, Event)> {
        let mut after = self.clone();
        let event = match news {
            News::Sent => return None,
            News::Delivered(at) => {
                after.delivered_at = earliest(self.delivered_at, at);
                Event::Delivered
            }
            News::Delayed(delay) => {
                after.delay = self.delay.max(Some(delay));
                Event::Delayed
            }
            News::Bounced(bounce) => {
                after.bounce = Some(self.bounce.map_or(bounce, |known| known.or_worse(bounce)));
                Event::Bounced
            }
            News::Complained(at) => {
                after.complained_at = earliest(self.complained_at, at);
                Event::Complained
            }
            News::Rejected(at) => {
                after.rejected_at = earliest(self.rejected_at, at);
                Event::Rejected
            }
        };
        (after != *self).then_some((after, event))
    }

    /// The mail with its address as it was typed and the time that who sent it knows, where the mail service told of it first;
    /// nothing if these are known.
    pub fn handed_over(&self, sent: Self) -> Option<(Self, Event)> {
        let after = Self { to: sent.to, sent_at: sent.sent_at, is_handed_over: true, ..self.clone() };
        (!self.is_handed_over).then_some((after, Event::HandedOver))
    }
}

/// The earlier one.
fn earliest(known: Option<Time>, at: Time) -> Option<Time> {
    Some(known.map_or(at, |known| known.min(at)))
}

#[cfg(test)]
mod tests;
