//! What only some functions know: the key that signs tokens (`auth`), the key of the links in mails (`auth`, `guest`, `outbox`),
//! our key at Stripe (`auth`, `clients`, `guest`, `stripe-events`), and what Stripe signs with (`webhooks`). Each lies in a Secrets Manager
//! secret of its own, so that a function's policy can allow just its own, and is [`Kept`] for some minutes.

mod kept;
mod link;
mod signing;
mod stripe;

pub use kept::Kept;
pub use link::{
    BadLink, ChangingEmail, Confirming, Invited, Invitee, KnownDevice, LinkKey, Purpose, RemovingFactor, Resetting, RestoringEmail, Showing,
};
pub use signing::{BadToken, Challenged, Refresh, SigningKey};
pub use stripe::{EndpointSecrets, WebhookSecrets, stripe_key};

use std::time::Duration;

use aws_sdk_secretsmanager::{Client, error::DisplayErrorContext};
use serde::de::DeserializeOwned;

/// A secret can't be had, or isn't what it should be.
#[derive(Debug, thiserror::Error)]
#[error("the secret {name}: {cause}")]
pub struct SecretError {
    name: String,
    cause: String,
}

impl SecretError {
    /// The secret `name` can't be had, because of `cause`, which doesn't quote it.
    pub fn new(name: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { name: name.into(), cause: cause.into() }
    }
}

/// Reads secrets.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: Client,
}

impl Secrets {
    /// Those that `client` reaches.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// As the environment says they are reached.
    pub async fn from_env() -> Self {
        let timeouts = aws_config::timeout::TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_secs(1))
            .operation_timeout(Duration::from_secs(3))
            .build();
        Self::new(Client::new(&aws_config::from_env().timeout_config(timeouts).load().await))
    }

    /// What `parse` makes of the secret `name`, read when it is asked for.
    pub fn kept<T>(&self, name: impl Into<String>, parse: impl Fn(&str) -> Result<T, String> + Send + Sync + 'static) -> Kept<T> {
        let (secrets, name) = (self.clone(), name.into());
        let read = {
            let name = name.clone();
            move || {
                let (secrets, name) = (secrets.clone(), name.clone());
                async move { secrets.read(&name).await }
            }
        };
        Kept::new(name, read, parse)
    }

    /// The text of the secret `name`.
    async fn read(&self, name: &str) -> Result<String, SecretError> {
        let output = self.client.get_secret_value().secret_id(name).send().await;
        let output = output.map_err(|error| SecretError::new(name, DisplayErrorContext(error).to_string()))?;
        Ok(output.secret_string().ok_or_else(|| SecretError::new(name, "has no text"))?.to_owned())
    }
}

/// The JSON that the text of a secret is.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    // serde's words could quote the secret.
    serde_json::from_str(text).map_err(|_| "isn't the JSON that it should be".to_owned())
}
