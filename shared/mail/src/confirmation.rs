//! The mail by which who signed up shows that the e-mail is theirs. It goes to an address that anybody may have typed, so nothing
//! that they typed besides is in it.

use askama::Template;
use domain::{Email, Time};

use crate::{Envelope, Link, Message, Purpose, Reference, SendError, Subject, format};

/// A link to confirm an e-mail.
#[derive(Clone)]
pub struct ConfirmationMail<'a> {
    envelope: Envelope,
    link: &'a Link,
    expires_at: Time,
}

impl<'a> ConfirmationMail<'a> {
    /// To `to`, with a link that works until `expires_at`.
    pub fn new(to: Email, reference: Reference, link: &'a Link, expires_at: Time) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), link, expires_at }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let subject = Subject::new("Confirm your e-mail address");
        let html = Html { mail: self, subject: &subject };
        let text = Text { mail: self };
        Message::written(&self.envelope, Purpose::Confirmation, subject.clone(), &html, &text)
    }

    fn end(&self) -> String {
        format::moment(self.expires_at)
    }
}

#[derive(Template)]
#[template(path = "confirmation.html")]
struct Html<'a> {
    mail: &'a ConfirmationMail<'a>,
    subject: &'a Subject,
}

#[derive(Template)]
#[template(path = "confirmation.txt")]
struct Text<'a> {
    mail: &'a ConfirmationMail<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{check, envelope, expires_at};

    #[test]
    fn a_confirmation() {
        let link = Link::confirmation("https://app.consultantpro.example", "pZ3h0J1kQ9w2.mT5xV8yB7nC4dF6gH_0-aSe");
        let Envelope { to, reference, .. } = envelope();
        check("confirmation", &ConfirmationMail::new(to, reference, &link, expires_at()).message().unwrap());
    }
}
