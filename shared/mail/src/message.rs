//! A mail as it is handed to SES, and its parts.

use std::fmt;

use domain::{
    BrandColor, Email, Language, SingleLine,
    firm::Firm,
    mail::Purpose,
    mail_text::{self, MailText, MailTexts},
};

use crate::{
    SendError,
    content::{Content, say},
    header,
    look::Look,
    own::OwnWords,
};

/// Somebody who answers mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// What they are called.
    pub name: SingleLine<200>,
    /// Where mail reaches them.
    pub email: Email,
}

/// Whom a mail goes to, in whose name, and what it follows up.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Where it goes.
    pub to: Email,
    /// Who is addressed, if that is known.
    pub to_name: Option<SingleLine<200>>,
    /// The language in which they are written to.
    pub language: Language,
    /// Who gets a copy.
    pub cc: Vec<Email>,
    /// In whose name it comes.
    pub from: Sender,
    /// Who at the firm gets the answer; without one, answers reach nobody.
    pub reply_to: Option<Person>,
    /// The event that it follows up.
    pub reference: Reference,
}

/// In whose name a mail comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// A firm's.
    Firm(Letterhead),
    /// The platform's own. No firm can look like it, whatever it is called.
    Platform,
}

/// What a firm's mails show of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letterhead {
    /// What it is called, as mails say it.
    pub(crate) name: String,
    /// In which colour they show it; ours, if none.
    pub color: Option<BrandColor>,
    /// How it begins them in its own words.
    pub texts: MailTexts,
    /// The address that they come from, if not from ours.
    pub address: Option<Email>,
}

impl Letterhead {
    /// That of `firm`, which has `texts` of its own, and whose mails come from our address.
    pub fn of(firm: &Firm, texts: MailTexts) -> Self {
        Self { name: header::unlinked(&firm.name), color: firm.brand_color, texts, address: None }
    }

    /// The same, whose mails come from `address`, if there is one.
    #[must_use]
    pub fn at(self, address: Option<Email>) -> Self {
        Self { address, ..self }
    }
}

impl Sender {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Firm(letterhead) => &letterhead.name,
            Self::Platform => "ConsultantPro",
        }
    }

    /// Its own colour.
    fn color(&self) -> Option<BrandColor> {
        match self {
            Self::Firm(letterhead) => letterhead.color,
            Self::Platform => None,
        }
    }

    /// The firm's own address that its mails come from, if it has one.
    pub(crate) fn address(&self) -> Option<&Email> {
        match self {
            Self::Firm(letterhead) => letterhead.address.as_ref(),
            Self::Platform => None,
        }
    }
}

impl Envelope {
    /// Of a mail of our own to `to`, in `language`, which follows up `reference`: nobody reads answers, and no name is in it that
    /// somebody typed.
    pub(crate) fn from_platform((to, language): (Email, Language), reference: Reference) -> Self {
        Self { to, to_name: None, language, cc: Vec::new(), from: Sender::Platform, reply_to: None, reference }
    }

    /// Its sender's name.
    pub(crate) fn firm_name(&self) -> &str {
        self.from.name()
    }

    /// Whether the mail shows a colour of the firm's own.
    pub(crate) fn is_coloured(&self) -> bool {
        self.from.color().is_some()
    }

    /// How what is in the sender's colour looks.
    pub(crate) fn look(&self) -> Look {
        Look::of(self.from.color())
    }

    /// How the firm begins mails of `kind`, if it has words of its own in the language of this one.
    pub(crate) fn own_text(&self, kind: mail_text::Kind) -> Option<&MailText> {
        match &self.from {
            Sender::Firm(letterhead) => letterhead.texts.of(kind, self.language),
            Sender::Platform => None,
        }
    }

    /// Who is addressed, or where that isn't known.
    pub(crate) fn recipient(&self) -> String {
        self.to_name.as_ref().map_or_else(|| self.to.typed().to_owned(), ToString::to_string)
    }

