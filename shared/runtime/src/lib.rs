//! What every function has from its start, whatever calls it: the time, its settings, its logs.
//!
//! Invariant: nothing but [`Clock`] reads the machine's clock. Deliberately absent: HTTP (`api`), the table (`store`).

mod clock;
mod environment;
mod logs;

pub use clock::Clock;
pub use environment::env;
pub use logs::log_json;
