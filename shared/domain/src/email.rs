//! E-mail addresses, as mail can be sent to.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest address, and the longest part of it before the `@`, in octets (RFC 5321, 4.5.3.1).
const MOST: usize = 254;
const MOST_LOCAL: usize = 64;

/// An address in lower case. What SES and every mail host takes, not all that RFC 5322 allows: no quoted local parts, no
/// comments, no address literals. Its domain may have letters of any script (IDNA, as UTS #46 reads it); before the `@`
/// stand ASCII characters only, since SES delivers to no others.
///
/// Two addresses are equal where mail to them goes to one place. That form is what keys, headers and other services are
/// given ([`fmt::Display`], [`Email::as_str`]); what people read is the address as it was typed ([`Email::typed`]), which
/// is also what is stored and answered.
#[derive(Debug, Clone)]
pub struct Email {
    ascii: String,
    /// With the domain's own letters, where these aren't ASCII.
    typed: Option<String>,
}

/// The text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEmail {
    /// Of no form that an address has.
    #[error("Not an e-mail address.")]
    Form,
    /// An address as RFC 6531 has it, which SES doesn't deliver to.
    #[error("Only ASCII letters, digits and signs before the @: mail to others can't be delivered.")]
    Local,
}

impl Email {
    /// The address that `text` is; case and white space around it don't matter.
    pub fn new(text: &str) -> Result<Self, NotAnEmail> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(NotAnEmail::Form)?;
        let local = local_part(local)?;
        let host = host(domain)?;
        let email = |host: &str| format!("{local}@{host}");
        let ascii = email(&host);
        if ascii.len() > MOST {
            return Err(NotAnEmail::Form);
        }
        let typed = (!domain.is_ascii()).then(|| Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast));
        Ok(Self { ascii, typed: typed.map(|(domain, _)| email(&domain)) })
    }

    /// The address in ASCII, as mail is sent to it: the same for all that are equal.
    pub fn as_str(&self) -> &str {
        &self.ascii
    }

    /// The address as it was typed, for people to read.
    pub fn typed(&self) -> &str {
        self.typed.as_ref().unwrap_or(&self.ascii)
    }
}

/// An atom with full stops inside (RFC 5321, 4.1.2: `Dot-string`), in lower case.
fn local_part(text: &str) -> Result<String, NotAnEmail> {
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let dots = !text.starts_with('.') && !text.ends_with('.') && !text.contains("..");
    // Some mail hosts decode `=?utf-8?q?…?=` (RFC 2047) even where it may not stand, and send to what it says.
    let is_encoded = text.contains("=?");
    if !(1..=MOST_LOCAL).contains(&text.len()) || !dots || is_encoded || text.bytes().any(|b| b.is_ascii() && !atom(b)) {
        Err(NotAnEmail::Form)
    } else if !text.is_ascii() {
        Err(NotAnEmail::Local)
    } else {
        Ok(text.to_ascii_lowercase())
    }
}

/// The domain's ASCII form: at least two labels of letters, digits and hyphens, the last not a number (RFC 3696, 2).
pub(crate) fn host(text: &str) -> Result<String, NotAnEmail> {
    let ascii = Uts46::new().to_ascii(text.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify);
    let ascii = ascii.map_err(|_| NotAnEmail::Form)?;
    let (_, last) = ascii.rsplit_once('.').ok_or(NotAnEmail::Form)?;
    if last.bytes().all(|b| b.is_ascii_digit()) { Err(NotAnEmail::Form) } else { Ok(ascii.into_owned()) }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.ascii == other.ascii
    }
}
impl Eq for Email {}
impl PartialOrd for Email {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Email {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ascii.cmp(&other.ascii)
    }
}
impl Hash for Email {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ascii.hash(state);
    }
}

/// In ASCII: keys and headers are written with it.
impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.ascii)
    }
}

