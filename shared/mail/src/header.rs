//! Mail headers: display names as RFC 5322 quotes and RFC 2047 encodes them, and texts made fit for one line.
//!
//! Invariants: what comes out is printable ASCII without a line break, so nothing typed can start another header; and
//! nothing invisible reorders it, so a name can't hide the address after it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{Email, Language};

use crate::{Sender, content::say};

/// The most characters of a firm's name; more would hide what stands after it.
pub(crate) const MOST_FIRM: usize = 60;
/// The most characters of a display name.
const MOST_NAME: usize = 80;
/// The most bytes in an encoded word, which may have 75 characters: `=?UTF-8?B?` + 4/3 of these + `?=`.
const MOST_WORD: usize = 45;

/// The mail's sender, as whom it goes to reads it in `language`: the firm alone where it is sent from an address of its own; else
/// `ours`, in the name of the firm or our own.
pub(crate) fn sender(sender: &Sender, language: Language, ours: &Email) -> String {
    match sender.address() {
        Some(own) => mailbox(Some(&shortened(&one_line(sender.name()), MOST_FIRM)), own),
        None => from_ours(sender, language, ours),
    }
}

/// The same from `address`, which is ours.
pub(crate) fn from_ours(sender: &Sender, language: Language, address: &Email) -> String {
    let name = match sender {
        Sender::Firm(letterhead) => {
            let firm = shortened(&one_line(&letterhead.name), MOST_FIRM);
            say!(language, "{firm} via ConsultantPro", "{firm} über ConsultantPro")
        }
        Sender::Platform => sender.name().to_owned(),
    };
    mailbox(Some(&name), address)
}

/// `address` with the name of whose it is, if that is known: `"Ann Lee" <ann@acme.example>`.
pub(crate) fn mailbox(name: Option<&str>, address: &Email) -> String {
    match name.map(|name| shortened(&one_line(name), MOST_NAME)).filter(|name| !name.is_empty()) {
        // Many a mail program decodes what looks encoded, even where it is quoted.
        Some(name) if name.is_ascii() && !name.contains("=?") => format!("{} <{address}>", quoted(&name)),
        Some(name) => format!("{} <{address}>", encoded(&name)),
        None => address.to_string(),
    }
}

