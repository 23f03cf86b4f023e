//! The function `stripe-events`.

use api::{Clock, env, log_json};
use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, run, service_fn};
use payments::Payments;
use secrets::Secrets;
use store::Store;
use stripe_events::{StripeEvents, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    log_json();
    let key = Secrets::from_env().await.stripe_key(&env("STRIPE_SECRET")?).await?;
    let events = &StripeEvents {
        store: Store::from_env(env("TABLE_NAME")?).await,
        payments: Payments::new(&key, Some(&env("STRIPE_API_URL")?))?,
        clock: Clock::default(),
    };
    run(service_fn(|event: LambdaEvent<SqsEvent>| async move { Ok::<_, lambda_runtime::Error>(handle(events, event.payload).await) })).await
}
