//! What SES tells of mails: twice, late, in any order, of mails that nobody else knows, and what nobody can read.

use chrono::TimeDelta;
use local::ses::{Sent, Told};
use mail_events::MailEvents;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};
use tests::{Fault, Firm, Meter, PostOffice, TestApp, email, hand_mail_events};

use crate::{
    event_log::assert_all_chains_hold,
    undelivered::{bill, offer, one, undelivered},
};

const BOUNCED: Told = Told::Bounced("Permanent", "General");

/// The mails to `to`, newest first.
pub(crate) async fn mails_to(firm: &Firm<'_>, to: &str) -> Vec<Value> {
    let mails = firm.owner.get(format!("/api/auth/firm/mails/?to={to}")).await.expect(200);
    mails.json["results"].as_array().unwrap().clone()
}

/// The suppressed addresses of the firm, newest first.
pub(crate) async fn suppressions(firm: &Firm<'_>) -> Vec<Value> {
    firm.owner.get("/api/auth/firm/suppressions/").await.expect(200).json["results"].as_array().unwrap().clone()
}

/// A proposal's mail that was sent to `to`.
async fn offered(app: &TestApp, firm: &Firm<'_>, post: &PostOffice, to: &str) -> Sent {
    offer(firm, to).await;
    app.deliver_by(post).await;
    post.sent_to(to).pop().unwrap()
}

/// What there is to see of what became of the mails: how they stand, which addresses get none, what is undelivered.
async fn seen(firm: &Firm<'_>) -> Value {
    let list = async |path: &str, fields: &[&str]| {
        let listed = firm.owner.get(format!("/api/auth/firm/{path}")).await.expect(200);
        let all = listed.json["results"].as_array().unwrap().iter();
        let mut rows: Vec<String> = all.map(|one| fields.iter().map(|field| format!("{field}={} ", one[field])).collect()).collect();
        rows.sort();
        rows
    };
    json!({
        "mails": list("mails/", &["to", "status", "delivered_at", "delay", "bounce", "complained_at", "rejected_at"]).await,
        "suppressions": list("suppressions/", &["email", "status", "reason", "detail", "suppressed_at"]).await,
        "undelivered": list("undelivered/?status=waiting", &["to"]).await,
    })
}

#[tokio::test]
async fn each_mail_says_what_became_of_it() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    for (name, told, status, shown) in [
        ("sent", vec![Told::Sent], "sent", None),
        ("delivered", vec![Told::Sent, Told::Delivered], "delivered", None),
        ("delayed", vec![Told::Sent, Told::Delayed("MailboxFull")], "delayed", Some(("delay", "the mailbox is full"))),
        ("bounced", vec![Told::Sent, BOUNCED], "bounced", Some(("bounce", "did not say why"))),
        ("full", vec![Told::Delayed("MailboxFull"), Told::Bounced("Transient", "MailboxFull")], "bounced", Some(("bounce", "is full"))),
        ("out", vec![Told::Delivered, Told::Bounced("Transient", "General")], "delivered", Some(("bounce", "did not say why"))),
        ("spam", vec![Told::Delivered, Told::Complained("abuse")], "complained", None),
        ("ham", vec![Told::Delivered, Told::Complained("not-spam")], "delivered", None),
        ("virus", vec![Told::Rejected], "rejected", None),
    ] {
        let to = email(name);
        let sent = offered(&app, &firm, &post, &to).await;
        app.tell(&sent, &told).await;
        let mail = mails_to(&firm, &to).await.pop().unwrap();
        assert_eq!(
            (&mail["status"], &mail["purpose"], &mail["event"]),
            (&json!(status), &json!("proposal"), &json!("proposal.sent")),
            "{name}"
        );
        let (place, words) = shown.unwrap_or(("to", to.as_str()));
        assert!(mail[place].to_string().contains(words), "{name}: {mail:#}");
        let aside = undelivered(&firm).await.into_iter().filter(|item| item["to"] == to).count();
        assert_eq!(aside, usize::from(["bounced", "rejected"].contains(&status)), "{name}");
        let suppressed = suppressions(&firm).await.into_iter().filter(|item| item["email"] == to).count();
        assert_eq!(suppressed, usize::from(["bounced", "spam"].contains(&name)), "{name}");
    }
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn the_same_events_in_another_order_and_twice_come_to_the_same() {
    let seed: u64 = rand::random();
    let mut first = None;
    for round in 0..4 {
        println!("seed {seed}, round {round}");
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(round));
        let app = TestApp::unlimited().await;
        let (firm, post) = (app.firm().await, PostOffice::open().await);
        // Two mails to one address, one of which comes back and one of which is called spam; one that only seems to come back;
        // one that comes back twice, for now and for good.
        let told: [(&str, &[Told]); 4] = [
            ("same@example.com", &[Told::Sent, BOUNCED]),
            ("same@example.com", &[Told::Delivered, Told::Complained("abuse")]),
            ("out@example.com", &[Told::Sent, Told::Delivered, Told::Bounced("Transient", "General")]),
            (
                "gone@example.com",
                &[Told::Delayed("General"), Told::Bounced("Transient", "MailboxFull"), Told::Bounced("Permanent", "NoEmail")],
            ),
        ];
        let mut events = Vec::new();
        for (to, _) in told {
            offer(&firm, to).await;
        }
        app.deliver_by(&post).await;
        for (index, (to, told)) in told.iter().enumerate() {
            let sent = if index == 1 { post.sent_to(to).remove(1) } else { post.sent_to(to).remove(0) };
            events.extend(told.iter().map(|told| app.ses_event(&sent, *told)));
        }
        // When an event comes says nothing of when it happened: those are the same in each round.
        let mut numbered: Vec<_> = events.iter().enumerate().map(|(n, event)| at_second(event, n)).collect();
        numbered.extend(numbered.clone());
        if round > 0 {
            numbered.shuffle(&mut random);
        }
        let events = app.mail_events();
        while !numbered.is_empty() {
            let batch = numbered.split_off(numbered.len() - random.random_range(1..=3.min(numbered.len())));
            let messages = || batch.iter().map(|event| (event.as_str(), event.as_str()));
            // Two workers have the same at once.
            let (one, other) = tokio::join!(hand_mail_events(&events, messages()), hand_mail_events(&events, messages()));
            assert_eq!([one, other].concat(), Vec::<String>::new());
        }
        let seen = seen(&firm).await;
        assert_eq!(*first.get_or_insert_with(|| seen.clone()), seen, "seed {seed}, round {round}");
        assert_all_chains_hold(&app).await;
    }
    let first = first.unwrap();
    let waiting: Vec<&str> = first["undelivered"].as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect();
    assert_eq!(waiting, ["to=\"gone@example.com\" ", "to=\"same@example.com\" "]);
    assert!(first["suppressions"].to_string().contains("complaint"), "{first:#}");
}

