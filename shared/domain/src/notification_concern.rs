//! Whom an event concerns, and what kind of thing it is to them. The match is exhaustive: an event that nobody decided about
//! doesn't compile.

use crate::{
    DomainEvent, access::Role, campaign, client, comment, contract, credit, credit_note, engagement, firm, invoice, lead, login, mail,
    mail_text, notification::Kind, notification_batch, portal_user, project, proposal, prospect, suppression, task, time_entry,
    undelivered, user,
};

/// Those who close sales.
const SALES: &[Role] = &[Role::Owner, Role::Manager];
/// Those who keep the money.
const MONEY: &[Role] = &[Role::Owner, Role::Billing];

/// That an event concerns somebody. Whoever did it themselves isn't told of it, nor is who is gone by then, or may not see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concern {
    /// What kind of thing it is to them.
    pub kind: Kind,
    /// Whom.
    pub whom: Whom,
}

/// Whom an event concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Those of the firm who had a hand in the record, and those with one of the roles.
    Hands(&'static [Role]),
    /// Those of the firm who had a hand in what a mail was about that didn't arrive; owners, if none of them is there any more.
    Senders,
    /// Who is to do the task, if it wasn't theirs before.
    NewAssignee,
    /// Who is to do the task.
    Assignee,
    /// The other side of who wrote a comment: the project's team, or owners where that is gone; or those of the client who may comment.
    OtherSide,
    /// Those of the client who may pay.
    Payers,
}

fn told(kind: Kind, whom: Whom) -> Option<Concern> {
    Some(Concern { kind, whom })
}

/// Whom `event` concerns, if anybody.
pub fn concern(event: DomainEvent) -> Option<Concern> {
    match event {
        DomainEvent::Comment(comment::Event::Created) => told(Kind::Commented, Whom::OtherSide),
        DomainEvent::Comment(comment::Event::Read) => None,
        DomainEvent::Invoice(event) => invoice(event),
        DomainEvent::Proposal(event) => proposal(event),
        DomainEvent::Task(event) => match event {
            task::Event::Created | task::Event::Updated => told(Kind::Assigned, Whom::NewAssignee),
            task::Event::Due => told(Kind::Due, Whom::Assignee),
            task::Event::Moved | task::Event::Archived | task::Event::Restored => None,
        },
        DomainEvent::Undelivered(event) => match event {
            undelivered::Event::SetAside | undelivered::Event::SetAsideAgain => told(Kind::Bounced, Whom::Senders),
            undelivered::Event::Retried
            | undelivered::Event::Delivered
            | undelivered::Event::Dropped
            | undelivered::Event::Dismissed => None,
        },
        DomainEvent::Campaign(
            campaign::Event::Created
            | campaign::Event::Updated
            | campaign::Event::Moved
            | campaign::Event::Archived
            | campaign::Event::Restored,
        )
        | DomainEvent::Client(client::Event::Created | client::Event::Updated | client::Event::Archived | client::Event::Restored)
        | DomainEvent::Contract(
            contract::Event::Created
            | contract::Event::Updated
            | contract::Event::Signed
            | contract::Event::Activated
            | contract::Event::Completed
            | contract::Event::Terminated
            | contract::Event::Archived
            | contract::Event::Restored
            | contract::Event::Deleted,
        )
        | DomainEvent::Credit(
            credit::Event::Created
            | credit::Event::Overdrawn
            | credit::Event::Withdrawn
            | credit::Event::GivenBack
            | credit::Event::RefundReversed
            | credit::Event::Used
            | credit::Event::Refunded
            | credit::Event::Settled
            | credit::Event::WrittenOff
            | credit::Event::WriteOffReversed,
        )
        | DomainEvent::CreditNote(credit_note::Event::Issued)
        | DomainEvent::Engagement(
            engagement::Event::Created
            | engagement::Event::Updated
            | engagement::Event::Renewed
            | engagement::Event::Completed
            | engagement::Event::Archived
            | engagement::Event::Restored,
        )
        // Its owners are mailed, whatever they chose to hear of.
        | DomainEvent::PaymentAccount(_)
        | DomainEvent::MailTexts(mail_text::Event::Created | mail_text::Event::Updated)
        | DomainEvent::SenderDomain(_)
        | DomainEvent::Firm(firm::Event::Registered | firm::Event::Confirmed | firm::Event::Closed | firm::Event::Updated)
        | DomainEvent::Lead(
            lead::Event::Created
            | lead::Event::Updated
            | lead::Event::Moved
            | lead::Event::Converted
            | lead::Event::Archived
            | lead::Event::Restored,
        )
        // What happens to logins is mailed to those whose they are, whatever they chose.
        | DomainEvent::Login(
            login::Event::Created
            | login::Event::Registered
            | login::Event::ConfirmationResent
            | login::Event::Confirmed
            | login::Event::TakenOver
            | login::Event::ResetRequested
            | login::Event::PasswordReset
            | login::Event::PasswordChanged
            | login::Event::SessionsEnded
            | login::Event::EmailChangeRequested
            | login::Event::EmailChanged
            | login::Event::EmailRestored
            | login::Event::LanguageChanged
            | login::Event::FactorAdded
            | login::Event::FactorReplaced
            | login::Event::FactorTakenBack
            | login::Event::FactorRemoved
            | login::Event::RecoveryCodesRenewed
            | login::Event::RecoveryCodeUsed
            | login::Event::Closed,
        )
        // Of a mail that didn't arrive, what is undelivered tells.
        | DomainEvent::Mail(
            mail::Event::Sent
            | mail::Event::HandedOver
            | mail::Event::Delivered
            | mail::Event::Delayed
            | mail::Event::Bounced
            | mail::Event::Complained
            | mail::Event::Rejected,
        )
        | DomainEvent::NotificationBatch(notification_batch::Event::Opened | notification_batch::Event::Closed)
        | DomainEvent::PortalUser(
            portal_user::Event::Invited
            | portal_user::Event::Reinvited
            | portal_user::Event::Activated
            | portal_user::Event::Updated
            | portal_user::Event::EmailChanged
            | portal_user::Event::NotificationsChosen
            | portal_user::Event::Deactivated
            | portal_user::Event::Left,
        )
        | DomainEvent::Project(
            project::Event::Created
            | project::Event::Updated
            | project::Event::Moved
            | project::Event::MemberAdded
            | project::Event::MemberRemoved
            | project::Event::Archived
            | project::Event::Restored,
        )
        | DomainEvent::Prospect(
            prospect::Event::Created
            | prospect::Event::Updated
            | prospect::Event::Moved
            | prospect::Event::Won
            | prospect::Event::Archived
            | prospect::Event::Restored,
        )
        | DomainEvent::Suppression(
            suppression::Event::Added | suppression::Event::Changed | suppression::Event::Lifted | suppression::Event::Renewed,
        )
        | DomainEvent::TimeEntry(
            time_entry::Event::Created
            | time_entry::Event::Updated
            | time_entry::Event::Submitted
            | time_entry::Event::Approved
            | time_entry::Event::Rejected
            | time_entry::Event::Invoiced
            | time_entry::Event::Released
            | time_entry::Event::Reversed
            | time_entry::Event::Reinstated
            | time_entry::Event::Deleted,
        )
        | DomainEvent::User(
            user::Event::Registered
            | user::Event::Invited
            | user::Event::Reinvited
            | user::Event::Activated
            | user::Event::Updated
            | user::Event::EmailChanged
            | user::Event::OwnershipReceived
            | user::Event::OwnershipHandedOver
            | user::Event::NotificationsChosen
            | user::Event::Deactivated
            | user::Event::Left
            | user::Event::WorkHandedOver,
        ) => None,
    }
}

