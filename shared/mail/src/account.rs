//! Mails about a login: to choose another password, and what changed of how somebody signs in. They go to whoever signs in with the address, or may have
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

/// What changed of how somebody signs in, and is told them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The password.
    PasswordChanged,
    /// There is a second factor.
    FactorAdded,
    /// There is another in its place.
    FactorReplaced,
    /// The one that somebody else had set up was taken back.
    FactorTakenBack,
    /// There is none any more.
    FactorRemoved,
    /// There are other recovery codes.
    RecoveryCodesRenewed,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// The e-mail is the one of before again.
    EmailRestored,
    /// The same, to the one that it isn't any more.
    EmailTakenBack,
}

impl Notice {
    fn subject(self) -> &'static str {
        match self {
            Self::PasswordChanged => "Your password was changed",
            Self::FactorAdded => "A second factor was set up",
            Self::FactorReplaced => "Your second factor was replaced",
            Self::FactorTakenBack => "The second factor was taken back",
            Self::FactorRemoved => "Your second factor was removed",
            Self::RecoveryCodesRenewed => "You have new recovery codes",
            Self::RecoveryCodeUsed => "A recovery code was used",
            Self::EmailRestored => "Your e-mail address is the one from before",
            Self::EmailTakenBack => "You don't sign in with this address any more",
        }
    }

    /// What happened: a sentence that goes on with when.
    fn what(self) -> &'static str {
        match self {
            Self::PasswordChanged => "The password with which you sign in to ConsultantPro was changed",
            Self::FactorAdded => "A second factor for signing in to ConsultantPro was set up",
            Self::FactorReplaced => "The app that makes your codes for signing in to ConsultantPro was replaced by another",
            Self::FactorTakenBack => "The second factor that somebody had set up for your sign-in to ConsultantPro was taken back",
            Self::FactorRemoved => "The second factor with which you sign in to ConsultantPro was removed",
            Self::RecoveryCodesRenewed => "New recovery codes for signing in to ConsultantPro were made",
            Self::RecoveryCodeUsed => "One of your recovery codes for ConsultantPro was used",
            Self::EmailTakenBack => {
                "That you sign in to ConsultantPro with this address was taken back, by a link in a mail to the one from before,"
            }
            Self::EmailRestored => "The change of the address with which you sign in to ConsultantPro was taken back",
        }
    }

    /// How it is since.
    fn since_then(self) -> &'static str {
        match self {
            Self::PasswordChanged => "All other devices were signed out.",
            Self::FactorAdded => {
                "You are asked for a code of your app beside your password from now on. All other devices were signed out."
            }
            Self::FactorReplaced => {
                "Codes of the one before don't work any more, nor do its recovery codes. All other devices were signed out."
            }
            Self::FactorTakenBack => "You sign in with the password that was chosen then. All devices were signed out.",
            Self::FactorRemoved => "Your password is all that you are asked for from now on.",
            Self::RecoveryCodesRenewed => "The codes from before don't work any more.",
            Self::RecoveryCodeUsed => "It doesn't work again; when few are left, make new ones.",
            Self::EmailTakenBack => "The address from before signs in again. Whoever reads its mail could do this for three days.",
            Self::EmailRestored => {
                "You sign in with this one again, and with the password that was chosen then. All devices were signed out."
            }
        }
    }
}

/// That something changed of how somebody signs in.
#[derive(Clone)]
pub struct NoticeMail<'a> {
    envelope: Envelope,
    notice: Notice,
    at: Time,
    address: Option<&'a str>,
    link: &'a Link,
    /// Until when the link takes it back, if it does.
    returns_until: Option<Time>,
}

impl<'a> NoticeMail<'a> {
    /// To `to`: `notice`, at `at`, from the network address `address`, if it is known; who didn't do it chooses another password at
    /// `link`.
    pub fn new(to: Email, reference: Reference, notice: Notice, (at, address): (Time, Option<&'a str>), link: &'a Link) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), notice, at, address, link, returns_until: None }
    }

    /// The same, whose link takes back what happened, until `until`.
    #[must_use]
    pub fn returning(self, until: Time) -> Self {
        Self { returns_until: Some(until), ..self }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let subject = Subject::new(self.notice.subject());
        let html = NoticeHtml { mail: self, subject: &subject };
        let text = NoticeText { mail: self };
        Message::written(&self.envelope, Purpose::SecurityNotice, subject.clone(), &html, &text)
    }

    fn when(&self) -> String {
        format::moment(self.at)
    }

    /// Whether there is something to follow the link for.
    fn helps(&self) -> bool {
        self.notice != Notice::EmailTakenBack
    }

    /// What to do if it wasn't them.
    fn otherwise(&self) -> String {
        match (self.notice, self.returns_until) {
            // There is no login here any more to choose a password of.
            (Notice::EmailTakenBack, _) => {
                "If it wasn't, have an owner of your firm shut you out there at once, and invite you to this address.".to_owned()
            }
            (_, Some(until)) => format!("If it wasn't, take it back and choose another password, until {}:", format::moment(until)),
            (_, None) => "If it wasn't, choose another password at once:".to_owned(),
        }
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
#[template(path = "security_notice.html")]
struct NoticeHtml<'a> {
    mail: &'a NoticeMail<'a>,
    subject: &'a Subject,
}

#[derive(Template)]
#[template(path = "security_notice.txt")]
struct NoticeText<'a> {
    mail: &'a NoticeMail<'a>,
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
    fn what_changed_of_how_somebody_signs_in() {
        for (name, notice, address) in [
            ("notice_password_changed", Notice::PasswordChanged, Some("192.0.2.7")),
            ("notice_hostile", Notice::PasswordChanged, Some(EVIL)),
            ("notice_bare", Notice::PasswordChanged, None),
            ("notice_factor_replaced", Notice::FactorReplaced, Some("192.0.2.7")),
            ("notice_factor_taken_back", Notice::FactorTakenBack, Some("192.0.2.7")),
            ("notice_factor_removed", Notice::FactorRemoved, Some("192.0.2.7")),
            ("notice_recovery_codes_renewed", Notice::RecoveryCodesRenewed, Some("192.0.2.7")),
            ("notice_recovery_code_used", Notice::RecoveryCodeUsed, Some("192.0.2.7")),
            ("notice_email_taken_back", Notice::EmailTakenBack, Some("192.0.2.7")),
            ("notice_email_restored", Notice::EmailRestored, Some("192.0.2.7")),
        ] {
            let Envelope { to, reference, .. } = envelope();
            let link = Link::forgotten_password(APP);
            check(name, &NoticeMail::new(to, reference, notice, (expires_at(), address), &link).message().unwrap());
        }
        let Envelope { to, reference, .. } = envelope();
        let link = Link::factor_removal(APP, "pZ3h0J1kQ9w2mT5xV8yB7nC4dF6gH_0-aSe");
        let mail = NoticeMail::new(to, reference, Notice::FactorAdded, (expires_at(), None), &link).returning(expires_at());
        check("notice_factor_added", &mail.message().unwrap());
    }
}
