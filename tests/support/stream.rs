//! The table's stream, delivered to the functions that it triggers.

use std::sync::Mutex;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use chrono::TimeDelta;
use domain::{Email, allowance::Limits};
use local::template::StreamTrigger;
use mail::Identities;
use outbox::Outbox;
use projections::Projections;
use schedule::{Done, Order, Schedule, Sweep};
use serde_json::{Value, json};

use crate::{Meter, PostOffice, TestApp, WEB_ORIGIN, ministack};

/// How long what people are told of at once waits for more.
pub const NOTIFICATIONS_WAIT: TimeDelta = TimeDelta::minutes(5);

impl TestApp {
    /// An outbox whose mails go to MiniStack through `ses`, and whose table is reached through this app's meter.
    pub fn outbox(&self, ses: &Meter) -> Outbox {
        self.outbox_at(ses.url(), RetryConfig::standard())
    }

    /// An outbox whose mails go to `post`, which are tried again only if they are delivered again.
    pub fn outbox_of(&self, post: &PostOffice) -> Outbox {
        self.outbox_at(post.url(), RetryConfig::disabled())
    }

    fn outbox_at(&self, ses: &str, retries: RetryConfig) -> Outbox {
        let config = aws_sdk_sesv2::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(ses)
            .retry_config(retries)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::for_tests())
            .build();
        let variable = |name| self.template.functions.iter().find_map(|function| function.environment.get(name)).unwrap();
        let (sender, set) = (Email::new(variable("MAIL_FROM")).unwrap(), variable("MAIL_CONFIGURATION_SET"));
        Outbox {
            store: self.store.clone(),
            mailer: mail::Mailer::new(aws_sdk_sesv2::Client::from_conf(config), sender, set),
            limits: Limits { first: u64::MAX, most: u64::MAX },
            stripe_events: self.stripe.queue(),
            links: self.links(),
            web_origin: WEB_ORIGIN.to_owned(),
            notifications_wait: NOTIFICATIONS_WAIT,
            clock: self.clock.clone(),
        }
    }

    /// Firms' domains at no SES at all: for who asks for none.
    pub fn identities(&self) -> Identities {
        self.identities_at("http://127.0.0.1:9")
    }

    fn identities_at(&self, ses: &str) -> Identities {
        self.outbox_at(ses, RetryConfig::disabled()).mailer.identities()
    }

    /// Fire the timers that are due, those too that look at domains by way of `post`; whether all of them could be fired.
    pub async fn fire_timers_by(&self, post: &PostOffice) -> bool {
        let (store, clock) = (self.store.clone(), self.clock.clone());
        let schedule = Schedule { store, identities: self.identities_at(post.url()), clock };
        schedule::handle(&schedule, Order { sweep: Some(Sweep::Timers) }).await.is_ok()
    }

    /// Deliver what is new in the table's stream to `outbox`, as its trigger would: filtered, a batch at a time, again
    /// from the first that failed; whether all of it was done.
    pub async fn deliver_to(&self, outbox: &Outbox) -> bool {
        while let Some((wanted, last)) = self.streamed("outbox", &self.delivered) {
            let batch = serde_json::from_value(json!({"Records": wanted})).unwrap();
            let response = outbox::handle(outbox, batch).await;
            if let Some(failure) = response.batch_item_failures.first() {
                let failed = failure.item_identifier.clone().unwrap();
                let before = wanted.iter().map(sequence_number).take_while(|number| *number != failed).last();
                if before.is_some() {
                    *self.delivered.lock().unwrap() = before;
                }
                return false;
            }
            *self.delivered.lock().unwrap() = Some(last);
        }
        true
    }

    /// Lose what is new in the table's stream, as if it had been given up.
    pub fn lose_the_stream(&self) {
        let mut delivered = self.delivered.lock().unwrap();
        while let Some(last) = self.dynamo.stream().after(delivered.clone()).unwrap().last() {
            *delivered = Some(sequence_number(last));
        }
    }

    /// Deliver what is new in the table's stream, mails by way of `post`; all of it is to be done.
    pub async fn deliver_by(&self, post: &PostOffice) {
        assert!(self.deliver_to(&self.outbox_of(post)).await, "the outbox left something undone");
        self.project().await;
    }

    /// What the template says that `function` gets of the table's stream.
    pub fn stream_trigger(&self, function: &str) -> &StreamTrigger {
        self.template.stream_triggers.iter().find(|trigger| trigger.function == function).unwrap()
    }

    /// What `function` is to get of what is new in the table's stream since `delivered`, and how far that goes.
    fn streamed(&self, function: &str, delivered: &Mutex<Option<String>>) -> Option<(Vec<Value>, String)> {
        let after = delivered.lock().unwrap().clone();
        let records = self.dynamo.stream().after(after).unwrap();
        let last = records.last().map(sequence_number)?;
        let filters = &self.stream_trigger(function).filters;
        Some((records.into_iter().filter(|record| filters.iter().any(|filter| filter.matches(record))).collect(), last))
    }

    /// Deliver to `outbox` what is in the table's stream of the record `id` alone, be it delivered already; whether all of it was done.
    pub async fn follow_up(&self, outbox: &Outbox, id: &str) -> bool {
        let (mut records, mut last) = (Vec::new(), None);
        loop {
            let more = self.dynamo.stream().after(last).unwrap();
            let Some(newest) = more.last() else { break };
            last = Some(sequence_number(newest));
            records.extend(more);
        }
        let filters = &self.stream_trigger("outbox").filters;
        let is_of_it = |record: &Value| record["dynamodb"]["Keys"]["pk"]["S"].as_str().is_some_and(|pk| pk.ends_with(&format!("#{id}")));
        let wanted: Vec<_> = records.into_iter().filter(|record| is_of_it(record) && filters.iter().any(|f| f.matches(record))).collect();
        outbox::handle(outbox, serde_json::from_value(json!({"Records": wanted})).unwrap()).await.batch_item_failures.is_empty()
    }

    /// Fire the timers that are due; all of them can be fired.
    pub async fn fire_timers(&self) -> Done {
        let schedule = Schedule { store: self.store.clone(), identities: self.identities(), clock: self.clock.clone() };
        schedule::handle(&schedule, Order { sweep: Some(Sweep::Timers) }).await.unwrap()
    }

    /// Deliver what is new in the table's stream, and let the minutes pass in which what people are told of waits for more, so that it
    /// is mailed too, by way of `post`.
    pub async fn deliver_in_minutes(&self, post: &PostOffice) {
        self.deliver_by(post).await;
        self.clock.advance(NOTIFICATIONS_WAIT);
        self.fire_timers().await;
        self.deliver_by(post).await;
    }

    /// Deliver what is new in the table's stream to `projections`, as its trigger would; all of it is to be done.
    pub async fn project(&self) {
        let projections = Projections { store: self.store.clone(), clock: self.clock.clone() };
        while let Some((wanted, last)) = self.streamed("projections", &self.projected) {
            let batch = serde_json::from_value(json!({"Records": wanted})).unwrap();
            let response = projections::handle(&projections, batch).await;
            assert!(response.batch_item_failures.is_empty(), "{:?} wasn't added up", response.batch_item_failures);
            *self.projected.lock().unwrap() = Some(last);
        }
    }

    /// Deliver what is new in the table's stream, mails by way of MiniStack; all of it is to be done.
    pub async fn deliver(&self) {
        let ses = Meter::before(ministack().endpoint()).await;
        self.stripe.ready().await;
        assert!(self.deliver_to(&self.outbox(&ses)).await, "the outbox left something undone");
        self.project().await;
    }
}

fn sequence_number(record: &Value) -> String {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned()
}
