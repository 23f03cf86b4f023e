//! The mail that lets a portal user in.

use domain::{
    Language, Time,
    access::Rights,
    mail_text::{Kind, Placeholder},
};

use crate::{
    Envelope, Link, Message, Purpose, SendError,
    content::{Block, Content, say},
    format,
    invitation::activation,
    own::{Begun, OwnWords},
};

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
        let (language, client) = (self.envelope.language, self.client_name);
        let (firm, short) = (self.envelope.firm_name(), self.envelope.short_firm());
        let (subject, opening) = ours(language, self.is_replacement, [&short, firm, client]);
        let (preheader, heading) = match self.is_replacement {
            false => (
                say!(
                    language,
                    "Set a password, and see what {firm} does for {client}.",
                    "Legen Sie ein Passwort fest und sehen Sie, was {firm} für {client} tut."
                ),
                say!(language, "Welcome to the client portal", "Willkommen im Kundenportal"),
            ),
            true => (
                say!(language, "This link replaces the one before it.", "Dieser Link ersetzt den vorherigen."),
                say!(language, "Your new link to the client portal", "Ihr neuer Link zum Kundenportal"),
            ),
        };
        let own = OwnWords::of(&self.envelope, Kind::Invitation, &self.values());
        let offers = offers(language, self.rights);
        let announced = say!(language, "There you can:", "Dort können Sie:");
        let mut body = if offers.is_empty() { Vec::new() } else { vec![Block::List(announced, offers)] };
        body.extend(activation(&self.envelope, self.link, self.expires_at));
        let why = say!(
            language,
            "You get this mail because {firm} entered your address for {client}. If you didn't expect it, leave the link alone and nothing happens.",
            "Sie erhalten diese E-Mail, weil {firm} Ihre Adresse für {client} eingetragen hat. Falls Sie sie nicht erwartet haben, folgen Sie dem Link nicht, und es geschieht nichts."
        );
        let content = Content { subject, preheader, heading, opening, body, why };
        Message::in_own_words(&self.envelope, Purpose::Welcome, &content, &own)
    }
}

impl Begun for WelcomeMail<'_> {
    fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    fn values(&self) -> Vec<(Placeholder, String)> {
        let language = self.envelope.language;
        vec![(Placeholder::Client, self.client_name.to_owned()), (Placeholder::ExpiresAt, format::moment(language, self.expires_at))]
    }

    fn message(&self) -> Result<Message, SendError> {
        WelcomeMail::message(self)
    }
}

/// Our subject and opening: of the first link, or of one that replaces it.
pub(crate) fn ours(language: Language, is_replacement: bool, [short, firm, client]: [&str; 3]) -> (String, Vec<String>) {
    let (subject, opening) = match is_replacement {
        false => (
            say!(language, "{short} invites you to its client portal", "{short} lädt Sie in das Kundenportal ein"),
            say!(
                language,
                "{firm} has a portal for its clients, and has opened it for you at {client}.",
                "{firm} führt ein Portal für Kunden und hat es für Sie bei {client} geöffnet."
            ),
        ),
        true => (
            say!(language, "Your new link to the client portal of {short}", "Ihr neuer Link zum Kundenportal von {short}"),
            say!(
                language,
                "Here is a new link to the portal that {firm} has for {client}. The one before it doesn't work any more.",
                "Hier ist ein neuer Link zum Portal, das {firm} für {client} führt. Der vorherige funktioniert nicht mehr."
            ),
        ),
    };
    (subject, vec![opening])
}

/// What the portal offers to who has these rights.
fn offers(language: Language, rights: Rights) -> Vec<String> {
    let Rights { see, comment, pay, sign, upload } = rights;
    [
        (
            see,
            say!(
                language,
                "Follow your projects, and find proposals, contracts and invoices in one place",
                "Ihre Projekte verfolgen und Angebote, Verträge und Rechnungen an einem Ort finden"
            ),
        ),
        (comment, say!(language, "Comment on the work and write to the team", "Die Arbeit kommentieren und dem Team schreiben")),
        (sign, say!(language, "Accept proposals and sign contracts", "Angebote annehmen und Verträge unterschreiben")),
        (pay, say!(language, "Pay invoices online", "Rechnungen online bezahlen")),
        (upload, say!(language, "Send documents safely", "Dokumente sicher senden")),
    ]
    .into_iter()
    .filter_map(|(given, offer)| given.then_some(offer))
    .collect()
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
        check!("welcome", mail);
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
        check!("welcome_again", mail);
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
        check!("welcome_hostile", mail);
    }
}
