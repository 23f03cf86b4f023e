//! Which Stripe the functions use: the stand-in, or the real test mode.

use serde_json::json;

use crate::error::{Error, Result};

/// The environment variable with the key of an account's test mode.
const KEY: &str = "STRIPE_SECRET_KEY";
/// The environment variable with what webhooks are signed with.
const WEBHOOK_SECRET: &str = "STRIPE_WEBHOOK_SECRET";
/// The same of the endpoint for connected accounts; what is signed for both with one secret, as `stripe listen` does, needs no second.
const CONNECT_SECRET: &str = "STRIPE_CONNECT_WEBHOOK_SECRET";

/// What we and a Stripe know each other by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whether it is Stripe itself.
    pub real: bool,
    /// What requests to it are made with.
    pub key: String,
    /// What it signs with.
    pub webhook_secret: String,
    /// What it signs events of connected accounts with.
    pub connect_secret: String,
}

impl Default for Account {
    /// One at the stand-in.
    fn default() -> Self {
        Self {
            real: false,
            key: "sk_test_local".to_owned(),
            webhook_secret: "whsec_local".to_owned(),
            connect_secret: "whsec_local_connect".to_owned(),
        }
    }
}

impl Account {
    /// The one that the environment names; at the stand-in, if it names none.
    pub(crate) fn from_env() -> Result<Self> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::read(variable(KEY), variable(WEBHOOK_SECRET), variable(CONNECT_SECRET))
    }

    fn read(key: Option<String>, webhook_secret: Option<String>, connect_secret: Option<String>) -> Result<Self> {
        let connect_secret = connect_secret.or_else(|| webhook_secret.clone()).unwrap_or_else(|| Self::default().connect_secret);
        let webhook_secret = webhook_secret.unwrap_or_else(|| Self::default().webhook_secret);
        let local = Self { webhook_secret, connect_secret, ..Self::default() };
        match key {
            None => Ok(local),
            Some(key) if ["sk_test_", "rk_test_"].iter().any(|test| key.starts_with(test)) => Ok(Self { real: true, key, ..local }),
            Some(key) if key.contains("_live_") => {
                Err(Error::new(format!("{KEY} is a live key, and nothing here may move real money: give a key that begins with sk_test_")))
            }
            Some(_) => Err(Error::new(format!("{KEY} is no key of Stripe's test mode, which begins with sk_test_"))),
        }
    }

    /// What the secret named by `STRIPE_SECRET` holds.
    pub(crate) fn key_secret(&self) -> String {
        json!({ "key": self.key }).to_string()
    }

    /// What the secret named by `WEBHOOK_SECRET` holds.
    pub(crate) fn webhook_secret(&self) -> String {
        json!({ "current": self.webhook_secret, "connect": { "current": self.connect_secret } }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_key_is_used_and_a_live_one_refused() {
        let read = |key: Option<&str>, secret: Option<&str>| Account::read(key.map(str::to_owned), secret.map(str::to_owned), None);
        assert_eq!(read(None, None).unwrap(), Account::default());
        let mine = read(None, Some("whsec_mine")).unwrap();
        assert_eq!((mine.webhook_secret.as_str(), mine.connect_secret.as_str()), ("whsec_mine", "whsec_mine"));
        let two = Account::read(None, None, Some("whsec_other".to_owned())).unwrap();
        assert_eq!((two.webhook_secret.as_str(), two.connect_secret.as_str()), ("whsec_local", "whsec_other"));
        let real = read(Some("sk_test_1"), Some("whsec_mine")).unwrap();
        assert_eq!((real.real, real.key.as_str()), (true, "sk_test_1"));
        let refused = read(Some("sk_live_1"), None).unwrap_err().to_string();
        assert!(refused.contains("live key") && !refused.contains("sk_live_1"), "{refused}");
        assert!(read(Some("rk_live_1"), None).is_err() && read(Some("nonsense"), None).is_err());
    }
}
