//! Why a rule says no. Free of any transport: `shared/api` decides which status a refusal is.

/// What kind of no it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The record's state doesn't allow it now; it may later, or might have earlier.
    State,
    /// What was asked can't be right, whatever the state.
    Rule,
}

/// A rule's no, in words for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What kind of no.
    pub why: Why,
    /// The field that the rule is about, as the caller names it; none where it is the record as a whole.
    pub field: Option<&'static str>,
    /// A sentence for the caller.
    pub message: String,
}

impl Refusal {
    /// The record's state doesn't allow it.
    pub fn state(message: impl Into<String>) -> Self {
        Self { why: Why::State, field: None, message: message.into() }
    }

    /// A rule about `field` is broken.
    pub fn rule(field: &'static str, message: impl Into<String>) -> Self {
        Self { why: Why::Rule, field: Some(field), message: message.into() }
    }
}