    /// The first line of the mail.
    pub(crate) fn greeting(&self) -> String {
        match &self.to_name {
            Some(name) => {
                let name = header::unlinked(name);
                say!(self.language, "Hello {name},", "Guten Tag {name},")
            }
            None => say!(self.language, "Hello,", "Guten Tag,"),
        }
    }

    /// The last: on whose behalf it comes, and whether answers are read.
    pub(crate) fn footer(&self) -> String {
        let unread = say!(self.language, "Answers to this mail aren't read.", "Antworten auf diese E-Mail werden nicht gelesen.");
        let Sender::Firm(Letterhead { name: firm, .. }) = &self.from else { return unread };
        let behalf =
            say!(self.language, "ConsultantPro sends mail for {firm}.", "ConsultantPro verschickt diese E-Mail im Auftrag von {firm}.");
        if self.reply_to.is_some() { behalf } else { format!("{behalf} {unread}") }
    }

    /// Whom to ask: who answers this mail, or else the firm.
    pub(crate) fn whom(&self) -> String {
        match &self.reply_to {
            Some(Person { name, .. }) => {
                let name = header::unlinked(name);
                say!(self.language, "{name} (answer this mail)", "{name} (antworten Sie auf diese E-Mail)")
            }
            None => self.firm_name().to_owned(),
        }
    }

    /// The firm's name, short enough for a subject.
    pub(crate) fn short_firm(&self) -> String {
        header::shortened(self.firm_name(), header::MOST_FIRM)
    }
}

/// The event that a mail follows up, as its `X-Entity-Ref-ID` header says: mails of different events stay apart in the
/// recipient's list, and one that was sent twice can be recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    /// Event number `sequence` of the record whose id is `record`.
    pub fn new(record: &str, sequence: u64) -> Self {
        let id: String = record.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).take(200).collect();
        Self(format!("{id}-{sequence}"))
    }

    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a mail is about: one line, at most 150 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// The subject that `text` is: line breaks become spaces, what is too long is cut, and what looks encoded as RFC 2047 has it, which
    /// many a mail program would decode, doesn't any more.
    pub fn new(text: &str) -> Self {
        Self(header::shortened(&header::one_line(text).replace("=?", "=\u{200b}?"), 150))
    }

    /// The subject as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A mail that is ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Whom it goes to, in whose name, and what it follows up.
    pub envelope: Envelope,
    /// What it is for.
    pub purpose: Purpose,
    /// What it is about.
    pub subject: Subject,
    /// The body as HTML.
    pub html: String,
    /// The same as plain text.
    pub text: String,
}

impl Message {
    /// The mail that says `content`.
    pub(crate) fn written(envelope: &Envelope, purpose: Purpose, content: &Content) -> Result<Self, SendError> {
        Self::in_own_words(envelope, purpose, content, &OwnWords::default())
    }

    /// The mail that says `content`, begun in the firm's `own` words where it has any.
    pub(crate) fn in_own_words(envelope: &Envelope, purpose: Purpose, content: &Content, own: &OwnWords) -> Result<Self, SendError> {
        let subject = Subject::new(own.subject().unwrap_or(&content.subject));
        let (html, text) = content.written(envelope, &subject, own)?;
        Ok(Self { envelope: envelope.clone(), purpose, subject, html, text })
    }
}

/// Without who gets it and what it says.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} {})", self.purpose.as_str(), self.envelope.reference.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line() {
        assert_eq!(Subject::new(" Hello\r\nBcc: x@y.z ").as_str(), "Hello Bcc: x@y.z");
        assert_eq!(Subject::new("=?UTF-8?B?QW5u?=").as_str(), "=\u{200b}?UTF-8?B?QW5u?=");
        assert_eq!(Subject::new(&"å".repeat(200)).as_str().chars().count(), 150);
    }

    #[test]
    fn a_reference_fits_a_header() {
        assert_eq!(Reference::new("prop_01J\r\nX: y", 2).as_str(), "prop_01JXy-2");
    }
}
