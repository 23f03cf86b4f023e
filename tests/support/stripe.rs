//! Stripe's events on their way to a test app: through the front door onto a queue, and from there into the table.

use std::collections::BTreeMap;

use aws_lambda_events::event::sqs::SqsEvent;
use aws_sdk_sqs::types::Message;
use checkout::Till;
use domain::payment_account::Taking;
use http::Method;
use local::stripe::sign;
use payments::Payments;
use queue::Queue;
use runtime::Clock;
use secrets::{EndpointSecrets, Kept, WebhookSecrets};
use serde_json::{Value, json};
use stripe_events::StripeEvents;
use webhooks::Webhooks;

use crate::{
    Call, EventQueue, TestApp,
    support::queue::{client, sqs, url},
};

/// What events are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_test";
/// What they were signed with before.
pub const OLD_WEBHOOK_SECRET: &str = "whsec_test_old";
/// What events of connected accounts are signed with.
pub const CONNECT_SECRET: &str = "whsec_connect";
/// What they were signed with before.
pub const OLD_CONNECT_SECRET: &str = "whsec_connect_old";
/// Our key at the stand-in.
pub const STRIPE_KEY: &str = "sk_test_local";

impl EventQueue {
    /// What its app's function `webhooks` has at hand.
    pub(crate) fn webhooks(&self, clock: Clock, secrets: Kept<WebhookSecrets>) -> Webhooks {
        Webhooks { clock, secrets, queue: self.queue() }
    }

    /// Receive what can be received, a batch at a time, and have `events` apply it. What wasn't applied comes back at once,
    /// whatever the function says; how often something wasn't.
    pub async fn deliver_to(&self, events: &StripeEvents) -> usize {
        let (sqs, queue, mut failures) = (client(), self.url(), 0);
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

/// What the secret of Stripe's endpoints is.
pub(crate) fn endpoint_secrets() -> Value {
    let connect = json!({"current": CONNECT_SECRET, "previous": OLD_CONNECT_SECRET});
    json!({"current": WEBHOOK_SECRET, "previous": OLD_WEBHOOK_SECRET, "connect": connect})
}

/// What a function `webhooks` has at hand that nobody calls.
pub fn webhooks_of_nobody() -> Webhooks {
    let secrets = WebhookSecrets { own: EndpointSecrets { current: WEBHOOK_SECRET.to_owned(), previous: None }, connect: None };
    let queue = Queue::new(sqs("http://127.0.0.1:1"), url("nothing"));
    Webhooks { clock: Clock::default(), secrets: secrets.into(), queue }
}

/// What takes payments at a Stripe that isn't there.
pub fn till_of_nobody() -> Till {
    Till { payments: Payments::new("sk_test_nobody", Some("http://127.0.0.1:1")).unwrap().into(), taking: Taking::CONNECT }
}

/// Where events of our own account come in.
pub const ENDPOINT: &str = "/api/webhooks/stripe/";
/// Where events of connected accounts come in.
pub const CONNECT_ENDPOINT: &str = "/api/webhooks/stripe/connect/";

impl TestApp {
    /// A delivery of the event `body`, signed just now: of an account, to the endpoint for connected ones.
    pub fn stripe_event(&self, body: &str) -> Call<'_> {
        let is_connected = serde_json::from_str(body).is_ok_and(|event: Value| event.get("account").is_some());
        let (path, secret) = if is_connected { (CONNECT_ENDPOINT, CONNECT_SECRET) } else { (ENDPOINT, WEBHOOK_SECRET) };
        self.stripe_delivery_to(path, body).header("stripe-signature", &sign(secret, self.clock.now().timestamp(), body.as_bytes()))
    }

    /// A delivery of the event `body` without a signature.
    pub fn stripe_delivery(&self, body: &str) -> Call<'_> {
        self.stripe_delivery_to(ENDPOINT, body)
    }

    /// The same to the endpoint at `path`.
    pub fn stripe_delivery_to(&self, path: &str, body: &str) -> Call<'_> {
        let call = self.call(Method::POST, path);
        call.header("content-type", "application/json; charset=utf-8").body(body.to_owned())
    }

    /// A function `stripe-events` on this app's table, its queues and its stand-in for Stripe.
    pub fn stripe_events(&self) -> StripeEvents {
        let queues = self.stripe.queues();
        StripeEvents { store: self.store.clone(), payments: self.payments(), mode: self.taking.mode, clock: self.clock.clone(), queues }
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
