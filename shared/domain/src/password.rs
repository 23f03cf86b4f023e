//! Passwords, as they are chosen (NIST SP 800-63B, 3.1.1.2): long, none that everybody tries first, and nothing of what is known
//! of whose they are. What they are made of is free.

use std::{borrow::Cow, fmt};

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Deserializer, de};

use crate::Refusal;

/// How many characters a password has at least.
pub const SHORTEST: usize = 12;
/// And at most.
pub const LONGEST: usize = 128;
/// How many different characters it has at least: `abababababab` is none.
const FEWEST_DIFFERENT: usize = 5;
/// How many characters have to be left of it without what is known of whose it is.
const FEWEST_OF_THEIR_OWN: usize = 6;
/// Those of the commonest passwords that have [`SHORTEST`] characters and [`FEWEST_DIFFERENT`] different ones, in small letters and
/// in order: of the 20,000 that Django 5.2 refuses (BSD), and the 49,233 of @zxcvbn-ts/language-common 4.1.3 (MIT).
const COMMON: &str = include_str!("password/common.txt");

/// A password that somebody chose, in Unicode's normal form KC: keyboards write `é` in one character or in two, and full-width
/// letters or plain ones. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The password that `text` is.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let password = normal(text);
        match password.chars().count() {
            0..SHORTEST => return Err("At least 12 characters."),
            SHORTEST..=LONGEST => {}
            _ => return Err("At most 128 characters."),
        }
        let folded = folded(&password);
        let mut different: Vec<char> = folded.chars().collect();
        different.sort_unstable();
        different.dedup();
        if different.len() < FEWEST_DIFFERENT {
            return Err("Too easy to guess: it repeats itself.");
        }
        if is_common(&folded) {
            return Err("Too easy to guess: many people have it.");
        }
        Ok(Self(password.into_owned()))
    }

    /// That it, which `field` names, isn't made of `known`: the e-mail and the firm of whose it is, which who guesses tries first.
    pub fn is_not_of(&self, known: &[impl AsRef<str>], field: &'static str) -> Result<(), Refusal> {
        let mut left = letters(&self.0);
        for known in
            known.iter().map(AsRef::as_ref).flat_map(|known| [letters(known), letters(known.split('@').next().unwrap_or_default())])
        {
            if known.chars().count() > 2 {
                left = left.replace(&known, "");
            }
        }
        if left.chars().count() < FEWEST_OF_THEIR_OWN && left.len() < letters(&self.0).len() {
            return Err(Refusal::rule(field, "Too easy to guess: it is the e-mail or the firm's name."));
        }
        Ok(())
    }

    /// What was typed, in normal form.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What was typed as a password, in normal form KC: as what it is known.
pub fn normal(typed: &str) -> Cow<'_, str> {
    const KC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    KC.normalize(typed)
}

fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// The letters and digits of `text`, in small letters and in normal form.
fn letters(text: &str) -> String {
    folded(&normal(text)).chars().filter(|c| c.is_alphanumeric()).collect()
}

fn is_common(folded: &str) -> bool {
    COMMON.lines().any(|common| common == folded)
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_not_what_everybody_tries_first() {
        for good in ["correct horse battery", "zwölf zeichen", "пароль из слов", &"0123456789abcdef".repeat(8)] {
            assert!(Password::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "password",
            "elevenchars",
            "            ",
            "aaaaaaaaaaaaa",
            "1212121212121212",
            "qwertyuiop123",
            "QwertyUiop123",
            "ｑｗｅｒｔｙｕｉｏｐ１２３",
            &"0123456789abcdef ".repeat(8),
        ] {
            assert!(Password::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn its_length_is_that_of_its_normal_form() {
        // Six letters, each with an accent of its own, are six.
        assert!(Password::new(&"e\u{301}".repeat(6)).is_err());
        assert_eq!(Password::new("cafe\u{301} au lait").unwrap(), Password::new("caf\u{e9} au lait").unwrap());
    }

    #[test]
    fn it_is_nothing_that_is_known_of_whose_it_is() {
        let known = ["ann.lee@north.example", "North & Partners", "Ｓｏｕｔｈ　Ｔｒａｄｉｎｇ"];
        for bad in
            ["southtrading1", "ann.lee@north.example", "ANN.LEE@NORTH.EXAMPLE", "annlee annlee 1", "North & Partners", "northpartners2026"]
        {
            assert!(Password::new(bad).unwrap().is_not_of(&known, "password").is_err(), "{bad}");
        }
        for good in ["correct horse battery", "northern lights at ten", "ann.lee has 3 brown hens"] {
            assert!(Password::new(good).unwrap().is_not_of(&known, "password").is_ok(), "{good}");
        }
        assert!(Password::new("correct horse battery").unwrap().is_not_of(&["a@b.example", "X"], "password").is_ok());
    }

    #[test]
    fn the_commonest_are_as_they_are_compared() {
        assert!(COMMON.lines().all(|common| common == folded(&normal(common)) && common.chars().count() >= SHORTEST));
    }
}
