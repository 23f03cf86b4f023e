//! Mails to a firm's owners about where the money goes that its clients pay online.

use domain::Language;

use crate::{Link, OwnerNotice, Purpose, content::say};

/// What changed of a firm's account for payments, and is told its owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountNotice {
    /// Clients can pay into it from now on.
    Enabled,
    /// Stripe lets it take nothing for now.
    Disabled,
    /// It was disconnected here.
    Disconnected,
    /// It was disconnected at Stripe.
    Deauthorized,
    /// A client wanted to pay an invoice online, and couldn't.
    Unpayable,
}

impl OwnerNotice for AccountNotice {
    const PURPOSE: Purpose = Purpose::PaymentAccount;

    fn link(web_origin: &str) -> Link {
        Link::payment_settings(web_origin)
    }

    fn button(language: Language) -> String {
        say!(language, "Open payment settings", "Zahlungseinstellungen öffnen")
    }

    fn preheader(language: Language, firm: &str) -> String {
        say!(language, "Online payments of {firm}.", "Online-Zahlungen von {firm}.")
    }

    fn subject(self, language: Language) -> String {
        match self {
            Self::Enabled => say!(language, "Clients can pay you online", "Ihre Kunden können online bezahlen"),
            Self::Disabled => {
                say!(language, "Clients can't pay you online for now", "Ihre Kunden können vorerst nicht online bezahlen")
            }
            Self::Disconnected => {
                say!(language, "Your account for online payments was disconnected", "Ihr Konto für Online-Zahlungen wurde getrennt")
            }
            Self::Deauthorized => say!(
                language,
                "Your account for online payments was disconnected at Stripe",
                "Ihr Konto für Online-Zahlungen wurde bei Stripe getrennt"
            ),
            Self::Unpayable => say!(language, "A client couldn't pay you online", "Ein Kunde konnte nicht online bezahlen"),
        }
    }

    fn what(self, language: Language, (firm, about, when): (&str, &str, &str)) -> String {
        match self {
            Self::Enabled => say!(
                language,
                "The account {about} at Stripe of {firm} is set up since {when}. What clients pay online goes there from now on.",
                "Das Konto {about} von {firm} bei Stripe ist seit dem {when} eingerichtet. Was Kunden online bezahlen, geht von nun an dorthin."
            ),
            Self::Disabled => say!(
                language,
                "The account {about} at Stripe of {firm} takes no payments since {when}: Stripe doesn't let it, and pages to pay say so.",
                "Das Konto {about} von {firm} bei Stripe nimmt seit dem {when} keine Zahlungen an: Stripe lässt es nicht zu, und die Zahlungsseiten sagen das."
            ),
            Self::Disconnected => say!(
                language,
                "The account {about} at Stripe of {firm} isn't connected any more since {when}. Pages to pay are closed, and clients can't pay online until an account is connected again. What was paid before stays with the old one, and refunds of it still show here.",
                "Das Konto {about} von {firm} bei Stripe ist seit dem {when} nicht mehr verbunden. Die Zahlungsseiten sind geschlossen, und Kunden können erst wieder online bezahlen, wenn ein Konto verbunden ist. Was vorher bezahlt wurde, bleibt beim alten Konto, und Erstattungen davon erscheinen weiterhin hier."
            ),
            Self::Deauthorized => say!(
                language,
                "The account {about} at Stripe of {firm} isn't connected any more since {when}. Clients can't pay online until an account is connected again. Nothing more of the old one shows here: what was on its way there is in Stripe's Dashboard alone, so record by hand what arrives.",
                "Das Konto {about} von {firm} bei Stripe ist seit dem {when} nicht mehr verbunden. Kunden können erst wieder online bezahlen, wenn ein Konto verbunden ist. Vom alten Konto erscheint hier nichts mehr: Was dorthin unterwegs war, zeigt nur noch das Dashboard von Stripe; erfassen Sie von Hand, was ankommt."
            ),
            Self::Unpayable => say!(
                language,
                "A client of {firm} wanted to pay invoice {about} online on {when}, and couldn't, since you take no payments online for now. Of this invoice you aren't told again.",
                "Ein Kunde von {firm} wollte am {when} die Rechnung {about} online bezahlen und konnte es nicht, da Sie derzeit keine Online-Zahlungen annehmen. Zu dieser Rechnung schreiben wir Ihnen nicht noch einmal."
            ),
        }
    }

    /// What to do.
    fn advice(self, language: Language) -> String {
        match self {
            Self::Enabled => say!(
                language,
                "If nobody of you set that up, disconnect it at once.",
                "Falls das niemand von Ihnen eingerichtet hat, trennen Sie es sofort."
            ),
            Self::Disabled => say!(language, "See what Stripe asks for.", "Sehen Sie nach, was Stripe verlangt."),
            Self::Disconnected => say!(
                language,
                "If nobody of you did that, look who owns the firm.",
                "Falls das niemand von Ihnen war, sehen Sie nach, wem die Firma gehört."
            ),
            Self::Deauthorized => say!(language, "Connect an account again.", "Verbinden Sie wieder ein Konto."),
            Self::Unpayable => say!(
                language,
                "Set up online payments, or ask your client to pay otherwise.",
                "Richten Sie Online-Zahlungen ein, oder bitten Sie Ihren Kunden, anders zu bezahlen."
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
    fn what_changed_of_where_the_money_goes() {
        for (name, notice, firm) in [
            ("payment_account_enabled", AccountNotice::Enabled, "Northwind Advisory"),
            ("payment_account_disabled", AccountNotice::Disabled, "Northwind Advisory"),
            ("payment_account_disconnected", AccountNotice::Disconnected, "Northwind Advisory"),
            ("payment_account_deauthorized", AccountNotice::Deauthorized, "Northwind Advisory"),
            ("payment_account_unpayable", AccountNotice::Unpayable, "Northwind Advisory"),
            ("payment_account_hostile", AccountNotice::Disabled, EVIL),
        ] {
            let Envelope { to, reference, .. } = envelope();
            let firm = SingleLine::new(firm).unwrap();
            let about = if notice == AccountNotice::Unpayable { "INV-000042" } else { "acct_1NorthwindAdvisory" };
            check!(name, OwnerMail::new((to, Language::En), reference, &firm, (notice, about, expires_at()), ORIGIN));
        }
    }
}
