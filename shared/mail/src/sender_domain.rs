//! Mails to a firm's owners about the domain that its mails come from.

use domain::{Email, Language, SingleLine, Time};

use crate::{
    Envelope, Link, Message, Purpose, Reference, SendError,
    content::{Block, Content, say, strong},
    format,
};

/// What changed of a firm's domain, and is told its owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainNotice {
    /// Mails come from it from now on.
    Verified,
    /// They don't, or not any more.
    Failed,
    /// It was taken away.
    Removed,
}

impl DomainNotice {
    fn subject(self, language: Language) -> String {
        match self {
            Self::Verified => say!(language, "Your mails come from your domain", "Ihre E-Mails kommen von Ihrer Domain"),
            Self::Failed => say!(language, "Your mails don't come from your domain", "Ihre E-Mails kommen nicht von Ihrer Domain"),
            Self::Removed => say!(language, "Your domain was taken away", "Ihre Domain wurde entfernt"),
        }
    }

    /// What happened at `when` to the `domain` of `firm`.
    fn what(self, language: Language, (firm, domain, when): (&str, &str, &str)) -> String {
        match self {
            Self::Verified => say!(
                language,
                "The domain {domain} of {firm} is verified since {when}. What clients are sent comes from it from now on.",
                "Die Domain {domain} von {firm} ist seit dem {when} bestätigt. Was Kunden gesendet wird, kommt von nun an von ihr."
            ),
            Self::Failed => say!(
                language,
                "The domain {domain} of {firm} isn't verified as of {when}. What clients are sent comes from our own address, in the firm's name.",
                "Die Domain {domain} von {firm} ist seit dem {when} nicht bestätigt. Was Kunden gesendet wird, kommt von unserer Adresse, im Namen der Firma."
            ),
            Self::Removed => say!(
                language,
                "The domain {domain} of {firm} was taken away on {when}. What clients are sent comes from our own address, in the firm's name.",
                "Die Domain {domain} von {firm} wurde am {when} entfernt. Was Kunden gesendet wird, kommt von unserer Adresse, im Namen der Firma."
            ),
        }
    }

    /// What to do.
    fn advice(self, language: Language) -> String {
        match self {
            Self::Verified => {
                say!(
                    language,
                    "If nobody of you set that up, take it away.",
                    "Falls das niemand von Ihnen eingerichtet hat, entfernen Sie sie."
                )
            }
            Self::Failed => say!(language, "See there why, and what to do.", "Sehen Sie dort nach, warum, und was zu tun ist."),
            Self::Removed => say!(
                language,
                "If nobody of you did that, look who owns the firm.",
                "Falls das niemand von Ihnen war, sehen Sie nach, wem die Firma gehört."
            ),
        }
    }
}

/// That something changed of the domain that a firm's mails come from.
#[derive(Clone)]
pub struct SenderDomainMail<'a> {
    envelope: Envelope,
    firm: &'a SingleLine<200>,
    notice: DomainNotice,
    domain: &'a str,
    at: Time,
    link: &'a Link,
}

impl<'a> SenderDomainMail<'a> {
    /// To the address `to`, in the language of whose it is, who owns `firm`: `notice`, of its `domain`, at `at`. What there is to do is
    /// done at `link`.
    pub fn new(
        to: (Email, Language),
        reference: Reference,
        firm: &'a SingleLine<200>,
        (notice, domain, at): (DomainNotice, &'a str, Time),
        link: &'a Link,
    ) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), firm, notice, domain, at, link }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let (language, plain) = (self.envelope.language, &**self.firm);
        let firm = strong(plain);
        let when = format::moment(language, self.at);
        let content = Content {
            subject: self.notice.subject(language),
            preheader: say!(language, "The sender of {plain}.", "Der Absender von {plain}."),
            heading: self.notice.subject(language),
            opening: vec![self.notice.what(language, (&firm, self.domain, &when)), self.notice.advice(language)],
            body: vec![Block::Button(say!(language, "Open mail settings", "E-Mail-Einstellungen öffnen"), self.link.clone())],
            why: say!(
                language,
                "You get this mail because you own {plain} on ConsultantPro.",
                "Sie erhalten diese E-Mail, weil Ihnen {plain} auf ConsultantPro gehört."
            ),
        };
        Message::written(&self.envelope, Purpose::SenderDomain, &content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, envelope, expires_at};

    #[test]
    fn what_changed_of_where_mails_come_from() {
        let link = Link::mail_settings("https://app.consultantpro.example");
        for (name, notice, firm) in [
            ("sender_domain_verified", DomainNotice::Verified, "Northwind Advisory"),
            ("sender_domain_failed", DomainNotice::Failed, "Northwind Advisory"),
            ("sender_domain_removed", DomainNotice::Removed, "Northwind Advisory"),
            ("sender_domain_hostile", DomainNotice::Verified, EVIL),
        ] {
            let Envelope { to, reference, .. } = envelope();
            let firm = SingleLine::new(firm).unwrap();
            check!(name, SenderDomainMail::new((to, Language::En), reference, &firm, (notice, "northwind.example", expires_at()), &link));
        }
    }
}
