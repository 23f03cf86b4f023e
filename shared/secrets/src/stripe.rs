//! What we and Stripe know each other by.

use std::fmt;

use serde::Deserialize;

#[derive(Deserialize)]
struct StoredKey {
    key: String,
}

/// Our key at Stripe, of the secret `text`: `{"key": "sk_…"}`.
pub fn stripe_key(text: &str) -> Result<String, String> {
    crate::parse::<StoredKey>(text).map(|stored| stored.key)
}

/// What Stripe signs its events with: one endpoint is told of our own account, another of all that are connected to it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct WebhookSecrets {
    /// Of the endpoint for our own account.
    #[serde(flatten)]
    pub own: EndpointSecrets,
    /// Of the endpoint for connected accounts; none where there are none.
    pub connect: Option<EndpointSecrets>,
}

/// What Stripe signs the events for one endpoint with.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct EndpointSecrets {
    /// The endpoint's secret.
    pub current: String,
    /// The one before it, while it is being replaced.
    pub previous: Option<String>,
}

impl WebhookSecrets {
    /// Those of the secret `text`: `{"current": "whsec_…", "previous": "whsec_…", "connect": {"current": …, "previous": …}}`, each
    /// `previous` only while it is being replaced.
    pub fn parse(text: &str) -> Result<Self, String> {
        crate::parse(text)
    }
}

impl EndpointSecrets {
    /// Both, the current one first.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.current.as_str()).chain(self.previous.as_deref())
    }
}

impl fmt::Debug for EndpointSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointSecrets({})", self.all().count())
    }
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookSecrets({:?}, {:?})", self.own, self.connect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_may_have_one_before_it_and_neither_is_shown() {
        let alone = WebhookSecrets::parse(r#"{"current": "whsec_b"}"#).unwrap();
        assert_eq!((alone.own.all().collect::<Vec<_>>(), &alone.connect), (vec!["whsec_b"], &None));
        let both = WebhookSecrets::parse(r#"{"current": "whsec_b", "previous": "whsec_a"}"#).unwrap();
        assert_eq!(both.own.all().collect::<Vec<_>>(), ["whsec_b", "whsec_a"]);
        let text = r#"{"current": "whsec_b", "connect": {"current": "whsec_d", "previous": "whsec_c"}}"#;
        let connect = WebhookSecrets::parse(text).unwrap().connect.unwrap();
        assert_eq!(connect.all().collect::<Vec<_>>(), ["whsec_d", "whsec_c"]);
        assert!(!format!("{both:?} {connect:?}").contains("whsec"));
        assert_eq!(WebhookSecrets::parse(r#"{"whsec_secret": 1}"#), Err("isn't the JSON that it should be".to_owned()));
        assert_eq!(stripe_key(r#"{"key": "sk_test_1"}"#), Ok("sk_test_1".to_owned()));
    }
}
