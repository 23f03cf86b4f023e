//! The mail that lets a new member of the firm in.

use askama::Template;
use domain::{Time, access::Role};

use crate::{Envelope, Link, Message, Purpose, SendError, Subject, format};

/// A link for a new member of the firm.
#[derive(Clone)]
pub struct InvitationMail<'a> {
    /// To the new member, from who invites them.
    pub envelope: Envelope,
    /// What they will be in the firm.
    pub role: Role,
    /// Where they set a password.
    pub link: &'a Link,
    /// Until when the link works.
    pub expires_at: Time,
    /// Whether they were sent a link before, which this one replaces.
    pub is_replacement: bool,
}

impl InvitationMail<'_> {
    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let firm = self.envelope.short_firm();
        let subject = Subject::new(&match self.is_replacement {
            false => format!("Join {firm} on ConsultantPro"),
            true => format!("Your new link to join {firm} on ConsultantPro"),
        });
        let html = Html { mail: self, subject: &subject };
        let text = Text { mail: self };
        Message::written(&self.envelope, Purpose::Invitation, subject.clone(), &html, &text)
    }

    fn end(&self) -> String {
        format::moment(self.expires_at)
    }

    /// As what they join, after "you join".
    fn as_what(&self) -> &'static str {
        match self.role {
            Role::Owner => "as an owner",
            Role::Manager => "as a manager",
            Role::Consultant => "as a consultant",
            Role::Billing => "for billing",
        }
    }
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct Html<'a> {
    mail: &'a InvitationMail<'a>,
    subject: &'a Subject,
}

#[derive(Template)]
#[template(path = "invitation.txt")]
struct Text<'a> {
    mail: &'a InvitationMail<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, envelope, evil_envelope, expires_at, link};

    #[test]
    fn a_realistic_invitation() {
        let mail =
            InvitationMail { envelope: envelope(), role: Role::Consultant, link: &link(), expires_at: expires_at(), is_replacement: false };
        check("invitation", &mail.message().unwrap());
    }

    #[test]
    fn an_invitation_sent_again() {
        let bare = Envelope { reply_to: None, ..envelope() };
        let mail = InvitationMail { envelope: bare, role: Role::Billing, link: &link(), expires_at: expires_at(), is_replacement: true };
        check("invitation_again", &mail.message().unwrap());
    }

    #[test]
    fn a_hostile_invitation() {
        let link = Link::activation("https://app.consultantpro.example", EVIL);
        let mail =
            InvitationMail { envelope: evil_envelope(), role: Role::Owner, link: &link, expires_at: expires_at(), is_replacement: false };
        check("invitation_hostile", &mail.message().unwrap());
    }
}
