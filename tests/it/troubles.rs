//! Every operation, while one of its calls to DynamoDB is throttled, cancelled, left half done or not answered: in the end
//! it was done, once, as if nothing had been; or it is refused for the moment and nothing was written, and the same request
//! is done later. What only reads is answered as if nothing had been, or refused for the moment.
//!
//! Which troubles are tried at what writes follows from a seed, always the same unless `TROUBLES_SEED` is another; all
//! are, if the environment has `TROUBLES`.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use chrono::TimeDelta;
use http::Method;
use rand::{
    SeedableRng,
    rngs::StdRng,
    seq::{IndexedRandom, SliceRandom},
};
use serde_json::{Value, json};
use tests::{Answer, Firm, Given, Metered, Moment, Row, TestApp, Trouble, catalog};

use crate::{
    stripe_simulation::number,
    sweeps::{Part, assert_none, in_parts},
};

/// What the troubles follow from that are tried.
const SEED: u64 = 8;
/// How many troubles are tried at each operation that writes, each of another kind.
const OF_EACH: usize = 2;
/// At how many operations each kind of trouble is tried at least: of a part of those that write, and of those that read. Few
/// read a batch.
const LEAST: [(Trouble, [usize; 2]); 5] = [
    (Trouble::Throttled, [6, 50]),
    (Trouble::Overloaded, [6, 0]),
    (Trouble::Conflict, [6, 0]),
    (Trouble::Unprocessed, [6, 2]),
    (Trouble::Cut, [6, 50]),
];
/// So often that nothing that tries again outlasts it.
const FOR_GOOD: usize = 1_000_000;

/// How often each kind of write happened.
type Writes = BTreeMap<String, usize>;

/// What a call comes to when all goes well: its answer, what it writes, and the calls to DynamoDB that it makes.
struct End {
    answer: Answer,
    writes: Writes,
    calls: Vec<Metered>,
}

/// The call of an operation of DynamoDB's after so many others of it.
#[derive(Debug, Clone)]
struct Nth {
    operation: String,
    after: usize,
}

/// At which operations each kind of trouble happened.
#[derive(Default)]
struct Tried(BTreeMap<Trouble, BTreeSet<&'static str>>);

/// An operation in a firm, and how far the app's stream was looked at.
struct Operation<'r, 'a> {
    row: &'r Row,
    app: &'a TestApp,
    firm: Rc<Firm<'a>>,
    /// Whether it can be done once in a firm, or a few times: a day has 24 hours.
    once_a_firm: bool,
    seen: Moment,
    key: String,
    /// Whether there was any trouble since it was last asked.
    struck: bool,
}

impl<'r, 'a> Operation<'r, 'a> {
    fn of(row: &'r Row, app: &'a TestApp, firm: &Rc<Firm<'a>>) -> Self {
        let once_a_firm = row.described().method == Method::PATCH && !row.described().names_a_record();
        let once_a_firm = once_a_firm || (row.described().writes() && all_are_tried());
        Self { row, app, firm: firm.clone(), once_a_firm, seen: app.moment(), key: String::new(), struck: false }
    }

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
        self.end(&given).await
    }

    async fn end(&mut self, given: &Given) -> End {
        self.app.meter.take();
        let answer = self.send(given).await;
        End { answer, writes: self.writes(), calls: self.app.meter.take() }
    }

    /// That what came of the call is what comes of it undisturbed.
    fn assert_is(&mut self, what: &str, answer: &Answer, expected: &End) -> Result<(), String> {
        let (status, writes) = (answer.status, self.writes());
        if status == expected.answer.status && writes == expected.writes {
            return Ok(());
        }
        Err(format!("{what} {status}, {writes:?}, undisturbed {}, {:?}: {:#}", expected.answer.status, expected.writes, answer.json))
    }

    /// Let `trouble` happen to a call.
    async fn once(&mut self, given: &Given, (trouble, call): (Trouble, &Nth), expected: &End) -> Result<(), String> {
        self.app.meter.trouble(trouble, &call.operation, call.after, 1);
        let answer = self.send(given).await;
        self.struck |= self.app.meter.calm();
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
        self.struck = true;
        let writes = self.writes();
        let done = trouble == Trouble::Cut && writes == expected.writes;
        assert_refused_for_the_moment(&refused)?;
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
        if self.has_key() && (again.status != expected.answer.status || !writes.is_empty()) {
            return Err(format!("is answered {} under the same key and wrote {writes:?}: {:#}", again.status, again.json));
        }
        let given = self.given().await;
        self.once(&given, (trouble, call), expected).await
    }

    /// Everything that can be said of `trouble` at a call of what only reads.
    async fn check_read(&mut self, given: &Given, (trouble, call): (Trouble, &Nth), expected: &End) -> Result<(), String> {
        for times in [1, FOR_GOOD] {
            self.app.meter.trouble(trouble, &call.operation, call.after, times);
            let answer = self.send(given).await;
            let struck = self.app.meter.calm();
            self.struck |= struck;
            if struck && times == FOR_GOOD {
                assert_refused_for_the_moment(&answer)?;
            } else if shown(&answer) != shown(&expected.answer) {
                return Err(format!("is answered {}, undisturbed {}: {:#}", answer.status, expected.answer.status, answer.json));
            }
        }
        let writes = self.writes();
        if writes.is_empty() { Ok(()) } else { Err(format!("wrote {writes:?}")) }
    }
}

/// What of an answer is the same each time.
fn shown(answer: &Answer) -> (http::StatusCode, Option<&str>, &[u8]) {
    (answer.status, answer.header("etag"), &answer.body)
}

