//! The function `mail-events`.

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, run, service_fn};
use mail_events::{MailEvents, handle};
use queue::{Queue, Queues};
use runtime::{Clock, env, log_json};
use store::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    log_json();
    let queue = Queue::from_env(env("MAIL_EVENTS_QUEUE")?).await;
    let events = &MailEvents {
        store: Store::from_env(env("TABLE_NAME")?).await,
        clock: Clock::default(),
        queues: Queues { dead_letters: queue.at(env("MAIL_EVENTS_DEAD_LETTERS")?), queue },
    };
    run(service_fn(|event: LambdaEvent<SqsEvent>| async move { Ok::<_, lambda_runtime::Error>(handle(events, event.payload).await) })).await
}
