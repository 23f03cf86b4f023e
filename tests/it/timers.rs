//! What happens by itself: proposals expire, invoices become overdue, clients are reminded; once each, however often and
//! however late the schedule runs.

use chrono::TimeDelta;
use domain::Date;
use schedule::{Done, Order, Schedule, Sweep, handle};
use serde_json::json;
use store::Store;
use tests::{Fault, Firm, TestApp, ministack};

pub(crate) async fn run(app: &TestApp) -> Done {
    let schedule = Schedule { store: app.store.clone(), identities: app.identities(), clock: app.clock.clone() };
    handle(&schedule, Order { sweep: Some(Sweep::Timers) }).await.unwrap()
}

fn day(app: &TestApp, days: i64) -> String {
    Date::anywhere_on_earth(app.clock.now()).plus_days(days).get().to_string()
}

/// An invoice that was sent, and is due in `days`; its client's e-mail.
async fn invoice(firm: &Firm<'_>, days: i64) -> (String, String) {
    // Whoever hears that it is overdue has a timer too.
    firm.owner.patch("/api/auth/notification-settings/", json!({"due": "off"})).await.expect(200);
    let email = tests::email("grace");
    let client = json!({"company_name": "Acme Corp", "contact_name": "Grace Hill", "email": email});
    let client = firm.owner.post("/api/clients/clients/", client).await.expect(201).id();
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "1500.00"});
    let body = json!({"client": client, "due_date": day(firm.app, days), "line_items": [line]});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    (invoice, email)
}

async fn events(firm: &Firm<'_>, invoice: &str) -> Vec<String> {
    let history = firm.owner.anew().await.get(format!("/api/finance/invoices/{invoice}/history/?ordering=created")).await.expect(200);
    history.json["results"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
}

fn timers(app: &TestApp) -> usize {
    app.records().into_keys().filter(|(pk, _)| pk.starts_with("TIMER#")).count()
}

#[tokio::test]
async fn a_proposal_expires_once_and_not_before_its_last_day_is_over_everywhere() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let prospect = firm.prospect().await;
    let body = json!({"prospect": prospect, "title": "Market study", "total_value": "500.00", "valid_until": day(&app, 3)});
    let proposal = firm.owner.post("/api/crm/proposals/", body).await.expect(201).id();
    let status = async || firm.owner.anew().await.get(format!("/api/crm/proposals/{proposal}/")).await.expect(200).text("/status");
    firm.owner.post(format!("/api/crm/proposals/{proposal}/send/"), json!({})).await.expect(200);
    app.clock.advance(TimeDelta::days(3));
    assert_eq!((run(&app).await, status().await.as_str()), (Done::default(), "sent"));
    app.clock.advance(TimeDelta::days(1));
    assert_eq!((run(&app).await, status().await.as_str()), (Done { fired: 1, dropped: 0 }, "expired"));
    assert_eq!((run(&app).await, timers(&app)), (Done::default(), 0));
    let expired = firm.owner.anew().await.get("/api/crm/proposals/?status=expired").await.expect(200);
    assert_eq!(expired.text("/results/0/id"), proposal);
}

#[tokio::test]
async fn a_proposal_that_is_accepted_in_time_does_not_expire() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let body = json!({"prospect": firm.prospect().await, "title": "Market study", "total_value": "500.00", "valid_until": day(&app, 3)});
    let proposal = firm.owner.post("/api/crm/proposals/", body).await.expect(201).id();
    firm.owner.post(format!("/api/crm/proposals/{proposal}/send/"), json!({})).await.expect(200);
    assert_eq!(timers(&app), 1);
    firm.owner.post(format!("/api/crm/proposals/{proposal}/accept/"), json!({})).await.expect(200);
    assert_eq!(timers(&app), 0);
    app.clock.advance(TimeDelta::days(30));
    assert_eq!(run(&app).await, Done::default());
}

#[tokio::test]
async fn an_invoice_becomes_overdue_and_its_client_is_reminded_on_the_firms_days_by_mail() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (invoice, email) = invoice(&firm, 10).await;
    app.clock.advance(TimeDelta::days(10));
    assert_eq!(run(&app).await, Done::default());
    let mut told = vec![];
    for (days, fired) in [(1, 2), (3, 0), (3, 1), (7, 1), (30, 0)] {
        app.clock.advance(TimeDelta::days(days));
        assert_eq!(run(&app).await, Done { fired, dropped: 0 }, "after {days} days more");
        assert_eq!(run(&app).await, Done::default());
        app.deliver().await;
        let mails = ministack().mails().await.unwrap().into_iter().filter(|mail| mail.to.iter().any(|to| to.contains(&email)));
        told.push(mails.count());
    }
    // The invoice itself, and the reminders of the first, seventh and fourteenth day.
    assert_eq!(told, [2, 2, 3, 4, 4]);
    let reminded = ["invoice.created", "invoice.sent", "invoice.overdue", "invoice.reminded", "invoice.reminded", "invoice.reminded"];
    let mut found = events(&firm, &invoice).await;
    found.sort();
    let mut expected = reminded.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!((found, timers(&app)), (expected, 0));
    let overdue = firm.owner.anew().await.get("/api/finance/invoices/?status=overdue").await.expect(200);
    assert_eq!((overdue.text("/results/0/id"), overdue.json["results"][0]["overdue"].as_bool()), (invoice, Some(true)));
}

