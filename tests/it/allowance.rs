//! How many mails a firm may send in a day: what is more waits for the next, and who sends what arrives may send more.

use chrono::TimeDelta;
use domain::allowance::Limits;
use local::ses::Told;
use outbox::Outbox;
use schedule::Done;
use serde_json::{Value, json};
use tests::{Fate, Firm, PostOffice, TestApp, email, hand_mail_events};

use crate::{
    timers::run,
    undelivered::{offer, retry},
};

/// An outbox with these limits, whose mails go to `post`.
fn outbox(app: &TestApp, post: &PostOffice, first: u64, most: u64) -> Outbox {
    Outbox { limits: Limits { first, most }, ..app.outbox_of(post) }
}

/// What waits of the firm, oldest first.
async fn waiting(firm: &Firm<'_>) -> Vec<Value> {
    let listed = firm.owner.anew().await.get("/api/auth/firm/undelivered/?status=waiting&ordering=created").await.expect(200);
    listed.json["results"].as_array().unwrap().clone()
}

/// Proposals to so many addresses.
async fn offers(firm: &Firm<'_>, count: usize) -> Vec<String> {
    let mut addresses = Vec::new();
    for _ in 0..count {
        addresses.push(email("ann"));
        offer(firm, addresses.last().unwrap()).await;
    }
    addresses
}

#[tokio::test]
async fn what_is_more_than_a_firm_may_send_in_a_day_waits_for_the_next_and_the_firm_sees_that() {
    let app = TestApp::unlimited().await;
    app.set_time("2026-11-25T20:00:00Z".parse().unwrap());
    let (firm, other, post) = (app.firm().await, app.firm().await, PostOffice::open().await);
    firm.owner.patch("/api/auth/firm/", json!({"time_zone": "Europe/Berlin"})).await.expect(200);
    let outbox = outbox(&app, &post, 2, 10);
    // The platform's own mails aren't the firm's.
    assert!(app.deliver_to(&outbox).await);
    let (ours, theirs) = (offers(&firm, 5).await, offers(&other, 2).await);
    assert!(app.deliver_to(&outbox).await);
    let sent = |addresses: &[String]| addresses.iter().map(|to| post.mails_to(to).len()).collect::<Vec<_>>();
    assert_eq!((sent(&ours), sent(&theirs)), (vec![1, 1, 0, 0, 0], vec![1, 1]));
    let waits = waiting(&firm).await;
    let why = "The firm may send 2 mails a day, and has sent as many today. It is tried again tomorrow.";
    assert_eq!(waits.iter().map(|item| item["to"].as_str().unwrap()).collect::<Vec<_>>(), ours[2..]);
    assert!(waits.iter().all(|item| item["reason"] == why && item["retry_at"] == "2026-11-25T23:00:00Z"), "{waits:#?}");
    assert_eq!(waiting(&other).await, [] as [Value; 0]);

    // By hand it is no use today; at the firm's midnight two of them go, and the last waits for another day.
    retry(&firm, &waits[2]).await.expect(200);
    assert!(app.deliver_to(&outbox).await);
    assert_eq!(sent(&ours), [1, 1, 0, 0, 0]);
    app.set_time("2026-11-25T22:59:00Z".parse().unwrap());
    assert_eq!(run(&app).await, Done::default());
    app.set_time("2026-11-25T23:00:01Z".parse().unwrap());
    assert_eq!(run(&app).await, Done { fired: 3, dropped: 0 });
    assert!(app.deliver_to(&outbox).await);
    assert_eq!(sent(&ours).iter().sum::<usize>(), 4);
    let waits = waiting(&firm).await;
    assert_eq!((waits.len(), &waits[0]["retry_at"]), (1, &json!("2026-11-26T23:00:00Z")));
    app.set_time("2026-11-26T23:00:01Z".parse().unwrap());
    assert_eq!(run(&app).await, Done { fired: 1, dropped: 0 });
    assert!(app.deliver_to(&outbox).await);
    assert_eq!((sent(&ours), waiting(&firm).await), (vec![1; 5], vec![]));
    assert_eq!(run(&app).await, Done::default());
}

