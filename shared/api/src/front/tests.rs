use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Extension, routing::post};
use chrono::TimeDelta;

use super::*;

/// What `handler` answers to a POST, by way of Lambda, which ends the process `left` from now.
async fn answer(clock: &Clock, router: Router, left: TimeDelta) -> (u16, Option<String>, serde_json::Value) {
    let front = Front::stateless(clock.clone(), router);
    let mut context = lambda_http::Context::default();
    context.deadline = u64::try_from((clock.now() + left).timestamp_millis()).unwrap();
    let request = http::Request::post("/").header(IDEMPOTENCY_KEY, "once").extension(context).body(Body::from("{}")).unwrap();
    let (parts, body) = front.answer(request).await.into_parts();
    let retry_after = parts.headers.get(header::RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), retry_after, serde_json::from_slice(&body).unwrap_or_default())
}

/// So that a request has a fifth of a second.
const SOON: TimeDelta = TimeDelta::milliseconds(2_200);

#[tokio::test]
async fn what_takes_longer_than_the_function_may_is_answered_before_and_says_that_it_may_be_done() {
    let router = Router::new().route("/", post(std::future::pending::<()>));
    let (status, retry_after, problem) = answer(&Clock::default(), router, SOON).await;
    assert_eq!((status, retry_after.as_deref()), (503, Some("1")));
    assert!(problem["detail"].as_str().unwrap().contains("may have been done"), "{problem}");
}

#[tokio::test]
async fn who_loses_every_race_is_told_to_come_again_and_not_that_something_stands_in_the_way() {
    let runs = Arc::<AtomicUsize>::default();
    let lose = async |Extension(runs): Extension<Arc<AtomicUsize>>| {
        runs.fetch_add(1, Ordering::Relaxed);
        Problem::from(store::Error::Lost)
    };
    let router = Router::new().route("/", post(lose)).layer(Extension(runs.clone()));
    let (status, retry_after, problem) = answer(&Clock::default(), router, SOON).await;
    assert_eq!((status, retry_after.as_deref(), problem["type"].as_str()), (503, Some("1"), Some("urn:consultantpro:problem:unavailable")));
    assert!(runs.load(Ordering::Relaxed) > 1);
}

#[tokio::test]
async fn a_handler_that_lost_a_race_runs_again_at_a_new_time_as_the_same_request() {
    let clock = Clock::default();
    let seen = Arc::<std::sync::Mutex<Vec<Request>>>::default();
    let lose_twice = {
        let (clock, seen) = (clock.clone(), seen.clone());
        async move |Extension(request): Extension<Request>| {
            clock.advance(TimeDelta::seconds(60));
            let mut seen = seen.lock().unwrap();
            seen.push(request);
            if seen.len() < 3 { Err(Problem::from(store::Error::Lost)) } else { Ok(()) }
        }
    };
    let (status, ..) = answer(&clock, Router::new().route("/", post(lose_twice)), TimeDelta::seconds(10)).await;
    assert_eq!(status, 200);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|request| Arc::ptr_eq(&request.counted, &seen[0].counted)), "it is counted once");
    assert!(seen.iter().all(|request| (&request.id, &request.idempotency) == (&seen[0].id, &seen[0].idempotency)));
    assert!(seen.windows(2).all(|pair| pair[1].now - pair[0].now >= TimeDelta::seconds(60)));
}