#[tokio::test]
async fn days_of_reminding_that_were_missed_are_caught_up_with_one_mail() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (invoice, email) = invoice(&firm, 2).await;
    app.clock.advance(TimeDelta::days(40));
    assert_eq!(run(&app).await, Done { fired: 2, dropped: 0 });
    app.deliver().await;
    assert_eq!(events(&firm, &invoice).await.iter().filter(|event| *event == "invoice.reminded").count(), 1);
    let mails = ministack().mails().await.unwrap().into_iter().filter(|mail| mail.to.iter().any(|to| to.contains(&email)));
    assert_eq!(mails.count(), 2);
    assert_eq!((run(&app).await, timers(&app)), (Done::default(), 0));
}

#[tokio::test]
async fn who_has_paid_is_not_reminded() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (invoice, _) = invoice(&firm, 5).await;
    assert_eq!(timers(&app), 2);
    let body = json!({"amount": "1500.00", "method": "bank_transfer"});
    firm.owner.post(format!("/api/finance/invoices/{invoice}/record-payment/"), body).await.expect(200);
    assert_eq!(timers(&app), 0);
    app.clock.advance(TimeDelta::days(60));
    assert_eq!(run(&app).await, Done::default());
}

#[tokio::test]
async fn two_runs_at_once_fire_each_timer_once() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut invoices = Vec::new();
    for _ in 0..12 {
        invoices.push(invoice(&firm, 2).await.0);
    }
    app.clock.advance(TimeDelta::days(4));
    let runs = futures::future::join_all((0..4).map(|_| run(&app))).await;
    for invoice in &invoices {
        let mut events = events(&firm, invoice).await;
        events.sort();
        assert_eq!(events, ["invoice.created", "invoice.overdue", "invoice.reminded", "invoice.sent"], "{runs:?}");
    }
}

#[tokio::test]
async fn a_timer_that_cannot_be_read_holds_up_no_other() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (invoice, _) = invoice(&firm, 2).await;
    // What a newer version of the product made, more of it than a page holds, and all of it due before the others.
    for shard in Store::timer_shards() {
        for number in 0..101 {
            let sk = format!("{:013}#task_due#{}#task_{number}", app.clock.now().timestamp_millis(), firm.id);
            app.put([("pk", &format!("TIMER#{shard}")), ("sk", &sk)]).await;
        }
    }
    app.clock.advance(TimeDelta::days(4));
    let schedule = Schedule { store: app.store.clone(), identities: app.identities(), clock: app.clock.clone() };
    let error = handle(&schedule, Order { sweep: Some(Sweep::Timers) }).await.unwrap_err();
    assert_eq!(error.to_string(), "404 timers could not be fired; 2 were");
    assert_eq!(events(&firm, &invoice).await.len(), 4);
}

#[tokio::test]
async fn a_run_that_breaks_off_anywhere_is_caught_up_by_the_next() {
    // Four partitions are looked at twice or once, and two timers read and fired.
    let all = (0..10).flat_map(|after| [(after, Fault::Lost), (after, Fault::Unanswered)]);
    let broken = futures::future::join_all(all.map(|(after, fault)| broken_off(after, fault))).await;
    assert!(broken.iter().filter(|broken| **broken).count() >= 16, "{broken:?}");
}

/// Break the `after`th call of a run, and run again: all is as it should be. Whether anything was broken.
async fn broken_off(after: usize, fault: Fault) -> bool {
    let app = TestApp::restless().await;
    let firm = app.firm().await;
    let (invoice, _) = invoice(&firm, 2).await;
    app.clock.advance(TimeDelta::days(4));
    app.meter.crash(after, fault);
    let schedule = Schedule { store: app.store.clone(), identities: app.identities(), clock: app.clock.clone() };
    let failed = handle(&schedule, Order { sweep: Some(Sweep::Timers) }).await.is_err();
    assert_eq!(app.meter.heal(), failed, "{fault:?} after {after}");
    run(&app).await;
    let mut events = events(&firm, &invoice).await;
    events.sort();
    assert_eq!(events, ["invoice.created", "invoice.overdue", "invoice.reminded", "invoice.sent"], "{fault:?} after {after}");
    failed
}