#[tokio::test]
async fn who_sends_what_arrives_may_send_more_and_less_again_once_it_is_called_spam() {
    let app = TestApp::unlimited().await;
    let (mut firm, post) = (app.firm().await, PostOffice::open().await);
    let outbox = outbox(&app, &post, 2, 5);
    for (told, allowed) in
        [(&[Told::Sent, Told::Delivered][..], 2), (&[Told::Delivered], 4), (&[Told::Delivered, Told::Complained("abuse")], 5), (&[], 2)]
    {
        let addresses = offers(&firm, 6).await;
        assert!(app.deliver_to(&outbox).await);
        let sent: Vec<_> = addresses.iter().flat_map(|to| post.sent_to(to)).collect();
        assert_eq!(sent.len(), allowed);
        for sent in &sent {
            // Twice is as once.
            app.tell(sent, told).await;
            app.tell(sent, told).await;
        }
        // What waits is left to wait.
        app.clock.advance(TimeDelta::days(1));
        firm.owner = firm.owner.anew().await;
    }
}

#[tokio::test]
async fn a_mail_that_is_not_taken_is_not_counted() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let outbox = outbox(&app, &post, 1, 1);
    let refused = email("ann");
    post.decide(&refused, Some(Fate::Refused));
    offer(&firm, &refused).await;
    let taken = offers(&firm, 1).await.remove(0);
    assert!(app.deliver_to(&outbox).await);
    assert_eq!((post.tries(&refused), post.mails_to(&taken).len()), (1, 1));
    let waits = waiting(&firm).await;
    assert_eq!((waits.len(), &waits[0]["to"], &waits[0]["retry_at"]), (1, &json!(refused), &Value::Null));
}

#[tokio::test]
async fn each_copy_counts_and_so_does_what_comes_back_from_it() {
    let app = TestApp::unlimited().await;
    app.set_time("2026-11-25T09:00:00Z".parse().unwrap());
    let (mut firm, post) = (app.firm().await, PostOffice::open().await);
    let outbox = outbox(&app, &post, 6, 100);
    assert!(app.deliver_to(&outbox).await);
    let [ann, bo, cy] = ["ann", "bo", "cy"].map(email);
    let copies: Vec<_> = (0..5).map(|_| email("copy")).collect();
    let body = json!({"company_name": "Acme Corp", "email": ann, "cc": copies});
    let client = firm.owner.post("/api/clients/clients/", body).await.expect(201).id();
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    let body = json!({"client": client, "line_items": [line]});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    assert!(app.deliver_to(&outbox).await);
    assert_eq!(post.mails_to(&ann).len(), 1);
    // Six got it, and so many may today.
    offer(&firm, &bo).await;
    assert!(app.deliver_to(&outbox).await);
    assert_eq!((post.mails_to(&bo).len(), waiting(&firm).await.len()), (0, 1));

    // That many of them come back, is told of the firm; each once, however often it is.
    let mail = post.sent_to(&ann).pop().unwrap();
    app.tell(&mail, &[Told::Sent, Told::Delivered]).await;
    let standing = async || app.store_unmetered().read(firm.id.parse().unwrap()).mail_standing().fetch().await.unwrap().mail_standing();
    for copy in copies.iter().chain(&copies) {
        let event = mail.event_of(copy, &Told::Bounced("Permanent", "General"), app.clock.now()).to_string();
        assert_eq!(hand_mail_events(&app.mail_events(), [("event", event.as_str())]).await, [""; 0]);
    }
    assert_eq!((standing().await.delivered, standing().await.bounced), (1, 5));
    app.set_time("2026-11-26T09:00:00Z".parse().unwrap());
    run(&app).await;
    firm.owner = firm.owner.anew().await;
    offer(&firm, &cy).await;
    assert!(app.deliver_to(&outbox).await);
    assert_eq!((post.mails_to(&bo).len(), post.mails_to(&cy).len()), (1, 1));
}
