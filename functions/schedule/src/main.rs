//! The function `schedule`.

use lambda_runtime::{LambdaEvent, run, service_fn};
use mail::Identities;
use runtime::{Clock, env, log_json};
use schedule::{Order, Schedule, handle};
use store::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    log_json();
    let identities = Identities::from_env(env("MAIL_CONFIGURATION_SET")?).await;
    let schedule = &Schedule { store: Store::from_env(env("TABLE_NAME")?).await, identities, clock: Clock::default() };
    run(service_fn(|event: LambdaEvent<Order>| async move { handle(schedule, event.payload).await })).await
}
