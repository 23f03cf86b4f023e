//! The sample events in `events/`: each is what its trigger sends, each is answered as its name says, and every
//! trigger of `template.yaml` has one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use domain::event::Details;
use local::{ses::Told, template::Template};
use projections::Projections;
use schedule::{Done, Schedule};
use serde_json::{Value, json};
use store::event_of_image;
use tests::{Answer, Meter, TestApp, email, ministack};

/// How the sample requests are answered, sent in this order to an empty table: who signs up can log in.
const ANSWERS: [(&str, u16); 19] = [
    ("auth/register", 201),
    ("auth/login", 200),
    ("auth/me-without-token", 401),
    ("clients/list-clients-without-token", 401),
    ("clients/list-comments-without-token", 401),
    ("clients/list-engagements-without-token", 401),
    ("clients/list-invoices-without-token", 401),
    ("clients/list-portal-users-without-token", 401),
    ("clients/list-projects-without-token", 401),
    ("crm/create-lead-without-token", 401),
    ("crm/list-leads-without-token", 401),
    ("docs/health", 200),
    ("docs/openapi", 200),
    ("finance/create-invoice-without-token", 401),
    ("finance/list-invoices-without-token", 401),
    ("guest/show-invoice-without-link", 404),
    ("projects/create-time-entry-without-token", 401),
    ("projects/list-projects-without-token", 401),
    ("webhooks/stripe-event-forged", 400),
];

/// The samples by their names: `auth/login`.
fn samples() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let entries = |folder: &Path| -> Vec<_> { fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect() };
    let mut samples = BTreeMap::new();
    for function in entries(&folder) {
        for file in entries(&function) {
            assert_eq!(file.extension().unwrap(), "json", "{}", file.display());
            let name = format!("{}/{}", function.file_name().unwrap().display(), file.file_stem().unwrap().display());
            let content = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
            samples.insert(name, content);
        }
    }
    samples
}

/// The samples of one function.
fn of<'s>(samples: &'s BTreeMap<String, Value>, function: &str) -> Vec<(&'s str, &'s Value)> {
    let own = |name: &str| name.split('/').next() == Some(function);
    samples.iter().filter(|(name, _)| own(name)).map(|(name, sample)| (name.as_str(), sample)).collect()
}

fn is_request(sample: &Value) -> bool {
    sample["version"] == "2.0"
}

/// Send the request that a sample is, by the route that it names.
async fn sent(app: &TestApp, name: &str, sample: &Value) -> Answer {
    let text = |pointer: &str| sample.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{name} has no {pointer}"));
    let route = app.template.route(text("/requestContext/http/method"), text("/rawPath")).unwrap_or_else(|| panic!("{name} has no route"));
    assert_eq!(sample["routeKey"], route.key(), "{name}");
    assert_eq!(sample["requestContext"]["routeKey"], route.key(), "{name}");
    assert!(name.starts_with(&format!("{}/", route.function)), "{name} belongs to {}", route.function);
    app.invoke(&route.function, sample).await.into()
}

#[tokio::test]
async fn every_sample_request_is_answered_as_its_name_says() {
    let app = TestApp::new().await;
    let samples = samples();
    let requests: BTreeSet<_> = samples.iter().filter(|(_, sample)| is_request(sample)).map(|(name, _)| name.as_str()).collect();
    assert_eq!(requests, ANSWERS.map(|(name, _)| name).into(), "a row of this test for each file");
    for (name, status) in ANSWERS {
        let answer = sent(&app, name, &samples[name]).await;
        assert_eq!(answer.status, status, "{name}: {:#}", answer.json);
        assert_eq!(name.ends_with("-without-token"), status == 401, "{name}");
    }
}

