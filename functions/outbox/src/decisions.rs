//! What follows from each event that there is. The matches are exhaustive: an event that nobody decided about doesn't
//! compile, so none is forgotten.

use ::mail::{AccountNotice, DomainNotice, Notice};
use domain::{
    DomainEvent, campaign, client, comment, contract, credit, credit_note, engagement, firm, invoice, lead, login, mail, mail_text,
    notification_batch, payment_account, portal_user, project, proposal, prospect, sender_domain, suppression, task, time_entry,
    undelivered as aside, user,
};

use crate::{
    Cause, Failed, Outbox, archived, checkouts, credit_notes, credits, hand_over, invoices, logins, notifications, notifications_mail,
    payment_accounts, people, proposals, sender_domains, time, undelivered,
};

/// Do what follows from `logged`.
pub(crate) async fn follow(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let Some(event) = DomainEvent::parse(&logged.event.name) else { return Err(Failed::Unknown(logged.event.name.clone())) };
    let archived = archived::follow(outbox, logged, event).await;
    let notified = Box::pin(notifications::follow(outbox, logged, event)).await;
    decided(outbox, logged, event).await.and(notified).and(archived)
}

async fn decided(outbox: &Outbox, logged: &Cause, event: DomainEvent) -> Result<(), Failed> {
    match event {
        DomainEvent::Proposal(event) => proposal(outbox, logged, event).await,
        DomainEvent::Invoice(event) => invoice(outbox, logged, event).await,
        DomainEvent::CreditNote(credit_note::Event::Issued) => credit_notes::issued(outbox, logged).await,
        DomainEvent::Credit(event) => match event {
            credit::Event::Created
            | credit::Event::Overdrawn
            | credit::Event::Withdrawn
            | credit::Event::GivenBack
            | credit::Event::RefundReversed => credits::changed(outbox, logged).await,
            credit::Event::Used
            | credit::Event::Refunded
            | credit::Event::Settled
            | credit::Event::WrittenOff
            | credit::Event::WriteOffReversed => Ok(()),
        },
        DomainEvent::Login(event) => match event {
            login::Event::Registered | login::Event::ConfirmationResent => logins::to_be_confirmed(outbox, logged).await,
            login::Event::ResetRequested => logins::reset_requested(outbox, logged).await,
            login::Event::PasswordReset | login::Event::PasswordChanged => logins::noticed(outbox, logged, Notice::PasswordChanged).await,
            login::Event::EmailChangeRequested => logins::email_change_requested(outbox, logged).await,
            login::Event::EmailChanged => logins::email_changed(outbox, logged).await,
            login::Event::EmailRestored => logins::email_restored(outbox, logged).await,
            login::Event::FactorAdded => logins::noticed(outbox, logged, Notice::FactorAdded).await,
            login::Event::FactorReplaced => logins::noticed(outbox, logged, Notice::FactorReplaced).await,
            login::Event::FactorTakenBack => logins::noticed(outbox, logged, Notice::FactorTakenBack).await,
            login::Event::FactorRemoved => logins::noticed(outbox, logged, Notice::FactorRemoved).await,
            login::Event::RecoveryCodesRenewed => logins::noticed(outbox, logged, Notice::RecoveryCodesRenewed).await,
            login::Event::RecoveryCodeUsed => logins::noticed(outbox, logged, Notice::RecoveryCodeUsed).await,
            login::Event::Created
            | login::Event::Confirmed
            | login::Event::TakenOver
            | login::Event::LanguageChanged
            | login::Event::SessionsEnded
            | login::Event::Closed => Ok(()),
        },
        DomainEvent::NotificationBatch(event) => match event {
            notification_batch::Event::Closed => notifications_mail::closed(outbox, logged).await,
            notification_batch::Event::Opened => Ok(()),
        },
        DomainEvent::PaymentAccount(event) => match event {
            payment_account::Event::Enabled => payment_accounts::told(outbox, logged, AccountNotice::Enabled).await,
            payment_account::Event::Disabled => payment_accounts::told(outbox, logged, AccountNotice::Disabled).await,
            payment_account::Event::Disconnected => payment_accounts::ended(outbox, logged, AccountNotice::Disconnected, false).await,
            payment_account::Event::Deauthorized => payment_accounts::ended(outbox, logged, AccountNotice::Deauthorized, true).await,
            payment_account::Event::Created
            | payment_account::Event::Replaced
            | payment_account::Event::LinkRequested
            | payment_account::Event::Restated
            | payment_account::Event::Updated => Ok(()),
        },
        DomainEvent::SenderDomain(event) => match event {
            sender_domain::Event::Claimed | sender_domain::Event::ClaimedAgain | sender_domain::Event::SetUpAgain => {
                sender_domains::claimed(outbox, logged).await
            }
            sender_domain::Event::CheckRequested => sender_domains::check_requested(outbox, logged).await,
            sender_domain::Event::Verified => sender_domains::told(outbox, logged, DomainNotice::Verified).await,
            sender_domain::Event::Failed => sender_domains::ended(outbox, logged, DomainNotice::Failed).await,
            sender_domain::Event::Removed => sender_domains::ended(outbox, logged, DomainNotice::Removed).await,
            sender_domain::Event::SetUp | sender_domain::Event::Restated => Ok(()),
        },
        DomainEvent::PortalUser(event) => match event {
            portal_user::Event::Invited | portal_user::Event::Reinvited => people::portal_user_invited(outbox, logged).await,
            portal_user::Event::Activated
            | portal_user::Event::Updated
            | portal_user::Event::EmailChanged
            | portal_user::Event::NotificationsChosen
            | portal_user::Event::Deactivated
            | portal_user::Event::Left => Ok(()),
        },
        DomainEvent::User(event) => match event {
            user::Event::Invited | user::Event::Reinvited => people::user_invited(outbox, logged).await,
            user::Event::WorkHandedOver => hand_over::work(outbox, logged).await,
            user::Event::Registered
            | user::Event::Activated
            | user::Event::Updated
            | user::Event::EmailChanged
            | user::Event::OwnershipReceived
            | user::Event::OwnershipHandedOver
            | user::Event::NotificationsChosen
            | user::Event::Deactivated
            | user::Event::Left => Ok(()),
        },
        DomainEvent::Undelivered(event) => match event {
            aside::Event::Retried => undelivered::retried(outbox, logged).await,
            aside::Event::SetAside
            | aside::Event::SetAsideAgain
            | aside::Event::Delivered
            | aside::Event::Dropped
            | aside::Event::Dismissed => Ok(()),
        },
        // Nothing follows from these, but what follows for the archive, and that people are told.
        DomainEvent::Campaign(
            campaign::Event::Created
            | campaign::Event::Updated
            | campaign::Event::Moved
            | campaign::Event::Archived
            | campaign::Event::Restored,
        )
        | DomainEvent::Client(client::Event::Created | client::Event::Updated | client::Event::Archived | client::Event::Restored)
        | DomainEvent::Comment(comment::Event::Created | comment::Event::Read)
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
        | DomainEvent::Engagement(
            engagement::Event::Created
            | engagement::Event::Updated
            | engagement::Event::Renewed
            | engagement::Event::Completed
            | engagement::Event::Archived
            | engagement::Event::Restored,
        )
        | DomainEvent::Firm(firm::Event::Registered | firm::Event::Confirmed | firm::Event::Closed | firm::Event::Updated)
        | DomainEvent::Lead(
            lead::Event::Created
            | lead::Event::Updated
            | lead::Event::Moved
            | lead::Event::Converted
            | lead::Event::Archived
            | lead::Event::Restored,
        )
        | DomainEvent::Mail(
            mail::Event::Sent
            | mail::Event::HandedOver
            | mail::Event::Delivered
            | mail::Event::Delayed
            | mail::Event::Bounced
            | mail::Event::Complained
            | mail::Event::Rejected,
        )
        | DomainEvent::MailTexts(mail_text::Event::Created | mail_text::Event::Updated)
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
        | DomainEvent::Task(
            task::Event::Created
            | task::Event::Updated
            | task::Event::Moved
            | task::Event::Due
            | task::Event::Archived
            | task::Event::Restored,
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
        ) => Ok(()),
    }
}