impl Serialize for Email {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.typed())
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Email {
        Email::new(text).unwrap_or_else(|bad| panic!("{text}: {bad}"))
    }

    #[test]
    fn addresses_that_mail_hosts_take_are_taken() {
        for good in ["ann@acme.example", " Ann.O'Neil+crm@mail.acme.co.uk ", "a@b.c", "x_y@xn--bcher-kva.example", "a@r3---sn.example"] {
            email(good);
        }
        assert_eq!(email("ANN@Acme.Example").as_str(), "ann@acme.example");
    }

    #[test]
    fn domains_of_any_script_are_kept_as_typed_and_sent_to_in_ascii() {
        for (typed, shown, sent) in [
            ("info@müller-söhne.example", "info@müller-söhne.example", "info@xn--mller-shne-kcb9d.example"),
            ("Info@MÜLLER-SÖHNE.Example", "info@müller-söhne.example", "info@xn--mller-shne-kcb9d.example"),
            ("info@mu\u{308}ller-so\u{308}hne.example", "info@müller-söhne.example", "info@xn--mller-shne-kcb9d.example"),
            ("info@xn--mller-shne-kcb9d.example", "info@xn--mller-shne-kcb9d.example", "info@xn--mller-shne-kcb9d.example"),
            ("a@straße.example", "a@straße.example", "a@xn--strae-oqa.example"),
            ("a@例え。テスト", "a@例え.テスト", "a@xn--r8jz45g.xn--zckzah"),
            ("a@ｅｘａｍｐｌｅ.com", "a@example.com", "a@example.com"),
        ] {
            let email = email(typed);
            assert_eq!((email.typed(), email.as_str()), (shown, sent));
            let read: Email = serde_json::from_value(serde_json::to_value(&email).unwrap()).unwrap();
            assert_eq!((read.typed(), read.as_str()), (shown, sent));
        }
    }

    #[test]
    fn addresses_to_one_place_are_equal() {
        let one = email("info@müller-söhne.example");
        for other in ["INFO@müller-söhne.EXAMPLE", "info@XN--mller-shne-kcb9d.example", " info@mu\u{308}ller-söhne．example"] {
            assert_eq!(email(other), one, "{other}");
            assert_eq!(email(other).to_string(), one.to_string());
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@acme.example", "a".repeat(65));
        let longer = format!("{}@{}.example", "a".repeat(60), vec!["b".repeat(60); 4].join("."));
        let longer_in_ascii = format!("{}@{}.example", "a".repeat(64), vec!["ü".repeat(40); 4].join("."));
        for bad in [
            "",
            "ann",
            "@acme.example",
            "ann@",
            "ann@acme",
            "a b@acme.example",
            "a..b@acme.example",
            ".a@acme.example",
            "a.@acme.example",
            "ann@-acme.example",
            "ann@acme-.example",
            "ann@acme..example",
            "ann@acme.example.",
            "ann@ac_me.example",
            "ann@acme.example\r\nBcc: x@y.z",
            "ann@acme.example, bo@acme.example",
            "<ann@acme.example>",
            "\"ann lee\"@acme.example",
            "\"ann\"@acme.example",
            "ann(cfo)@acme.example",
            "ann@[192.0.2.1]",
            "ann@192.0.2.1",
            "ann@bo@acme.example",
            "=?utf-8?q?ann=40evil.example?=@acme.example",
            "=?utf-8?b?YW5u?=@acme.example",
            "ann@xn--a.example",
            "ann@xn--mller-shne-kcb9d-.example",
            "ann@a\u{200b}\u{202e}cme.example",
            "ann@acme\u{2024}example",
            &long,
            &longer,
            &longer_in_ascii,
        ] {
            assert_eq!(Email::new(bad).map(|email| email.ascii), Err(NotAnEmail::Form), "{bad}");
        }
        for undeliverable in ["ånn@acme.example", "müller@müller.example", "用户@例え.テスト"] {
            assert_eq!(Email::new(undeliverable).map(|email| email.ascii), Err(NotAnEmail::Local), "{undeliverable}");
        }
    }
}
