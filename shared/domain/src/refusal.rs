//! Why a rule says no. Free of any transport: `shared/api` decides which status a refusal is.

use std::borrow::Cow;

/// What kind of no it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The record's state doesn't allow it now; it may later, or might have earlier.
    State,
    /// What was asked can't be right, whatever the state.
    Rule,
    /// Nothing leaves the firm before its founder has confirmed their e-mail.
    Unconfirmed,
    /// The firm takes no payments online, or not this one.
    Unpayable,
}

/// A rule's no, in words for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What kind of no.
    pub why: Why,
    /// The field that the rule is about, as the caller names it (`due_date`, `line_items[2].tax_rate`); none where it is the
    /// record as a whole.
    pub field: Option<Cow<'static, str>>,
    /// A sentence for the caller.
    pub message: String,
}

impl Refusal {
    /// The record's state doesn't allow it.
    pub fn state(message: impl Into<String>) -> Self {
        Self { why: Why::State, field: None, message: message.into() }
    }

    /// The firm's founder hasn't confirmed their e-mail.
    pub fn unconfirmed() -> Self {
        let message = "Nothing leaves the firm before its founder has confirmed their e-mail, by the link in the mail that they got.";
        Self { why: Why::Unconfirmed, field: None, message: message.to_owned() }
    }

    /// The firm takes no payments online, or not this one.
    pub fn unpayable(message: impl Into<String>) -> Self {
        Self { why: Why::Unpayable, field: None, message: message.into() }
    }

    /// A rule about `field` is broken.
    pub fn rule(field: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { why: Why::Rule, field: Some(field.into()), message: message.into() }
    }

    /// A rule about the request as a whole is broken.
    pub fn of_request(message: impl Into<String>) -> Self {
        Self { why: Why::Rule, field: None, message: message.into() }
    }

    /// The same, about `field`, whatever it was about before.
    #[must_use]
    pub fn about(self, field: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same of the item at `place`, from 0, of the list `list`: `line_items[2]`, or its field, `line_items[2].tax_rate`.
    #[must_use]
    pub fn of_item(self, list: &str, place: usize) -> Self {
        let path = match &self.field {
            Some(field) if field != list => format!("{list}[{place}].{field}"),
            Some(_) | None => format!("{list}[{place}]"),
        };
        Self { field: Some(path.into()), ..self }
    }

    /// What `make` makes of each of `items`, which a body gives as the list `list`: a refusal says which it is of.
    pub fn each<T, U>(list: &str, items: impl IntoIterator<Item = T>, mut make: impl FnMut(T) -> Result<U, Self>) -> Result<Vec<U>, Self> {
        let made = |(place, item)| make(item).map_err(|refusal| refusal.of_item(list, place));
        items.into_iter().enumerate().map(made).collect()
    }
}
