//! Secrets as they were read last: read again once they are five minutes old, and when what they are for is refused.
//! So a secret is rotated by changing it where it lies; nothing needs to be deployed or restarted.
//!
//! A secret that can't be read is no reason not to start: what doesn't need it goes on, and what was read before is
//! used until there is something better.

use std::{fmt, pin::Pin, sync::Arc};

use chrono::TimeDelta;
use domain::Time;
use tokio::sync::Mutex;

use crate::SecretError;

/// How old what is used may be.
const FRESH: TimeDelta = TimeDelta::minutes(5);
/// How long it isn't tried again after it was, so that nobody can have us ask at each request.
const PAUSE: TimeDelta = TimeDelta::seconds(10);

type Reading = Pin<Box<dyn Future<Output = Result<String, SecretError>> + Send>>;
type Reader = Box<dyn Fn() -> Reading + Send + Sync>;
type Parser<T> = Box<dyn Fn(&str) -> Result<T, String> + Send + Sync>;

/// What is made of a secret. Cloning it is cheap, and clones share what was read.
pub struct Kept<T>(Arc<Inner<T>>);

struct Inner<T> {
    /// None of what never changes.
    source: Option<Source<T>>,
    state: Mutex<State<T>>,
}

struct Source<T> {
    name: String,
    read: Reader,
    parse: Parser<T>,
}

struct State<T> {
    /// The secret, and what was made of it.
    value: Option<(String, Arc<T>)>,
    read_at: Time,
    tried_at: Time,
}