/// `event`, which happened at the second `n`.
fn at_second(event: &str, n: usize) -> String {
    let mut event: Value = serde_json::from_str(event).unwrap();
    let time = json!(format!("2026-11-22T08:26:{n:02}.000Z"));
    event["time"] = time.clone();
    for told in ["delivery", "deliveryDelay", "bounce", "complaint"] {
        if event["detail"][told].is_object() {
            event["detail"][told]["timestamp"] = time.clone();
        }
    }
    event.to_string()
}

#[tokio::test]
async fn a_mail_that_only_ses_knows_of_is_known_to_its_firm_all_the_same() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let to = email("ann");
    let (id, sent) = firm.sent(&to);
    app.tell(&sent, &[BOUNCED, Told::Sent]).await;
    let mail = mails_to(&firm, &to).await.pop().unwrap();
    assert_eq!(
        (mail["id"].as_str(), mail["status"].as_str(), mail["event"].as_str()),
        (Some(id.as_str()), Some("bounced"), Some("invoice.sent"))
    );
    assert_eq!(suppressions(&firm).await[0]["email"], to);
    // What the outbox never said that it did isn't set aside by this.
    assert_eq!(undelivered(&firm).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_mail_that_comes_back_before_the_outbox_could_note_it_is_set_aside_by_the_outbox() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("ann");
    app.deliver_by(&post).await;
    offer(&firm, &to).await;
    let ses = Meter::before(post.url()).await;
    let outbox = app.outbox(&ses);
    let racing = async {
        let mut taken = ses.hold("/v2/email/outbound-emails");
        taken.reached().await;
        app.tell(&post.sent_to(&to)[0], &[Told::Sent, BOUNCED]).await;
        taken.release();
    };
    let (done, ()) = tokio::join!(app.deliver_to(&outbox), racing);
    assert!(done);
    let item = one(&firm).await;
    assert_eq!((&item["to"], &item["status"], &item["event"]), (&json!(to), &json!("waiting"), &json!("proposal.sent")));
    let mails = mails_to(&firm, &to).await;
    assert_eq!((mails.len(), &mails[0]["status"]), (1, &json!("bounced")));
    // Who complains was reached.
    app.tell(&post.sent_to(&to)[0], &[Told::Complained("abuse")]).await;
    assert_eq!((&one(&firm).await["status"], &mails_to(&firm, &to).await[0]["status"]), (&json!("delivered"), &json!("complained")));
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn what_comes_back_of_a_mail_that_another_took_the_place_of_since_is_no_reason_to_try_again() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let [full, right] = ["grcae", "grace"].map(email);
    let (_, client) = bill(&firm, &full).await;
    app.deliver_by(&post).await;
    let first = post.sent_to(&full).remove(0);
    app.tell(&first, &[Told::Bounced("Transient", "MailboxFull")]).await;
    let item = one(&firm).await;
    firm.owner.patch(format!("/api/clients/clients/{client}/"), json!({"email": right})).await.expect(200);
    crate::undelivered::retry(&firm, &item).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!((one(&firm).await["status"].as_str(), post.mails_to(&right).len()), (Some("delivered"), 1));
    // Late: it came back for good.
    app.tell(&first, &[Told::Bounced("Permanent", "NoEmail")]).await;
    assert_eq!(one(&firm).await["status"], "delivered");
    assert_eq!(suppressions(&firm).await[0]["email"], full);
    // And now the second.
    app.tell(&post.sent_to(&right)[0], &[BOUNCED]).await;
    let again = one(&firm).await;
    assert_eq!((&again["id"], &again["status"], &again["to"]), (&item["id"], &json!("waiting"), &json!(right)));
}

