//! What stands in for Secrets Manager, where a test doesn't ask the real client: secrets that can be changed and lost.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use secrets::{Kept, SecretError};

/// The secrets, by what they are for: `signing`, `links`, `stripe`, `stripe-webhooks`.
#[derive(Debug, Clone, Default)]
pub struct Vault {
    secrets: Arc<Mutex<BTreeMap<&'static str, String>>>,
}

impl Vault {
    /// From now on the secret `name` is `text`; none, if it can't be read.
    pub fn set(&self, name: &'static str, text: Option<&str>) {
        let mut secrets = self.secrets.lock().unwrap();
        match text {
            Some(text) => drop(secrets.insert(name, text.to_owned())),
            None => drop(secrets.remove(name)),
        }
    }

    /// The secret `name`, if there is one.
    pub fn get(&self, name: &'static str) -> Option<String> {
        self.secrets.lock().unwrap().get(name).cloned()
    }

    /// What a function makes of the secret `name`.
    pub(crate) fn kept<T>(&self, name: &'static str, parse: impl Fn(&str) -> Result<T, String> + Send + Sync + 'static) -> Kept<T> {
        let secrets = self.secrets.clone();
        let read = move || {
            let text = secrets.lock().unwrap().get(name).cloned();
            async move { text.ok_or_else(|| SecretError::new(name, "can't be read")) }
        };
        Kept::new(name, read, parse)
    }
}
