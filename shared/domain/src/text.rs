//! Text that people type, with its bounds in its type.

use std::{fmt, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize, de};

/// One line of 1 to `MAX` characters: white space around it is cut off, control characters are refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct SingleLine<const MAX: usize>(String);

/// A text of 1 to `MAX` characters that may have line breaks and tabs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MultiLine<const MAX: usize>(String);

/// Why a text was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing but white space.
    #[error("May not be blank.")]
    Blank,
    /// Over the bound, in characters.
    #[error("At most {0} characters.")]
    Long(usize),
    /// A character that no keyboard types.
    #[error("May not have control characters.")]
    Control,
}

fn bounded(text: &str, max: usize, allowed: impl Fn(char) -> bool) -> Result<String, BadText> {
    let text = text.trim();
    if text.is_empty() {
        Err(BadText::Blank)
    } else if text.chars().count() > max {
        Err(BadText::Long(max))
    } else if text.chars().any(|c| c.is_control() && !allowed(c)) {
        Err(BadText::Control)
    } else {
        Ok(text.to_owned())
    }
}

impl<const MAX: usize> SingleLine<MAX> {
    /// The line that `text` is.
    pub fn new(text: &str) -> Result<Self, BadText> {
        bounded(text, MAX, |_| false).map(Self)
    }
}

impl<const MAX: usize> MultiLine<MAX> {
    /// The text that `text` is, its line breaks as `\n`.
    pub fn new(text: &str) -> Result<Self, BadText> {
        bounded(&text.replace("\r\n", "\n"), MAX, |c| matches!(c, '\n' | '\t')).map(Self)
    }
}

macro_rules! text {
    ($name:ident) => {
        impl<const MAX: usize> Deref for $name<MAX> {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl<const MAX: usize> fmt::Display for $name<MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de, const MAX: usize> Deserialize<'de> for $name<MAX> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}
text!(SingleLine);
text!(MultiLine);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_bounded_in_characters() {
        assert_eq!(SingleLine::<5>::new("  Åäö  ").as_deref(), Ok("Åäö"));
        assert_eq!(SingleLine::<5>::new("ÅÄÖåäö"), Err(BadText::Long(5)));
        assert_eq!(SingleLine::<5>::new(" \t "), Err(BadText::Blank));
        assert_eq!(SingleLine::<5>::new("a\nb"), Err(BadText::Control));
        assert_eq!(SingleLine::<5>::new("a\0b"), Err(BadText::Control));
    }

    #[test]
    fn prose_keeps_its_line_breaks() {
        assert_eq!(MultiLine::<9>::new("a\r\n\tb\n").as_deref(), Ok("a\n\tb"));
        assert_eq!(MultiLine::<9>::new("a\u{1b}[0m"), Err(BadText::Control));
    }
}
