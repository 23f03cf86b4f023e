//! The event log: the verifier on good data, and on data that somebody tampered with behind the functions' backs.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use domain::{
    Digest,
    event::{BrokenLink, Fault},
};
use http::Method;
use serde_json::json;
use store::{Broken, Verified};
use tests::{TestApp, User};

type Item = HashMap<String, AttributeValue>;

/// Every chain of the app's table holds, and every record is what its events say; how many events there are.
pub(crate) async fn assert_all_chains_hold(app: &TestApp) -> usize {
    let store = app.store_unmetered();
    let mut events = 0;
    for partition in store.partitions().await.unwrap() {
        events += store.verify(&partition).await.unwrap().unwrap_or_else(|broken| panic!("{partition}: {broken}")).events;
    }
    events
}

#[tokio::test]
async fn every_chain_of_a_firm_that_went_through_the_whole_flow_holds() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let owner = &firm.owner;
    let lead = owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp", "email": tests::email("ann")})).await.expect(201).id();
    let prospect = owner.post(format!("/api/crm/leads/{lead}/convert/"), json!({})).await.expect(201).id();
    let offer = json!({"prospect": prospect, "title": "Market study", "total_value": "50000.00"});
    let sent = owner.post("/api/crm/proposals/", offer.clone()).await.expect(201).id();
    owner.post(format!("/api/crm/proposals/{sent}/send/"), json!({})).await.expect(200);
    let revision = owner.post(format!("/api/crm/proposals/{sent}/revise/"), json!({})).await.expect(201).id();
    let deleted = owner.post("/api/crm/proposals/", offer).await.expect(201).id();
    owner.delete(format!("/api/crm/proposals/{deleted}/")).await.expect(204);
    let accepted = owner.post(format!("/api/crm/proposals/{revision}/accept/"), json!({})).await.expect(200);
    app.deliver().await;
    let client = accepted.text("/client/id");
    owner.post("/api/crm/contracts/", json!({"client": client, "proposal": revision, "title": "Study"})).await.expect(201);
    let archived = owner.post("/api/crm/leads/", json!({"company_name": "Other Corp"})).await.expect(201).id();
    owner.delete(format!("/api/crm/leads/{archived}/")).await.expect(204);

    let partitions = app.store_unmetered().partitions().await.unwrap();
    let kinds: BTreeSet<_> = partitions.iter().filter_map(|partition| partition.split('#').nth(2)).collect();
    let all = [
        "CLIENT",
        "CONTRACT",
        "ENGAGEMENT",
        "FIRM",
        "LEAD",
        "LOGIN",
        "MAIL",
        "PAYMENT_ACCOUNT",
        "PORTAL_USER",
        "PROPOSAL",
        "PROSPECT",
        "USER",
    ];
    assert_eq!(kinds, BTreeSet::from(all));
    assert!(partitions.iter().any(|partition| partition.ends_with(&deleted)), "what was deleted has a history too");
    assert!(assert_all_chains_hold(&app).await > partitions.len());
}

/// A lead with four events, and the table under it.
struct Tampered<'a> {
    app: &'a TestApp,
    owner: User<'a>,
    client: Client,
    partition: String,
    /// The record, and its events from the first on.
    record: Item,
    events: Vec<Item>,
}

impl<'a> Tampered<'a> {
    async fn new(app: &'a TestApp) -> Self {
        let owner = app.firm().await.owner;
        let lead = owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
        let path = format!("/api/crm/leads/{lead}/");
        for phone in ["1", "2", "3"] {
            owner.call(Method::PATCH, &path).json(json!({"phone": phone})).send().await.expect(200);
        }
        let client = app.dynamodb();
        let partitions = app.store_unmetered().partitions().await.unwrap();
        let partition = partitions.into_iter().find(|partition| partition.ends_with(&lead)).unwrap();
        let mut tampered = Self { app, owner, client, partition, record: Item::new(), events: Vec::new() };
        let mut items = tampered.stored().await;
        tampered.record = items.remove(0);
        tampered.events = items;
        assert_eq!((tampered.record["sk"].as_s().unwrap().as_str(), tampered.events.len()), ("@", 4));
        tampered
    }

    /// The record, and its events from the first on, as they are now.
    async fn stored(&self) -> Vec<Item> {
        let query = self.client.query().table_name(&self.app.template.table.name).key_condition_expression("pk = :pk");
        query.expression_attribute_values(":pk", text(&self.partition)).send().await.unwrap().items.unwrap()
    }

    /// The event with this sequence.
    fn event(&self, sequence: u64) -> Item {
        self.events[sequence as usize - 1].clone()
    }

    async fn put(&self, item: Item) {
        self.client.put_item().table_name(&self.app.template.table.name).set_item(Some(item)).send().await.unwrap();
    }

