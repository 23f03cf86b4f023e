//! What is being done and how long it took, on standard error: standard output is for what was asked for.

use std::time::Instant;

use crate::error::Result;

/// A piece of work that takes its time, said as it begins.
pub(crate) struct Step {
    since: Instant,
}

impl Step {
    /// Says that `what` begins.
    pub(crate) fn begin(what: &str) -> Self {
        eprintln!("{what} …");
        Self { since: Instant::now() }
    }

    /// Says that a part of it is done, and how long that took since the last part.
    pub(crate) fn done(&mut self, part: &str) {
        eprintln!("  {part} ({:.1} s)", self.since.elapsed().as_secs_f32());
        self.since = Instant::now();
    }
}

/// Does `work`, saying that it begins and how long it took.
pub(crate) async fn step<T>(what: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut step = Step::begin(what);
    let done = work.await?;
    step.done("done");
    Ok(done)
}
