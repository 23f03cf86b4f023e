//! Starting a function: its settings from the environment, its logs as JSON, its router behind its front.

use std::sync::Arc;

use axum::Router;
use lambda_http::{lambda_runtime, service_fn};
use store::{Quota, Store};
use tracing_subscriber::filter::LevelFilter;

use crate::{App, Clock, Front, Limiter, Limits, Verifier, event};

/// The environment variable `name`, which the template sets.
pub fn env(name: &str) -> Result<String, lambda_http::Error> {
    std::env::var(name).map_err(|_| format!("the environment variable {name} is not set").into())
}

impl App {
    /// As the environment says: `TABLE_NAME`, `TOKEN_PUBLIC_KEYS`, `TOKEN_ISSUER`, `WEB_ORIGIN`, `RATE_…`.
    pub async fn from_env() -> Result<Self, lambda_http::Error> {
        let rate = |name| -> Result<u32, lambda_http::Error> { Ok(env(name)?.parse()?) };
        let payment = rate("RATE_PAYMENT_PER_MINUTE")?;
        let limits = Limits {
            user: Quota { per_minute: Some(rate("RATE_USER_PER_MINUTE")?), per_hour: rate("RATE_USER_PER_HOUR")? },
            anonymous: Quota { per_minute: None, per_hour: rate("RATE_ANONYMOUS_PER_HOUR")? },
            payment: Quota { per_minute: Some(payment), per_hour: payment.saturating_mul(60) },
        };
        Ok(Self {
            store: Store::from_env(env("TABLE_NAME")?).await,
            verifier: Arc::new(Verifier::new(&env("TOKEN_PUBLIC_KEYS")?, &env("TOKEN_ISSUER")?)?),
            limiter: Arc::new(Limiter::new(limits)),
            clock: Clock::default(),
            web_origin: web_origin()?.into(),
        })
    }
}

/// Where the web app is served.
fn web_origin() -> Result<String, lambda_http::Error> {
    Ok(env("WEB_ORIGIN")?.trim_end_matches('/').to_owned())
}

/// Log as JSON, one line an event, as CloudWatch reads it; `RUST_LOG` says how much: `error`, `warn`, `info`, `debug`, `trace` or `off`.
pub fn log_json() {
    let level = std::env::var("RUST_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_max_level(level).init();
}

/// Serve `router` until the runtime ends the process.
pub async fn serve(router: Router<App>) -> Result<(), lambda_http::Error> {
    log_json();
    let app = App::from_env().await?;
    run(Front::new(app, router)).await
}

/// The same for a router whose handlers need nothing, of the environment neither.
pub async fn serve_stateless(router: Router) -> Result<(), lambda_http::Error> {
    log_json();
    run(Front::stateless(Clock::default(), router)).await
}

async fn run(front: Front) -> Result<(), lambda_http::Error> {
    lambda_runtime::run(service_fn(move |sent| event::handle(front.clone(), sent))).await
}
