//! Mails to a firm's owners about where the money goes that its clients pay online.

use askama::Template;
use domain::{Email, SingleLine, Time};

use crate::{Envelope, Link, Message, Purpose, Reference, SendError, Subject, format};

/// What changed of a firm's account for payments, and is told its owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountNotice {
    /// Clients can pay into it from now on.
    Enabled,
    /// Stripe lets it take nothing for now.
    Disabled,
    /// It was disconnected here.
    Disconnected,
    /// It was disconnected at Stripe.
    Deauthorized,
    /// A client wanted to pay an invoice online, and couldn't.
    Unpayable,
}

impl AccountNotice {
    fn subject(self) -> &'static str {
        match self {
            Self::Enabled => "Clients can pay you online",
            Self::Disabled => "Clients can't pay you online for now",
            Self::Disconnected => "Your account for online payments was disconnected",
            Self::Deauthorized => "Your account for online payments was disconnected at Stripe",
            Self::Unpayable => "A client couldn't pay you online",
        }
    }

    /// How it is since: sentences after when that was.
    fn since_then(self) -> &'static str {
        match self {
            Self::Enabled => "What clients pay online goes there from now on. If nobody of you set that up, disconnect it at once:",
            Self::Disabled => "Stripe doesn't let it take payments, and pages to pay say so. See what Stripe asks for:",
            Self::Disconnected => {
                "Pages to pay are closed, and clients can't pay online until an account is connected again. What was paid before stays \
                 with the old one, and refunds of it are still told us. If nobody of you did that, look who owns the firm:"
            }
            Self::Deauthorized => {
                "Clients can't pay online until an account is connected again. Nothing more is told us of the old one: what was on its \
                 way there shows in Stripe's Dashboard alone, so record by hand what arrives. Connect an account:"
            }
            Self::Unpayable => {
                "You take no payments online for now. Set them up, or ask your client to pay otherwise; of this invoice you aren't told again:"
            }
        }
    }
}

/// That something changed of a firm's account for payments.
#[derive(Clone)]
pub struct PaymentAccountMail<'a> {
    envelope: Envelope,
    firm: &'a SingleLine<200>,
    notice: AccountNotice,
    about: &'a str,
    at: Time,
    link: &'a Link,
}

impl<'a> PaymentAccountMail<'a> {
    /// To `to`, who owns `firm`: `notice`, of its account or invoice `about`, at `at`. What there is to do is done at `link`.
    pub fn new(
        to: Email,
        reference: Reference,
        firm: &'a SingleLine<200>,
        (notice, about, at): (AccountNotice, &'a str, Time),
        link: &'a Link,
    ) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), firm, notice, about, at, link }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let subject = Subject::new(self.notice.subject());
        let html = Html { mail: self, subject: &subject };
        let text = Text { mail: self };
        Message::written(&self.envelope, Purpose::PaymentAccount, subject.clone(), &html, &text)
    }

    /// What it is about, before the firm's name.
    fn what(&self) -> String {
        match self.notice {
            AccountNotice::Enabled | AccountNotice::Disabled | AccountNotice::Disconnected | AccountNotice::Deauthorized => {
                format!("The account {} at Stripe of", self.about)
            }
            AccountNotice::Unpayable => "A client of".to_owned(),
        }
    }

    /// What happened, after the firm's name.
    fn happened(&self) -> String {
        let when = format::moment(self.at);
        match self.notice {
            AccountNotice::Enabled => format!("is set up since {when}."),
            AccountNotice::Disabled => format!("takes no payments since {when}."),
            AccountNotice::Disconnected | AccountNotice::Deauthorized => format!("isn't connected any more since {when}."),
            AccountNotice::Unpayable => format!("wanted to pay invoice {} online on {when}, and couldn't.", self.about),
        }
    }
}

#[derive(Template)]
#[template(path = "payment_account.html")]
struct Html<'a> {
    mail: &'a PaymentAccountMail<'a>,
    subject: &'a Subject,
}

#[derive(Template)]
#[template(path = "payment_account.txt")]
struct Text<'a> {
    mail: &'a PaymentAccountMail<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, envelope, expires_at};

    #[test]
    fn what_changed_of_where_the_money_goes() {
        let link = Link::payment_settings("https://app.consultantpro.example");
        for (name, notice, firm) in [
            ("payment_account_enabled", AccountNotice::Enabled, "Northwind Advisory"),
            ("payment_account_disabled", AccountNotice::Disabled, "Northwind Advisory"),
            ("payment_account_disconnected", AccountNotice::Disconnected, "Northwind Advisory"),
            ("payment_account_deauthorized", AccountNotice::Deauthorized, "Northwind Advisory"),
            ("payment_account_unpayable", AccountNotice::Unpayable, "Northwind Advisory"),
            ("payment_account_hostile", AccountNotice::Disabled, EVIL),
        ] {
            let Envelope { to, reference, .. } = envelope();
            let firm = SingleLine::new(firm).unwrap();
            let about = if notice == AccountNotice::Unpayable { "INV-000042" } else { "acct_1NorthwindAdvisory" };
            let mail = PaymentAccountMail::new(to, reference, &firm, (notice, about, expires_at()), &link);
            check(name, &mail.message().unwrap());
        }
    }
}
