//! How a mail begins: in our words, or in the firm's own, with the mail's values in place of their placeholders.

use domain::{
    Language,
    mail_text::{Kind, MailText, Placeholder, filled, pieces},
};

use crate::{Envelope, Message, SendError, header, invoice, payment, proposal, reminder, welcome};

/// The most characters of an opening with its values: a text can name what is long a hundred times.
const MOST_OPENING: usize = 2_000;

/// A mail that a firm can begin in its own words.
pub(crate) trait Begun {
    /// What it is sent with.
    fn envelope(&self) -> &Envelope;

    /// The values of its placeholders, as it writes them; those of its envelope are known without.
    fn values(&self) -> Vec<(Placeholder, String)>;

    /// The mail, ready to be sent.
    fn message(&self) -> Result<Message, SendError>;

    /// The value of `placeholder`.
    fn value(&self, placeholder: Placeholder) -> String {
        value(self.envelope(), &self.values(), placeholder, self.envelope().firm_name())
    }
}

/// The value of `placeholder` in a mail with `envelope`, which has `values` beside, and writes its firm's name so.
fn value(envelope: &Envelope, values: &[(Placeholder, String)], placeholder: Placeholder, firm: &str) -> String {
    let of_envelope = [(Placeholder::Firm, firm.to_owned()), (Placeholder::Recipient, envelope.recipient())];
    let found = of_envelope.iter().chain(values).find(|(known, _)| *known == placeholder);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// What the firm says in its own words.
#[derive(Debug, Default)]
pub(crate) struct OwnWords {
    subject: Option<String>,
    opening: Option<String>,
}

impl OwnWords {
    /// Those for a mail of `kind` with `envelope`, which has `values`. A text of a time when there were other placeholders says nothing.
    pub(crate) fn of(envelope: &Envelope, kind: Kind, values: &[(Placeholder, String)]) -> Self {
        let Some(MailText { subject, opening }) = envelope.own_text(kind) else { return Self::default() };
        let said = |text: &str, firm: &str| {
            let pieces = pieces(kind, text).ok()?;
            Some(filled(&pieces, |placeholder| value(envelope, values, placeholder, firm)))
        };
        let opening = opening.as_deref().and_then(|text| said(text, envelope.firm_name()));
        Self {
            subject: subject.as_deref().and_then(|text| said(text, &envelope.short_firm())),
            opening: opening.map(|text| header::shortened(&in_paragraphs(&text), MOST_OPENING)),
        }
    }

    /// The subject, if the firm has one of its own.
    pub(crate) fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The opening, if the firm has one of its own.
    pub(crate) fn opening(&self) -> Option<&str> {
        self.opening.as_deref()
    }
}

/// `text` with one blank line where there are several, or where one looks blank.
fn in_paragraphs(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n")
}

/// Our subject and opening of mails of `kind`, with the placeholders that a firm's own text can have: what a firm can start from. Of a
/// proposal's first version, an invitation's first link, an invoice on which something is due and its first reminder after the day.
pub fn default_text(kind: Kind, language: Language) -> (String, String) {
    let named = |placeholder: Placeholder| format!("{{{{{}}}}}", placeholder.as_str());
    let (subject, opening) = match kind {
        Kind::Proposal => {
            let [firm, title] = [Placeholder::Firm, Placeholder::Title].map(named);
            proposal::ours(language, true, [&firm, &firm, &title])
        }
        Kind::Invitation => {
            let [firm, client] = [Placeholder::Firm, Placeholder::Client].map(named);
            welcome::ours(language, false, [&firm, &firm, &client])
        }
        Kind::Invoice => {
            let [firm, number, total] = [Placeholder::Firm, Placeholder::Number, Placeholder::Total].map(named);
            invoice::ours(language, true, [&firm, &firm, &number, &total])
        }
        Kind::Reminder => {
            let [firm, number, how_late] = [Placeholder::Firm, Placeholder::Number, Placeholder::HowLate].map(named);
            reminder::ours(language, (true, 1), [&firm, &firm, &number, &how_late, &firm])
        }
        Kind::Receipt => {
            let [firm, number, paid, outcome] =
                [Placeholder::Firm, Placeholder::Number, Placeholder::AmountPaid, Placeholder::Outcome].map(named);
            payment::ours(language, [&firm, &firm, &number, &paid, &paid, &outcome])
        }
    };
    (subject, opening.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use domain::{Currency, MultiLine, SingleLine, mail_text::MailTexts};

    use super::*;
    use crate::{
        Preview, Sender,
        samples::{EVIL, envelope, firm, holds},
    };

    fn preview(name: &str, language: Language) -> Preview {
        let Sender::Firm(letterhead) = firm(name) else { panic!() };
        let web_origin = "https://app.consultantpro.example".to_owned();
        Preview { letterhead, currency: Currency::USD, language, sender: envelope().reply_to, web_origin }
    }

    /// A mail of `kind`, which the firm begins with these, if with any.
    fn begun(mut preview: Preview, kind: Kind, subject: Option<&str>, opening: Option<&str>) -> Message {
        let (subject, opening) = (subject.map(|text| SingleLine::new(text).unwrap()), opening.map(|text| MultiLine::new(text).unwrap()));
        preview.letterhead.texts = MailTexts::default().with(kind, preview.language, MailText { subject, opening }).unwrap();
        preview.message(kind).unwrap()
    }

    /// A text with all placeholders of `kind`.
    fn all(kind: Kind) -> String {
        let named = |placeholder: &Placeholder| format!("{0}: {{{{{0}}}}}", placeholder.as_str());
        kind.placeholders().iter().map(named).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_firm_begins_each_kind_of_mail_in_its_own_words_in_both_languages() {
        for (language, subject, opening) in [
            (
                Language::En,
                "From {{firm}}, for {{client}}",
                "Thank you for working with us.\nThis is what we agreed on.\n\n\n \nDo call if anything is unclear, {{recipient}}.",
            ),
            (
                Language::De,
                "Von {{firm}}, für {{client}}",
                "Vielen Dank für die Zusammenarbeit.\nDas haben wir vereinbart.\n\n\n \nRufen Sie gern an, {{recipient}}, wenn etwas unklar ist.",
            ),
        ] {
            for kind in Kind::ALL {
                let mut preview = preview("Northwind Advisory", language);
                preview.letterhead.color = Some("#7c2d12".parse().unwrap());
                let opening = format!("{opening}\n\n{}", all(kind));
                let message = begun(preview, kind, Some(subject), Some(&opening));
                holds(&format!("own_{}", kind.as_str()), &message);
                assert!(!message.text.contains("\n\n\n") && !message.html.contains("<br/>\n<br/>"), "{}", message.html);
            }
        }
    }

    #[test]
    fn what_a_firm_does_not_say_is_said_in_our_words() {
        for kind in Kind::ALL {
            for language in Language::ALL {
                let preview = || preview("Northwind Advisory", language);
                let ours = preview().message(kind).unwrap();
                let only_subject = begun(preview(), kind, Some("Hi {{recipient}}"), None);
                assert_eq!(only_subject.text, ours.text);
                assert_ne!(only_subject.subject, ours.subject);
                let only_opening = begun(preview(), kind, None, Some("Hi."));
                assert_eq!(only_opening.subject, ours.subject);
                assert!(only_opening.text.contains("\n\nHi.\n\n"), "{}", only_opening.text);
                // Our own text with its placeholders says what we do.
                let (subject, opening) = default_text(kind, language);
                let own = begun(preview(), kind, Some(&subject), Some(&opening));
                assert_eq!((own.subject, own.text), (ours.subject, ours.text), "{kind:?}");
            }
        }
    }

    #[test]
    fn a_mail_in_another_language_is_in_our_words() {
        let mut german = preview("Nordwind", Language::De);
        let ours = german.message(Kind::Invoice).unwrap();
        let text = MailText { subject: SingleLine::new("Mine").ok(), opening: None };
        german.letterhead.texts = MailTexts::default().with(Kind::Invoice, Language::En, text.clone()).unwrap();
        assert_eq!(german.message(Kind::Invoice).unwrap().subject, ours.subject);
        // Nor is another kind of mail begun with it.
        german.letterhead.texts = MailTexts::default().with(Kind::Reminder, Language::De, text).unwrap();
        assert_eq!(german.message(Kind::Invoice).unwrap().subject, ours.subject);
    }

    #[test]
    fn every_placeholder_of_a_mail_has_a_value() {
        for kind in Kind::ALL {
            for language in Language::ALL {
                let examples = preview("Northwind Advisory", language).examples(kind).unwrap();
                assert_eq!(examples.iter().map(|(placeholder, _)| *placeholder).collect::<Vec<_>>(), kind.placeholders());
                assert!(examples.iter().all(|(_, value)| !value.is_empty()), "{examples:?}");
            }
        }
    }

    #[test]
    fn who_has_no_name_is_called_by_their_address() {
        let mut envelope = envelope();
        assert_eq!(envelope.recipient(), "Ann Lee");
        envelope.to_name = None;
        assert_eq!(envelope.recipient(), "ann@fabrikam.example");
    }

    #[test]
    fn hostile_words_are_words() {
        let opening = "<script>alert(1)</script>\r\n.\r\nQUIT\r\n\r\n\"><img src=x onerror=alert(1)> {7*7} & \u{202e}evil\u{2067} {{firm}} {{recipient}}";
        let subject = "Re: <b>x</b> =?UTF-8?B?QW5u?= \u{202e}evil\u{202c} {{firm}}";
        for kind in Kind::ALL {
            let message = begun(preview(EVIL, Language::En), kind, Some(subject), Some(opening));
            holds(&format!("own_hostile_{}", kind.as_str()), &message);
            assert!(message.text.contains("{{ 7*7 }}"), "what a value says is not read again: {}", message.text);
            assert!(!message.subject.as_str().contains('\u{202e}'));
        }
    }

    #[test]
    fn however_long_its_words_are_the_mail_is_not_cut_off() {
        for opening in ["🦀".repeat(1000), "\"".repeat(1000), "{{client}}".repeat(100), "a\n".repeat(499), "{{recipient}}\n\n".repeat(66)]
        {
            for kind in Kind::ALL {
                let message = begun(preview(&"\"".repeat(200), Language::De), kind, Some(&"🦀".repeat(150)), Some(&opening));
                assert!(message.html.len() < 40_000, "{}", message.html.len());
                assert_eq!(message.subject.as_str().chars().count(), 150);
            }
        }
        let long = begun(preview("Northwind", Language::En), Kind::Invitation, Some(&"{{firm}} ".repeat(16)), Some("Hi"));
        assert!(long.subject.as_str().chars().count() <= 150);
    }
}
