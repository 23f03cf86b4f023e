//! The function `outbox`.

use aws_lambda_events::event::dynamodb::Event;
use chrono::TimeDelta;
use domain::{Email, allowance::Limits};
use lambda_runtime::{LambdaEvent, run, service_fn};
use mail::Mailer;
use outbox::{Outbox, handle};
use queue::Queue;
use runtime::{Clock, env, log_json};
use secrets::{LinkKey, Secrets};
use store::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    log_json();
    let clock = Clock::default();
    let limits = Limits { first: env("MAILS_PER_DAY_AT_FIRST")?.parse()?, most: env("MAILS_PER_DAY")?.parse()? };
    let outbox = &Outbox {
        store: Store::from_env(env("TABLE_NAME")?).await,
        mailer: Mailer::from_env(Email::new(&env("MAIL_FROM")?)?, env("MAIL_CONFIGURATION_SET")?).await,
        limits,
        stripe_events: Queue::from_env(env("STRIPE_EVENTS_QUEUE")?).await,
        links: Secrets::from_env().await.kept(env("LINK_SECRET")?, LinkKey::parse).warm(clock.now()).await,
        web_origin: env("WEB_ORIGIN")?,
        notifications_wait: TimeDelta::seconds(env("NOTIFICATIONS_WAIT")?.parse()?),
        clock,
    };
    run(service_fn(|event: LambdaEvent<Event>| async move { Ok::<_, lambda_runtime::Error>(handle(outbox, event.payload).await) })).await
}