#[tokio::test]
async fn every_sample_record_of_the_stream_is_what_the_table_sends() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    firm.owner
        .post("/api/crm/leads/", json!({"company_name": "Acme Corp", "email": email("grace"), "source": "website"}))
        .await
        .expect(201);
    let proposal = firm.proposal().await;
    firm.owner.post(format!("/api/crm/proposals/{proposal}/send/"), json!({})).await.expect(200);
    let real = app.dynamo.stream().after(None).unwrap();
    let trigger = app.stream_trigger("outbox");
    for (name, sample) in of(&samples(), "outbox") {
        for record in sample["Records"].as_array().unwrap() {
            assert!(trigger.filters.iter().any(|filter| filter.matches(record)), "{name} is not sent");
            let image = &record["dynamodb"]["NewImage"];
            let event = &image["event"]["S"];
            let model = real.iter().find(|record| record["dynamodb"]["NewImage"]["event"]["S"] == *event);
            let model = model.unwrap_or_else(|| panic!("the test makes no {event}"));
            assert_eq!(shape(record), shape(model), "{name}");
            assert_eq!(record["dynamodb"]["Keys"], json!({"pk": image["pk"], "sk": image["sk"]}), "{name}");
            let logged = event_of_image(serde_json::from_value(image.clone()).unwrap()).unwrap().unwrap();
            assert_eq!(logged.event.hash, logged.event.expected_hash(), "{name}");
            let kind = |image: &Value| image["pk"]["S"].as_str().unwrap().split('#').nth(2).unwrap().to_owned();
            assert_eq!(kind(image), kind(&model["dynamodb"]["NewImage"]), "{name}");
            let fields = |image: &Value| -> BTreeSet<String> {
                let details: Details = serde_json::from_str(image["details"]["S"].as_str().unwrap()).unwrap();
                details.changes.into_keys().collect()
            };
            assert_eq!(fields(image), fields(&model["dynamodb"]["NewImage"]), "{name} tells of other fields");
        }
    }
}

/// A value with its leaves left out: which fields there are, of which kinds.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), shape(field))).collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        Value::Null | Value::Bool(_) | Value::Array(_) => value.clone(),
    }
}

/// What a function that is called with batches makes of `sample`: the records that it names as failed, and all.
async fn handled(app: &TestApp, function: &str, sample: &Value) -> [Vec<String>; 2] {
    let all = |pointer: &str| -> Vec<_> {
        sample["Records"].as_array().unwrap().iter().map(|record| record.pointer(pointer).unwrap().as_str().unwrap().to_owned()).collect()
    };
    match function {
        "outbox" => {
            let outbox = app.outbox(&Meter::before(ministack().endpoint()).await);
            let response = outbox::handle(&outbox, serde_json::from_value(sample.clone()).unwrap()).await;
            let failed = response.batch_item_failures.into_iter().filter_map(|failure| failure.item_identifier);
            [failed.collect(), all("/dynamodb/SequenceNumber")]
        }
        "projections" => {
            let trigger = app.stream_trigger(function);
            for record in sample["Records"].as_array().unwrap() {
                assert!(trigger.filters.iter().any(|filter| filter.matches(record)), "{record} is not sent");
            }
            let projections = Projections { store: app.store.clone(), clock: app.clock.clone() };
            let before = app.records();
            let response = projections::handle(&projections, serde_json::from_value(sample.clone()).unwrap()).await;
            assert_ne!(app.records(), before, "nothing was added up");
            let failed = response.batch_item_failures.into_iter().filter_map(|failure| failure.item_identifier);
            [failed.collect(), all("/dynamodb/SequenceNumber")]
        }
        "stripe-events" => {
            app.stripe.ready().await;
            let response = stripe_events::handle(&app.stripe_events(), serde_json::from_value(sample.clone()).unwrap()).await;
            [response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect(), all("/messageId")]
        }
        "mail-events" => {
            app.mail_queue.ready().await;
            let response = mail_events::handle(&app.mail_events(), serde_json::from_value(sample.clone()).unwrap()).await;
            [response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect(), all("/messageId")]
        }
        other => panic!("this test doesn't know how {other} is called"),
    }
}

