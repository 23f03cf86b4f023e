//! What a person is told when something can't go on: one sentence, with its cause.
//!
//! Deliberately absent: kinds to match on. Nothing here recovers from an error by its kind; it is printed and the
//! program ends, or it is logged and tried again.

use std::fmt::{self, Display};

/// One sentence for the person at the terminal.
#[derive(Debug, Clone)]
pub struct Error(String);

/// The result of anything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that says `sentence`.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Says what was being done when something else failed.
pub trait Doing<T> {
    /// `sentence: cause`.
    fn doing(self, sentence: impl Display) -> Result<T>;
}

impl<T, E: Display> Doing<T> for std::result::Result<T, E> {
    fn doing(self, sentence: impl Display) -> Result<T> {
        self.map_err(|cause| Error(format!("{sentence}: {cause}")))
    }
}

/// Says what was missing.
pub trait OrMissing<T> {
    /// The value, or an error that says `sentence`.
    fn or_missing(self, sentence: impl Display) -> Result<T>;
}

impl<T> OrMissing<T> for Option<T> {
    fn or_missing(self, sentence: impl Display) -> Result<T> {
        self.ok_or_else(|| Error(sentence.to_string()))
    }
}