async fn proposal(outbox: &Outbox, logged: &Cause, event: proposal::Event) -> Result<(), Failed> {
    match event {
        proposal::Event::Sent => proposals::sent(outbox, logged).await,
        proposal::Event::Accepted => proposals::accepted(outbox, logged).await,
        proposal::Event::Created
        | proposal::Event::Updated
        | proposal::Event::Submitted
        | proposal::Event::Approved
        | proposal::Event::Expired
        | proposal::Event::Rejected
        | proposal::Event::Cancelled
        | proposal::Event::Superseded
        | proposal::Event::Reinstated
        | proposal::Event::Deleted
        | proposal::Event::Archived
        | proposal::Event::Restored => Ok(()),
    }
}

async fn invoice(outbox: &Outbox, logged: &Cause, event: invoice::Event) -> Result<(), Failed> {
    match event {
        invoice::Event::Sent => invoices::sent(outbox, logged).await,
        invoice::Event::Resent => {
            let expired = checkouts::expire_stale(outbox, logged).await;
            invoices::sent(outbox, logged).await.and(expired)
        }
        invoice::Event::CheckoutUnavailable => payment_accounts::unpayable(outbox, logged).await,
        invoice::Event::Reminded => invoices::reminded(outbox, logged).await,
        invoice::Event::PaymentRecorded | invoice::Event::Paid => {
            let expired = checkouts::expire_stale(outbox, logged).await;
            invoices::paid(outbox, logged).await.and(expired)
        }
        invoice::Event::PaymentReversed | invoice::Event::Disputed | invoice::Event::Refunded | invoice::Event::Reopened => {
            let paid = credits::pay_again(outbox, logged).await;
            checkouts::expire_stale(outbox, logged).await.and(paid)
        }
        invoice::Event::Credited | invoice::Event::LinkRevoked | invoice::Event::CheckoutPending => {
            checkouts::expire_stale(outbox, logged).await
        }
        invoice::Event::CheckoutOpened => {
            let left = payment_accounts::opened(outbox, logged).await;
            checkouts::expire_stale(outbox, logged).await.and(left)
        }
        invoice::Event::Voided | invoice::Event::Deleted => {
            let expired = checkouts::expire_stale(outbox, logged).await;
            time::free(outbox, logged).await.and(expired)
        }
        invoice::Event::Created
        | invoice::Event::Updated
        | invoice::Event::TimeReversed
        | invoice::Event::TimeReinstated
        | invoice::Event::WrittenOff
        | invoice::Event::WriteOffReversed
        | invoice::Event::Overdue
        | invoice::Event::ReminderPassedOver
        | invoice::Event::RemindersPaused
        | invoice::Event::RemindersResumed
        | invoice::Event::CheckoutPrepared
        | invoice::Event::CheckoutPaid
        | invoice::Event::CheckoutExpired
        | invoice::Event::CheckoutFailed
        | invoice::Event::Archived
        | invoice::Event::Restored => Ok(()),
    }
}
