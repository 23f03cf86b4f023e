//! Mails about another e-mail of a login: to the new one, that it is to be confirmed; to the old one, that it was changed, and how to
//! take that back. Nothing that was typed is in them.

use askama::Template;
use domain::{Email, Time};

use crate::{Envelope, Link, Message, Purpose, Reference, SendError, Subject, format};

/// A link by which an e-mail becomes that of a login.
#[derive(Clone)]
pub struct EmailChangeMail<'a> {
    envelope: Envelope,
    link: &'a Link,
    expires_at: Time,
}

impl<'a> EmailChangeMail<'a> {
    /// To `to`, the new one, with a link that works until `expires_at`.
    pub fn new(to: Email, reference: Reference, link: &'a Link, expires_at: Time) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), link, expires_at }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let subject = Subject::new("Confirm your new e-mail address");
        let html = ChangeHtml { mail: self, subject: &subject };
        let text = ChangeText { mail: self };
        Message::written(&self.envelope, Purpose::EmailChange, subject.clone(), &html, &text)
    }

    fn end(&self) -> String {
        format::moment(self.expires_at)
    }
}

/// That a login has another e-mail.
#[derive(Clone)]
pub struct EmailChangedMail<'a> {
    envelope: Envelope,
    changed_at: Time,
    address: Option<&'a str>,
    link: &'a Link,
    expires_at: Time,
}

impl<'a> EmailChangedMail<'a> {
    /// To `to`, the one of before: at `changed_at`, from the network address `address`, if it is known; `link` takes it back until
    /// `expires_at`.
    pub fn new(
        to: Email,
        reference: Reference,
        (changed_at, address): (Time, Option<&'a str>),
        (link, expires_at): (&'a Link, Time),
    ) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), changed_at, address, link, expires_at }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let subject = Subject::new("Your e-mail address was changed");
        let html = ChangedHtml { mail: self, subject: &subject };
        let text = ChangedText { mail: self };
        Message::written(&self.envelope, Purpose::SecurityNotice, subject.clone(), &html, &text)
    }

    fn when(&self) -> String {
        format::moment(self.changed_at)
    }

    fn end(&self) -> String {
        format::moment(self.expires_at)
    }
}

#[derive(Template)]
#[template(path = "email_change.html")]
struct ChangeHtml<'a> {
    mail: &'a EmailChangeMail<'a>,
    subject: &'a Subject,
}

#[derive(Template)]
#[template(path = "email_change.txt")]
struct ChangeText<'a> {
    mail: &'a EmailChangeMail<'a>,
}

#[derive(Template)]
#[template(path = "email_changed.html")]
struct ChangedHtml<'a> {
    mail: &'a EmailChangedMail<'a>,
    subject: &'a Subject,
}

#[derive(Template)]
#[template(path = "email_changed.txt")]
struct ChangedText<'a> {
    mail: &'a EmailChangedMail<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, envelope, expires_at};

    const APP: &str = "https://app.consultantpro.example";
    const TOKEN: &str = "pZ3h0J1kQ9w2mT5xV8yB7nC4dF6gH_0-aSe";

    #[test]
    fn a_link_to_another_e_mail() {
        let Envelope { to, reference, .. } = envelope();
        let mail = EmailChangeMail::new(to, reference, &Link::email_change(APP, TOKEN), expires_at()).message();
        check("email_change", &mail.unwrap());
    }

    #[test]
    fn an_e_mail_that_was_changed() {
        for (name, address) in [("email_changed", Some("192.0.2.7")), ("email_changed_hostile", Some(EVIL)), ("email_changed_bare", None)] {
            let Envelope { to, reference, .. } = envelope();
            let link = Link::email_restoration(APP, TOKEN);
            let mail = EmailChangedMail::new(to, reference, (expires_at(), address), (&link, expires_at())).message();
            check(name, &mail.unwrap());
        }
    }
}