#[tokio::test]
async fn every_sample_batch_is_handled_and_what_is_of_a_record_that_is_unknown_is_set_aside() {
    let app = TestApp::new().await;
    let samples = samples();
    for (name, sample) in samples.iter().filter(|(_, sample)| sample["Records"].is_array()) {
        let undelivered = || app.records().into_keys().filter(|(pk, sk)| pk.contains("#UNDELIVERED#") && sk == "@").count();
        let before = undelivered();
        let [failed, all] = handled(&app, name.split('/').next().unwrap(), sample).await;
        assert!(failed.is_empty(), "{name}");
        let aside = match name.split('/').next().unwrap() {
            "stripe-events" => app.stripe.take_dead_letters().await.len(),
            "mail-events" => app.mail_queue.take_dead_letters().await.len(),
            _ => undelivered() - before,
        };
        assert_eq!(aside, if name.ends_with("-of-unknown-record") { all.len() } else { 0 }, "{name}");
    }
}

#[tokio::test]
async fn every_sample_of_a_schedule_is_what_it_calls_with_and_is_done() {
    let app = TestApp::new().await;
    let samples = samples();
    for (name, sample) in samples.iter().filter(|(_, sample)| !is_request(sample) && !sample["Records"].is_array()) {
        let schedule = app.template.schedules.iter().find(|schedule| schedule.input == *sample);
        assert!(name.starts_with(&format!("{}/", schedule.unwrap().function)), "{name}");
        let schedule = Schedule { store: app.store.clone(), identities: app.identities(), clock: app.clock.clone() };
        assert_eq!(schedule::handle(&schedule, serde_json::from_value(sample.clone()).unwrap()).await.unwrap(), Done::default());
    }
}

#[tokio::test]
async fn a_sample_message_of_stripes_queue_is_what_stripe_sends() {
    for (name, sample) in of(&samples(), "stripe-events") {
        for record in sample["Records"].as_array().unwrap() {
            let body = record["body"].as_str().unwrap();
            let signature = local::stripe::sign("whsec_1", 7, body.as_bytes());
            let read = stripe_webhook::Webhook::construct_event_with_timestamp(body, &signature, "whsec_1", 7);
            let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(payments::event::parse(body).unwrap().id, read.id.as_str(), "{name}");
        }
    }
}

#[tokio::test]
async fn a_sample_message_of_mail_events_is_what_the_template_s_rule_lets_in_and_can_be_read() {
    let app = TestApp::new().await;
    let model = app.firm().await.sent("ann@example.com").1;
    let told = [Told::Delivered, Told::Bounced("Permanent", "General")];
    for (name, sample) in of(&samples(), "mail-events") {
        for record in sample["Records"].as_array().unwrap() {
            let body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
            assert!(app.template.rules.iter().any(|rule| rule.matches(&body)), "{name} is not let in");
            assert!(mail::event::parse(&body.to_string()).is_ok(), "{name} can't be read");
            let fields = |event: &Value, place: &str| -> Vec<String> {
                event.pointer(place).unwrap().as_object().unwrap().keys().cloned().collect()
            };
            let model =
                told.map(|told| model.event(&told, app.clock.now())).into_iter().find(|model| model["detail-type"] == body["detail-type"]);
            for place in ["", "/detail", "/detail/mail", "/detail/mail/tags"] {
                assert_eq!(fields(&body, place), fields(model.as_ref().unwrap(), place), "{name}");
            }
        }
    }
}

#[test]
fn every_trigger_of_the_template_has_a_sample() {
    let template = Template::load().unwrap();
    let samples = samples();
    let of = |function: &str| -> Vec<&Value> { of(&samples, function).into_iter().map(|(_, sample)| sample).collect() };
    for route in &template.routes {
        assert!(of(&route.function).iter().any(|sample| sample["routeKey"] == route.key()), "{} has no sample", route.key());
    }
    for trigger in &template.stream_triggers {
        assert!(!of(&trigger.function).is_empty(), "the stream of {} has no sample", trigger.function);
    }
    for trigger in &template.queue_triggers {
        assert!(!of(&trigger.function).is_empty(), "the queue {} has no sample", trigger.queue);
    }
    for schedule in &template.schedules {
        assert!(!of(&schedule.function).is_empty(), "the schedule {} has no sample", schedule.name);
    }
}
