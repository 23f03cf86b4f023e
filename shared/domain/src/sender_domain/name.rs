//! Names of domains that a firm's mails may come from.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Email, Refusal, email::host};

/// The longest: with what stands before it, a name in DNS has at most 253 letters.
const MOST: usize = 200;
/// Where everybody has addresses, and nobody a domain. Who holds one of their own there shows that by DNS, which none can.
const FREEMAIL: [&str; 40] = [
    "126.com",
    "163.com",
    "aol.com",
    "bluewin.ch",
    "fastmail.com",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "mailbox.org",
    "me.com",
    "msn.com",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "web.de",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yandex.ru",
];
/// The mail service's own, whose hosts take what comes back.
const SERVICE: [&str; 2] = ["amazonses.com", "amazonaws.com"];

/// A domain in ASCII and lower case, which somebody can have registered, or one below such.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

/// The text is no such domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotADomain {
    /// It is no domain at all: an address, a single label, too long.
    #[error("Not a domain, such as acme.com.")]
    Form,
    /// Others register theirs below it (the public suffix list).
    #[error("Domains are registered below it; it is nobody's own.")]
    Suffix,
}

/// The domains of the installation, which no firm's mails may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken(Vec<String>);

impl DomainName {
    /// The domain that `text` is; case, white space around it and a full stop at its end don't matter.
    pub fn new(text: &str) -> Result<Self, NotADomain> {
        let text = text.trim();
        let ascii = host(text.strip_suffix('.').unwrap_or(text)).map_err(|_| NotADomain::Form)?;
        if ascii.len() > MOST {
            return Err(NotADomain::Form);
        }
        // Of an address in the host's place there is no label that begins with a letter (RFC 3696, 2), which `host` looks at.
        if psl::domain_str(&ascii).is_none() {
            return Err(NotADomain::Suffix);
        }
        Ok(Self(ascii))
    }

    /// It in ASCII.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `other` or below it.
    fn is_within(&self, other: &str) -> bool {
        is_within(&self.0, other)
    }
}

impl Taken {
    /// Of an installation whose mail comes from `sender`, and whose web app is at `origin`.
    pub fn new(sender: &Email, origin: &str) -> Self {
        let of_sender = sender.as_str().rsplit_once('@').map(|(_, domain)| domain.to_owned());
        let host = origin.split("://").nth(1).unwrap_or(origin).split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
        Self(of_sender.into_iter().chain(Some(host).filter(|host| !host.is_empty())).collect())
    }

    /// That a firm's mails may come from `domain`, as far as its name says.
    pub fn allow(&self, domain: &DomainName) -> Result<(), Refusal> {
        let refused = |why: &str| Err(Refusal::rule("domain", why.to_owned()));
        // Above them too: whose `acme.com` is could publish what its `mail.acme.com` says.
        if self.0.iter().any(|ours| domain.is_within(ours) || is_within(ours, domain.as_str())) {
            return refused("It is ours.");
        }
        if SERVICE.iter().any(|service| domain.is_within(service)) {
            return refused("It is the mail service's.");
        }
        if FREEMAIL.iter().any(|freemail| domain.is_within(freemail)) {
            return refused("It isn't the firm's: everybody has addresses there.");
        }
        Ok(())
    }
}

fn is_within(domain: &str, other: &str) -> bool {
    domain.strip_suffix(other).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for DomainName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DomainName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_registered_is_a_domain_and_nothing_above_it() {
        for (text, domain) in [
            ("acme.com", "acme.com"),
            (" ACME.co.uk. ", "acme.co.uk"),
            ("mail.acme.example", "mail.acme.example"),
            ("müller-söhne.de", "xn--mller-shne-kcb9d.de"),
            ("xn--mller-shne-kcb9d.de", "xn--mller-shne-kcb9d.de"),
            ("例え.jp", "xn--r8jz45g.jp"),
        ] {
            assert_eq!(DomainName::new(text).map(|domain| domain.to_string()), Ok(domain.to_owned()), "{text}");
        }
        for suffix in ["co.uk", "github.io", "s3.amazonaws.com", "個人.hk"] {
            assert_eq!(DomainName::new(suffix), Err(NotADomain::Suffix), "{suffix}");
        }
        let long = format!("{}.example", vec!["a".repeat(60); 4].join("."));
        for bad in [
            "",
            "com",
            "localhost",
            "192.0.2.1",
            "[::1]",
            "2001:db8::1",
            "a@acme.com",
            "https://acme.com",
            "ac me.com",
            "*.acme.com",
            &long,
        ] {
            assert_eq!(DomainName::new(bad), Err(NotADomain::Form), "{bad}");
        }
    }

    #[test]
    fn ours_the_services_and_those_where_everybody_has_addresses_are_refused() {
        let taken = Taken::new(&Email::new("no-reply@mail.ours.example").unwrap(), "https://app.own.example:8000/");
        for (domain, may) in [
            ("acme.com", true),
            ("notours.example", true),
            ("mail.ours.example", false),
            ("x.mail.ours.example", false),
            ("ours.example", false),
            ("app.own.example", false),
            ("own.example", false),
            ("other.own.example", true),
            ("gmail.com", false),
            ("x.gmx.de", false),
            ("eu-north-1.amazonses.com", false),
        ] {
            assert_eq!(taken.allow(&DomainName::new(domain).unwrap()).is_ok(), may, "{domain}");
        }
    }
}
