//! The function `webhooks`.

use api::{Clock, env};
use queue::Queue;
use secrets::Secrets;
use webhooks::{Webhooks, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let webhooks = Webhooks {
        clock: Clock::default(),
        secrets: Secrets::from_env().await.webhook_secrets(&env("WEBHOOK_SECRET")?).await?,
        queue: Queue::from_env(env("STRIPE_EVENTS_QUEUE")?).await,
    };
    api::serve_stateless(router(webhooks)).await
}
