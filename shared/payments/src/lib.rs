//! Stripe, and everything of it: firms' accounts, Checkout Sessions, how a payment stands, what an event says. Nothing else names it.
//!
//! Invariants: a request that may have been done is only ever made again with the same key; an error says whether the
//! outcome is known. Deliberately absent: invoices and what a payment does to them (`domain`), signatures (`webhooks`).

mod account;
mod amount;
mod checkout;
mod payment;

pub mod event;

pub use account::{NewAccount, Onboarding};
pub use checkout::{Opened, Order};
pub use payment::{Dispute, PaymentState, Status};

use std::time::Duration;

use domain::payment_account::AccountId;
use miniserde::Deserialize;
use stripe::{ApiErrorsCode, Client, ClientBuilder, StripeError};
use stripe_client_core::{CustomizableStripeRequest, RequestBuilder};
use tokio::time::Instant;

/// How long Stripe may take to answer one attempt.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a request is made at most.
const ATTEMPTS: u32 = 4;
/// After so long no further attempt is begun, so that all of it is done before API Gateway gives up.
const LAST_BEGIN: Duration = Duration::from_secs(15);

/// Why Stripe didn't do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// It isn't known whether it was done: try again, with the same key.
    #[error("Stripe can't be asked: {0}")]
    Unavailable(String),
    /// It was not done, since our key isn't taken: it may have been replaced.
    #[error("Stripe doesn't take our key: {0}")]
    KeyRefused(String),
    /// It was not done, since the account that it was to be done in isn't connected to ours, or not any more.
    #[error("the account isn't connected: {0}")]
    AccountLost(String),
    /// It was not done, and won't be; why, in Stripe's words or ours.
    #[error("{0}")]
    Refused(String),
}

/// Stripe can't be used as it was set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Stripe can't be set up: {0}")]
pub struct BadSetting(String);

/// Our account at Stripe. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Payments {
    client: Client,
    live: bool,
}

impl Payments {
    /// The account whose key is `secret_key`, at Stripe or at `base_url` in its place. An empty `base_url` is none, as
    /// the environment has it.
    pub fn new(secret_key: &str, base_url: Option<&str>) -> Result<Self, BadSetting> {
        let builder = ClientBuilder::new(secret_key).timeout(PATIENCE);
        let builder = match base_url.filter(|url| !url.is_empty()) {
            Some(url) => builder.url(format!("{}/", url.trim_end_matches('/'))),
            None => builder,
        };
        let live = ["sk_live_", "rk_live_"].iter().any(|live| secret_key.starts_with(live));
        Ok(Self { client: builder.build().map_err(|error| BadSetting(error.to_string()))?, live })
    }

    /// Whether it is about real money, as its key says.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Make a request until its outcome is known, or it was made often enough.
    async fn send<T: Deserialize>(&self, request: impl Fn() -> CustomizableStripeRequest<T>) -> Result<T, PaymentError> {
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let error = match request().send(&self.client).await {
                Ok(answer) => return Ok(answer),
                Err(error) => PaymentError::from(error),
            };
            let wait = Duration::from_millis(100 * (1 << attempt));
            let enough = attempt == ATTEMPTS || started.elapsed() + wait > LAST_BEGIN;
            if enough || !matches!(error, PaymentError::Unavailable(_)) {
                return Err(error);
            }
            tracing::warn!(attempt, %error, "asking Stripe again");
            tokio::time::sleep(wait).await;
        }
    }

    /// Make the GET `request` likewise, in `account`, or in our own.
    async fn get<T: Deserialize>(&self, account: Option<&AccountId>, request: impl Fn() -> RequestBuilder) -> Result<T, PaymentError> {
        self.send(|| within(account, request().customize())).await
    }
}

/// `request`, made in `account`, or in our own.
fn within<T>(account: Option<&AccountId>, request: CustomizableStripeRequest<T>) -> CustomizableStripeRequest<T> {
    match account {
        Some(account) => request.account_id(stripe::AccountId::from(account.to_string())),
        None => request,
    }
}

impl From<StripeError> for PaymentError {
    fn from(error: StripeError) -> Self {
        match error {
            StripeError::Stripe(error, status) => {
                let why = error.message.unwrap_or_else(|| error.type_.as_str().to_owned());
                match status {
                    403 if error.code == Some(ApiErrorsCode::AccountInvalid) => Self::AccountLost(why),
                    401 => Self::KeyRefused(why),
                    // 403 is about what our key may do, which is no business of whoever pays; 409 is a race for the key.
                    403 | 409 | 424 | 429 | 500.. => Self::Unavailable(format!("{status} {why}")),
                    _ => Self::Refused(why),
                }
            }
            // An error whose body isn't JSON comes without its status: anything may have happened.
            StripeError::JSONDeserialize(cause) | StripeError::ClientError(cause) | StripeError::ConfigError(cause) => {
                Self::Unavailable(cause)
            }
            StripeError::Timeout => Self::Unavailable("no answer in time".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_can_not_be_sent_is_refused_and_never_shown() {
        assert!(Payments::new("sk_test_\n", None).is_err());
        assert!(Payments::new("sk_test_1", Some("not a url")).is_err());
        let payments = Payments::new("sk_test_verysecret", Some("")).unwrap();
        assert!(!format!("{payments:?}").contains("verysecret"));
    }

    #[test]
    fn the_key_says_whether_money_is_real() {
        for (key, live) in [("sk_live_1", true), ("rk_live_1", true), ("sk_test_1", false), ("rk_test_live_", false)] {
            assert_eq!(Payments::new(key, None).unwrap().is_live(), live, "{key}");
        }
    }
}
