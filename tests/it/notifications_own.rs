//! What somebody was told of is theirs: they read it, and choose what they hear of, in each firm or at each client for itself.

use chrono::TimeDelta;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, PostOffice, TestApp, User};

use crate::{
    notifications::{LIST, READ, SETTINGS, Work, list, mails, say, told},
    steps::wait_until,
};

async fn choose(user: &User<'_>, choices: Value) {
    user.patch(SETTINGS, choices).await.expect(200);
}

#[tokio::test]
async fn everybody_chooses_for_each_kind_whether_at_once_in_the_morning_or_not_at_all() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    let portal = firm.portal().await;
    let usual = firm.owner.get(SETTINGS).await.expect(200);
    let expected = json!({
        "accepted": "instant", "rejected": "instant", "paid": "instant", "failed": "instant", "bounced": "instant",
        "commented": "instant", "assigned": "instant", "due": "digest",
    });
    assert_eq!(usual.json, expected);
    let of_client = portal.user.get(SETTINGS).await.expect(200).json;
    assert_eq!((&of_client["commented"], &of_client["due"], &of_client["paid"]), (&json!("instant"), &json!("digest"), &json!("off")));
    assert_eq!(portal.user.patch(SETTINGS, of_client.clone()).await.expect(200).json, of_client);
    choose(&firm.owner, json!({"commented": "digest"})).await;
    choose(&work.member, json!({"commented": "off"})).await;
    for (user, wrong, status) in [
        (&firm.owner, json!({"snowed": "off"}), 400),
        (&firm.owner, json!({"paid": "sometimes"}), 422),
        (&portal.user, json!({"paid": "instant"}), 422),
    ] {
        let refused = user.patch(SETTINGS, wrong.clone()).await;
        assert_eq!(refused.status, status, "{wrong}: {}", refused.json);
        assert_eq!(refused.fields(), [wrong.as_object().unwrap().keys().next().unwrap().as_str()]);
    }
    let stale = firm.owner.call(Method::PATCH, SETTINGS).header("if-match", usual.header("etag").unwrap());
    stale.json(json!({"paid": "off"})).send().await.expect(412);

    say(&portal.user, &work.task, "Hello.").await;
    app.deliver_in_minutes(&post).await;
    assert_eq!((told(&work.member).await, mails(&post, &work.member)), (vec![], vec![]));
    assert_eq!((told(&firm.owner).await.len(), mails(&post, &firm.owner).len()), (1, 0));
    let morning = (app.clock.now().date_naive() + chrono::Days::new(1)).and_hms_opt(8, 0, 0).unwrap().and_utc();
    wait_until(&app, morning - TimeDelta::seconds(1));
    wait_until(&app, morning);
    app.fire_timers().await;
    app.deliver_by(&post).await;
    let digests = mails(&post, &firm.owner);
    assert_eq!(digests.len(), 1);
    assert!(digests[0].text.contains("once a day") && digests[0].text.contains("Hello."), "{}", digests[0].text);
    let owner = firm.owner.anew().await;
    assert_eq!(owner.patch(SETTINGS, json!({"commented": "instant"})).await.expect(200).json, expected);
}

