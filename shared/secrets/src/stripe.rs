//! What we and Stripe know each other by.

use std::fmt;

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct StoredKey {
    pub(crate) key: String,
}

/// What Stripe signs its events with.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct WebhookSecrets {
    /// The endpoint's secret.
    pub current: String,
    /// The one before it, while it is being replaced.
    pub previous: Option<String>,
}

impl WebhookSecrets {
    /// Both, the current one first.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.current.as_str()).chain(self.previous.as_deref())
    }
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.previous.is_some() { "WebhookSecrets(2)" } else { "WebhookSecrets(1)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_may_have_one_before_it_and_neither_is_shown() {
        let alone: WebhookSecrets = serde_json::from_str(r#"{"current": "whsec_b"}"#).unwrap();
        assert_eq!(alone.all().collect::<Vec<_>>(), ["whsec_b"]);
        let both: WebhookSecrets = serde_json::from_str(r#"{"current": "whsec_b", "previous": "whsec_a"}"#).unwrap();
        assert_eq!(both.all().collect::<Vec<_>>(), ["whsec_b", "whsec_a"]);
        assert!(!format!("{both:?}").contains("whsec"));
    }
}
