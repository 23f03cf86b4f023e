//! What the mails' tests share: a realistic and a hostile envelope, and what must hold for every mail.

use std::sync::LazyLock;

use domain::{Currency, Date, Email, Language, Money, SingleLine, Time, mail_text::MailTexts};

use crate::{Envelope, Letterhead, Link, Message, Person, Reference, Sender};

/// What somebody may type where a name is asked for.
pub(crate) const EVIL: &str = "<script>alert(1)</script> \"><img src=x onerror=alert(1)> {{ 7*7 }} & \u{202e}evil\u{202c}";

pub(crate) fn envelope() -> Envelope {
    Envelope {
        to: Email::new("ann@fabrikam.example").unwrap(),
        to_name: SingleLine::new("Ann Lee").ok(),
        language: Language::En,
        cc: Vec::new(),
        from: firm("Northwind Advisory"),
        reply_to: Some(person("Åsa Öberg", "asa@northwind.example")),
        reference: Reference::new("prop_01JD9Q8R7S6T5V4W3X2Y1Z0ABC", 3),
    }
}

pub(crate) fn evil_envelope() -> Envelope {
    Envelope {
        to_name: SingleLine::new(EVIL).ok(),
        from: firm(EVIL),
        reply_to: Some(person(EVIL, "a&b?subject=x@evil.example")),
        ..envelope()
    }
}

pub(crate) fn link() -> Link {
    Link::activation("https://app.consultantpro.example", "pZ3h0J1kQ9w2.mT5xV8yB7nC4dF6gH_0-aSe")
}

pub(crate) fn invoice_link() -> &'static Link {
    static LINK: LazyLock<Link> = LazyLock::new(|| {
        let token = "BAGZqr1KfYt0c2xW7mN4vQ8ZqryTuB3eLwD5hJ9sXkCnAQf3R1uZ6yP0oGdK4tVb2E8";
        Link::guest_invoice("https://app.consultantpro.example", token)
    });
    &LINK
}

pub(crate) fn usd(cents: i64) -> Money {
    Money::from_minor("amount", cents, Currency::USD).unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn expires_at() -> Time {
    "2026-11-29T14:05:00Z".parse().unwrap()
}

/// Holds a mail to what every mail must be, and to its snapshots, in each language.
macro_rules! check {
    ($name:expr, $mail:expr) => {{
        let mut mail = $mail.clone();
        for language in domain::Language::ALL {
            mail.envelope.language = language;
            $crate::samples::holds($name, &mail.message().unwrap());
        }
    }};
}
pub(crate) use check;

/// That `message` is what every mail must be, and as in its snapshots `name` and `name_html`, or `name_de` and `name_de_html`.
pub(crate) fn holds(name: &str, message: &Message) {
    let Message { envelope, purpose: _, subject, html, text } = message;
    let name = match envelope.language {
        Language::En => name.to_owned(),
        Language::De => format!("{name}_de"),
    };
    assert!(!html.contains(['\u{2}', '\u{3}']) && !text.contains(['\u{2}', '\u{3}']));
    assert!(!subject.as_str().contains(char::is_control));
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("javascript:"));
    assert!(!html.contains('\u{202e}') && !text.contains('\u{202e}'), "our own words would read backwards");
    assert!(html.len() < 100_000, "Gmail cuts off what is longer");
    assert!(text.lines().all(|line| line.chars().count() <= 72 || line.trim_start_matches([' ', '-']).split(' ').count() == 1), "{text}");
    assert!(html.contains(&format!("<html lang=\"{}\"", envelope.language.as_str())));
    insta::assert_snapshot!(name.clone(), format!("Subject: {subject}\n\n{text}"));
    insta::assert_snapshot!(format!("{name}_html"), html);
}

pub(crate) fn firm(name: &str) -> Sender {
    Sender::Firm(Letterhead { name: crate::header::unlinked(name), color: None, texts: MailTexts::default(), address: None })
}

fn person(name: &str, email: &str) -> Person {
    Person { name: SingleLine::new(name).unwrap(), email: Email::new(email).unwrap() }
}
