//! What a mail says. It is said once, and becomes the HTML and the plain text of the mail.
//!
//! Each sentence stands here in all languages, beside each other ([`say`]): one that isn't translated doesn't compile.

use std::fmt::Display;

use askama::Template;
use domain::Language;

use crate::{Envelope, Link, SendError, Subject, format, header, look::Look, own::OwnWords, sums::Sum};

/// The text that is said in a language: in English, or in German, each written as for `format!`. A text that is missing in one doesn't
/// compile.
macro_rules! say {
    ($language:expr, $en:literal, $de:literal $(,)?) => {
        match $language {
            ::domain::Language::En => ::std::fmt::format(format_args!($en)),
            ::domain::Language::De => ::std::fmt::format(format_args!($de)),
        }
    };
}
pub(crate) use say;

/// What stands around words that are to be seen first; nobody can type them.
const STRONG: char = '\u{2}';
const WEAK: char = '\u{3}';

/// `text` as what is to be seen first of a sentence.
pub(crate) fn strong(text: impl Display) -> String {
    format!("{STRONG}{text}{WEAK}")
}

/// What a mail says, but for its greeting and in whose name it comes, which its envelope says.
#[derive(Debug)]
pub(crate) struct Content {
    /// What it is about.
    pub(crate) subject: String,
    /// What shows of it in a list of mails, beside the subject.
    pub(crate) preheader: String,
    /// What stands over the HTML.
    pub(crate) heading: String,
    /// The paragraphs that it opens with, unless the firm opens it in its own words.
    pub(crate) opening: Vec<String>,
    /// What follows.
    pub(crate) body: Vec<Block>,
    /// Why they get it.
    pub(crate) why: String,
}

/// A part of a mail.
#[derive(Debug)]
pub(crate) enum Block {
    /// A paragraph.
    Says(String),
    /// A paragraph in small letters.
    Adds(String),
    /// What somebody typed, with its line breaks.
    Typed(String),
    /// What somebody wrote, as a quotation.
    Quote(String),
    /// What stands over what follows.
    Heading(String),
    /// Lines that say what the mail is about: a number, a day.
    Facts(Vec<String>),
    /// A line, and what it announces.
    List(String, Vec<String>),
    /// What is charged, and what it comes to.
    Table(Table),
    /// A button, and the address behind it.
    Button(String, Link),
    /// An address alone.
    Address(Link),
    /// A button to answer by; plain text has an answer anyway.
    Answer(String, Link),
}

/// Lines of an offer or a bill, and what they come to.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// What stands over the lines: what they are, and what they come to.
    pub(crate) head: [String; 2],
    /// The lines.
    pub(crate) rows: Vec<Row>,
    /// That there are more.
    pub(crate) more: Option<String>,
    /// What they come to.
    pub(crate) sums: Vec<Sum>,
}

/// A line.
#[derive(Debug)]
pub(crate) struct Row {
    /// What it is.
    pub(crate) description: String,
    /// How much of it at what price: `12 × USD 350.00`.
    pub(crate) quantity: String,
    /// What it comes to.
    pub(crate) amount: String,
    /// What else is to be known of it.
    pub(crate) note: Option<String>,
    /// Whether it is in the sum.
    pub(crate) counted: bool,
}

impl Content {
    /// As HTML and as plain text, sent with `envelope`, opened in the firm's `own` words if it has any.
    pub(crate) fn written(&self, envelope: &Envelope, subject: &Subject, own: &OwnWords) -> Result<(String, String), SendError> {
        let unwritable = |error: askama::Error| SendError::refused(format!("the mail can't be written: {error}"));
        let html = Html { envelope, subject, content: self, own: own.opening(), language: envelope.language, look: envelope.look() };
        let html = header::in_order(&html.render().map_err(unwritable)?);
        Ok((html, format::wrapped(&header::in_order(&self.plain(envelope, own)))))
    }

    fn plain(&self, envelope: &Envelope, own: &OwnWords) -> String {
        let mut parts = vec![envelope.greeting()];
        match own.opening() {
            Some(text) => parts.push(text.to_owned()),
            None => parts.extend(self.opening.iter().map(|text| unmarked(text))),
        }
        parts.extend(self.body.iter().filter_map(Block::plain));
        parts.push(format!("--\n{}\n{}", self.why, envelope.footer()));
        parts.join("\n\n")
    }
}

impl Block {
    /// As plain text; nothing, if that has none of it.
    fn plain(&self) -> Option<String> {
        Some(match self {
            Self::Says(text) | Self::Adds(text) | Self::Typed(text) => unmarked(text),
            Self::Quote(text) => format!("  {}", text.replace('\n', "\n  ")),
            Self::Heading(text) => format!("{text}:"),
            Self::Facts(lines) => format!("  {}", lines.join("\n  ")),
            Self::List(line, items) => format!("{line}\n- {}", items.join("\n- ")),
            Self::Table(table) => table.plain(),
            Self::Button(label, link) => format!("{label}:\n\n{}", link.as_str()),
            Self::Address(link) => format!("  {}", link.as_str()),
            Self::Answer(..) => return None,
        })
    }
}

impl Table {
    fn plain(&self) -> String {
        let row = |Row { description, quantity, amount, note, .. }: &Row| {
            let note = note.as_ref().map(|note| format!("\n  {note}")).unwrap_or_default();
            format!("- {description}\n  {quantity} = {amount}{note}")
        };
        let more = self.more.as_ref().map(|more| format!("- {more}"));
        let rows: Vec<_> = self.rows.iter().map(row).chain(more).collect();
        let sums: Vec<_> = self.sums.iter().map(|Sum { label, amount, .. }| format!("{label}: {amount}")).collect();
        format!("{}\n\n{}", rows.join("\n"), sums.join("\n"))
    }
}

/// `text` in pieces, each with whether it is to be seen first.
fn pieces(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut is_strong = false;
    text.split_inclusive([STRONG, WEAK]).map(move |piece| {
        let this = (piece.trim_end_matches([STRONG, WEAK]), is_strong);
        is_strong = piece.ends_with(STRONG);
        this
    })
}

/// What stands over the address behind a button.
fn instead(language: &Language) -> String {
    say!(language, "If the button doesn't work, open this address:", "Falls die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:")
}

fn unmarked(text: &str) -> String {
    text.replace([STRONG, WEAK], "")
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    envelope: &'a Envelope,
    subject: &'a Subject,
    content: &'a Content,
    /// What the firm opens it with instead.
    own: Option<&'a str>,
    language: Language,
    look: Look,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_seen_first_ends_whatever_is_marked() {
        let of = |text: &str| pieces(text).map(|(piece, is_strong)| format!("{piece}/{is_strong}")).collect::<Vec<_>>();
        assert_eq!(of(&format!("until {}.", strong("noon"))), ["until /false", "noon/true", "./false"]);
        assert_eq!(of("\u{2}\u{2}a\u{3}\u{3}b"), ["/false", "/true", "a/true", "/false", "b/false"]);
        assert_eq!(unmarked(&strong("noon")), "noon");
    }
}
