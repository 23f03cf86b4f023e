//! E-mail addresses, as mail can be sent to.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// An address in lower case, ASCII, at most 254 characters (RFC 5321, 4.5.3.1). What SES and every mail host takes,
/// not all that RFC 5322 allows: no quoted local parts, no comments, no address literals.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

/// The text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Not an e-mail address.")]
pub struct NotAnEmail;

impl Email {
    /// The address that `text` is; case and white space around it don't matter.
    pub fn new(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim().to_ascii_lowercase();
        let (local, host) = text.rsplit_once('@').ok_or(NotAnEmail)?;
        let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
        let dots = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let good = text.len() <= 254
            && (1..=64).contains(&local.len())
            && local.bytes().all(atom)
            && dots(local)
            && host.contains('.')
            && host.split('.').all(label);
        if good { Ok(Self(text)) } else { Err(NotAnEmail) }
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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

    #[test]
    fn addresses_that_mail_hosts_take_are_taken() {
        for good in ["ann@acme.example", " Ann.O'Neil+crm@mail.acme.co.uk ", "a@b.c", "x_y@xn--bcher-kva.example"] {
            assert!(Email::new(good).is_ok(), "{good}");
        }
        assert_eq!(Email::new("ANN@Acme.Example").unwrap().as_str(), "ann@acme.example");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@acme.example", "a".repeat(65));
        for bad in [
            "",
            "ann",
            "@acme.example",
            "ann@",
            "ann@acme",
            "a b@acme.example",
            "a..b@acme.example",
            ".a@acme.example",
            "ann@-acme.example",
            "ann@acme..example",
            "ann@acme.example\r\nBcc: x@y.z",
            "ånn@acme.example",
            &long,
        ] {
            assert!(Email::new(bad).is_err(), "{bad}");
        }
    }
}
