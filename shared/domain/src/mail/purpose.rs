//! What mails are for.

use serde::{Deserialize, Serialize};

use crate::names::names;

names! {
    /// What a mail is for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = MailPurpose))]
    #[serde(rename_all = "snake_case")]
    pub enum Purpose {
        /// A link to confirm an e-mail.
        Confirmation = "confirmation",
        /// A link to choose another password.
        PasswordReset = "password_reset",
        /// A link to confirm another e-mail.
        EmailChange = "email_change",
        /// That something changed of how somebody signs in.
        SecurityNotice = "security_notice",
        /// That something changed of the firm's account for payments.
        PaymentAccount = "payment_account",
        /// That something changed of the domain that the firm's mails come from.
        SenderDomain = "sender_domain",
        /// A proposal for a prospect.
        Proposal = "proposal",
        /// A portal user's link.
        Welcome = "welcome",
        /// A staff member's link.
        Invitation = "invitation",
        /// An invoice for a client.
        Invoice = "invoice",
        /// A receipt for what a client paid.
        Payment = "payment",
        /// What a client still has to pay.
        Reminder = "reminder",
        /// What somebody is told of, at once or in the morning.
        Notification = "notification",
        /// A credit note for a client.
        CreditNote = "credit_note",
    }
}
