//! How a batch of stream records gets through a function that may fail: pure, without a clock or a call.
//!
//! As Lambda does it. Order is kept. A report of the first record that failed settles those before it. A batch that
//! fails at its start is cut in half, if the trigger bisects, until the record that fails is alone; cutting doesn't
//! count as a retry. What has failed once more than the retries allow is given up, and the rest goes on.

use serde_json::Value;
use std::{collections::VecDeque, time::Duration};

use crate::template::StreamTrigger;

/// The pause before the first retry; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Records on their way to a function.
pub(super) struct Delivery<'a> {
    trigger: &'a StreamTrigger,
    pending: VecDeque<Attempt>,
}

struct Attempt {
    records: Vec<Value>,
    failures: u32,
}

/// What follows from an attempt.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// On to the next attempt.
    GoOn,
    /// The same again, after a pause.
    Wait(Duration),
    /// These failed too often; how often.
    GiveUp(Vec<Value>, u32),
}

impl<'a> Delivery<'a> {
    pub(super) fn new(trigger: &'a StreamTrigger, records: Vec<Value>) -> Self {
        let pending = records.chunks(trigger.batch_size.max(1)).map(|records| Attempt { records: records.to_vec(), failures: 0 });
        Self { trigger, pending: pending.collect() }
    }

    /// What to send now; nothing is left to send when there is none.
    pub(super) fn batch(&self) -> Option<&[Value]> {
        self.pending.front().map(|attempt| attempt.records.as_slice())
    }

    /// The batch got through, or failed from a record on.
    pub(super) fn settle(&mut self, failed_from: Option<usize>) -> Next {
        let Some(mut attempt) = self.pending.pop_front() else { return Next::GoOn };
        let Some(first_failed) = failed_from else { return Next::GoOn };
        if first_failed > 0 {
            let records = attempt.records.split_off(first_failed.min(attempt.records.len()));
            self.pending.push_front(Attempt { records, failures: 0 });
            return Next::GoOn;
        }
        if self.trigger.bisects && attempt.records.len() > 1 {
            let second = attempt.records.split_off(attempt.records.len() / 2);
            self.pending.push_front(Attempt { records: second, failures: 0 });
            self.pending.push_front(Attempt { records: attempt.records, failures: 0 });
            return Next::GoOn;
        }
        attempt.failures += 1;
        if self.trigger.retries.is_some_and(|retries| attempt.failures > retries) {
            return Next::GiveUp(attempt.records, attempt.failures);
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << (attempt.failures - 1).min(10)).min(LONGEST_PAUSE);
        self.pending.push_front(attempt);
        Next::Wait(pause)
    }

    /// Removes and returns what may no longer be sent.
    pub(super) fn expire(&mut self, is_too_old: impl Fn(&Value) -> bool) -> Vec<Value> {
        let Some(attempt) = self.pending.front_mut() else { return Vec::new() };
        let (old, young) = std::mem::take(&mut attempt.records).into_iter().partition(is_too_old);
        attempt.records = young;
        if attempt.records.is_empty() {
            self.pending.pop_front();
        }
        old
    }
}

/// From which record on a batch failed, by the function's answer.
///
/// Failures that name no record of the batch count as a failure of all of it, as Lambda has it.
pub(super) fn failed_from(answer: &Value, position: impl Fn(&str) -> Option<usize>) -> Option<usize> {
    let failures = answer.get("batchItemFailures").and_then(Value::as_array)?;
    let identifiers = failures.iter().map(|failure| failure.get("itemIdentifier").and_then(Value::as_str).unwrap_or_default());
    identifiers.map(|identifier| position(identifier).unwrap_or(0)).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn trigger(bisects: bool, retries: Option<u32>, batch_size: usize) -> StreamTrigger {
        StreamTrigger {
            function: "f".into(),
            filters: vec![],
            batch_size,
            bisects,
            retries,
            greatest_age: None,
            reports_failures: true,
            dead_letters: None,
        }
    }

    /// Delivers the numbers 0–9 to a function that fails for some; what got through, what was given up, how many calls.
    fn deliver(trigger: &StreamTrigger, fails: impl Fn(u64) -> bool, reports: bool) -> (Vec<u64>, Vec<u64>, usize) {
        let mut delivery = Delivery::new(trigger, (0..10).map(|number| json!(number)).collect());
        let (mut through, mut lost, mut calls) = (vec![], vec![], 0);
        while let Some(batch) = delivery.batch() {
            calls += 1;
            let numbers: Vec<u64> = batch.iter().map(|record| record.as_u64().unwrap()).collect();
            let failed = numbers.iter().position(|number| fails(*number)).map(|position| if reports { position } else { 0 });
            through.extend(&numbers[..failed.unwrap_or(numbers.len())]);
            if let Next::GiveUp(records, _) = delivery.settle(failed) {
                lost.extend(records.iter().map(|record| record.as_u64().unwrap()));
            }
        }
        (through, lost, calls)
    }

    #[test]
    fn all_get_through_in_order_in_batches() {
        assert_eq!(deliver(&trigger(true, Some(2), 4), |_| false, true), ((0..10).collect(), vec![], 3));
    }

    #[test]
    fn only_the_record_that_keeps_failing_is_given_up() {
        for reports in [true, false] {
            let (through, lost, _) = deliver(&trigger(true, Some(2), 10), |number| number == 6, reports);
            assert_eq!(through, [0, 1, 2, 3, 4, 5, 7, 8, 9], "reports: {reports}");
            assert_eq!(lost, [6]);
        }
    }

    #[test]
    fn without_bisection_the_rest_of_the_batch_is_lost_with_it() {
        let (through, lost, _) = deliver(&trigger(false, Some(1), 5), |number| number == 2, true);
        assert_eq!(through, [0, 1, 5, 6, 7, 8, 9]);
        assert_eq!(lost, [2, 3, 4]);
    }

    #[test]
    fn pauses_grow_and_end_with_the_retries() {
        let trigger = trigger(true, Some(9), 1);
        let mut delivery = Delivery::new(&trigger, vec![json!(1)]);
        let pauses: Vec<_> = std::iter::from_fn(|| match delivery.settle(Some(0)) {
            Next::Wait(pause) => Some(pause.as_millis()),
            Next::GoOn | Next::GiveUp(..) => None,
        })
        .collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 15000]);
        assert!(delivery.batch().is_none());
    }

    #[test]
    fn what_is_too_old_is_taken_out() {
        let trigger = trigger(true, None, 10);
        let mut delivery = Delivery::new(&trigger, vec![json!(1), json!(2), json!(3)]);
        assert_eq!(delivery.expire(|record| record.as_u64() < Some(3)), [json!(1), json!(2)]);
        assert_eq!(delivery.batch(), Some(&[json!(3)][..]));
        delivery.expire(|_| true);
        assert_eq!(delivery.batch(), None);
    }

    #[test]
    fn the_earliest_reported_failure_counts() {
        let position = |identifier: &str| identifier.parse().ok();
        let answer = |identifiers: &[&str]| {
            let failures: Vec<_> = identifiers.iter().map(|identifier| json!({ "itemIdentifier": identifier })).collect();
            json!({ "batchItemFailures": failures })
        };
        assert_eq!(failed_from(&answer(&[]), position), None);
        assert_eq!(failed_from(&Value::Null, position), None);
        assert_eq!(failed_from(&answer(&["7", "3"]), position), Some(3));
        assert_eq!(failed_from(&answer(&["7", "unknown"]), position), Some(0));
    }
}