impl<T> Kept<T> {
    /// What `parse` makes of the text of the secret `name` that `read` gives. A text of which nothing can be made is
    /// taken for none.
    pub fn new<F>(
        name: impl Into<String>,
        read: impl Fn() -> F + Send + Sync + 'static,
        parse: impl Fn(&str) -> Result<T, String> + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<String, SecretError>> + Send + 'static,
    {
        let source = Source { name: name.into(), read: Box::new(move || Box::pin(read())), parse: Box::new(parse) };
        let state = State { value: None, read_at: Time::MIN_UTC, tried_at: Time::MIN_UTC };
        Self(Arc::new(Inner { source: Some(source), state: Mutex::new(state) }))
    }

    /// The same, read already if it can be: for a function's start.
    pub async fn warm(self, now: Time) -> Self {
        if let Err(error) = self.get(now).await {
            tracing::error!(%error, "starting without a secret");
        }
        self
    }

    /// What it is at `now`, at most five minutes old where it can be read.
    pub async fn get(&self, now: Time) -> Result<Arc<T>, SecretError> {
        let mut state = self.0.state.lock().await;
        let known = state.value.as_ref().map(|(_, value)| value.clone());
        let Some(source) = &self.0.source else { return known.ok_or_else(|| SecretError::new("?", "isn't there")) };
        if let Some(known) = known.clone().filter(|_| now - state.read_at < FRESH || now - state.tried_at < PAUSE) {
            return Ok(known);
        }
        if now - state.tried_at < PAUSE {
            return Err(SecretError::new(&source.name, "couldn't be read a moment ago"));
        }
        match (source.renew(&mut state, now).await, known) {
            (Ok(value), _) => Ok(value),
            (Err(error), Some(known)) => {
                tracing::error!(%error, "going on with what was read before");
                Ok(known)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// What it is once it is read again, since what was done with `refused` was refused; none, if it is still the same,
    /// or was read again just now.
    pub async fn again(&self, refused: &Arc<T>, now: Time) -> Option<Arc<T>> {
        let mut state = self.0.state.lock().await;
        let known = state.value.as_ref().map(|(_, value)| value.clone())?;
        if !Arc::ptr_eq(&known, refused) {
            return Some(known);
        }
        let source = self.0.source.as_ref().filter(|_| now - state.tried_at >= PAUSE)?;
        match source.renew(&mut state, now).await {
            Ok(value) => Some(value).filter(|value| !Arc::ptr_eq(value, refused)),
            Err(error) => {
                tracing::error!(%error, "going on with what was refused");
                None
            }
        }
    }
}

impl<T> Source<T> {
    /// Read it; the same text gives the same value.
    async fn renew(&self, state: &mut State<T>, now: Time) -> Result<Arc<T>, SecretError> {
        state.tried_at = now;
        let text = (self.read)().await?;
        let value = match &state.value {
            Some((known, value)) if *known == text => value.clone(),
            _ => Arc::new((self.parse)(&text).map_err(|cause| SecretError::new(&self.name, cause))?),
        };
        state.read_at = now;
        state.value = Some((text, value.clone()));
        Ok(value)
    }
}

/// What never changes.
impl<T> From<T> for Kept<T> {
    fn from(value: T) -> Self {
        let state = State { value: Some((String::new(), Arc::new(value))), read_at: Time::MIN_UTC, tried_at: Time::MIN_UTC };
        Self(Arc::new(Inner { source: None, state: Mutex::new(state) }))
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({})", self.0.source.as_ref().map_or("fixed", |source| &source.name))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex as Held,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    /// A secret that a test changes, and how often it was read.
    #[derive(Default)]
    struct Vault {
        text: Held<Option<&'static str>>,
        reads: AtomicUsize,
    }

    fn kept(vault: &Arc<Vault>) -> Kept<u32> {
        let vault = vault.clone();
        let read = move || {
            vault.reads.fetch_add(1, Ordering::Relaxed);
            let text = *vault.text.lock().unwrap();
            async move { text.map(str::to_owned).ok_or_else(|| SecretError::new("n", "gone")) }
        };
        Kept::new("n", read, |text| text.parse().map_err(|_| "isn't a number".to_owned()))
    }

    fn at(seconds: i64) -> Time {
        Time::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
    }

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test);
    }

    #[test]
    fn what_is_five_minutes_old_is_read_again_and_used_on_where_it_cannot_be() {
        let vault = Arc::new(Vault { text: Held::new(Some("1")), ..Vault::default() });
        let kept = kept(&vault);
        let turn = |text| *vault.text.lock().unwrap() = text;
        run(async {
            for (seconds, text, expected, reads) in [
                (0, Some("1"), 1, 1),
                (299, Some("2"), 1, 1),
                (300, Some("2"), 2, 2),
                (600, None, 2, 3),      // gone, but known
                (605, None, 2, 3),      // and not asked for at each request
                (610, Some("x"), 2, 4), // nothing can be made of it
                (620, Some("3"), 3, 5),
                (700, Some("4"), 3, 5),
            ] {
                turn(text);
                assert_eq!(*kept.get(at(seconds)).await.unwrap(), expected, "{seconds}");
                assert_eq!(vault.reads.load(Ordering::Relaxed), reads, "{seconds}");
            }
        });
    }

    #[test]
    fn what_is_not_there_at_the_start_may_come() {
        let vault = Arc::new(Vault::default());
        let kept = kept(&vault);
        run(async {
            let kept = kept.warm(at(0)).await;
            assert!(kept.get(at(5)).await.is_err());
            assert_eq!(vault.reads.load(Ordering::Relaxed), 1);
            *vault.text.lock().unwrap() = Some("1");
            assert_eq!(*kept.get(at(10)).await.unwrap(), 1);
        });
    }

    #[test]
    fn what_was_refused_is_read_again_now_and_then() {
        let vault = Arc::new(Vault { text: Held::new(Some("1")), ..Vault::default() });
        let kept = kept(&vault);
        run(async {
            let first = kept.get(at(0)).await.unwrap();
            assert!(kept.again(&first, at(20)).await.is_none(), "it is the same");
            *vault.text.lock().unwrap() = Some("2");
            assert!(kept.again(&first, at(25)).await.is_none(), "it was read just now");
            assert_eq!(vault.reads.load(Ordering::Relaxed), 2);
            let second = kept.again(&first, at(30)).await.unwrap();
            assert_eq!((*second, vault.reads.load(Ordering::Relaxed)), (2, 3));
            assert_eq!(*kept.again(&first, at(31)).await.unwrap(), 2, "somebody else has read it");
            assert_eq!(vault.reads.load(Ordering::Relaxed), 3);
        });
    }

    #[test]
    fn what_is_kept_is_not_shown() {
        assert_eq!(format!("{:?}", Kept::from("whsec_1".to_owned())), "Kept(fixed)");
    }
}