fn invoice(event: invoice::Event) -> Option<Concern> {
    match event {
        invoice::Event::Sent => told(Kind::Due, Whom::Payers),
        invoice::Event::PaymentRecorded | invoice::Event::Paid => told(Kind::Paid, Whom::Hands(MONEY)),
        invoice::Event::CheckoutFailed | invoice::Event::Disputed | invoice::Event::Reopened => told(Kind::Failed, Whom::Hands(MONEY)),
        invoice::Event::Overdue => told(Kind::Due, Whom::Hands(MONEY)),
        invoice::Event::Created
        | invoice::Event::Updated
        | invoice::Event::Resent
        | invoice::Event::LinkRevoked
        | invoice::Event::PaymentReversed
        | invoice::Event::Credited
        | invoice::Event::Refunded
        | invoice::Event::TimeReversed
        | invoice::Event::TimeReinstated
        | invoice::Event::Voided
        | invoice::Event::WrittenOff
        | invoice::Event::WriteOffReversed
        | invoice::Event::Reminded
        | invoice::Event::ReminderPassedOver
        | invoice::Event::RemindersPaused
        | invoice::Event::RemindersResumed
        | invoice::Event::CheckoutPrepared
        | invoice::Event::CheckoutOpened
        | invoice::Event::CheckoutPending
        | invoice::Event::CheckoutPaid
        | invoice::Event::CheckoutExpired
        | invoice::Event::CheckoutUnavailable
        | invoice::Event::Deleted
        | invoice::Event::Archived
        | invoice::Event::Restored => None,
    }
}

fn proposal(event: proposal::Event) -> Option<Concern> {
    match event {
        proposal::Event::Accepted => told(Kind::Accepted, Whom::Hands(SALES)),
        proposal::Event::Rejected => told(Kind::Rejected, Whom::Hands(SALES)),
        proposal::Event::Created
        | proposal::Event::Updated
        | proposal::Event::Submitted
        | proposal::Event::Approved
        | proposal::Event::Sent
        | proposal::Event::Expired
        | proposal::Event::Cancelled
        | proposal::Event::Superseded
        | proposal::Event::Reinstated
        | proposal::Event::Deleted
        | proposal::Event::Archived
        | proposal::Event::Restored => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_follows_from_some_event() {
        let kinds: BTreeSet<_> = DomainEvent::all().filter_map(concern).map(|concern| concern.kind).collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), Kind::ALL);
    }

    #[test]
    fn a_clients_people_are_told_of_what_they_can_choose() {
        let of_portal = DomainEvent::all().filter_map(concern).filter(|concern| matches!(concern.whom, Whom::OtherSide | Whom::Payers));
        let kinds: BTreeSet<_> = of_portal.map(|concern| concern.kind).collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), Kind::OF_PORTAL);
    }
}