/// `text` on one line: each run of white space and control characters is one space.
pub(crate) fn one_line(text: &str) -> String {
    let spaced: String = in_order(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` without the characters that would reorder, unseen, what stands around them: the directional embeddings,
/// overrides and isolates of UAX #9. Right-to-left scripts read well without them.
pub(crate) fn in_order(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')).collect()
}

/// The name `text` without what mail programs would make a link of: where one might begin or goes on, an invisible space keeps the
/// parts apart. What an address is (`@`) leads to a mail at most.
pub(crate) fn unlinked(text: &str) -> String {
    let mut unlinked = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        unlinked.push(c);
        let goes_on = |next: &char| if c == ':' { *next == '/' } else { next.is_alphanumeric() };
        if matches!(c, ':' | '.') && rest.peek().is_some_and(goes_on) {
            unlinked.push('\u{200b}');
        }
    }
    unlinked
}

/// `text`, cut to `most` characters, the last of which then is `…`.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn encoded(name: &str) -> String {
    let mut words = vec![String::new()];
    for c in name.chars() {
        match words.last_mut() {
            Some(word) if word.len() + c.len_utf8() <= MOST_WORD => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    words.iter().map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::firm;

    #[test]
    fn names_are_quoted_or_encoded_and_never_add_a_header() {
        let ann = Email::new("ann@acme.example").unwrap();
        for (name, header) in [
            (None, "ann@acme.example"),
            (Some(" \u{202e} "), "ann@acme.example"),
            (Some("Ann Lee"), "\"Ann Lee\" <ann@acme.example>"),
            (Some("Lee, Ann (CFO) <x@y.z>"), "\"Lee, Ann (CFO) <x@y.z>\" <ann@acme.example>"),
            (Some(r#"Ann "The \ Auditor" Lee"#), r#""Ann \"The \\ Auditor\" Lee" <ann@acme.example>"#),
            (Some("=?UTF-8?B?QW5u?="), "=?UTF-8?B?PT9VVEYtOD9CP1FXNXU/PQ==?= <ann@acme.example>"),
            (Some("Ann\r\nBcc: x@y.z"), "\"Ann Bcc: x@y.z\" <ann@acme.example>"),
            (Some("Ann\0\u{85}\u{2028}Lee"), "\"Ann Lee\" <ann@acme.example>"),
            (Some("Ann \u{202e}eel"), "\"Ann eel\" <ann@acme.example>"),
            (Some("Åsa Öberg"), "=?UTF-8?B?w4VzYSDDlmJlcmc=?= <ann@acme.example>"),
            (Some("株式会社\r\nBcc: x@y.z"), "=?UTF-8?B?5qCq5byP5Lya56S+IEJjYzogeEB5Lno=?= <ann@acme.example>"),
        ] {
            assert_eq!(mailbox(name, &ann), header, "{name:?}");
        }
    }

    #[test]
    fn an_address_is_in_ascii_whatever_was_typed() {
        let email = Email::new("info@müller-söhne.example").unwrap();
        assert_eq!(mailbox(None, &email), "info@xn--mller-shne-kcb9d.example");
        assert_eq!(mailbox(Some("Ann"), &email), "\"Ann\" <info@xn--mller-shne-kcb9d.example>");
    }

    #[test]
    fn the_sender_says_on_whose_behalf_it_sends_however_long_the_firms_name() {
        let from = Email::new("mail@consultantpro.example").unwrap();
        let by = |name: &str| sender(&firm(name), Language::En, &from);
        assert_eq!(by("Northwind, Inc."), "\"Northwind, Inc. via ConsultantPro\" <mail@consultantpro.example>");
        let long = by(&"A ".repeat(100));
        assert_eq!(long, mailbox(Some(&format!("{}… via ConsultantPro", ["A"; 30].join(" "))), &from));
        assert!(by(&"🦀".repeat(200)).len() < 500);
        // No firm looks like the platform.
        assert_eq!(sender(&Sender::Platform, Language::De, &from), "\"ConsultantPro\" <mail@consultantpro.example>");
        assert_ne!(by("ConsultantPro"), sender(&Sender::Platform, Language::En, &from));
        let Sender::Firm(letterhead) = firm("Northwind, Inc.") else { unreachable!() };
        let own = Sender::Firm(letterhead.at(Email::new("mail@northwind.example").ok()));
        assert_eq!(sender(&own, Language::En, &from), "\"Northwind, Inc.\" <mail@northwind.example>");
        assert_eq!(from_ours(&own, Language::En, &from), by("Northwind, Inc."));
        let german = sender(&firm("Nordwind"), Language::De, &from);
        assert_eq!(german, mailbox(Some("Nordwind über ConsultantPro"), &from));
    }

    #[test]
    fn a_long_name_is_several_words_none_too_long_none_split_inside_a_character() {
        let name = "é🦀株".repeat(30);
        let header = encoded(&name);
        let mut decoded = String::new();
        for word in header.split(' ') {
            assert!(word.len() <= 75, "{word}");
            let bytes = STANDARD.decode(word.trim_start_matches("=?UTF-8?B?").trim_end_matches("?=")).unwrap();
            decoded.push_str(std::str::from_utf8(&bytes).unwrap());
        }
        assert_eq!(decoded, name);
    }

    #[test]
    fn no_name_is_a_link() {
        for (name, shown) in [
            ("Northwind, Inc.", "Northwind, Inc."),
            ("Dr. A. Öberg: Taxes", "Dr. A. Öberg: Taxes"),
            ("PayPal https://evil.example/login", "PayPal https:\u{200b}//evil.\u{200b}example/login"),
            ("www.evil.example", "www.\u{200b}evil.\u{200b}example"),
        ] {
            assert_eq!(unlinked(name), shown);
        }
    }

    #[test]
    fn a_text_is_shortened_by_characters() {
        assert_eq!(shortened("Åäö", 3), "Åäö");
        assert_eq!(shortened("Åä öx", 4), "Åä…");
    }
}
