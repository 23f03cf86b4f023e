//! Colours, as the web writes them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

/// The colour in which a firm is seen: red, green and blue, as `#1d4ed8`. Taken in either case, kept in lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrandColor([u8; 3]);

/// The text is no such colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A colour as # and six hexadecimal digits: #1d4ed8.")]
pub struct NotAColor;

impl BrandColor {
    /// How much red, green and blue is in it, of 255 each.
    pub fn rgb(self) -> [u8; 3] {
        self.0
    }
}

impl FromStr for BrandColor {
    type Err = NotAColor;

    fn from_str(text: &str) -> Result<Self, NotAColor> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or(NotAColor)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl fmt::Display for BrandColor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Serialize for BrandColor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BrandColor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_kept_in_lower_case() {
        for (text, kept) in [("#1D4ed8", "#1d4ed8"), ("#FFFFFF", "#ffffff"), ("#000000", "#000000")] {
            assert_eq!(text.parse::<BrandColor>().unwrap().to_string(), kept);
        }
        assert_eq!("#1d4ed8".parse::<BrandColor>().unwrap().rgb(), [0x1d, 0x4e, 0xd8]);
    }

    #[test]
    fn nothing_else_is_a_colour() {
        for text in
            ["", "#", "#fff", "1d4ed8", "#1d4ed", "#1d4ed8ff", "#1d4eg8", "#+1d4ed", " #1d4ed8", "#1d4ed8;", "red", "#é4ed8", "rgb(1,2,3)"]
        {
            assert_eq!(text.parse::<BrandColor>(), Err(NotAColor), "{text}");
        }
    }
}
