//! Mails to a firm's owners about the domain that its mails come from.

use domain::Language;

use crate::{Link, OwnerNotice, Purpose, content::say};

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

impl OwnerNotice for DomainNotice {
    const PURPOSE: Purpose = Purpose::SenderDomain;

    fn link(web_origin: &str) -> Link {
        Link::mail_settings(web_origin)
    }

    fn button(language: Language) -> String {
        say!(language, "Open mail settings", "E-Mail-Einstellungen öffnen")
    }

    fn preheader(language: Language, firm: &str) -> String {
        say!(language, "The sender of {firm}.", "Der Absender von {firm}.")
    }

    fn subject(self, language: Language) -> String {
        match self {
            Self::Verified => say!(language, "Your mails come from your domain", "Ihre E-Mails kommen von Ihrer Domain"),
            Self::Failed => say!(language, "Your mails don't come from your domain", "Ihre E-Mails kommen nicht von Ihrer Domain"),
            Self::Removed => say!(language, "Your domain was taken away", "Ihre Domain wurde entfernt"),
        }
    }

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

#[cfg(test)]
mod tests {
    use domain::SingleLine;

    use super::*;
    use crate::{
        Envelope, OwnerMail,
        samples::{EVIL, check, envelope, expires_at},
    };

    const ORIGIN: &str = "https://app.consultantpro.example";

    #[test]
    fn what_changed_of_where_mails_come_from() {
        for (name, notice, firm) in [
            ("sender_domain_verified", DomainNotice::Verified, "Northwind Advisory"),
            ("sender_domain_failed", DomainNotice::Failed, "Northwind Advisory"),
            ("sender_domain_removed", DomainNotice::Removed, "Northwind Advisory"),
            ("sender_domain_hostile", DomainNotice::Verified, EVIL),
        ] {
            let Envelope { to, reference, .. } = envelope();
            let firm = SingleLine::new(firm).unwrap();
            check!(name, OwnerMail::new((to, Language::En), reference, &firm, (notice, "northwind.example", expires_at()), ORIGIN));
        }
    }
}
