//! Steps that several of these tests take.

use std::{future::poll_fn, pin::Pin, task::Poll};

use chrono::{DateTime, Days, TimeDelta, Utc};
use domain::guess;
use serde_json::{Value, json};
use tests::{Answer, Call, PASSWORD, TestApp, User};

/// Sign in as `email` with everybody's password.
pub(crate) async fn login(app: &TestApp, email: &str) -> Answer {
    app.post("/api/auth/login/", json!({"username": email, "password": PASSWORD})).send().await
}

/// Exchange the token `refresh`.
pub(crate) async fn refresh(app: &TestApp, refresh: &str) -> Answer {
    app.post("/api/auth/refresh/", json!({"refresh": refresh})).send().await
}

/// `user` with the tokens of `answer`.
pub(crate) fn with_tokens<'a>(user: &User<'a>, answer: &Answer) -> User<'a> {
    let mut user = user.clone();
    (user.access, user.refresh) = (answer.text("/access"), answer.text("/refresh"));
    user
}

/// `user` with new tokens: theirs ran out while a test let time pass.
pub(crate) async fn signed_in_again<'a>(app: &'a TestApp, user: &User<'a>) -> User<'a> {
    with_tokens(user, &login(app, &user.email).await.expect(200))
}

/// The day that it is in `days` days, in UTC.
pub(crate) fn day(app: &TestApp, days: u64) -> String {
    (app.clock.now().date_naive() + Days::new(days)).to_string()
}

/// Let time pass until `then`.
pub(crate) fn wait_until(app: &TestApp, then: DateTime<Utc>) {
    app.clock.advance(then - app.clock.now());
}

/// Let time pass until an hour of the clock begins, so that what is counted by the minute or hour starts at nothing.
pub(crate) fn wait_for_the_hour(app: &TestApp) {
    let into = app.clock.now().timestamp_millis().rem_euclid(3_600_000);
    app.clock.advance(TimeDelta::milliseconds(3_600_000 - into));
}

/// Let pass what whoever failed `failures` times waits before they may try again.
pub(crate) fn wait_to_guess(app: &TestApp, failures: u32) {
    app.clock.advance(guess::wait(failures, 20));
}

/// The answers of `calls`, all of which are under way at the same time.
pub(crate) async fn together(calls: Vec<Call<'_>>) -> Vec<Answer> {
    let mut sent: Vec<_> = calls.into_iter().map(|call| (Box::pin(call.send()), None)).collect();
    poll_fn(|cx| {
        for (call, answer) in sent.iter_mut().filter(|(_, answer)| answer.is_none()) {
            if let Poll::Ready(given) = Pin::new(call).poll(cx) {
                *answer = Some(given);
            }
        }
        if sent.iter().all(|(_, answer)| answer.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    sent.into_iter().filter_map(|(_, answer)| answer).collect()
}

/// What is on a page of a list.
pub(crate) fn results(page: &Answer) -> &[Value] {
    page.json["results"].as_array().unwrap()
}

/// The field `name` of everything on a page.
pub(crate) fn column<'p>(page: &'p Answer, name: &str) -> Vec<&'p str> {
    results(page).iter().map(|result| result[name].as_str().unwrap()).collect()
}

/// The address in `page`'s `next` or `previous`.
pub(crate) fn link(page: &Answer, name: &str) -> Option<String> {
    page.json[name].as_str().map(str::to_owned)
}
