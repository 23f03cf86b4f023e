//! A function's logs.

use tracing_subscriber::filter::LevelFilter;

/// Log as JSON, one line an event, as CloudWatch reads it; `RUST_LOG` says how much: `error`, `warn`, `info`, `debug`,
/// `trace` or `off`.
pub fn log_json() {
    let level = std::env::var("RUST_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_max_level(level).init();
}
