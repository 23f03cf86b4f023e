//! The function `projections`.

use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{LambdaEvent, run, service_fn};
use projections::{Projections, handle};
use runtime::{Clock, env, log_json};
use store::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    log_json();
    let projections = &Projections { store: Store::from_env(env("TABLE_NAME")?).await, clock: Clock::default() };
    run(service_fn(|event: LambdaEvent<Event>| async move { Ok::<_, lambda_runtime::Error>(handle(projections, event.payload).await) }))
        .await
}
