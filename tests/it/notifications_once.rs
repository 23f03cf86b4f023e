//! Whatever fails, and however often the stream tells of it: who is told is told once, and mailed once.

use chrono::TimeDelta;
use serde_json::json;
use tests::{Fault, Meter, NOTIFICATIONS_WAIT, TestApp, ministack};

use crate::{
    event_log::assert_all_chains_hold,
    failures::{BOTH, Broken, at_every_call},
    notifications::{LIST, Work, say, tells},
    outbox::mails_to,
};

/// Longer than the outbox holds a claim.
const CLAIM_IS_OVER: TimeDelta = TimeDelta::seconds(31);

/// Where a call fails.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// The table, while people are told.
    Telling,
    /// The table, while a timer has it mailed.
    Timer,
    /// The table, while it is mailed.
    Mailing,
}

/// Two comments are told although a call in `place` fails, and all of it is told to the outbox twice; how many mails to two people that took.
async fn told_despite(place: Place, Broken { n, fault }: Broken) -> Option<usize> {
    let app = TestApp::restless().await;
    let ses = Meter::before(ministack().endpoint()).await;
    let outbox = app.outbox(&ses);
    let firm = app.firm().await;
    let work = Work::of(&firm).await;
    assert!(app.deliver_to(&outbox).await);
    let comments = [say(&firm.portal().await.user, &work.task, "One.").await, say(&firm.portal().await.user, &work.task, "Two.").await];
    let (mut struck, mut deliveries) = (false, 0);
    let mut deliver = async |breaks: bool| {
        if breaks {
            app.meter.crash(n, fault);
            app.deliver_to(&outbox).await;
            struck |= app.meter.heal();
        }
        while !app.deliver_to(&outbox).await {
            app.clock.advance(CLAIM_IS_OVER);
            deliveries += 1;
            assert!(deliveries < 8, "call {n}, {fault:?}: the outbox doesn't get through");
        }
    };
    deliver(place == Place::Telling).await;
    for comment in &comments {
        assert!(app.follow_up(&outbox, comment).await);
    }
    app.clock.advance(NOTIFICATIONS_WAIT);
    let mut failed_to_fire = false;
    if place == Place::Timer {
        app.meter.crash(n, fault);
        let schedule = schedule::Schedule { store: app.store.clone(), identities: app.identities(), clock: app.clock.clone() };
        let order = schedule::Order { sweep: Some(schedule::Sweep::Timers) };
        let _ = schedule::handle(&schedule, order).await;
        failed_to_fire = app.meter.heal();
    }
    app.fire_timers().await;
    app.fire_timers().await;
    deliver(place == Place::Mailing).await;
    let list = work.member.get(LIST).await.expect(200);
    assert_eq!((&list.json["unread"], list.json["results"].as_array().unwrap().len()), (&json!(2), 2), "call {n}, {fault:?}");
    let mut mails = 0;
    for user in [&firm.owner, &work.member] {
        let told: Vec<_> = mails_to(&user.email).await.into_iter().filter(|mail| tells(&mail.text)).collect();
        assert!(
            !told.is_empty() && told.iter().all(|mail| mail.text.contains("One.") && mail.text.contains("Two.")),
            "call {n}, {fault:?}"
        );
        mails += told.len();
    }
    assert_all_chains_hold(&app).await;
    (struck || failed_to_fire).then_some(mails)
}

#[tokio::test]
async fn who_is_told_is_told_once_whichever_call_of_the_table_fails() {
    let told = at_every_call(&BOTH, |broken| told_despite(Place::Telling, broken)).await;
    assert!(told.len() > 20, "to tell two people takes more calls than {}", told.len() / 2);
    assert!(told.iter().all(|(_, mails)| *mails == 2), "{told:?}");
}

#[tokio::test]
async fn a_timer_has_it_mailed_once_whichever_call_of_the_table_fails() {
    let told = at_every_call(&BOTH, |broken| told_despite(Place::Timer, broken)).await;
    assert!(told.iter().all(|(_, mails)| *mails == 2), "{told:?}");
}

#[tokio::test]
async fn it_is_mailed_once_unless_the_table_does_not_learn_that_ses_took_it() {
    let told = at_every_call(&BOTH, |broken| told_despite(Place::Mailing, broken)).await;
    let doubled: Vec<_> = told.iter().filter(|(_, mails)| *mails != 2).map(|(broken, mails)| (broken.fault, *mails)).collect();
    // To each of the two there is one call by which the table learns that SES took the mail.
    assert_eq!(doubled, [(Fault::Lost, 3); 2], "{told:?}");
}
