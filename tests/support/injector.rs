//! What goes wrong on the way to DynamoDB and at DynamoDB itself, and never does at the emulation: throttling, keys that a
//! batch didn't get to, answers that are lost with their connection, and transactions that meet on an item.
//!
//! Transactions meet as in DynamoDB (<https://www.usenix.org/conference/atc23/presentation/idziorek>): each takes 5 to
//! 20 ms, in the first half of which its items are prepared, one after the other in any order; condition checks too. An
//! item that another has prepared cancels it, so that two with several items in common can cancel each other. What
//! writes a single item is refused where a transaction has prepared it, and cancels a transaction that comes to it
//! meanwhile.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    body::Body,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use rand::RngExt;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

/// How a call fails while all others go well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Too many calls of its kind are made.
    Throttled,
    /// The table has too much to do, which cancels the transaction.
    Overloaded,
    /// A transaction of somebody else's is at work on one of its items.
    Conflict,
    /// A batch doesn't get to half of its keys.
    Unprocessed,
    /// It is done, and the connection ends in place of the answer.
    Cut,
}

/// What came of transactions since contention began.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Contended {
    /// How many were sent.
    pub transactions: usize,
    /// How many were cancelled because they met others on an item.
    pub conflicts: usize,
    /// How many were cancelled because a condition didn't hold.
    pub conditions: usize,
}

#[derive(Debug, Default)]
struct State {
    planned: Option<Planned>,
    struck: bool,
    /// Who is at work on which item, once contention began.
    at_work: Option<HashMap<Item, Vec<Work>>>,
    contended: Contended,
}

/// What is to happen to the next calls of an operation.
#[derive(Debug)]
struct Planned {
    trouble: Trouble,
    operation: String,
    /// After how many more of them.
    after: usize,
    /// To how many then.
    times: usize,
}

/// An item's `pk` and `sk`.
type Item = (String, String);

/// What is at work on an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// The transaction of this number.
    Transaction(u64),
    /// A write of this item alone.
    Alone(u64),
}

/// What is done to the calls that pass a meter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Injector(Arc<Mutex<State>>);

/// What is at work until it is dropped, and the moment at which its answer is due.
pub(crate) struct AtWork {
    injector: Injector,
    number: u64,
    due: Instant,
}

impl Trouble {
    /// All that there are.
    pub const ALL: [Self; 5] = [Self::Throttled, Self::Overloaded, Self::Conflict, Self::Unprocessed, Self::Cut];

    /// Whether it can happen to a call of `operation`, and nothing else comes to the same there.
    pub fn concerns(self, operation: &str) -> bool {
        let transaction = operation == "TransactWriteItems";
        match self {
            Self::Throttled | Self::Cut => true,
            Self::Overloaded => transaction,
            Self::Conflict => transaction || matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem"),
            Self::Unprocessed => operation == "BatchGetItem",
        }
    }

    /// What it is answered in DynamoDB's place, where it isn't passed on.
    pub(crate) fn answer(self, operation: &str, request: &Value) -> Option<Response> {
        let transaction = operation == "TransactWriteItems";
        let reasons = |code: &'static str| {
            let actions = request["TransactItems"].as_array().map_or(0, Vec::len);
            cancelled((0..actions).map(|place| (place == actions / 2).then_some(code)))
        };
        match self {
            Self::Throttled => Some(refused("ThrottlingException", "Rate of requests exceeds the allowed throughput.")),
            Self::Overloaded => Some(reasons("ThrottlingError")),
            Self::Conflict if transaction => Some(reasons("TransactionConflict")),
            Self::Conflict => Some(in_conflict()),
            Self::Unprocessed | Self::Cut => None,
        }
    }
}

impl Injector {
    /// After so many calls of `operation`, `trouble` happens to the next `times` of them.
    pub(crate) fn plan(&self, trouble: Trouble, operation: &str, after: usize, times: usize) {
        let mut state = self.0.lock().unwrap();
        (state.planned, state.struck) = (Some(Planned { trouble, operation: operation.to_owned(), after, times }), false);
    }

    /// Nothing more happens; whether anything did.
    pub(crate) fn calm(&self) -> bool {
        let mut state = self.0.lock().unwrap();
        state.planned = None;
        std::mem::take(&mut state.struck)
    }

    /// From now on whatever writes an item meets others.
    pub(crate) fn contend(&self) {
        let mut state = self.0.lock().unwrap();
        (state.at_work, state.contended) = (Some(HashMap::new()), Contended::default());
    }

    /// What came of transactions since.
    pub(crate) fn contended(&self) -> Contended {
        self.0.lock().unwrap().contended
    }

