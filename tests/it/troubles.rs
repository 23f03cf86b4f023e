//! Every operation that writes, while one of its calls to DynamoDB is throttled, cancelled, left half done or not
//! answered: in the end it was done, once, as if nothing had been; or it is refused for the moment and nothing was
//! written, and the same request is done later.

use std::{collections::BTreeMap, rc::Rc};

use http::Method;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};
use tests::{Answer, Firm, Given, Metered, Moment, Row, TestApp, Trouble, catalog};

use crate::sweeps::assert_none;

/// In how many tests the operations are gone through, since each needs an app of its own to be quick.
const SHARDS: usize = 4;
/// How many troubles are tried at each operation, picked at random; all, if the environment has `TROUBLES`.
const OF_EACH: usize = 2;
/// So often that nothing that tries again outlasts it.
const FOR_GOOD: usize = 1_000_000;

/// How often each kind of write happened.
type Writes = BTreeMap<String, usize>;

/// What a call comes to when all goes well: its status, what it writes, and the calls to DynamoDB that it makes.
struct End {
    status: u16,
    writes: Writes,
    calls: Vec<Metered>,
}

/// The call of an operation of DynamoDB's after so many others of it.
struct Nth {
    operation: String,
    after: usize,
}

/// An operation in a firm, and how far the app's stream was looked at.
struct Operation<'r, 'a> {
    row: &'r Row,
    app: &'a TestApp,
    firm: Rc<Firm<'a>>,
    /// Whether it can be done once in a firm.
    once_a_firm: bool,
    seen: Moment,
    key: String,
}

impl Operation<'_, '_> {
    /// What a call needs; what was written so far is of no interest.
    async fn given(&mut self) -> Given {
        if self.once_a_firm {
            self.firm = Rc::new(self.app.firm().await);
        }
        let given = self.row.given(&self.firm).await;
        self.seen = self.app.moment();
        self.key = format!("{:032x}", rand::random::<u128>());
        given
    }

    /// Whether its call can say that it is the same.
    fn has_key(&self) -> bool {
        self.row.described().method == Method::POST
    }

    /// The call, the same each time.
    async fn send(&self, given: &Given) -> Answer {
        let call = self.row.rightful(&self.firm, given);
        if self.has_key() { call.header("idempotency-key", &self.key).send().await } else { call.send().await }
    }

    /// What was written since it was last asked.
    fn writes(&mut self) -> Writes {
        let mut writes = BTreeMap::new();
        for record in self.app.written_since(&self.seen) {
            *writes.entry(kind(&record)).or_default() += 1;
        }
        self.seen = self.app.moment();
        writes
    }

    /// What it comes to when all goes well.
    async fn undisturbed(&mut self) -> End {
        let given = self.given().await;
        self.app.meter.take();
        let status = self.send(&given).await.status.as_u16();
        End { status, writes: self.writes(), calls: self.app.meter.take() }
    }

    /// That what came of the call is what comes of it undisturbed.
    fn assert_is(&mut self, what: &str, answer: &Answer, expected: &End) -> Result<(), String> {
        let (status, writes) = (answer.status.as_u16(), self.writes());
        if status == expected.status && writes == expected.writes {
            return Ok(());
        }
        Err(format!("{what} {status}, {writes:?}, undisturbed {}, {:?}: {:#}", expected.status, expected.writes, answer.json))
    }

    /// Let `trouble` happen to a call.
    async fn once(&mut self, given: &Given, (trouble, call): (Trouble, &Nth), expected: &End) -> Result<(), String> {
        self.app.meter.trouble(trouble, &call.operation, call.after, 1);
        let answer = self.send(given).await;
        self.app.meter.calm();
        self.assert_is("comes to", &answer, expected)
    }

    /// Let `trouble` happen to a call and all of its operation after it, until the request is given up. Whether it was done
    /// all the same, and only the answer lost; or because there was no such call: not each request is counted.
    async fn for_good(&mut self, given: &Given, (trouble, call): (Trouble, &Nth), expected: &End) -> Result<bool, String> {
        self.app.meter.trouble(trouble, &call.operation, call.after, FOR_GOOD);
        let refused = self.send(given).await;
        if !self.app.meter.calm() {
            return self.assert_is("without trouble comes to", &refused, expected).map(|()| true);
        }
        let writes = self.writes();
        let done = trouble == Trouble::Cut && writes == expected.writes;
        if refused.status != 503 || refused.header("retry-after").is_none() || !refused.text("/type").ends_with("unavailable") {
            return Err(format!("isn't refused for the moment: {} {:#}", refused.status, refused.json));
        }
        // What asks others keeps its attempt before it does.
        if !writes.is_empty() && !done && !self.row.asks_others {
            return Err(format!("was refused, but wrote {writes:?}"));
        }
        Ok(done)
    }

