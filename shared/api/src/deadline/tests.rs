use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::*;

const NOW: i64 = 1_790_000_000_000;

fn deadline(left: Option<i64>) -> Duration {
    let context = left.map(|left| {
        let mut context = Context::default();
        context.deadline = u64::try_from(NOW + left).unwrap();
        context
    });
    let deadline = Deadline::of(context.as_ref(), Time::from_timestamp_millis(NOW).unwrap());
    deadline.ends - deadline.began
}

#[test]
fn a_request_is_answered_before_lambda_ends_the_process() {
    for (left, expected) in [
        (Some(10_000), Duration::from_secs(8)),
        (Some(29_000), Duration::from_secs(27)),
        (Some(2_500), Duration::from_millis(500)),
        (Some(2_000), USUAL),
        (Some(-NOW + 600_000), USUAL),
        (None, USUAL),
    ] {
        assert_eq!(deadline(left), expected, "{left:?}");
    }
}

#[test]
fn waits_grow_with_each_lost_race_and_shrink_as_the_request_grows_old() {
    let took = Duration::from_millis(20);
    let new = Duration::ZERO;
    assert_eq!([1, 2, 3, 4, 40, u32::MAX].map(|lost| longest_pause(lost, took, new).as_millis()), [80, 160, 320, 320, 320, 320]);
    assert_eq!(longest_pause(3, took, HALVING).as_millis(), 160);
    assert!(longest_pause(3, took, Duration::from_secs(3)) < took);
    assert!(longest_pause(1, Duration::ZERO, new) > Duration::ZERO);
}

#[test]
fn no_attempt_is_begun_for_which_there_is_no_time() {
    let now = Instant::now();
    let deadline = Deadline { began: now, ends: now + Duration::from_secs(3) };
    assert!((0..100).all(|lost| deadline.pause(lost, Duration::from_secs(2)).is_some_and(|pause| pause <= Duration::from_secs(1))));
    assert_eq!(deadline.pause(1, Duration::from_secs(3)), None);
}

/// `at_once` clients at a time want `all` numbers of one counter: each reads it, and has won if nobody else wrote it until
/// it does, about `took` later; who is done asks for the next at once. How long the longest request took, and how many
/// attempts there were.
fn queue(seed: u64, at_once: u32, all: u32, took: Duration) -> (Duration, u32) {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut begun, mut attempts, mut longest) = (0, 0, Duration::ZERO);
    // By request: when it came, the races that it lost, when it read, how long this attempt takes.
    let mut requests = BTreeMap::new();
    let mut next = BinaryHeap::new();
    let mut written = None;
    while begun < at_once {
        requests.insert(begun, (Duration::ZERO, 0, None));
        next.push(Reverse((random.random_range(Duration::ZERO..took), begun)));
        begun += 1;
    }
    while let Some(Reverse((now, id))) = next.pop() {
        let (came, lost, attempt) = requests.get_mut(&id).unwrap();
        let Some((read, takes)) = attempt.take() else {
            attempts += 1;
            let takes = took.mul_f64(random.random_range(0.7..1.3));
            *attempt = Some((now, takes));
            next.push(Reverse((now + takes, id)));
            continue;
        };
        if written.is_some_and(|written| written > read) {
            *lost += 1;
            let pause = random.random_range(Duration::ZERO..=longest_pause(*lost, takes, now - *came));
            next.push(Reverse((now + pause, id)));
            continue;
        }
        written = Some(now);
        longest = longest.max(now - *came);
        if begun < all {
            requests.insert(begun, (now, 0, None));
            next.push(Reverse((now, begun)));
            begun += 1;
        }
    }
    (longest, attempts)
}

#[test]
fn who_waits_for_a_number_gets_one_in_time_however_many_come_after() {
    for took in [2, 10, 25, 40].map(Duration::from_millis) {
        for seed in 0..8 {
            let (longest, attempts) = queue(seed, 16, 1_000, took);
            assert!(longest < USUAL, "seed {seed}: one waited {longest:?} where an attempt takes {took:?}");
            assert!(attempts < 10 * 1_000, "seed {seed}: {attempts} attempts where one takes {took:?}");
        }
    }
    for took in [5, 25, 100, 200].map(Duration::from_millis) {
        for seed in 0..8 {
            let (longest, attempts) = queue(seed, 16, 16, took);
            assert!(longest < USUAL, "seed {seed}: one waited {longest:?} where an attempt takes {took:?}");
            assert!(attempts < 9 * 16, "seed {seed}: {attempts} attempts where one takes {took:?}");
        }
    }
}
