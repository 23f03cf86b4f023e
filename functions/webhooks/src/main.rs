//! The function `webhooks`.

use queue::Queue;
use runtime::{Clock, env};
use secrets::{Secrets, WebhookSecrets};
use webhooks::{Webhooks, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let clock = Clock::default();
    let webhooks = Webhooks {
        secrets: Secrets::from_env().await.kept(env("WEBHOOK_SECRET")?, WebhookSecrets::parse).warm(clock.now()).await,
        clock,
        queue: Queue::from_env(env("STRIPE_EVENTS_QUEUE")?).await,
    };
    api::serve_stateless(router(webhooks)).await
}
