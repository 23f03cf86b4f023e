//! The queues that events come by, of one test app's own, in MiniStack.

use aws_sdk_sqs::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{Message, MessageSystemAttributeName},
};
use local::template::Queue as QueueSettings;
use queue::{Queue, Queues};
use tokio::sync::OnceCell;

use crate::{Meter, ministack, support::app::template};

/// A queue with a dead-letter queue, made when it is first asked for.
pub struct EventQueue {
    /// The proxy before SQS.
    pub meter: Meter,
    /// What the template calls its like, between the product and the stage: `stripe-events`.
    pub kind: &'static str,
    name: String,
    made: OnceCell<()>,
}

impl EventQueue {
    pub(crate) async fn new(kind: &'static str) -> Self {
        let name = format!("{kind}-{:016x}", rand::random::<u64>());
        Self { meter: Meter::before_ministack().await, kind, name, made: OnceCell::new() }
    }

    /// The queue as functions reach it, through the proxy, and that of what can't be applied.
    pub(crate) fn queues(&self) -> Queues {
        let queue = Queue::new(sqs(self.meter.url()), self.url());
        Queues { dead_letters: queue.at(url(&self.dead())), queue }
    }

    /// It, as who puts work into it has it.
    pub(crate) fn queue(&self) -> Queue {
        Queue::new(sqs(self.meter.url()), self.url())
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        url(&self.name)
    }

    /// Have the queue made, if it isn't yet: as the template has it, but for the queue of what can't be applied.
    pub async fn ready(&self) {
        self.made.get_or_init(|| self.make()).await;
    }

    async fn make(&self) {
        let named = |stage: &str| format!("consultantpro-{}-{stage}", self.kind);
        let like = |stage: &str| template().queues.iter().find(|queue| queue.name == named(stage)).unwrap();
        ministack().make_queue(&self.dead(), like("dead-local")).await.unwrap();
        let mut settings: QueueSettings = like("local").clone();
        let redrive = settings.attributes["RedrivePolicy"].as_str().unwrap().replace(&named("dead-local"), &self.dead());
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
        let (sqs, dead, mut bodies) = (client(), url(&self.dead()), Vec::new());
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
        let (sqs, queue) = (client(), self.url());
        for body in self.take_dead_letters().await {
            sqs.send_message().queue_url(&queue).message_body(body).send().await.unwrap();
        }
    }

    /// Receive a batch, as the trigger does, which nobody else receives for so many seconds.
    pub async fn receive(&self, seconds: i32) -> Vec<Message> {
        let receive = client().receive_message().queue_url(self.url()).max_number_of_messages(10);
        let receive = receive.visibility_timeout(seconds).message_system_attribute_names(MessageSystemAttributeName::All);
        receive.send().await.unwrap().messages.unwrap_or_default()
    }
}

/// A client of MiniStack's queues, past any proxy.
pub(crate) fn client() -> Client {
    sqs(ministack().endpoint())
}

pub(crate) fn sqs(endpoint: &str) -> Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::for_tests())
        .build();
    Client::from_conf(config)
}

pub(crate) fn url(queue: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/000000000000/{queue}")
}
