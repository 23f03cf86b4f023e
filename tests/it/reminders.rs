//! Reminding by hand, and not reminding: for an invoice and for a client.

use chrono::TimeDelta;
use schedule::Done;
use serde_json::{Value, json};
use tests::{Answer, Firm, PostOffice, TestApp, email};

use crate::{
    invoices::act,
    steps::{column, day},
    timers::run,
};

/// An invoice, due in ten days, to a client at `to`: the invoice, the client.
async fn bill(firm: &Firm<'_>, to: &str) -> (String, String) {
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp", "email": to})).await.expect(201).id();
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    let body = json!({"client": client, "line_items": [line], "due_date": day(firm.app, 10)});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    act(firm, &invoice, "send", json!({})).await.expect(200);
    (invoice, client)
}

/// The subjects of the reminders to `to`.
fn reminders(post: &PostOffice, to: &str) -> Vec<String> {
    post.mails_to(to).into_iter().map(|mail| mail.subject).filter(|subject| subject.starts_with("Reminder")).collect()
}

async fn by_now(firm: &Firm<'_>, invoice: &str, action: &str) -> Answer {
    firm.owner.anew().await.post(format!("/api/finance/invoices/{invoice}/{action}/"), json!({})).await
}

async fn events(firm: &Firm<'_>, invoice: &str) -> Vec<String> {
    let history = firm.owner.anew().await.get(format!("/api/finance/invoices/{invoice}/history/?ordering=created")).await.expect(200);
    column(&history, "event").into_iter().map(|event| event.replace("invoice.", "")).collect()
}

/// Let `days` pass, do what is due and send the mails.
async fn pass(app: &TestApp, post: &PostOffice, days: i64) -> Done {
    app.clock.advance(TimeDelta::days(days));
    let done = run(app).await;
    app.deliver_by(post).await;
    done
}

#[tokio::test]
async fn who_is_reminded_by_hand_is_not_reminded_of_the_next_step_by_itself() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("ann");
    let (invoice, _) = bill(&firm, &to).await;
    let reminded = act(&firm, &invoice, "remind", json!({})).await.expect(200);
    assert!(reminded.json["reminded_at"].is_string(), "{:#}", reminded.json);
    assert_eq!(reminded.text("/next_reminder"), day(&app, 17), "the first day was to be the one after the tenth");
    act(&firm, &invoice, "remind", json!({})).await.expect(409);
    app.deliver_by(&post).await;
    assert_eq!(reminders(&post, &to), ["Reminder from North & Partners: invoice INV-000001 is due in 10 days"]);
    pass(&app, &post, 12).await;
    assert_eq!(reminders(&post, &to).len(), 1);
    pass(&app, &post, 6).await;
    assert_eq!(reminders(&post, &to).len(), 2);
    // The third, ahead of its day; and one more when there is none left.
    for left in [3, 4] {
        pass(&app, &post, 2).await;
        by_now(&firm, &invoice, "remind").await.expect(200);
        assert_eq!(pass(&app, &post, 30).await, Done::default());
        assert_eq!(reminders(&post, &to).len(), left);
    }
}

#[tokio::test]
async fn who_owes_nothing_or_pays_just_now_is_not_reminded_by_hand() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let to = email("ann");
    let (invoice, _) = bill(&firm, &to).await;
    act(&firm, &invoice, "record-payment", json!({"amount": "100.00", "method": "cash"})).await.expect(200);
    act(&firm, &invoice, "remind", json!({})).await.expect(409);
    let (given_up, _) = bill(&firm, &to).await;
    act(&firm, &given_up, "mark-uncollectible", json!({})).await.expect(200);
    act(&firm, &given_up, "remind", json!({})).await.expect(409);
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    let unreachable = firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": [line]})).await.expect(201).id();
    act(&firm, &unreachable, "remind", json!({})).await.expect(409);
    act(&firm, &unreachable, "send", json!({"sent_by": "hand"})).await.expect(200);
    assert_eq!(act(&firm, &unreachable, "remind", json!({})).await.expect(422).fields(), ["billing_email"]);
}

#[tokio::test]
async fn reminders_of_an_invoice_are_paused_and_what_was_missed_is_not_made_up_for() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    // Whoever hears that it is overdue has a timer too.
    firm.owner.patch("/api/auth/notification-settings/", json!({"due": "off"})).await.expect(200);
    let to = email("ann");
    let (invoice, _) = bill(&firm, &to).await;
    let paused = act(&firm, &invoice, "pause-reminders", json!({})).await.expect(200);
    assert_eq!((&paused.json["reminders_paused"], &paused.json["next_reminder"]), (&json!(true), &Value::Null));
    act(&firm, &invoice, "pause-reminders", json!({})).await.expect(409);
    // It is overdue all the same.
    assert_eq!(pass(&app, &post, 19).await, Done { fired: 1, dropped: 0 });
    let resumed = by_now(&firm, &invoice, "resume-reminders").await.expect(200);
    assert_eq!((&resumed.json["reminders_paused"], resumed.text("/next_reminder")), (&json!(false), day(&app, 5)));
    by_now(&firm, &invoice, "resume-reminders").await.expect(409);
    assert_eq!(pass(&app, &post, 1).await, Done::default());
    assert_eq!(reminders(&post, &to).len(), 0);
    assert_eq!(pass(&app, &post, 5).await, Done { fired: 1, dropped: 0 });
    assert_eq!(reminders(&post, &to).len(), 1);
}

#[tokio::test]
async fn a_client_whose_reminders_are_paused_is_reminded_of_no_invoice_until_they_go_on() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let [to, others] = ["ann", "bo"].map(email);
    let ((invoice, client), _) = (bill(&firm, &to).await, bill(&firm, &others).await);
    let path = format!("/api/clients/clients/{client}/");
    let paused = firm.owner.patch(&path, json!({"reminders_paused": true})).await.expect(200);
    assert_eq!(paused.json["reminders_paused"], true);
    // A run that is late passes over all that came by then, once.
    assert_eq!(pass(&app, &post, 18).await, Done { fired: 4, dropped: 0 });
    assert_eq!(pass(&app, &post, 0).await, Done::default());
    assert_eq!((reminders(&post, &to).len(), reminders(&post, &others).len()), (0, 1));
    by_now(&firm, &invoice, "remind").await.expect(200);
    firm.owner.anew().await.patch(&path, json!({"reminders_paused": false})).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(reminders(&post, &to).len(), 1, "by hand it goes on, and what was passed over isn't made up for");
    let mut told = events(&firm, &invoice).await;
    told.sort();
    assert_eq!(told, ["created", "overdue", "reminded", "reminder_passed_over", "sent"]);
    pass(&app, &post, 20).await;
    assert_eq!((reminders(&post, &to).len(), reminders(&post, &others).len()), (1, 2), "the third was taken by hand");
}

#[tokio::test]
async fn a_reminder_whose_mail_waited_is_not_sent_once_reminders_are_paused() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let [ann, bo] = ["ann", "bo"].map(email);
    let (paused, _) = bill(&firm, &ann).await;
    bill(&firm, &bo).await;
    app.deliver_by(&post).await;
    app.clock.advance(TimeDelta::days(12));
    run(&app).await;
    by_now(&firm, &paused, "pause-reminders").await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!((reminders(&post, &ann).len(), reminders(&post, &bo).len()), (0, 1));
    // By hand it is sent all the same.
    by_now(&firm, &paused, "remind").await;
    app.clock.advance(TimeDelta::days(2));
    by_now(&firm, &paused, "remind").await.expect(200);
    app.deliver_by(&post).await;
    assert!(!reminders(&post, &ann).is_empty());
}
