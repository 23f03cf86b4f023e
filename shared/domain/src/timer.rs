//! Timers: what is to happen to a record by itself, and when. They follow from the record as its index keys do: a record
//! that is changed so that it doesn't want a timer any more has none, so whatever fires one does it by changing the record.

use std::{fmt, str::FromStr};

use crate::{Time, names::names};

names! {
    /// What is to happen.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum TimerKind {
        /// Nobody confirmed the e-mail that a firm was founded with.
        FirmUnconfirmed = "firm_unconfirmed",
        /// An invoice is past its last day.
        InvoiceOverdue = "invoice_overdue",
        /// The client is reminded of an invoice.
        InvoiceReminder = "invoice_reminder",
        /// A mail waited for the next day.
        MailRetry = "mail_retry",
        /// Notifications are mailed.
        NotificationsDue = "notifications_due",
        /// A proposal can't be accepted any more.
        ProposalExpiry = "proposal_expiry",
        /// It is looked whether a domain says what it is to.
        SenderDomainCheck = "sender_domain_check",
        /// The day came by which a task is to be done.
        TaskDue = "task_due",
    }
}

/// That something is to happen to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    /// When, at the earliest.
    pub at: Time,
    /// What.
    pub kind: TimerKind,
}

impl fmt::Display for TimerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names nothing that can be timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Nothing that can be timed.")]
pub struct NotTimed;

impl FromStr for TimerKind {
    type Err = NotTimed;

    fn from_str(text: &str) -> Result<Self, NotTimed> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(NotTimed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timer_is_found_by_its_name() {
        for kind in TimerKind::ALL {
            assert_eq!(kind.to_string().parse::<TimerKind>().ok(), Some(kind));
        }
        assert!("lead_due".parse::<TimerKind>().is_err());
    }
}
