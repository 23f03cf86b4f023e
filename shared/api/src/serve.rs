//! Starting a function that API Gateway calls: what its router needs, from the environment, and its front before it.

use std::sync::Arc;

use axum::Router;
use lambda_http::{lambda_runtime, service_fn};
use runtime::{Clock, env, log_json};
use store::{Quota, Store};

use crate::{App, Front, Limiter, Limits, SecurityLog, Verifier, event};

impl App {
    /// As the environment says: `TABLE_NAME`, `TOKEN_PUBLIC_KEYS`, `TOKEN_ISSUER`, `WEB_ORIGIN`, `RATE_…`.
    pub async fn from_env() -> Result<Self, lambda_http::Error> {
        let rate = |name| -> Result<u32, lambda_http::Error> { Ok(env(name)?.parse()?) };
        let a_minute = |most: u32| Quota { per_minute: Some(most), per_hour: most.saturating_mul(60) };
        let limits = Limits {
            user: Quota { per_minute: Some(rate("RATE_USER_PER_MINUTE")?), per_hour: rate("RATE_USER_PER_HOUR")? },
            anonymous: Quota { per_minute: None, per_hour: rate("RATE_ANONYMOUS_PER_HOUR")? },
            payment: a_minute(rate("RATE_PAYMENT_PER_MINUTE")?),
            guest: a_minute(rate("RATE_GUEST_PER_MINUTE")?),
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

/// Serve `router` until the runtime ends the process.
pub async fn serve(router: Router<App>) -> Result<(), lambda_http::Error> {
    log_json();
    let app = App::from_env().await?;
    run(Front::new(app, router)).await
}

/// The same, which tells the security log what concerns it.
pub async fn serve_telling(router: Router<App>, security: Arc<dyn SecurityLog>) -> Result<(), lambda_http::Error> {
    log_json();
    let app = App::from_env().await?;
    run(Front::new(app, router).telling(security)).await
}

/// The same for a router whose handlers need nothing, of the environment neither.
pub async fn serve_stateless(router: Router) -> Result<(), lambda_http::Error> {
    log_json();
    run(Front::stateless(Clock::default(), router)).await
}

async fn run(front: Front) -> Result<(), lambda_http::Error> {
    lambda_runtime::run(service_fn(move |sent| event::handle(front.clone(), sent))).await
}