/// Events that can never be applied, made from one that can.
fn poison(event: &str) -> Vec<String> {
    let with = |pointer: &str, value: Value| {
        let mut event: Value = serde_json::from_str(event).unwrap();
        *event.pointer_mut(pointer).unwrap() = value;
        event.to_string()
    };
    vec![
        "not json".to_owned(),
        String::new(),
        "{}".to_owned(),
        with("/detail-type", json!("Email Opened")),
        with("/detail/mail/tags", json!({"ses:configuration-set": ["consultantpro-local"]})),
        with("/detail/mail/tags/firm", json!(["firm_01kanar9g00000000000000001"])),
        with("/detail/mail/tags/record", json!(["lead_01kanar9g00000000000000001"])),
        with("/detail/mail/tags/sequence", json!(["-1"])),
        with("/detail/mail/destination", json!(["nobody"])),
        with("/detail/bounce", Value::Null),
    ]
}

#[tokio::test]
async fn what_can_never_be_applied_changes_nothing_and_is_put_with_the_dead_letters_at_once() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("ann");
    let sent = offered(&app, &firm, &post, &to).await;
    let good = app.ses_event(&sent, BOUNCED);
    let poison = poison(&good);
    app.mail_queue.ready().await;
    let before = app.records();
    // SQS takes no message without a body.
    let messages: Vec<_> = poison.iter().filter(|body| !body.is_empty()).collect();
    let batch = messages.iter().map(|body| (body.as_str(), body.as_str()));
    assert_eq!(hand_mail_events(&app.mail_events(), batch).await, Vec::<String>::new());
    assert_eq!(app.records(), before);
    let mut dead = app.mail_queue.take_dead_letters().await;
    let mut expected: Vec<String> = messages.into_iter().cloned().collect();
    dead.sort();
    expected.sort();
    assert_eq!(dead, expected);
    // What is good gets through beside it.
    let batch = [("poison", "not json"), ("good", good.as_str())];
    assert_eq!(hand_mail_events(&app.mail_events(), batch).await, Vec::<String>::new());
    assert_eq!(mails_to(&firm, &to).await[0]["status"], "bounced");
}

#[tokio::test]
async fn whichever_call_a_worker_dies_at_the_next_one_finishes() {
    let app = TestApp::restless().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    for fault in [Fault::Lost, Fault::Unanswered] {
        for n in 0.. {
            let to = email("ann");
            let event = app.ses_event(&offered(&app, &firm, &post, &to).await, BOUNCED);
            app.meter.crash(n, fault);
            let worker: MailEvents = app.mail_events();
            tokio::select! { _ = hand_mail_events(&worker, [("event", event.as_str())]) => {}, () = app.meter.struck() => {} }
            let struck = app.meter.heal();
            assert_eq!(hand_mail_events(&app.mail_events(), [("event", event.as_str())]).await, Vec::<String>::new());
            let mail = mails_to(&firm, &to).await;
            assert_eq!((mail.len(), mail[0]["status"].as_str()), (1, Some("bounced")), "{fault:?} at {n}");
            let suppressed = suppressions(&firm).await.into_iter().filter(|item| item["email"] == to).count();
            let aside = undelivered(&firm).await.into_iter().filter(|item| item["to"] == to).count();
            assert_eq!((suppressed, aside), (1, 1), "{fault:?} at {n}");
            if !struck {
                assert!(n >= 2, "{n} calls");
                break;
            }
        }
    }
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn what_the_platform_s_own_mails_meet_is_the_installations_and_no_firms() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.unconfirmed_firm().await, PostOffice::open().await);
    let to = firm.owner.email.clone();
    app.deliver_by(&post).await;
    app.tell(&post.sent_to(&to)[0], &[BOUNCED]).await;
    assert_eq!((mails_to(&firm, &to).await.len(), suppressions(&firm).await.len(), undelivered(&firm).await.len()), (0, 0, 0));
    // They get no more of them, until the operators lift it.
    app.clock.advance(TimeDelta::hours(1));
    app.post("/api/auth/password-reset/", json!({"email": to})).send().await.expect(202);
    app.deliver_by(&post).await;
    assert_eq!(post.mails_to(&to).len(), 1);
}