fn assert_refused_for_the_moment(answer: &Answer) -> Result<(), String> {
    if answer.status == 503 && answer.header("retry-after").is_some() && answer.text("/type").ends_with("unavailable") {
        return Ok(());
    }
    Err(format!("isn't refused for the moment: {} {:#}", answer.status, answer.json))
}

impl Tried {
    /// That `trouble` was tried at `operation`, if it happened.
    fn note(&mut self, trouble: Trouble, operation: &mut Operation<'_, '_>) {
        if std::mem::take(&mut operation.struck) {
            self.0.entry(trouble).or_default().insert(operation.row.operation);
        }
    }

    /// At how many operations.
    fn count(&self, trouble: Trouble) -> usize {
        self.0.get(&trouble).map_or(0, BTreeSet::len)
    }

    /// Some of `troubles`, each of another kind: of those that were tried at the fewest operations so far.
    fn rarest(&self, troubles: Vec<(Trouble, Nth)>, random: &mut StdRng) -> Vec<(Trouble, Nth)> {
        let of = |kind: Trouble| troubles.iter().filter(|(trouble, _)| *trouble == kind).cloned().collect::<Vec<_>>();
        let mut one_each: Vec<_> = Trouble::ALL.into_iter().filter_map(|kind| of(kind).choose(random).cloned()).collect();
        one_each.shuffle(random);
        one_each.sort_by_key(|(kind, _)| self.count(*kind));
        one_each.truncate(OF_EACH);
        one_each
    }

    /// That no kind dropped out: each was tried at as many operations as [`LEAST`] says at `place`.
    fn assert_enough(&self, place: usize) {
        let tried: Vec<_> = Trouble::ALL.into_iter().map(|trouble| (trouble, self.count(trouble))).collect();
        println!("operations at which a kind of trouble was tried: {tried:?}");
        for (trouble, least) in LEAST {
            assert!(self.count(trouble) >= least[place], "{trouble:?} was tried at {} operations", self.count(trouble));
        }
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

    /// Every trouble that can happen to them.
    fn troubles(&self) -> Vec<(Trouble, Nth)> {
        let calls = self.calls();
        let all = Trouble::ALL.into_iter().flat_map(|trouble| calls.iter().map(move |call| (trouble, call.clone())));
        all.filter(|(trouble, call)| trouble.concerns(&call.operation)).collect()
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

fn all_are_tried() -> bool {
    std::env::var_os("TROUBLES").is_some()
}

/// What of the catalog only reads, or all else.
fn rows(reads: bool) -> impl Iterator<Item = Row> {
    catalog().into_iter().filter(move |row| reads == (row.described().method == Method::GET && !row.asks_others))
}

in_parts!(whatever_happens_to_one_call_what_writes_is_done_once);
async fn whatever_happens_to_one_call_what_writes_is_done_once(part: Part) {
    let app = TestApp::restless().await;
    let firm = Rc::new(app.firm().await);
    let seed = number("TROUBLES_SEED").unwrap_or(SEED);
    println!("TROUBLES_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let (mut faults, mut tried) = (Vec::new(), Tried::default());
    for row in part.of(rows(false)) {
        let mut operation = Operation::of(&row, &app, &firm);
        // The first time is other than later ones, where a counter begins.
        let mut expected = operation.undisturbed().await;
        if expected.writes.keys().any(|write| write.starts_with("INSERT F#COUNTER")) {
            expected = operation.undisturbed().await;
        }
        let troubles = if all_are_tried() { expected.troubles() } else { tried.rarest(expected.troubles(), &mut random) };
        for (trouble, call) in troubles {
            let checked = operation.check(trouble, &call, &expected).await;
            tried.note(trouble, &mut operation);
            faults.extend(checked.err().map(|fault| format!("{}, {trouble:?} at {call:?}: {fault}", row.operation)));
        }
    }
    assert_none(&faults);
    tried.assert_enough(0);
}

#[tokio::test]
async fn whatever_happens_to_one_call_what_reads_is_answered_the_same_or_refused_for_the_moment() {
    let app = TestApp::restless().await;
    let firm = Rc::new(app.firm().await);
    let (mut faults, mut tried) = (Vec::new(), Tried::default());
    for row in rows(true) {
        let mut operation = Operation::of(&row, &app, &firm);
        let given = operation.given().await;
        let expected = operation.end(&given).await;
        for (trouble, call) in expected.troubles() {
            let checked = operation.check_read(&given, (trouble, &call), &expected).await;
            tried.note(trouble, &mut operation);
            faults.extend(checked.err().map(|fault| format!("{}, {trouble:?} at {call:?}: {fault}", row.operation)));
        }
    }
    assert_none(&faults);
    tried.assert_enough(1);
}

#[tokio::test]
async fn what_conflicts_for_good_is_refused_for_the_moment() {
    let app = TestApp::restless().await;
    let firm = app.firm().await;
    let lead = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let before = app.moment();
    app.meter.trouble(Trouble::Conflict, "TransactWriteItems", 0, FOR_GOOD);
    let patch = firm.owner.call(Method::PATCH, format!("/api/crm/leads/{lead}/")).json(json!({"phone": "1"}));
    let refused = patch.within(TimeDelta::seconds(6)).send().await;
    assert!(app.meter.calm());
    assert!(refused.expect(503).header("retry-after").is_some());
    assert_eq!(app.changed_since(&before), []);
    firm.owner.patch(format!("/api/crm/leads/{lead}/"), json!({"phone": "1"})).await.expect(200);
}
