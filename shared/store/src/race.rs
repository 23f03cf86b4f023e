//! Races that nobody waits for at the other end: what follows from events and timers is decided anew at once, a few times.
//! (How long a request waits is its deadline's, in `api`.)

use std::time::Duration;

use crate::Error;

/// How often it is decided at most.
const ATTEMPTS: u32 = 7;
/// The longest wait before the second attempt; it doubles. All together at most 1.3 s.
const FIRST_WAIT: Duration = Duration::from_millis(20);

/// An error that may mean that others changed the same at the same moment.
pub trait Race {
    /// Whether it means that: what was to be done is to be read and decided anew.
    fn is_lost(&self) -> bool;
}

impl Race for Error {
    fn is_lost(&self) -> bool {
        matches!(self, Self::Lost)
    }
}

/// Make `attempt` again, from its first read, while others were faster, a little later each time; the last one's error if
/// they were faster all the while.
pub async fn retry_if_lost<T, E: Race>(attempt: impl AsyncFn() -> Result<T, E>) -> Result<T, E> {
    let mut longest = FIRST_WAIT;
    // On the heap, since what awaits this would become as large as all that is awaited in turn.
    for _ in 1..ATTEMPTS {
        match Box::pin(attempt()).await {
            Err(error) if error.is_lost() => tokio::time::sleep(longest.mul_f64(rand::random())).await,
            done => return done,
        }
        longest *= 2;
    }
    Box::pin(attempt()).await
}
