//! Text that people type, with its bounds in its type.
//!
//! It is kept in Unicode's normal form C, so that what looks equal is equal, and something of it can be seen: a name of
//! zero-width spaces, of marks without a letter or of fillers is as blank as no name.

use std::{borrow::Cow, fmt, ops::Deref};

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, NoncharacterCodePoint},
};
use serde::{Deserialize, Deserializer, Serialize, de};

/// One line of 1 to `MAX` characters: white space around it is cut off; what breaks or turns a line is refused, as are
/// control characters.
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
    /// Nothing that can be seen.
    #[error("May not be blank.")]
    Blank,
    /// Over the bound, in characters.
    #[error("At most {0} characters.")]
    Long(usize),
    /// A character that no keyboard types.
    #[error("May not have control characters.")]
    Control,
    /// A mark that turns the direction of what stands after the text too (UAX #9).
    #[error("May not turn the direction of writing without turning it back.")]
    Turned,
}

fn bounded(text: &str, max: usize, allowed: impl Fn(char) -> bool) -> Result<String, BadText> {
    let text = normal(text.trim_matches(is_space));
    if !text.chars().any(is_seen) {
        Err(BadText::Blank)
    } else if text.chars().count() > max {
        Err(BadText::Long(max))
    } else if text.chars().any(|c| is_control(c) && !allowed(c)) {
        Err(BadText::Control)
    } else {
        Ok(text.into_owned())
    }
}

/// `text` in Unicode's normal form C.
fn normal(text: &str) -> Cow<'_, str> {
    const C: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
    if text.is_ascii() { Cow::Borrowed(text) } else { C.normalize(text) }
}

/// White space, also that without width: what nobody sees at the ends of a text.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Whether `c` can be seen where it stands alone: no space, no mark that needs a letter, nothing that Unicode says is
/// not to be shown, and none of the blanks that it counts among letters and symbols.
fn is_seen(c: char) -> bool {
    use GeneralCategory as Is;
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    let is_unseen = matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        Is::Control
            | Is::Format
            | Is::SpaceSeparator
            | Is::LineSeparator
            | Is::ParagraphSeparator
            | Is::NonspacingMark
            | Is::SpacingMark
            | Is::EnclosingMark
    );
    // Braille pattern blank; null notehead; Egyptian full blank, half blank.
    let is_blank = matches!(c, '\u{2800}' | '\u{1d159}' | '\u{13441}' | '\u{13442}');
    !is_unseen && !is_blank && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Control characters, Unicode's line breaks, and what is no character at all.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || CodePointSetData::new::<NoncharacterCodePoint>().contains(c)
}

