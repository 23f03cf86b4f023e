//! Mails that come back, or aren't taken at once: why, as the mail service says.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::{Time, names::names};

names! {
    /// Whether a mail to the same address may come through later; the worst last.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[serde(rename_all = "snake_case")]
    pub enum BounceKind {
        /// The answer of the address's host doesn't say.
        Undetermined = "undetermined",
        /// It may.
        Transient = "transient",
        /// It won't.
        Permanent = "permanent",
    }
}

names! {
    /// Why a mail came back.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum BounceReason {
        /// Not known, or none of these.
        General = "general",
        /// There is no such mailbox.
        NoEmail = "no_email",
        /// Mails to the address came back for others too, so that the mail service sends none.
        Suppressed = "suppressed",
        /// Its owner wants none of such mails.
        Unsubscribed = "unsubscribed",
        /// The mailbox is full.
        MailboxFull = "mailbox_full",
        /// The mail is too large for it.
        MessageTooLarge = "message_too_large",
        /// The host doesn't take what the mail says.
        ContentRejected = "content_rejected",
        /// The host doesn't take what is attached.
        AttachmentRejected = "attachment_rejected",
        /// It was tried for as long as it was to be.
        TimedOut = "timed_out",
    }
}

impl BounceReason {
    /// The reason as a sentence for the firm.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::General => "The mail came back, and its host did not say why.",
            Self::NoEmail => "The mail came back: there is no such mailbox.",
            Self::Suppressed => "The mail was not sent on: mails to this address keep coming back.",
            Self::Unsubscribed => "The mail was not sent on: its recipient does not want such mails.",
            Self::MailboxFull => "The mail came back: the mailbox is full.",
            Self::MessageTooLarge => "The mail came back: it is too large for the mailbox.",
            Self::ContentRejected => "The mail came back: its host does not take what it says.",
            Self::AttachmentRejected => "The mail came back: its host does not take what is attached to it.",
            Self::TimedOut => "The mail came back: its host did not take it in time.",
        }
    }
}

/// That a mail came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// Whether one to the same address may come through later.
    pub kind: BounceKind,
    /// Why.
    pub reason: BounceReason,
    /// When.
    pub at: Time,
}

impl Bounce {
    /// Whether it may be only the answer of a machine, as of somebody who is out of the office: the mail service can't always
    /// tell these from mails that come back.
    pub fn may_be_an_answer(self) -> bool {
        self.kind != BounceKind::Permanent && self.reason == BounceReason::General
    }

    /// This one or `other`, whichever is worse; of two that are as bad, the earlier.
    pub(super) fn or_worse(self, other: Self) -> Self {
        let rank = |bounce: Self| (bounce.kind, !bounce.may_be_an_answer(), Reverse(bounce.at), bounce.reason);
        if rank(other) > rank(self) { other } else { self }
    }
}

names! {
    /// Why a mail isn't taken at once.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum DelayReason {
        /// Not known, or none of these.
        General = "general",
        /// The mailbox is full.
        MailboxFull = "mailbox_full",
        /// The host got too much that it takes for spam.
        SpamDetected = "spam_detected",
        /// The host has a fault, or can't be reached.
        HostUnavailable = "host_unavailable",
        /// The mail service has a fault, or its address is refused.
        ServiceUnavailable = "service_unavailable",
    }
}

impl DelayReason {
    /// The reason as a sentence for the firm.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::General => "The mail was not taken at once, and its host did not say why.",
            Self::MailboxFull => "The mail was not taken at once: the mailbox is full.",
            Self::SpamDetected => "The mail was not taken at once: its host takes much of what it gets for spam.",
            Self::HostUnavailable => "The mail was not taken at once: its host has a fault or can't be reached.",
            Self::ServiceUnavailable => "The mail was not taken at once: the mail service has a fault or is refused.",
        }
    }
}

/// That a mail isn't taken at once; the later of two counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Delay {
    /// When.
    pub at: Time,
    /// Why.
    pub reason: DelayReason,
}
