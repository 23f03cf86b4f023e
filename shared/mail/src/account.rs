//! Mails about a login: to choose another password, and what changed of how somebody signs in. They go to whoever signs in with the
//! address, or may have been asked for by anybody who typed it, so nothing that was typed besides is in them.

use domain::{Email, Language, Time};

use crate::{
    Envelope, Link, Message, Purpose, Reference, SendError,
    content::{Block, Content, say, strong},
    format,
};

/// A link by which who forgot their password chooses another.
#[derive(Clone)]
pub struct ResetMail<'a> {
    envelope: Envelope,
    link: &'a Link,
    expires_at: Time,
}

impl<'a> ResetMail<'a> {
    /// To the address `to`, in the language of whose it is, with a link that works until `expires_at`.
    pub fn new(to: (Email, Language), reference: Reference, link: &'a Link, expires_at: Time) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), link, expires_at }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let language = self.envelope.language;
        let end = strong(format::moment(language, self.expires_at));
        let content = Content {
            subject: say!(language, "Choose another password", "Wählen Sie ein neues Passwort"),
            preheader: say!(
                language,
                "Follow the link to choose another password.",
                "Folgen Sie dem Link, um ein neues Passwort zu wählen."
            ),
            heading: say!(language, "Choose another password", "Wählen Sie ein neues Passwort"),
            opening: vec![say!(
                language,
                "Somebody said that they forgot the password that goes with this address on ConsultantPro. If that was you, choose another.",
                "Jemand hat angegeben, das Passwort zu dieser Adresse bei ConsultantPro vergessen zu haben. Wenn Sie das waren, wählen Sie ein neues."
            )],
            body: vec![
                Block::Button(say!(language, "Choose another password", "Neues Passwort wählen"), self.link.clone()),
                Block::Says(say!(
                    language,
                    "The link works once, until {end}. You are signed out everywhere then, and signed in where you use it.",
                    "Der Link funktioniert einmal, bis zum {end}. Sie werden dann überall abgemeldet und dort angemeldet, wo Sie ihn verwenden."
                )),
            ],
            why: say!(
                language,
                "You get this mail because somebody typed your address. If that wasn't you, leave the link alone: your password stays as it is.",
                "Sie erhalten diese E-Mail, weil jemand Ihre Adresse eingegeben hat. Falls Sie das nicht waren, folgen Sie dem Link nicht: Ihr Passwort bleibt, wie es ist."
            ),
        };
        Message::written(&self.envelope, Purpose::PasswordReset, &content)
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
    fn subject(self, language: Language) -> String {
        match self {
            Self::PasswordChanged => say!(language, "Your password was changed", "Ihr Passwort wurde geändert"),
            Self::FactorAdded => say!(language, "A second factor was set up", "Ein zweiter Faktor wurde eingerichtet"),
            Self::FactorReplaced => say!(language, "Your second factor was replaced", "Ihr zweiter Faktor wurde ersetzt"),
            Self::FactorTakenBack => {
                say!(language, "The second factor was taken back", "Der zweite Faktor wurde wieder entfernt")
            }
            Self::FactorRemoved => say!(language, "Your second factor was removed", "Ihr zweiter Faktor wurde entfernt"),
            Self::RecoveryCodesRenewed => say!(language, "You have new recovery codes", "Sie haben neue Wiederherstellungscodes"),
            Self::RecoveryCodeUsed => say!(language, "A recovery code was used", "Ein Wiederherstellungscode wurde verwendet"),
            Self::EmailRestored => {
                say!(language, "Your e-mail address is the one from before", "Ihre E-Mail-Adresse ist wieder die vorherige")
            }
            Self::EmailTakenBack => {
                say!(language, "You don't sign in with this address any more", "Mit dieser Adresse melden Sie sich nicht mehr an")
            }
        }
    }

    /// What happened, and when.
    fn what(self, language: Language, when: &str) -> String {
        match self {
            Self::PasswordChanged => say!(
                language,
                "The password with which you sign in to ConsultantPro was changed on {when}.",
                "Das Passwort, mit dem Sie sich bei ConsultantPro anmelden, wurde am {when} geändert."
            ),
            Self::FactorAdded => say!(
                language,
                "A second factor for signing in to ConsultantPro was set up on {when}.",
                "Ein zweiter Faktor für Ihre Anmeldung bei ConsultantPro wurde am {when} eingerichtet."
            ),
            Self::FactorReplaced => say!(
                language,
                "The app that makes your codes for signing in to ConsultantPro was replaced by another on {when}.",
                "Die App, die Ihre Codes für die Anmeldung bei ConsultantPro erzeugt, wurde am {when} durch eine andere ersetzt."
            ),
            Self::FactorTakenBack => say!(
                language,
                "The second factor that somebody had set up for your sign-in to ConsultantPro was taken back on {when}.",
                "Der zweite Faktor, den jemand für Ihre Anmeldung bei ConsultantPro eingerichtet hatte, wurde am {when} wieder entfernt."
            ),
            Self::FactorRemoved => say!(
                language,
                "The second factor with which you sign in to ConsultantPro was removed on {when}.",
                "Der zweite Faktor, mit dem Sie sich bei ConsultantPro anmelden, wurde am {when} entfernt."
            ),
            Self::RecoveryCodesRenewed => say!(
                language,
                "New recovery codes for signing in to ConsultantPro were made on {when}.",
                "Neue Wiederherstellungscodes für Ihre Anmeldung bei ConsultantPro wurden am {when} erzeugt."
            ),
            Self::RecoveryCodeUsed => say!(
                language,
                "One of your recovery codes for ConsultantPro was used on {when}.",
                "Einer Ihrer Wiederherstellungscodes für ConsultantPro wurde am {when} verwendet."
            ),
            Self::EmailRestored => say!(
                language,
                "The change of the address with which you sign in to ConsultantPro was taken back on {when}.",
                "Die Änderung der Adresse, mit der Sie sich bei ConsultantPro anmelden, wurde am {when} rückgängig gemacht."
            ),
            Self::EmailTakenBack => say!(
                language,
                "That you sign in to ConsultantPro with this address was taken back, by a link in a mail to the one from before, on {when}.",
                "Dass Sie sich mit dieser Adresse bei ConsultantPro anmelden, wurde am {when} rückgängig gemacht, über einen Link in einer E-Mail an die vorherige Adresse."
            ),
        }
    }

    /// How it is since.
    fn since_then(self, language: Language) -> String {
        match self {
            Self::PasswordChanged => {
                say!(language, "All other devices were signed out.", "Alle anderen Geräte wurden abgemeldet.")
            }
            Self::FactorAdded => say!(
                language,
                "You are asked for a code of your app beside your password from now on. All other devices were signed out.",
                "Von nun an werden Sie neben dem Passwort nach einem Code Ihrer App gefragt. Alle anderen Geräte wurden abgemeldet."
            ),
            Self::FactorReplaced => say!(
                language,
                "Codes of the one before don't work any more, nor do its recovery codes. All other devices were signed out.",
                "Die Codes der vorherigen App und deren Wiederherstellungscodes gelten nicht mehr. Alle anderen Geräte wurden abgemeldet."
            ),
            Self::FactorTakenBack => say!(
                language,
                "You sign in with the password that was chosen then. All devices were signed out.",
                "Sie melden sich mit dem Passwort an, das dabei gewählt wurde. Alle Geräte wurden abgemeldet."
            ),
            Self::FactorRemoved => say!(
                language,
                "Your password is all that you are asked for from now on.",
                "Von nun an werden Sie nur noch nach Ihrem Passwort gefragt."
            ),
            Self::RecoveryCodesRenewed => {
                say!(language, "The codes from before don't work any more.", "Die vorherigen Codes gelten nicht mehr.")
            }
            Self::RecoveryCodeUsed => say!(
                language,
                "It doesn't work again; when few are left, make new ones.",
                "Er gilt kein zweites Mal; wenn nur noch wenige übrig sind, erzeugen Sie neue."
            ),
            Self::EmailRestored => say!(
                language,
                "You sign in with this one again, and with the password that was chosen then. All devices were signed out.",
                "Sie melden sich wieder mit dieser an, und mit dem Passwort, das dabei gewählt wurde. Alle Geräte wurden abgemeldet."
            ),
            Self::EmailTakenBack => say!(
                language,
                "The address from before signs in again. Whoever reads its mail could do this for three days.",
                "Die Anmeldung gilt wieder für die vorherige Adresse. Wer deren E-Mails liest, konnte das drei Tage lang tun."
            ),
        }
    }
}

/// From which network address something was done, if it is known.
pub(crate) fn from_address(language: Language, address: Option<&str>) -> Option<String> {
    address.map(|address| {
        say!(language, "This was done from the network address {address}.", "Das geschah von der Netzwerkadresse {address} aus.")
    })
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
    /// To the address `to`, in the language of whose it is: `notice`, at `at`, from the network address `address`, if it is known; who
    /// didn't do it chooses another password at `link`.
    pub fn new(
        to: (Email, Language),
        reference: Reference,
        notice: Notice,
        (at, address): (Time, Option<&'a str>),
        link: &'a Link,
    ) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), notice, at, address, link, returns_until: None }
    }

    /// The same, whose link takes back what happened, until `until`.
    #[must_use]
    pub fn returning(self, until: Time) -> Self {
        Self { returns_until: Some(until), ..self }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let (language, notice) = (self.envelope.language, self.notice);
        let when = strong(format::moment(language, self.at));
        let mut opening = vec![notice.what(language, &when)];
        opening.extend(from_address(language, self.address));
        opening.push(notice.since_then(language));
        let mut body = vec![Block::Says(self.otherwise())];
        let helps = notice != Notice::EmailTakenBack;
        if helps {
            body.push(Block::Button(say!(language, "It wasn't me", "Das war ich nicht"), self.link.clone()));
        }
        let content = Content {
            subject: notice.subject(language),
            preheader: say!(language, "If it wasn't you, act at once.", "Falls Sie das nicht waren, handeln Sie sofort."),
            heading: notice.subject(language),
            opening,
            body,
            why: match helps {
                true => say!(
                    language,
                    "You get this mail because you sign in to ConsultantPro with this address.",
                    "Sie erhalten diese E-Mail, weil Sie sich mit dieser Adresse bei ConsultantPro anmelden."
                ),
                false => say!(
                    language,
                    "You get this mail because you signed in to ConsultantPro with this address.",
                    "Sie erhalten diese E-Mail, weil Sie sich mit dieser Adresse bei ConsultantPro angemeldet haben."
                ),
            },
        };
        Message::written(&self.envelope, Purpose::SecurityNotice, &content)
    }

    /// What to do if it wasn't them.
    fn otherwise(&self) -> String {
        let language = self.envelope.language;
        match (self.notice, self.returns_until) {
            // There is no login here any more to choose a password of.
            (Notice::EmailTakenBack, _) => say!(
                language,
                "If that was you, there is nothing to do. If it wasn't, have an owner of your firm shut you out there at once, and invite you to this address.",
                "Wenn Sie das waren, brauchen Sie nichts zu tun. Falls nicht, bitten Sie die Inhaberin oder den Inhaber Ihrer Firma, Sie dort sofort auszuschließen und an diese Adresse neu einzuladen."
            ),
            (_, Some(until)) => {
                let until = strong(format::moment(language, until));
                say!(
                    language,
                    "If that was you, there is nothing to do. If it wasn't, take it back and choose another password, until {until}.",
                    "Wenn Sie das waren, brauchen Sie nichts zu tun. Falls nicht, machen Sie es bis zum {until} rückgängig und wählen Sie ein anderes Passwort."
                )
            }
            (_, None) => say!(
                language,
                "If that was you, there is nothing to do. If it wasn't, choose another password at once.",
                "Wenn Sie das waren, brauchen Sie nichts zu tun. Falls nicht, wählen Sie sofort ein anderes Passwort."
            ),
        }
    }
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
        check!("password_reset", ResetMail::new((to, Language::En), reference, &link, expires_at()));
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
            check!(name, NoticeMail::new((to, Language::En), reference, notice, (expires_at(), address), &link));
        }
        let Envelope { to, reference, .. } = envelope();
        let link = Link::factor_removal(APP, "pZ3h0J1kQ9w2mT5xV8yB7nC4dF6gH_0-aSe");
        let mail = NoticeMail::new((to, Language::En), reference, Notice::FactorAdded, (expires_at(), None), &link).returning(expires_at());
        check!("notice_factor_added", mail);
    }
}