    async fn drop(&self, item: &Item) {
        let key = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()));
        self.client.delete_item().table_name(&self.app.template.table.name).set_key(Some(key.into())).send().await.unwrap();
    }

    async fn restore(&self) {
        for item in self.events.iter().chain([&self.record]) {
            self.put(item.clone()).await;
        }
        assert_eq!(self.verified().await, Ok(Verified { events: 4, erased: 0 }));
    }

    async fn verified(&self) -> Result<Verified, Broken> {
        self.app.store_unmetered().verify(&self.partition).await.unwrap()
    }

    /// The verifier names this link, after `item` was put; then `item` is as it was again.
    async fn named(&self, item: Item, sequence: u64, fault: Fault, what: &str) {
        self.put(item).await;
        assert_eq!(self.verified().await, Err(BrokenLink { sequence, fault }.into()), "{what}");
        self.restore().await;
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Another value of the same kind; of a digest another digest, of details other details.
fn other(value: &AttributeValue) -> AttributeValue {
    if let Ok(n) = value.as_n() {
        return number(n.parse::<i64>().unwrap() + 1);
    }
    let known = value.as_s().unwrap();
    if known.parse::<Digest>().is_ok() {
        return text(&Digest::of(&[known.as_bytes()]).to_string());
    }
    // Actors are ids: another letter makes another id.
    let last = if known.ends_with('0') { "1" } else { "0" };
    let changed = match known.starts_with('{') {
        true => known.replace("salt", "sa1t"),
        false => known.chars().take(known.chars().count() - 1).chain(last.chars()).collect(),
    };
    text(&changed)
}

#[tokio::test]
async fn whichever_attribute_of_an_event_is_changed_or_taken_away_the_verifier_names_the_event() {
    let app = TestApp::new().await;
    let tampered = Tampered::new(&app).await;
    for sequence in 1..=4 {
        let event = tampered.event(sequence);
        for name in event.keys().filter(|name| !["pk", "sk"].contains(&name.as_str())) {
            let mut changed = event.clone();
            changed.insert(name.clone(), other(&event[name]));
            tampered.named(changed, sequence, Fault::Altered, &format!("{name} of event {sequence} changed")).await;
            let mut poorer = event.clone();
            poorer.remove(name);
            tampered.named(poorer, sequence, Fault::Altered, &format!("{name} of event {sequence} taken away")).await;
            let mut odd = event.clone();
            odd.insert(name.clone(), AttributeValue::Bool(true));
            tampered.named(odd, sequence, Fault::Altered, &format!("{name} of event {sequence} made a boolean")).await;
        }
    }
}

#[tokio::test]
async fn an_event_that_is_dropped_moved_or_added_is_named() {
    let app = TestApp::new().await;
    let tampered = Tampered::new(&app).await;
    for sequence in 1..=4 {
        tampered.drop(&tampered.event(sequence)).await;
        assert_eq!(tampered.verified().await, Err(BrokenLink { sequence, fault: Fault::Missing }.into()));
        tampered.restore().await;
    }

    // Two events change places, with or without their sequence numbers.
    for with_sequence in [false, true] {
        let (mut second, mut third) = (tampered.event(3), tampered.event(2));
        second.insert("sk".to_owned(), tampered.event(2)["sk"].clone());
        third.insert("sk".to_owned(), tampered.event(3)["sk"].clone());
        if with_sequence {
            second.insert("version".to_owned(), number(2));
            third.insert("version".to_owned(), number(3));
        }
        tampered.put(third).await;
        tampered.named(second, 2, Fault::Altered, "swapped").await;
    }

    // One more at the end, without a flaw of its own.
    let mut added = tampered.event(4);
    added.insert("sk".to_owned(), text("EVENT#0000000005"));
    added.insert("version".to_owned(), number(5));
    added.insert("previous".to_owned(), tampered.event(4)["hash"].clone());
    let hash = expected_hash(&added);
    added.insert("hash".to_owned(), text(&hash));
    tampered.put(added.clone()).await;
    assert_eq!(tampered.verified().await, Err(BrokenLink { sequence: 5, fault: Fault::Added }.into()));
    tampered.drop(&added).await;

    // One of another record in the place of this one's.
    let stranger = Tampered::new(&app).await;
    let mut moved = stranger.event(2);
    moved.insert("pk".to_owned(), text(&tampered.partition));
    tampered.named(moved, 2, Fault::Altered, "another record's").await;
}

#[tokio::test]
async fn an_event_that_was_altered_and_sealed_again_breaks_the_link_after_it() {
    let app = TestApp::new().await;
    let tampered = Tampered::new(&app).await;
    for (sequence, broken, fault) in [(2, 3, Fault::OutOfPlace), (4, 4, Fault::Altered)] {
        let mut sealed = tampered.event(sequence);
        sealed.insert("event".to_owned(), text("lead.archived"));
        let hash = expected_hash(&sealed);
        sealed.insert("hash".to_owned(), text(&hash));
        tampered.named(sealed, broken, fault, "sealed again").await;
    }
}

#[tokio::test]
async fn a_record_that_does_not_stand_where_its_events_led_is_named() {
    let app = TestApp::new().await;
    let tampered = Tampered::new(&app).await;
    let with = |name: &str, value: AttributeValue| {
        let mut record = tampered.record.clone();
        record.insert(name.to_owned(), value);
        record
    };
    tampered.named(with("version", number(5)), 5, Fault::Missing, "a later version").await;
    tampered.named(with("version", number(3)), 4, Fault::Added, "an earlier version").await;
    tampered.named(with("version", text("four")), 1, Fault::Added, "no version").await;
    tampered.named(with("hash", other(&tampered.record["hash"])), 4, Fault::Altered, "another hash").await;
    tampered.named(with("hash", text("none")), 4, Fault::Altered, "no hash").await;
    tampered.drop(&tampered.record).await;
    assert_eq!(tampered.verified().await, Err(BrokenLink { sequence: 5, fault: Fault::Missing }.into()));
    tampered.restore().await;
    for event in &tampered.events {
        tampered.drop(event).await;
    }
    assert!(app.store_unmetered().partitions().await.unwrap().contains(&tampered.partition), "a record without events is checked");
    assert_eq!(tampered.verified().await, Err(BrokenLink { sequence: 1, fault: Fault::Missing }.into()));
}

/// `item` with `value` at `path`.
fn altered(item: &Item, path: &[&str], value: AttributeValue) -> Item {
    let mut altered = item.clone();
    let (name, inside) = path.split_first().unwrap();
    let value = match inside {
        [] => value,
        inside => {
            let inner = item.get(*name).and_then(|map| map.as_m().ok()).cloned().unwrap_or_default();
            AttributeValue::M(self::altered(&inner, inside, value))
        }
    };
    altered.insert((*name).to_owned(), value);
    altered
}

#[tokio::test]
async fn whatever_of_a_record_is_changed_behind_its_events_the_verifier_names_it() {
    let app = TestApp::new().await;
    let tampered = Tampered::new(&app).await;
    let hours = |hours: i64| number(tampered.record["created"].as_n().unwrap().parse::<i64>().unwrap() + hours * 3_600_000);
    let mut changes = vec![
        // Fields that lists show, and one that they don't; a field that it had, and those that it hadn't.
        ("company_name", altered(&tampered.record, &["summary", "company_name"], text("Evil Corp"))),
        ("phone", altered(&tampered.record, &["summary", "phone"], text("4"))),
        ("notes", altered(&tampered.record, &["data", "notes"], text("Never paid."))),
        ("status", altered(&tampered.record, &["summary", "status"], text("converted"))),
        ("source", altered(&tampered.record, &["summary", "source"], AttributeValue::Bool(true))),
        ("summary", altered(&tampered.record, &["summary"], text("gone"))),
        // Its times, and what lists find it by.
        ("created", altered(&tampered.record, &["created"], hours(-1))),
        ("updated", altered(&tampered.record, &["updated"], hours(1))),
        ("archived", altered(&tampered.record, &["archived"], hours(1))),
        ("by_state_pk", altered(&tampered.record, &["by_state_pk"], text("F#firm_1#LEAD#new"))),
        ("by_parent_pk", altered(&tampered.record, &["by_parent_pk"], text("F#firm_1#CAMPAIGN#camp_1#LEAD"))),
    ];
    let mut hidden = tampered.record.clone();
    hidden.remove("by_type_pk");
    changes.push(("by_type_pk", hidden));
    for (name, record) in changes {
        tampered.put(record).await;
        assert_eq!(tampered.verified().await, Err(Broken::Record(name.to_owned())));
        tampered.restore().await;
    }

    tampered.put(altered(&tampered.record, &["summary", "phone"], text("4"))).await;
    let told = local::verify::histories(&app.store_unmetered(), None, |_| {}).await.unwrap_err().to_string();
    let record = tampered.partition.rsplit('#').next().unwrap();
    assert!(told.ends_with(&format!("the first is {record}: phone is not what its events say")), "{told}");
}

#[tokio::test]
async fn a_record_that_was_archived_can_not_be_taken_out_of_the_archive_behind_its_events() {
    let app = TestApp::new().await;
    let tampered = Tampered::new(&app).await;
    let active = tampered.record.clone();
    let lead = tampered.partition.rsplit('#').next().unwrap();
    tampered.owner.delete(format!("/api/crm/leads/{lead}/")).await.expect(204);
    assert_eq!(tampered.verified().await, Ok(Verified { events: 5, erased: 0 }));
    let archived = tampered.stored().await.remove(0);
    let mut taken_out = archived.clone();
    taken_out.remove("archived");
    for name in active.keys().filter(|name| name.starts_with("by_")) {
        taken_out.insert(name.clone(), active[name].clone());
    }
    tampered.put(taken_out).await;
    assert_eq!(tampered.verified().await, Err(Broken::Record("archived".to_owned())));
}

#[tokio::test]
async fn what_was_erased_says_nothing_of_the_record_but_what_was_written_after_it_does() {
    let app = TestApp::new().await;
    let tampered = Tampered::new(&app).await;
    let mut erased = tampered.event(1);
    let details = erased.remove("details").unwrap();
    erased.insert("digest".to_owned(), text(&Digest::of(&[details.as_s().unwrap().as_bytes()]).to_string()));
    tampered.put(erased).await;
    tampered.put(altered(&tampered.record, &["summary", "company_name"], text("Evil Corp"))).await;
    assert_eq!(tampered.verified().await, Ok(Verified { events: 4, erased: 1 }));
    let told = local::verify::histories(&app.store_unmetered(), None, |_| {}).await.unwrap();
    assert!(told.ends_with("(1 events were erased: what they changed isn't compared)"), "{told}");
    tampered.put(altered(&tampered.record, &["summary", "phone"], text("4"))).await;
    assert_eq!(tampered.verified().await, Err(Broken::Record("phone".to_owned())));
}

#[tokio::test]
async fn details_that_were_erased_leave_the_chain_whole_and_can_not_be_made_up() {
    let app = TestApp::new().await;
    let tampered = Tampered::new(&app).await;
    for sequence in 1..=4 {
        let mut erased = tampered.event(sequence);
        let details = erased.remove("details").unwrap();
        let digest = Digest::of(&[details.as_s().unwrap().as_bytes()]);
        erased.insert("digest".to_owned(), text(&digest.to_string()));
        tampered.put(erased.clone()).await;
        assert_eq!(tampered.verified().await, Ok(Verified { events: 4, erased: 1 }));
        erased.insert("digest".to_owned(), text(&Digest::of(&[b"made up"]).to_string()));
        tampered.named(erased, sequence, Fault::Altered, "made up").await;
    }
}

/// The hash that an event should have which is stored like this.
fn expected_hash(item: &Item) -> String {
    let image = serde_json::json!({
        "pk": {"S": item["pk"].as_s().unwrap()}, "sk": {"S": item["sk"].as_s().unwrap()}, "version": {"N": item["version"].as_n().unwrap()},
        "event": {"S": item["event"].as_s().unwrap()}, "actor": {"S": item["actor"].as_s().unwrap()},
        "created": {"N": item["created"].as_n().unwrap()}, "request": {"S": item["request"].as_s().unwrap()},
        "details": {"S": item["details"].as_s().unwrap()}, "previous": {"S": item["previous"].as_s().unwrap()},
        "hash": {"S": item["hash"].as_s().unwrap()},
    });
    let image = serde_json::from_value(image).unwrap();
    store::event_of_image(image).unwrap().unwrap().event.expected_hash().to_string()
}

#[tokio::test]
async fn the_command_tells_of_every_broken_chain_and_names_the_first() {
    let app = TestApp::new().await;
    let (first, second) = (Tampered::new(&app).await, Tampered::new(&app).await);
    let store = app.store_unmetered();
    let verified = async |firm: Option<&str>| {
        let mut told = Vec::new();
        let end = local::verify::histories(&store, firm, |line| told.push(line.to_owned())).await;
        (end.map_err(|error| error.to_string()), told)
    };
    assert_eq!(
        verified(None).await,
        (Ok("10 records, 20 events: every chain holds, every record is what its events say".to_owned()), vec![])
    );

    first.drop(&first.event(3)).await;
    second.drop(&second.event(2)).await;
    let record = |tampered: &Tampered<'_>| tampered.partition.rsplit('#').next().unwrap().to_owned();
    let lines = vec![format!("{}: event 3 is missing", record(&first)), format!("{}: event 2 is missing", record(&second))];
    let end = Err(format!("2 of 10 histories are broken; the first is {}", lines[0]));
    assert_eq!(verified(None).await, (end, lines.clone()));

    let firm = |tampered: &Tampered<'_>| tampered.partition.split('#').nth(1).unwrap().to_owned();
    let end = Err(format!("1 of 4 histories are broken; the first is {}", lines[1]));
    assert_eq!(verified(Some(&firm(&second))).await, (end, lines[1..].to_vec()));
    assert_eq!(verified(Some("firm_x")).await.0, Err("the table has no records of firm_x".to_owned()));
}
