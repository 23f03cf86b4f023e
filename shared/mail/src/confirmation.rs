//! The mail by which who signed up shows that the e-mail is theirs. It goes to an address that anybody may have typed, so nothing
//! that they typed besides is in it.

use domain::{Email, Language, Time};

use crate::{
    Envelope, Link, Message, Purpose, Reference, SendError,
    content::{Block, Content, say, strong},
    format,
};

/// A link to confirm an e-mail.
#[derive(Clone)]
pub struct ConfirmationMail<'a> {
    envelope: Envelope,
    link: &'a Link,
    expires_at: Time,
}

impl<'a> ConfirmationMail<'a> {
    /// To the address `to`, in its language, with a link that works until `expires_at`.
    pub fn new(to: (Email, Language), reference: Reference, link: &'a Link, expires_at: Time) -> Self {
        Self { envelope: Envelope::from_platform(to, reference), link, expires_at }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let language = self.envelope.language;
        let end = strong(format::moment(language, self.expires_at));
        let content = Content {
            subject: say!(language, "Confirm your e-mail address", "Bestätigen Sie Ihre E-Mail-Adresse"),
            preheader: say!(
                language,
                "Follow the link to show that this address is yours.",
                "Folgen Sie dem Link, um zu zeigen, dass diese Adresse Ihnen gehört."
            ),
            heading: say!(language, "Confirm your e-mail address", "Bestätigen Sie Ihre E-Mail-Adresse"),
            opening: vec![say!(
                language,
                "Somebody signed up a firm on ConsultantPro with this address. If that was you, confirm it: from then on your firm can send proposals and invoices, and invite people.",
                "Jemand hat mit dieser Adresse eine Firma bei ConsultantPro angemeldet. Wenn Sie das waren, bestätigen Sie die Adresse: Von da an kann Ihre Firma Angebote und Rechnungen verschicken und Personen einladen."
            )],
            body: vec![
                Block::Button(say!(language, "Confirm the address", "Adresse bestätigen"), self.link.clone()),
                Block::Says(say!(
                    language,
                    "The link works once, until {end}. ConsultantPro sends you another, if you ask for it when you are signed in.",
                    "Der Link funktioniert einmal, bis zum {end}. Wenn Sie angemeldet sind, können Sie sich einen neuen schicken lassen."
                )),
            ],
            why: say!(
                language,
                "You get this mail because somebody typed your address. If that wasn't you, leave the link alone: nothing is sent in your name, and after a week the address is free again.",
                "Sie erhalten diese E-Mail, weil jemand Ihre Adresse eingegeben hat. Falls Sie das nicht waren, folgen Sie dem Link nicht: In Ihrem Namen wird nichts verschickt, und nach einer Woche ist die Adresse wieder frei."
            ),
        };
        Message::written(&self.envelope, Purpose::Confirmation, &content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{check, envelope, expires_at};

    #[test]
    fn a_confirmation() {
        let link = Link::confirmation("https://app.consultantpro.example", "pZ3h0J1kQ9w2.mT5xV8yB7nC4dF6gH_0-aSe");
        let Envelope { to, reference, .. } = envelope();
        check!("confirmation", ConfirmationMail::new((to, Language::En), reference, &link, expires_at()));
    }
}