    /// Everything that can be said of `trouble` at a call.
    async fn check(&mut self, trouble: Trouble, call: &Nth, expected: &End) -> Result<(), String> {
        let given = self.given().await;
        // What is cancelled each time is run again until there is no time left: that is shown once, below.
        if matches!(trouble, Trouble::Conflict | Trouble::Overloaded) || self.row.asks_others {
            return self.once(&given, (trouble, call), expected).await;
        }
        if !self.for_good(&given, (trouble, call), expected).await? {
            return self.once(&given, (trouble, call), expected).await;
        }
        // It was done, but nobody was told.
        let again = self.send(&given).await;
        let writes = self.writes();
        if self.has_key() && (again.status.as_u16() != expected.status || !writes.is_empty()) {
            return Err(format!("is answered {} under the same key and wrote {writes:?}: {:#}", again.status, again.json));
        }
        let given = self.given().await;
        self.once(&given, (trouble, call), expected).await
    }
}

impl End {
    /// The calls that were made.
    fn calls(&self) -> Vec<Nth> {
        let before = |place: usize| self.calls.iter().take(place);
        let nth = |(place, call): (usize, &Metered)| {
            let after = before(place).filter(|other| other.operation == call.operation).count();
            Nth { operation: call.operation.clone(), after }
        };
        self.calls.iter().enumerate().map(nth).collect()
    }
}

/// What kind of write a record of the stream tells of: its key without ids and names, and the event, if it is one.
fn kind(record: &Value) -> String {
    let key = |name: &str| record["dynamodb"]["Keys"][name]["S"].as_str().unwrap();
    let constant = |part: &&str| part.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'@'));
    let parts: Vec<_> = key("pk").split('#').chain(key("sk").split('#')).filter(constant).collect();
    let event = record["dynamodb"]["NewImage"]["event"]["S"].as_str().unwrap_or_default();
    // A person's day is there from the first time on that is logged on it, by whichever of these calls.
    let how = if parts.contains(&"DAY") { "SUM" } else { record["eventName"].as_str().unwrap() };
    format!("{how} {} {event}", parts.join("#"))
}

/// Try troubles at calls of the operations of one shard.
async fn assert_done_once(shard: usize) {
    let rows: Vec<_> = catalog().into_iter().filter(|row| row.described().method != Method::GET || row.asks_others).collect();
    let app = TestApp::restless().await;
    let firm = Rc::new(app.firm().await);
    let all = std::env::var_os("TROUBLES").is_some();
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut faults = Vec::new();
    for row in rows.iter().skip(shard).step_by(SHARDS) {
        let once_a_firm = row.described().method == Method::PATCH && !row.described().names_a_record();
        let mut operation = Operation { row, app: &app, firm: firm.clone(), once_a_firm, seen: app.moment(), key: String::new() };
        // The first time is other than later ones, where a counter begins.
        let mut expected = operation.undisturbed().await;
        if expected.writes.keys().any(|write| write.starts_with("INSERT F#COUNTER")) {
            expected = operation.undisturbed().await;
        }
        let calls = if expected.writes.is_empty() { Vec::new() } else { expected.calls() };
        let troubles = Trouble::ALL.into_iter().flat_map(|trouble| calls.iter().map(move |call| (trouble, call)));
        let mut troubles: Vec<_> = troubles.filter(|(trouble, call)| trouble.concerns(&call.operation)).collect();
        if !all {
            troubles.shuffle(&mut random);
            troubles.truncate(OF_EACH);
        }
        for (trouble, call) in troubles {
            let checked = operation.check(trouble, call, &expected).await;
            let Nth { operation: name, after } = call;
            faults.extend(checked.err().map(|fault| format!("{}, {trouble:?} at {name} {after}: {fault}", row.operation)));
        }
    }
    assert_none(&faults);
}

#[tokio::test]
async fn whatever_happens_to_one_call_the_first_operations_are_done_once() {
    assert_done_once(0).await;
}

#[tokio::test]
async fn whatever_happens_to_one_call_the_second_operations_are_done_once() {
    assert_done_once(1).await;
}

#[tokio::test]
async fn whatever_happens_to_one_call_the_third_operations_are_done_once() {
    assert_done_once(2).await;
}

#[tokio::test]
async fn whatever_happens_to_one_call_the_last_operations_are_done_once() {
    assert_done_once(3).await;
}

#[tokio::test]
async fn what_conflicts_for_good_is_refused_for_the_moment() {
    let app = TestApp::restless().await;
    let firm = app.firm().await;
    let lead = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let before = app.moment();
    app.meter.trouble(Trouble::Conflict, "TransactWriteItems", 0, FOR_GOOD);
    let refused = firm.owner.patch(format!("/api/crm/leads/{lead}/"), json!({"phone": "1"})).await;
    assert!(app.meter.calm());
    assert!(refused.expect(503).header("retry-after").is_some());
    assert_eq!(app.changed_since(&before), []);
    firm.owner.patch(format!("/api/crm/leads/{lead}/"), json!({"phone": "1"})).await.expect(200);
}
