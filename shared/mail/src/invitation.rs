//! The mail that lets a new member of the firm in.

use domain::{Language, Time, access::Role};

use crate::{
    Envelope, Link, Message, Purpose, SendError,
    content::{Block, Content, say, strong},
    format,
};

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
        let (language, firm, short) = (self.envelope.language, self.envelope.firm_name(), self.envelope.short_firm());
        let role = as_what(language, self.role);
        let (subject, preheader, opening) = match self.is_replacement {
            false => (
                say!(language, "Join {short} on ConsultantPro", "Ihre Einladung zu {short} auf ConsultantPro"),
                say!(language, "Set a password to start.", "Legen Sie ein Passwort fest, um zu beginnen."),
                say!(
                    language,
                    "{firm} invites you to join it on ConsultantPro {role}. It is where the firm keeps its clients, proposals and projects.",
                    "{firm} lädt Sie zu ConsultantPro ein, {role}. Dort führt die Firma ihre Kunden, Angebote und Projekte."
                ),
            ),
            true => (
                say!(language, "Your new link to join {short} on ConsultantPro", "Ihr neuer Link zu {short} auf ConsultantPro"),
                say!(language, "This link replaces the one before it.", "Dieser Link ersetzt den vorherigen."),
                say!(
                    language,
                    "Here is a new link to join {firm} on ConsultantPro {role}. The one before it doesn't work any more.",
                    "Hier ist ein neuer Link zu {firm} auf ConsultantPro, {role}. Der vorherige funktioniert nicht mehr."
                ),
            ),
        };
        let content = Content {
            subject,
            preheader,
            heading: say!(language, "Join {firm}", "Ihre Einladung zu {firm}"),
            opening: vec![opening],
            body: activation(&self.envelope, self.link, self.expires_at),
            why: say!(
                language,
                "You get this mail because an owner of {firm} entered your address. If you didn't expect it, leave the link alone and nothing happens.",
                "Sie erhalten diese E-Mail, weil die Leitung von {firm} Ihre Adresse eingetragen hat. Falls Sie sie nicht erwartet haben, folgen Sie dem Link nicht, und es geschieht nichts."
            ),
        };
        Message::written(&self.envelope, Purpose::Invitation, &content)
    }
}

/// As what they join.
fn as_what(language: Language, role: Role) -> String {
    match role {
        Role::Owner => say!(language, "as an owner", "in der Rolle „Inhaberin oder Inhaber“"),
        Role::Manager => say!(language, "as a manager", "in der Rolle „Managerin oder Manager“"),
        Role::Consultant => say!(language, "as a consultant", "in der Rolle „Beraterin oder Berater“"),
        Role::Billing => say!(language, "for billing", "in der Rolle „Abrechnung“"),
    }
}

/// Where who is invited sets a password: `link`, which works until `expires_at`.
pub(crate) fn activation(envelope: &Envelope, link: &Link, expires_at: Time) -> Vec<Block> {
    let (language, whom) = (envelope.language, envelope.whom());
    let end = strong(format::moment(language, expires_at));
    vec![
        Block::Button(say!(language, "Set your password", "Passwort festlegen"), link.clone()),
        Block::Says(say!(
            language,
            "The link works once, until {end}. After that, ask {whom} for a new one.",
            "Der Link funktioniert einmal, bis zum {end}. Einen neuen erhalten Sie danach von {whom}."
        )),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, envelope, evil_envelope, expires_at, link};

    #[test]
    fn a_realistic_invitation() {
        let mail =
            InvitationMail { envelope: envelope(), role: Role::Consultant, link: &link(), expires_at: expires_at(), is_replacement: false };
        check!("invitation", mail);
    }

    #[test]
    fn an_invitation_sent_again() {
        let bare = Envelope { reply_to: None, ..envelope() };
        let mail = InvitationMail { envelope: bare, role: Role::Billing, link: &link(), expires_at: expires_at(), is_replacement: true };
        check!("invitation_again", mail);
    }

    #[test]
    fn a_hostile_invitation() {
        let link = Link::activation("https://app.consultantpro.example", EVIL);
        let mail =
            InvitationMail { envelope: evil_envelope(), role: Role::Owner, link: &link, expires_at: expires_at(), is_replacement: false };
        check!("invitation_hostile", mail);
    }
}
