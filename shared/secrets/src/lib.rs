//! What only some functions know: the key that signs tokens (`auth`), the key of the links in mails (`auth`, `outbox`),
//! our key at Stripe (`clients`, `stripe-events`), and what Stripe signs with (`webhooks`). Each lies in a Secrets Manager
//! secret of its own, so that a function's policy can allow just its own.

mod link;
mod signing;
mod stripe;

pub use link::{BadLink, Invited, LinkKey};
pub use signing::{BadToken, Refresh, SigningKey};
pub use stripe::WebhookSecrets;

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

/// Reads secrets, at a function's start.
#[derive(Debug)]
pub struct Secrets {
    client: Client,
}

impl Secrets {
    /// As the environment says they are reached.
    pub async fn from_env() -> Self {
        let timeouts = aws_config::timeout::TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_secs(3))
            .operation_timeout(Duration::from_secs(8))
            .build();
        Self { client: Client::new(&aws_config::from_env().timeout_config(timeouts).load().await) }
    }

    /// The key that signs tokens, from the secret `name`: `{"kid": …, "pkcs8": base64}`.
    pub async fn signing_key(&self, name: &str) -> Result<SigningKey, SecretError> {
        let (kid, pkcs8): (String, String) = {
            let secret: signing::Stored = self.read(name).await?;
            (secret.kid, secret.pkcs8)
        };
        SigningKey::new(&kid, &pkcs8).map_err(|cause| SecretError { name: name.to_owned(), cause })
    }

    /// The key of the links in mails, from the secret `name`: `{"key": base64 of 32 bytes}`.
    pub async fn link_key(&self, name: &str) -> Result<LinkKey, SecretError> {
        let secret: link::Stored = self.read(name).await?;
        LinkKey::new(&secret.key).map_err(|cause| SecretError { name: name.to_owned(), cause })
    }

    /// Our key at Stripe, from the secret `name`: `{"key": "sk_…"}`.
    pub async fn stripe_key(&self, name: &str) -> Result<String, SecretError> {
        let secret: stripe::StoredKey = self.read(name).await?;
        Ok(secret.key)
    }

    /// What Stripe signs with, from the secret `name`: `{"current": "whsec_…", "previous": "whsec_…"}`, the latter only
    /// while the secret is being replaced.
    pub async fn webhook_secrets(&self, name: &str) -> Result<WebhookSecrets, SecretError> {
        self.read(name).await
    }

    async fn read<T: DeserializeOwned>(&self, name: &str) -> Result<T, SecretError> {
        let failed = |cause: String| SecretError { name: name.to_owned(), cause };
        let output = self.client.get_secret_value().secret_id(name).send().await;
        let output = output.map_err(|error| failed(DisplayErrorContext(error).to_string()))?;
        let text = output.secret_string().ok_or_else(|| failed("has no text".to_owned()))?;
        // serde's words could quote the secret.
        serde_json::from_str(text).map_err(|_| failed("isn't the JSON that it should be".to_owned()))
    }
}