#[tokio::test]
async fn what_one_has_read_is_marked_once_and_what_is_not_ones_own_is_left_out() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let post = PostOffice::open().await;
    let work = Work::of(&firm).await;
    for number in 0..3 {
        say(&firm.portal().await.user, &work.task, &format!("Number {number}.")).await;
        app.deliver_by(&post).await;
    }
    let ids = |list: &Answer| -> Vec<String> {
        list.json["results"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let (of_owner, of_member) = (ids(&list(&firm.owner).await), ids(&list(&work.member).await));
    for foreign in [&of_owner[0], "notif_01kanar9g00000000000000007"] {
        let refused = work.member.post(READ, json!({"ids": [of_member[0], foreign]})).await.expect(422);
        assert_eq!(refused.fields(), ["ids[1]"]);
    }
    assert_eq!(list(&work.member).await.json["unread"], 3);
    for _ in 0..2 {
        assert_eq!(work.member.post(READ, json!({"ids": [of_member[0], of_member[0]]})).await.expect(200).json, json!({"unread": 2}));
    }
    assert_eq!(list(&firm.owner).await.json["unread"], 3);
    let read = list(&work.member).await;
    assert_eq!((&read.json["results"][0]["is_read"], &read.json["results"][1]["is_read"]), (&json!(true), &json!(false)));
    // Who polls is told that nothing is new.
    let poll = async |etag: &str| work.member.call(Method::GET, LIST).header("if-none-match", etag).send().await;
    let etag = read.header("etag").unwrap();
    poll(etag).await.expect(304);
    for _ in 0..2 {
        assert_eq!(work.member.post(READ, json!({"all": true})).await.expect(200).json, json!({"unread": 0}));
    }
    assert_eq!(poll(etag).await.expect(200).json["unread"], 0);
    let before = app.moment();
    for wrong in [json!({}), json!({"ids": [of_member[0]], "all": true}), json!({"all": false}), json!({"ids": vec![&of_member[0]; 91]})] {
        work.member.post(READ, wrong).await.expect(422);
    }
    assert_eq!(app.changed_since(&before), []);
    // A page after the other; how many are unread stands on the first.
    let first = work.member.get(format!("{LIST}?limit=2")).await.expect(200);
    let second = work.member.get(first.text("/next")).await.expect(200);
    assert_eq!([ids(&first), ids(&second)].concat(), of_member);
    assert_eq!((&first.json["unread"], &second.json["unread"], &second.json["next"]), (&json!(0), &Value::Null, &Value::Null));
    let back = work.member.get(second.text("/previous")).await.expect(200);
    assert_eq!((ids(&back), &back.json["previous"]), (ids(&first), &Value::Null));
    let mut oldest_first = ids(&work.member.get(format!("{LIST}?ordering=created")).await.expect(200));
    oldest_first.reverse();
    assert_eq!(oldest_first, of_member);
}

#[tokio::test]
async fn a_login_hears_in_each_firm_of_what_concerns_it_there() {
    let app = TestApp::unlimited().await;
    let (firm, other, post) = (app.firm().await, app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    choose(&firm.owner, json!({"commented": "off"})).await;
    assert_eq!(other.owner.get(SETTINGS).await.expect(200).json["commented"], "instant");
    say(&firm.portal().await.user, &work.task, "Hello.").await;
    app.deliver_by(&post).await;
    assert_eq!((told(&work.member).await.len(), told(&other.owner).await.len()), (1, 0));
    let theirs = list(&work.member).await.text("/results/0/id");
    other.owner.post(READ, json!({"ids": [theirs]})).await.expect(422);
    assert_eq!(list(&work.member).await.json["unread"], 1);
}

#[tokio::test]
async fn notifications_end_after_ninety_days_and_are_unread_no_more_then() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    say(&firm.portal().await.user, &work.task, "Old.").await;
    app.deliver_by(&post).await;
    app.clock.advance(TimeDelta::days(45));
    let portal = firm.portal().await.user.anew().await;
    say(&portal, &work.task, "New.").await;
    app.deliver_by(&post).await;
    let kept: Vec<_> = app.records().into_iter().filter(|((pk, sk), _)| pk.contains("#INBOX#") && sk.starts_with('#')).collect();
    assert_eq!(kept.len(), 4);
    assert!(kept.iter().all(|(_, item)| item["expires"]["N"].as_str().unwrap().parse::<i64>().unwrap() > app.clock.now().timestamp()));
    app.clock.advance(TimeDelta::days(45));
    let member = work.member.anew().await;
    let left = list(&member).await;
    assert_eq!(
        (&left.json["unread"], left.text("/results/0/text"), left.json["results"].as_array().unwrap().len()),
        (&json!(1), "New.".into(), 1)
    );
    assert_eq!(member.post(READ, json!({"all": true})).await.expect(200).json, json!({"unread": 0}));
}
