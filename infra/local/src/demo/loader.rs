//! What every part of the demo calls the API with.

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{calendar::Calendar, firm::PASSWORD};
use crate::{
    caller::{Answer, Call, Caller, fresh_word, link_token},
    error::{Doing, Error, OrMissing, Result},
};

/// How many calls are on their way at once; each function answers three.
const AT_ONCE: usize = 6;
/// How often is tried again what isn't answered, or doesn't come.
const PATIENCE: usize = 4;

/// Somebody who is signed in.
pub(super) struct Session {
    pub(super) id: String,
    token: String,
}

/// Calls the API in somebody's name. People of the firm go by their keys, clients' by their e-mails.
pub(super) struct Loader {
    pub(super) caller: Caller,
    pub(super) calendar: Calendar,
    sessions: HashMap<&'static str, Session>,
}

impl Loader {
    /// One that knows nobody yet.
    pub(super) fn new(caller: Caller, calendar: Calendar) -> Self {
        Self { caller, calendar, sessions: HashMap::new() }
    }

    /// Knows `who` from now on.
    pub(super) fn sign_in(&mut self, who: &'static str, id: String, token: String) {
        self.sessions.insert(who, Session { id, token });
    }

    /// Somebody who is signed in.
    pub(super) fn session(&self, who: &str) -> Result<&Session> {
        self.sessions.get(who).or_missing(format!("{who} isn't signed in"))
    }

    /// Posts what makes something new.
    pub(super) async fn create(&self, who: &str, path: &str, body: &Value) -> Result<Answer> {
        self.post(who, path, body).await?.is(201).doing(CANT)
    }

    /// Posts what changes something.
    pub(super) async fn act(&self, who: &str, path: &str, body: &Value) -> Result<Answer> {
        self.post(who, path, body).await?.is(200).doing(CANT)
    }

    async fn post(&self, who: &str, path: &str, body: &Value) -> Result<Answer> {
        let token = &self.session(who)?.token;
        once(|key| self.caller.post(path, body).by(token).header("idempotency-key", key)).await
    }

    /// Changes fields.
    pub(super) async fn patch(&self, who: &str, path: &str, body: &Value) -> Result<Answer> {
        let token = &self.session(who)?.token;
        once(|_| self.caller.patch(path, body).by(token)).await?.is(200).doing(CANT)
    }

    /// Writes all of what is at `path`.
    pub(super) async fn put(&self, who: &str, path: &str, body: &Value) -> Result<Answer> {
        let token = &self.session(who)?.token;
        once(|_| self.caller.put(path, body).by(token)).await?.is(200).doing(CANT)
    }

    pub(super) async fn get(&self, who: &str, path: &str) -> Result<Answer> {
        let token = &self.session(who)?.token;
        once(|_| self.caller.get(path).by(token)).await?.is(200).doing(CANT)
    }

    /// Follows the link in the mail to `email`; the access token.
    pub(super) async fn activate(&self, email: &str) -> Result<String> {
        let token = link_token(&self.mail(email, "/activate?token=").await?, "activate")?;
        let body = json!({ "token": token, "password": PASSWORD });
        once(|_| self.caller.post("/api/auth/activate/", &body)).await?.is(200).doing(CANT)?.text("/access")
    }

    /// Follows the link in the mail that asks `email` to be confirmed.
    pub(super) async fn confirm(&self, email: &str) -> Result<()> {
        let token = link_token(&self.mail(email, "/confirm-email?token=").await?, "confirm-email")?;
        let body = json!({ "token": token });
        once(|_| self.caller.post("/api/auth/confirm-email/", &body)).await?.is(204).doing(CANT)?;
        Ok(())
    }

    /// The mail to `email` that has `link` in it, which a busy machine may send late.
    async fn mail(&self, email: &str, link: &str) -> Result<String> {
        for _ in 0..PATIENCE {
            if let Ok(mail) = self.caller.mail(email, link).await {
                return Ok(mail);
            }
        }
        self.caller.mail(email, link).await
    }
}

/// Calls until there is an answer: a function's processes start one by one, as they are needed, and a busy machine makes
/// the first calls wait longer than API Gateway does. The key sees to it that what was done is done once.
pub(super) async fn once(call: impl Fn(&str) -> Call) -> Result<Answer> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let key = format!("demo-{}-{}", fresh_word(), CALLS.fetch_add(1, Ordering::Relaxed));
    for _ in 0..PATIENCE {
        let answer = call(&key).send().await?;
        if answer.status() != 503 {
            return Ok(answer);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    call(&key).send().await
}

const CANT: &str = "the demo can't be loaded";

/// Does what can be done side by side, some of it at once; what came of it, in order.
pub(super) async fn together<T, F: Future<Output = Result<T>>>(work: impl IntoIterator<Item = F>) -> Result<Vec<T>> {
    stream::iter(work).buffered(AT_ONCE).try_collect().await
}

/// An amount of two decimals in its smallest unit.
pub(super) fn cents(amount: &str) -> Result<i64> {
    let digits: String = amount.chars().filter(|letter| *letter != '.').collect();
    digits.parse().map_err(|_| Error::new(format!("{amount} is no amount")))
}

/// So many of the smallest units as an amount of two decimals.
pub(super) fn decimal(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents.rem_euclid(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_go_to_cents_and_back() {
        for amount in ["0.00", "0.05", "1234.50"] {
            assert_eq!(decimal(cents(amount).unwrap()), amount);
        }
        assert!(cents("none").is_err());
    }
}
