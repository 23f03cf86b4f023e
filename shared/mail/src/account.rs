//! Mails about a login: to choose another password, and that there is one. They go to whoever signs in with the address, or may have
//! been asked for by anybody who typed it, so nothing that was typed besides is in them.

use askama::Template;
use domain::{Email, Time};

use crate::{Envelope, Link, Message, Purpose, Reference, SendError, Subject, format};

/// A link by which who forgot their password chooses another.
#[derive(Clone)]
pub struct ResetMail<'a> {
    envelope: Envelope,
    link: &'a Link,
    expires_at: Time,
}

impl<'a> ResetMail<'a> {
    /// To `to`, with a link that works until `expires_at`.
    pub fn new(to: Email, reference: Reference, link: &'a Link, expires_at: Time) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), link, expires_at }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let subject = Subject::new("Choose another password");
        let html = ResetHtml { mail: self, subject: &subject };
        let text = ResetText { mail: self };
        Message::written(&self.envelope, Purpose::PasswordReset, subject.clone(), &html, &text)
    }

    fn end(&self) -> String {
        format::moment(self.expires_at)
    }
}

/// That a login has another password.
#[derive(Clone)]
pub struct PasswordChangedMail<'a> {
    envelope: Envelope,
    changed_at: Time,
    address: Option<&'a str>,
    link: &'a Link,
}

impl<'a> PasswordChangedMail<'a> {
    /// To `to`: at `changed_at`, from the network address `address`, if it is known; who didn't do it chooses another at `link`.
    pub fn new(to: Email, reference: Reference, (changed_at, address): (Time, Option<&'a str>), link: &'a Link) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), changed_at, address, link }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let subject = Subject::new("Your password was changed");
        let html = ChangedHtml { mail: self, subject: &subject };
        let text = ChangedText { mail: self };
        Message::written(&self.envelope, Purpose::PasswordChanged, subject.clone(), &html, &text)
    }

    fn when(&self) -> String {
        format::moment(self.changed_at)
    }
}

#[derive(Template)]
#[template(path = "password_reset.html")]
struct ResetHtml<'a> {
    mail: &'a ResetMail<'a>,
    subject: &'a Subject,
}

#[derive(Template)]
#[template(path = "password_reset.txt")]
struct ResetText<'a> {
    mail: &'a ResetMail<'a>,
}

#[derive(Template)]
#[template(path = "password_changed.html")]
struct ChangedHtml<'a> {
    mail: &'a PasswordChangedMail<'a>,
    subject: &'a Subject,
}

#[derive(Template)]
#[template(path = "password_changed.txt")]
struct ChangedText<'a> {
    mail: &'a PasswordChangedMail<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, envelope, expires_at};

    const APP: &str = "https://app.consultantpro.example";

    #[test]
    fn a_link_to_choose_another_password() {
        let link = Link::password_reset(APP, "pZ3h0J1kQ9w2.mT5xV8yB7nC4dF6gH_0-aSe");
        let Envelope { to, reference, .. } = envelope();
        check("password_reset", &ResetMail::new(to, reference, &link, expires_at()).message().unwrap());
    }

    #[test]
    fn a_changed_password() {
        for (name, address) in
            [("password_changed", Some("192.0.2.7")), ("password_changed_hostile", Some(EVIL)), ("password_changed_by", None)]
        {
            let Envelope { to, reference, .. } = envelope();
            let link = Link::forgotten_password(APP);
            check(name, &PasswordChangedMail::new(to, reference, (expires_at(), address), &link).message().unwrap());
        }
    }
}
