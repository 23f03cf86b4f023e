//! Stripe's events on their way to a test app: through the front door onto a queue, and from there into the table.

use std::collections::BTreeMap;

use aws_lambda_events::event::sqs::SqsEvent;
use aws_sdk_sqs::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{Message, MessageSystemAttributeName},
};
use http::Method;
use local::{stripe::sign, template::Queue as QueueSettings};
use payments::Payments;
use queue::Queue;
use runtime::Clock;
use secrets::{Kept, WebhookSecrets};
use serde_json::{Value, json};
use stripe_events::StripeEvents;
use tokio::sync::OnceCell;
use webhooks::Webhooks;

use crate::{Call, Meter, TestApp, ministack, support::app::template};

/// What events are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_test";
/// What they were signed with before.
pub const OLD_WEBHOOK_SECRET: &str = "whsec_test_old";
/// Our key at the stand-in.
pub const STRIPE_KEY: &str = "sk_test_local";

/// A queue of one test app's own in MiniStack, with a dead-letter queue, made when it is first asked for.
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

    /// The queue as functions reach it, through the proxy, and that of what can't be applied.
    fn queues(&self) -> [Queue; 2] {
        let queue = Queue::new(sqs(self.meter.url()), url(&self.name));
        let dead = queue.at(url(&self.dead()));
        [queue, dead]
    }

    /// What its app's function `webhooks` has at hand.
    pub(crate) fn webhooks(&self, clock: Clock, secrets: Kept<WebhookSecrets>) -> Webhooks {
        webhooks_at(self.meter.url(), &self.name, clock, secrets)
    }

    /// It, as its app's outbox puts work into it.
    pub(crate) fn queue(&self) -> Queue {
        Queue::new(sqs(self.meter.url()), url(&self.name))
    }

    /// Have the queue made, if it isn't yet: as the template has it, but for the queue of what can't be applied.
    pub async fn ready(&self) {
        self.made.get_or_init(|| self.make()).await;
    }

    async fn make(&self) {
        let like = |name: &str| template().queues.iter().find(|queue| queue.name == format!("consultantpro-stripe-events-{name}")).unwrap();
        ministack().make_queue(&self.dead(), like("dead-local")).await.unwrap();
        let mut settings: QueueSettings = like("local").clone();
        let redrive =
            settings.attributes["RedrivePolicy"].as_str().unwrap().replace("consultantpro-stripe-events-dead-local", &self.dead());
        settings.attributes.insert("RedrivePolicy".to_owned(), redrive.into());
        ministack().make_queue(&self.name, &settings).await.unwrap();
    }

    fn dead(&self) -> String {
        format!("{}-dead", self.name)
    }

    /// The bodies of what lies in it.
    pub async fn messages(&self) -> Vec<String> {
        ministack().messages(&self.name).await.unwrap()
    }

    /// The bodies of what came too often.
    pub async fn dead_letters(&self) -> Vec<String> {
        ministack().messages(&self.dead()).await.unwrap()
    }

    /// Take what lies with the dead letters; its bodies.
    pub async fn take_dead_letters(&self) -> Vec<String> {
        let (sqs, dead, mut bodies) = (sqs(ministack().endpoint()), url(&self.dead()), Vec::new());
        loop {
            let received = sqs.receive_message().queue_url(&dead).max_number_of_messages(10).send().await.unwrap();
            let Some(messages) = received.messages.filter(|messages| !messages.is_empty()) else { return bodies };
            for message in messages {
                sqs.delete_message().queue_url(&dead).receipt_handle(message.receipt_handle.unwrap()).send().await.unwrap();
                bodies.extend(message.body);
            }
        }
    }

    /// Put everything that came too often into the queue again.
    pub async fn redrive(&self) {
        let (sqs, queue) = (sqs(ministack().endpoint()), url(&self.name));
        for body in self.take_dead_letters().await {
            sqs.send_message().queue_url(&queue).message_body(body).send().await.unwrap();
        }
    }

    /// Receive a batch, as the trigger does, which nobody else receives for so many seconds.
    pub async fn receive(&self, seconds: i32) -> Vec<Message> {
        let receive = sqs(ministack().endpoint()).receive_message().queue_url(url(&self.name)).max_number_of_messages(10);
        let receive = receive.visibility_timeout(seconds).message_system_attribute_names(MessageSystemAttributeName::All);
        receive.send().await.unwrap().messages.unwrap_or_default()
    }

    /// Receive what can be received, a batch at a time, and have `events` apply it. What wasn't applied comes back at once,
    /// whatever the function says; how often something wasn't.
    pub async fn deliver_to(&self, events: &StripeEvents) -> usize {
        let (sqs, queue, mut failures) = (sqs(ministack().endpoint()), url(&self.name), 0);
        loop {
            let messages = self.receive(60).await;
            if messages.is_empty() {
                return failures;
            }
            let failed = hand_received(events, &messages).await;
            failures += failed.len();
            for message in &messages {
                let handle = message.receipt_handle().unwrap();
                if failed.iter().any(|failed| Some(failed.as_str()) == message.message_id()) {
                    let again = sqs.change_message_visibility().queue_url(&queue).receipt_handle(handle).visibility_timeout(0);
                    again.send().await.unwrap();
                } else {
                    sqs.delete_message().queue_url(&queue).receipt_handle(handle).send().await.unwrap();
                }
            }
        }
    }
}

