//! Stripe's events on their way to a test app, as far as the queue.

use api::Clock;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use http::Method;
use local::{stripe::sign, template::Template};
use payments::Payments;
use queue::Queue;
use secrets::WebhookSecrets;
use tokio::sync::OnceCell;
use webhooks::Webhooks;

use crate::{Call, Meter, TestApp, ministack};

/// What events are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_test";
/// What they were signed with before.
pub const OLD_WEBHOOK_SECRET: &str = "whsec_test_old";

/// A queue of one test app's own in MiniStack, made when it is first asked for.
pub struct StripeQueue {
    /// The proxy before SQS.
    pub meter: Meter,
    name: String,
    made: OnceCell<()>,
}

impl StripeQueue {
    pub(crate) async fn new() -> Self {
        let name = format!("stripe-events-{:016x}", rand::random::<u64>());
        Self { meter: Meter::before_ministack().await, name, made: OnceCell::new() }
    }

    /// What its app's function `webhooks` has at hand.
    pub(crate) fn webhooks(&self, clock: Clock) -> Webhooks {
        webhooks_at(self.meter.url(), &self.name, clock)
    }

    /// Have the queue made, if it isn't yet.
    pub async fn ready(&self) {
        let template = Template::load().unwrap();
        let like = template.queues.iter().find(|queue| queue.name == "consultantpro-stripe-events-local").unwrap();
        self.made.get_or_init(async || ministack().make_queue(&self.name, like).await.map(|_| ()).unwrap()).await;
    }

    /// The bodies of what lies in it.
    pub async fn messages(&self) -> Vec<String> {
        ministack().messages(&self.name).await.unwrap()
    }
}

/// What a function `webhooks` has at hand that nobody calls.
pub(crate) fn webhooks_of_nobody() -> Webhooks {
    webhooks_at("http://127.0.0.1:1", "nothing", Clock::default())
}

/// An account at a Stripe that isn't there.
pub(crate) fn payments_of_nobody() -> Payments {
    Payments::new("sk_test_nobody", Some("http://127.0.0.1:1")).unwrap()
}

fn webhooks_at(endpoint: &str, queue: &str, clock: Clock) -> Webhooks {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::for_tests())
        .build();
    let url = format!("https://sqs.us-east-1.amazonaws.com/000000000000/{queue}");
    Webhooks {
        clock,
        secrets: WebhookSecrets { current: WEBHOOK_SECRET.to_owned(), previous: Some(OLD_WEBHOOK_SECRET.to_owned()) },
        queue: Queue::new(aws_sdk_sqs::Client::from_conf(config), url),
    }
}

impl TestApp {
    /// A delivery of the event `body`, signed just now.
    pub fn stripe_event(&self, body: &str) -> Call<'_> {
        self.stripe_delivery(body).header("stripe-signature", &sign(WEBHOOK_SECRET, self.clock.now().timestamp(), body.as_bytes()))
    }

    /// A delivery of the event `body` without a signature.
    pub fn stripe_delivery(&self, body: &str) -> Call<'_> {
        let call = self.call(Method::POST, "/api/webhooks/stripe/");
        call.header("content-type", "application/json; charset=utf-8").body(body.to_owned())
    }
}
