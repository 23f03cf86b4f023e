//! The mail that lets a portal user in.

use askama::Template;
use domain::{Time, access::Rights};

use crate::{Envelope, Link, Message, Purpose, SendError, Subject, format};

/// A link for somebody at a client, to the firm's client portal.
#[derive(Clone)]
pub struct WelcomeMail<'a> {
    /// To the portal user, from the firm.
    pub envelope: Envelope,
    /// The client's name.
    pub client_name: &'a str,
    /// What they may do in the portal: nothing else is promised.
    pub rights: Rights,
    /// Where they set a password.
    pub link: &'a Link,
    /// Until when the link works.
    pub expires_at: Time,
    /// Whether they were sent a link before, which this one replaces.
    pub is_replacement: bool,
}

impl WelcomeMail<'_> {
    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let firm = self.envelope.short_firm();
        let subject = Subject::new(&match self.is_replacement {
            false => format!("{firm} invites you to its client portal"),
            true => format!("Your new link to the client portal of {firm}"),
        });
        let offers = offers(self.rights);
        let html = Html { mail: self, subject: &subject, offers: &offers };
        let text = Text { mail: self, offers: &offers };
        Message::written(&self.envelope, Purpose::Welcome, subject.clone(), &html, &text)
    }

    fn end(&self) -> String {
        format::moment(self.expires_at)
    }
}

/// What the portal offers to who has these rights.
fn offers(rights: Rights) -> Vec<&'static str> {
    let Rights { see, comment, pay, sign, upload } = rights;
    [
        (see, "Follow your projects, and find proposals, contracts and invoices in one place"),
        (comment, "Comment on the work and write to the team"),
        (sign, "Accept proposals and sign contracts"),
        (pay, "Pay invoices online"),
        (upload, "Send documents safely"),
    ]
    .into_iter()
    .filter_map(|(given, offer)| given.then_some(offer))
    .collect()
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct Html<'a> {
    mail: &'a WelcomeMail<'a>,
    subject: &'a Subject,
    offers: &'a [&'static str],
}

#[derive(Template)]
#[template(path = "welcome.txt")]
struct Text<'a> {
    mail: &'a WelcomeMail<'a>,
    offers: &'a [&'static str],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, envelope, evil_envelope, expires_at, link};

    #[test]
    fn a_realistic_welcome() {
        let mail = WelcomeMail {
            envelope: envelope(),
            client_name: "Fabrikam GmbH",
            rights: Rights::ALL,
            link: &link(),
            expires_at: expires_at(),
            is_replacement: false,
        };
        check("welcome", &mail.message().unwrap());
    }

    #[test]
    fn a_welcome_sent_again_promises_only_what_is_allowed() {
        let mail = WelcomeMail {
            envelope: Envelope { reply_to: None, ..envelope() },
            client_name: "Fabrikam GmbH",
            rights: Rights::default(),
            link: &link(),
            expires_at: expires_at(),
            is_replacement: true,
        };
        check("welcome_again", &mail.message().unwrap());
    }

    #[test]
    fn a_hostile_welcome() {
        let mail = WelcomeMail {
            envelope: evil_envelope(),
            client_name: EVIL,
            rights: Rights::ALL,
            link: &Link::activation("https://app.consultantpro.example", EVIL),
            expires_at: expires_at(),
            is_replacement: false,
        };
        check("welcome_hostile", &mail.message().unwrap());
    }
}
