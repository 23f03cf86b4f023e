//! Mails about another e-mail of a login: to the new one, that it is to be confirmed; to the old one, that it was changed, and how to
//! take that back. Nothing that was typed is in them.

use domain::{Email, Language, Time};

use crate::{
    Envelope, Link, Message, Purpose, Reference, SendError,
    account::from_address,
    content::{Block, Content, say, strong},
    format,
};

/// A link by which an e-mail becomes that of a login.
#[derive(Clone)]
pub struct EmailChangeMail<'a> {
    envelope: Envelope,
    link: &'a Link,
    expires_at: Time,
}

impl<'a> EmailChangeMail<'a> {
    /// To the new address `to`, in the language of whose it is, with a link that works until `expires_at`.
    pub fn new(to: (Email, Language), reference: Reference, link: &'a Link, expires_at: Time) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), link, expires_at }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let language = self.envelope.language;
        let end = strong(format::moment(language, self.expires_at));
        let content = Content {
            subject: say!(language, "Confirm your new e-mail address", "Bestätigen Sie Ihre neue E-Mail-Adresse"),
            preheader: say!(
                language,
                "Follow the link to show that this address is yours.",
                "Folgen Sie dem Link, um zu zeigen, dass diese Adresse Ihnen gehört."
            ),
            heading: say!(language, "Confirm your new e-mail address", "Bestätigen Sie Ihre neue E-Mail-Adresse"),
            opening: vec![say!(
                language,
                "Somebody who signs in to ConsultantPro asked to do so with this address from now on. If that was you, confirm it.",
                "Jemand, der sich bei ConsultantPro anmeldet, möchte das von nun an mit dieser Adresse tun. Wenn Sie das waren, bestätigen Sie die Adresse."
            )],
            body: vec![
                Block::Button(say!(language, "Confirm the address", "Adresse bestätigen"), self.link.clone()),
                Block::Says(say!(
                    language,
                    "The link works once, until {end}. Until it is followed, nothing changes.",
                    "Der Link funktioniert einmal, bis zum {end}. Solange ihm niemand folgt, ändert sich nichts."
                )),
            ],
            why: say!(
                language,
                "You get this mail because somebody typed your address. If that wasn't you, leave the link alone: nothing happens then.",
                "Sie erhalten diese E-Mail, weil jemand Ihre Adresse eingegeben hat. Falls Sie das nicht waren, folgen Sie dem Link nicht: Dann geschieht nichts."
            ),
        };
        Message::written(&self.envelope, Purpose::EmailChange, &content)
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
    /// To the address of before `to`, in the language of whose it is: at `changed_at`, from the network address `address`, if it is known;
    /// `link` takes it back until `expires_at`.
    pub fn new(
        to: (Email, Language),
        reference: Reference,
        (changed_at, address): (Time, Option<&'a str>),
        (link, expires_at): (&'a Link, Time),
    ) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), changed_at, address, link, expires_at }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let language = self.envelope.language;
        let when = strong(format::moment(language, self.changed_at));
        let end = strong(format::moment(language, self.expires_at));
        let mut opening = vec![say!(
            language,
            "The address with which you sign in to ConsultantPro was changed on {when}. This one doesn't sign in any more.",
            "Die Adresse, mit der Sie sich bei ConsultantPro anmelden, wurde am {when} geändert. Mit dieser hier melden Sie sich nicht mehr an."
        )];
        opening.extend(from_address(language, self.address));
        let content = Content {
            subject: say!(language, "Your e-mail address was changed", "Ihre E-Mail-Adresse wurde geändert"),
            preheader: say!(language, "If it wasn't you, take it back.", "Falls Sie das nicht waren, machen Sie es rückgängig."),
            heading: say!(language, "Your e-mail address was changed", "Ihre E-Mail-Adresse wurde geändert"),
            opening,
            body: vec![
                Block::Says(say!(
                    language,
                    "If that was you, there is nothing to do. If it wasn't, take it back and choose another password.",
                    "Wenn Sie das waren, brauchen Sie nichts zu tun. Falls nicht, machen Sie es rückgängig und wählen Sie ein anderes Passwort."
                )),
                Block::Button(say!(language, "It wasn't me", "Das war ich nicht"), self.link.clone()),
                Block::Says(say!(language, "The link works until {end}.", "Der Link funktioniert bis zum {end}.")),
            ],
            why: say!(
                language,
                "You get this mail because you signed in to ConsultantPro with this address.",
                "Sie erhalten diese E-Mail, weil Sie sich mit dieser Adresse bei ConsultantPro angemeldet haben."
            ),
        };
        Message::written(&self.envelope, Purpose::SecurityNotice, &content)
    }
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
        let link = Link::email_change(APP, TOKEN);
        let mail = EmailChangeMail::new((to, Language::En), reference, &link, expires_at());
        check!("email_change", mail);
    }

    #[test]
    fn an_e_mail_that_was_changed() {
        for (name, address) in [("email_changed", Some("192.0.2.7")), ("email_changed_hostile", Some(EVIL)), ("email_changed_bare", None)] {
            let Envelope { to, reference, .. } = envelope();
            let link = Link::email_restoration(APP, TOKEN);
            let mail = EmailChangedMail::new((to, Language::En), reference, (expires_at(), address), (&link, expires_at()));
            check!(name, mail);
        }
    }
}