/// Whether each mark that turns the direction of writing is followed by the one that ends it, as UAX #9 pairs them.
fn is_turned_back(text: &str) -> bool {
    let mut open = Vec::new();
    for c in text.chars() {
        match c {
            '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' => open.push('\u{202c}'),
            '\u{2066}'..='\u{2068}' => open.push('\u{2069}'),
            '\u{202c}' | '\u{2069}' if open.pop() != Some(c) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

impl<const MAX: usize> SingleLine<MAX> {
    /// The line that `text` is.
    pub fn new(text: &str) -> Result<Self, BadText> {
        let line = bounded(text, MAX, |_| false)?;
        if is_turned_back(&line) { Ok(Self(line)) } else { Err(BadText::Turned) }
    }
}

impl<const MAX: usize> MultiLine<MAX> {
    /// The text that `text` is, its line breaks as `\n`.
    pub fn new(text: &str) -> Result<Self, BadText> {
        let text = text.replace("\r\n", "\n").replace(['\u{2028}', '\u{2029}'], "\n");
        bounded(&text, MAX, |c| matches!(c, '\n' | '\t')).map(Self)
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
    use proptest::prelude::*;

    #[test]
    fn a_line_is_trimmed_and_bounded_in_characters() {
        assert_eq!(SingleLine::<5>::new("  Åäö  ").as_deref(), Ok("Åäö"));
        assert_eq!(SingleLine::<5>::new("ÅÄÖåäö"), Err(BadText::Long(5)));
        assert_eq!(SingleLine::<5>::new(" \t "), Err(BadText::Blank));
        assert_eq!(SingleLine::<5>::new("\u{feff}Acme\u{200b} ").as_deref(), Ok("Acme"));
    }

    #[test]
    fn a_line_has_no_control_characters_and_no_line_breaks() {
        for bad in ["a\nb", "a\0b", "a\u{85}b", "a\u{2028}b", "a\u{2029}b", "a\u{fffe}b", "a\u{1fffe}b", "a\u{fdd0}b"] {
            assert_eq!(SingleLine::<9>::new(bad), Err(BadText::Control), "{bad:?}");
        }
    }

    #[test]
    fn prose_keeps_its_line_breaks() {
        assert_eq!(MultiLine::<9>::new("a\r\n\tb\n").as_deref(), Ok("a\n\tb"));
        assert_eq!(MultiLine::<9>::new("a\u{2029}b").as_deref(), Ok("a\nb"));
        assert_eq!(MultiLine::<9>::new("a\u{1b}[0m"), Err(BadText::Control));
    }

    #[test]
    fn what_nobody_sees_is_blank() {
        let unseen = [
            ("no-break space", "\u{a0}"),
            ("zero width space", "\u{200b}"),
            ("zero width joiner", "\u{200d}"),
            ("word joiner", "\u{2060}"),
            ("byte order mark", "\u{feff}"),
            ("soft hyphen", "\u{ad}"),
            ("left-to-right mark", "\u{200e}"),
            ("an override and its end", "\u{202e}\u{202c}"),
            ("an isolate and its end", "\u{2066}\u{2069}"),
            ("combining acute accent", "\u{301}"),
            ("Devanagari vowel sign", "\u{93e}"),
            ("enclosing circle", "\u{20dd}"),
            ("grapheme joiner", "\u{34f}"),
            ("Hangul filler", "\u{3164}"),
            ("halfwidth Hangul filler", "\u{ffa0}"),
            ("Hangul choseong filler", "\u{115f}"),
            ("Khmer inherent vowel", "\u{17b4}"),
            ("Mongolian vowel separator", "\u{180e}"),
            ("variation selector 16", "\u{fe0f}"),
            ("variation selector 17", "\u{e0100}"),
            ("tag letter", "\u{e0061}"),
            ("Braille pattern blank", "\u{2800}"),
            ("null notehead", "\u{1d159}"),
            ("Egyptian full blank", "\u{13441}"),
            ("invisible times", "\u{2062}"),
            ("unassigned, not to be shown", "\u{e0fff}"),
            ("some of these", " \u{3164}\u{200d}\u{301} \u{2800}"),
        ];
        for (what, text) in unseen {
            assert_eq!(SingleLine::<9>::new(text), Err(BadText::Blank), "{what}");
            assert_eq!(MultiLine::<9>::new(&format!("\n{text}\n")), Err(BadText::Blank), "{what}");
            assert!(SingleLine::<9>::new(&format!("A{text}")).is_ok(), "{what}, after a letter");
        }
    }

    #[test]
    fn names_of_all_scripts_are_seen() {
        for name in [
            "Ann",
            "Öberg",
            "Ελένη",
            "Иван",
            "李",
            "ひろ",
            "김민준",
            "नेहा",
            "สมชาย",
            "محمد",
            "می\u{200c}خواهم",
            "👩\u{200d}💻",
            "❤\u{fe0f}",
            "∞",
            "-",
            "7",
        ] {
            assert_eq!(SingleLine::<20>::new(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn what_looks_equal_is_equal() {
        let [composed, decomposed] = ["Andr\u{e9}", "Andre\u{301}"].map(|text| SingleLine::<5>::new(text).unwrap());
        assert_eq!(composed, decomposed);
        assert_eq!(MultiLine::<2>::new("A\u{30a}").as_deref(), Ok("\u{c5}"));
        assert_eq!(SingleLine::<9>::new("\u{212b}").as_deref(), Ok("\u{c5}"), "the ångström sign");
    }

    #[test]
    fn a_line_turns_nothing_that_stands_after_it() {
        for (text, good) in [
            ("Ann \u{202e}eel", false),
            ("Ann \u{202e}eel\u{202c}", true),
            ("Ann\u{202c}", false),
            ("\u{2067}שלום\u{2069} Ann", true),
            ("\u{2067}\u{202b}שלום\u{2069}\u{202c}", false),
            ("\u{2068}Ann", false),
            ("\u{200f}שלום", true),
        ] {
            let line = SingleLine::<20>::new(text);
            assert_eq!(line.is_ok(), good, "{text:?}");
            assert!(good || line == Err(BadText::Turned), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_read_back_as_it_was_written(text in "\\PC{1,20}|.{1,20}") {
            if let Ok(line) = SingleLine::<20>::new(&text) {
                prop_assert_eq!(SingleLine::<20>::new(&line), Ok(line));
            }
            if let Ok(prose) = MultiLine::<20>::new(&text) {
                prop_assert_eq!(MultiLine::<20>::new(&prose), Ok(prose));
            }
        }
    }
}
