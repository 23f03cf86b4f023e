//! What there are ids of, and the ids: the one file that names every record, so that records name each other by id and in
//! no other way know of each other. It knows of a record that there is such a type, and nothing of what is in it.

use crate::{Id, Kind};

/// Declare ids: of what type, what they begin with, the name of what they are of, and what one is
/// called where that doesn't follow from its name.
macro_rules! ids {
    ($($(#[$doc:meta])+ $id:ident = $module:ident::$of:ident, $prefix:literal, $name:literal$(, $one:literal)?;)+) => {
        $(
            $(#[$doc])+
            pub type $id = Id<crate::$module::$of>;

            impl Kind for crate::$module::$of {
                const PREFIX: &'static str = $prefix;
                const NAME: &'static str = $name;

                $(fn one() -> String {
                    $one.to_owned()
                })?
            }
        )+

        #[cfg(test)]
        const PREFIXES: &[&str] = &[$($prefix),+];
    };
}

ids! {
    /// The id of a campaign.
    CampaignId = campaign::Campaign, "camp", "campaign";
    /// The id of a client.
    ClientId = client::Client, "client", "client";
    /// The id of a comment.
    CommentId = comment::Comment, "comment", "comment";
    /// The id of a contract.
    ContractId = contract::Contract, "contract", "contract";
    /// The id of a credit.
    CreditId = credit::Credit, "credit", "credit";
    /// The id of a credit note.
    CreditNoteId = credit_note::CreditNote, "cn", "credit_note";
    /// The id of a refund of a credit.
    CreditRefundId = credit::Refund, "refund", "credit_refund";
    /// The id of an engagement.
    EngagementId = engagement::Engagement, "eng", "engagement";
    /// The id of a firm.
    FirmId = firm::Firm, "firm", "firm";
    /// The id of an invoice.
    InvoiceId = invoice::Invoice, "inv", "invoice";
    /// The id of a lead.
    LeadId = lead::Lead, "lead", "lead";
    /// The id of a login.
    LoginId = login::Login, "login", "login";
    /// The id of a mail.
    MailId = mail::Mail, "mail", "mail";
    /// The id of a firm's mail texts: its firm's, but for what it begins with.
    MailTextsId = mail_text::MailTexts, "mtexts", "mail_texts", "mail texts";
    /// The id of a notification.
    NotificationId = notification::Notification, "notif", "notification";
    /// The id of notifications that are mailed together.
    NotificationBatchId = notification_batch::NotificationBatch, "batch", "notification_batch";
    /// The id of a payment.
    PaymentId = invoice::Payment, "pay", "payment";
    /// The id of a firm's account for payments: its firm's, but for what it begins with.
    PaymentAccountId = payment_account::PaymentAccount, "pacct", "payment_account";
    /// The id of a portal user.
    PortalUserId = portal_user::PortalUser, "portal", "portal_user";
    /// The id of a project.
    ProjectId = project::Project, "project", "project";
    /// The id of a proposal.
    ProposalId = proposal::Proposal, "prop", "proposal";
    /// The id of a prospect.
    ProspectId = prospect::Prospect, "prospect", "prospect";
    /// The id of a firm's own domain: its firm's, but for what it begins with.
    SenderDomainId = sender_domain::SenderDomain, "sdom", "sender_domain";
    /// The id of a session.
    SessionId = session::Session, "session", "session";
    /// The id of a suppressed address.
    SuppressionId = suppression::Suppression, "supp", "suppression";
    /// The id of a task.
    TaskId = task::Task, "task", "task";
    /// The id of a time entry.
    TimeEntryId = time_entry::TimeEntry, "time", "time_entry";
    /// The id of something undelivered.
    UndeliveredId = undelivered::Undelivered, "und", "undelivered", "an undelivered item";
    /// The id of a user.
    UserId = user::User, "user", "user";
}

#[cfg(test)]
mod tests {
    use super::PREFIXES;

    #[test]
    fn no_two_kinds_have_ids_that_begin_alike() {
        let different: std::collections::BTreeSet<_> = PREFIXES.iter().collect();
        assert_eq!(different.len(), PREFIXES.len());
    }
}