/// Hand a batch of messages that were received to `events`, as the trigger does; the ids of those that are to come back.
pub async fn hand_received(events: &StripeEvents, messages: &[Message]) -> Vec<String> {
    let record = |message: &Message| {
        let attributes: BTreeMap<_, _> =
            message.attributes.iter().flatten().map(|(name, value)| (name.as_str().to_owned(), value.clone())).collect();
        json!({
            "messageId": message.message_id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": attributes,
            "messageAttributes": {},
        })
    };
    hand_records(events, messages.iter().map(record).collect()).await
}

/// Hand a batch of messages, ids and bodies, to `events`; the ids of those that weren't applied.
pub async fn hand(events: &StripeEvents, messages: impl IntoIterator<Item = (&str, &str)>) -> Vec<String> {
    let record = |(id, body)| json!({"messageId": id, "body": body, "messageAttributes": {}});
    hand_records(events, messages.into_iter().map(record).collect()).await
}

async fn hand_records(events: &StripeEvents, records: Vec<Value>) -> Vec<String> {
    let batch: SqsEvent = serde_json::from_value(json!({"Records": records})).unwrap();
    let response = stripe_events::handle(events, batch).await;
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

/// What a function `webhooks` has at hand that nobody calls.
pub fn webhooks_of_nobody() -> Webhooks {
    let secrets = WebhookSecrets { current: WEBHOOK_SECRET.to_owned(), previous: None };
    webhooks_at("http://127.0.0.1:1", "nothing", Clock::default(), secrets.into())
}

/// An account at a Stripe that isn't there.
pub fn payments_of_nobody() -> Payments {
    Payments::new("sk_test_nobody", Some("http://127.0.0.1:1")).unwrap()
}

fn sqs(endpoint: &str) -> Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::for_tests())
        .build();
    Client::from_conf(config)
}

fn url(queue: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/000000000000/{queue}")
}

fn webhooks_at(endpoint: &str, queue: &str, clock: Clock, secrets: Kept<WebhookSecrets>) -> Webhooks {
    Webhooks { clock, secrets, queue: Queue::new(sqs(endpoint), url(queue)) }
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

    /// A function `stripe-events` on this app's table, its queues and its stand-in for Stripe.
    pub fn stripe_events(&self) -> StripeEvents {
        let [queue, dead_letters] = self.stripe.queues();
        StripeEvents { store: self.store.clone(), payments: self.payments(), clock: self.clock.clone(), queue, dead_letters }
    }

    /// Have Stripe tell of all that happened there since it last did, through the front door and the queue, and apply it.
    pub async fn pump_stripe(&self) {
        self.stripe.ready().await;
        for event in self.stand_in.take_events() {
            self.stripe_event(&event).send().await.expect(200);
        }
        assert_eq!(self.stripe.deliver_to(&self.stripe_events()).await, 0, "something wasn't applied");
    }

    /// Have the events `bodies` applied at once, in this order, past the queue; all of them are to be.
    pub async fn apply_stripe(&self, bodies: &[String]) {
        let events = self.stripe_events();
        let batch = bodies.iter().map(|body| (body.as_str(), body.as_str()));
        assert_eq!(hand(&events, batch).await, Vec::<String>::new(), "something wasn't applied");
    }
}