    /// Whether nothing is planned and nobody meets.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.0.lock().unwrap();
        state.planned.is_none() && state.at_work.is_none()
    }

    /// What happens to a call of `operation`.
    pub(crate) fn strike(&self, operation: &str) -> Option<Trouble> {
        let mut state = self.0.lock().unwrap();
        let planned = state.planned.as_mut().filter(|planned| planned.operation == operation && planned.times > 0)?;
        if planned.after > 0 {
            planned.after -= 1;
            return None;
        }
        planned.times -= 1;
        let trouble = planned.trouble;
        state.struck = true;
        Some(trouble)
    }

    /// Let a call of `operation` begin: what it is at work on until it is answered, or how it is refused.
    pub(crate) async fn begin(&self, operation: &str, request: &Value) -> Result<Option<AtWork>, Response> {
        if self.0.lock().unwrap().at_work.is_none() {
            return Ok(None);
        }
        let (number, started) = (rand::random(), Instant::now());
        let items = items(operation, request);
        if operation != "TransactWriteItems" {
            let due = started + millis(1, 4);
            let injector = self.clone();
            return match self.take(Work::Alone(number), &items) {
                free if free.iter().all(|free| *free) => Ok(Some(AtWork { injector, number, due })),
                _ => {
                    self.leave(number);
                    Err(in_conflict())
                }
            };
        }
        let lasts = millis(5, 20);
        let work = AtWork { injector: self.clone(), number, due: started + lasts };
        let mut prepared: Vec<_> =
            items.iter().enumerate().map(|(place, item)| (rand::rng().random_range(Duration::ZERO..lasts / 2), place, item)).collect();
        prepared.sort_by_key(|(at, ..)| *at);
        let mut met = vec![false; items.len()];
        for (at, place, item) in prepared {
            sleep_until(started + at).await;
            met[place] = !self.take(Work::Transaction(number), std::slice::from_ref(item))[0];
        }
        sleep_until(started + lasts / 2).await;
        self.0.lock().unwrap().contended.transactions += 1;
        if met.contains(&true) {
            self.0.lock().unwrap().contended.conflicts += 1;
            return Err(cancelled(met.into_iter().map(|met| met.then_some("TransactionConflict"))));
        }
        Ok(Some(work))
    }

    /// Note the answer to a transaction.
    pub(crate) fn answered(&self, operation: &str, status: StatusCode) {
        if operation == "TransactWriteItems" && status == StatusCode::BAD_REQUEST {
            self.0.lock().unwrap().contended.conditions += 1;
        }
    }

    /// Take up `work` on `items`, as far as they are free for it; which are.
    fn take(&self, work: Work, items: &[Item]) -> Vec<bool> {
        let mut state = self.0.lock().unwrap();
        let Some(at_work) = &mut state.at_work else { return vec![true; items.len()] };
        let bears = |other: &Work| matches!((work, other), (Work::Alone(_), Work::Alone(_)));
        let mut taken = Vec::new();
        for item in items {
            let others = at_work.entry(item.clone()).or_default();
            let free = others.iter().all(bears);
            if free {
                others.push(work);
            }
            taken.push(free);
        }
        taken
    }

    fn leave(&self, number: u64) {
        if let Some(at_work) = &mut self.0.lock().unwrap().at_work {
            at_work.retain(|_, others| {
                others.retain(|work| !matches!(work, Work::Transaction(own) | Work::Alone(own) if *own == number));
                !others.is_empty()
            });
        }
    }
}

impl AtWork {
    /// Wait until the answer is due.
    pub(crate) async fn end(self) {
        sleep_until(self.due).await;
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.injector.leave(self.number);
    }
}

/// The request of a batch for half of its keys, and what is said of the others; no request where nothing is left.
pub(crate) fn halved(request: &Value) -> (Option<Value>, Value) {
    let (mut asked, mut left) = (request.clone(), request["RequestItems"].clone());
    let mut any = false;
    for (table, wanted) in request["RequestItems"].as_object().unwrap() {
        let keys = wanted["Keys"].as_array().unwrap();
        let (now, later) = keys.split_at(keys.len() / 2);
        asked["RequestItems"][table]["Keys"] = now.into();
        left[table]["Keys"] = later.into();
        any |= !now.is_empty();
    }
    (any.then_some(asked), left)
}

/// An answer of which only the beginning comes.
pub(crate) fn cut() -> Response {
    let broken = futures::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("the connection ends"))]);
    Response::builder().header("content-length", "1000").body(Body::from_stream(broken)).unwrap()
}

/// A batch of which nothing was processed.
pub(crate) fn nothing_processed(left: &Value) -> Response {
    json!({"Responses": {}, "UnprocessedKeys": left}).to_string().into_response()
}

fn refused(error: &str, message: &str) -> Response {
    error_body(json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{error}"), "message": message}))
}

fn in_conflict() -> Response {
    refused("TransactionConflictException", "Transaction is ongoing for the item")
}

/// A transaction is cancelled for these reasons, one for each of its actions.
fn cancelled(codes: impl Iterator<Item = Option<&'static str>>) -> Response {
    let codes: Vec<_> = codes.map(|code| code.unwrap_or("None")).collect();
    let message = format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    let reasons: Vec<_> = codes.iter().map(|code| json!({"Code": code})).collect();
    let error = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    error_body(json!({"__type": error, "message": message, "CancellationReasons": reasons}))
}

fn error_body(body: Value) -> Response {
    (StatusCode::BAD_REQUEST, [("content-type", "application/x-amz-json-1.0")], body.to_string()).into_response()
}

/// The items that a call of `operation` writes or checks.
fn items(operation: &str, request: &Value) -> Vec<Item> {
    let of = |key: &Value| {
        let part = |name: &str| key[name]["S"].as_str().unwrap().to_owned();
        (part("pk"), part("sk"))
    };
    let of_action = |action: &Value| of(action.get("Key").unwrap_or(&action["Item"]));
    match operation {
        "TransactWriteItems" => {
            let actions = request["TransactItems"].as_array().unwrap().iter();
            actions.map(|action| of_action(action.as_object().unwrap().values().next().unwrap())).collect()
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => vec![of_action(request)],
        _ => Vec::new(),
    }
}

fn millis(least: u64, most: u64) -> Duration {
    Duration::from_micros(rand::random_range(least * 1_000..=most * 1_000))
}
