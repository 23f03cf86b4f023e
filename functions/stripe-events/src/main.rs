//! The function `stripe-events`.

use aws_lambda_events::event::sqs::SqsEvent;
use domain::payment_account::Mode;
use lambda_runtime::{LambdaEvent, run, service_fn};
use payments::Payments;
use queue::{Queue, Queues};
use runtime::{Clock, env, log_json};
use secrets::{Secrets, stripe_key};
use store::Store;
use stripe_events::{StripeEvents, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    log_json();
    let (clock, url) = (Clock::default(), env("STRIPE_API_URL")?);
    let account = move |text: &str| Payments::new(&stripe_key(text)?, Some(&url)).map_err(|bad| bad.to_string());
    let queue = Queue::from_env(env("STRIPE_EVENTS_QUEUE")?).await;
    let events = &StripeEvents {
        store: Store::from_env(env("TABLE_NAME")?).await,
        payments: Secrets::from_env().await.kept(env("STRIPE_SECRET")?, account).warm(clock.now()).await,
        mode: env("PAYMENTS_MODE")?.parse::<Mode>()?,
        clock,
        queues: Queues { dead_letters: queue.at(env("STRIPE_EVENTS_DEAD_LETTERS")?), queue },
    };
    run(service_fn(|event: LambdaEvent<SqsEvent>| async move { Ok::<_, lambda_runtime::Error>(handle(events, event.payload).await) })).await
}
