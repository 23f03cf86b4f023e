//! What people are told is so when they are told it, concerns them, and may be seen by them: also when much happened in between.

use chrono::{TimeDelta, Timelike};
use domain::access::Role;
use local::stripe::Action;
use serde_json::{Value, json};
use tests::{PostOffice, TestApp, User};

use crate::{
    notifications::{Work, list, mails, say, told},
    steps::wait_until,
    stripe_events::Bill,
};

fn kinds(told: &[(String, String)]) -> Vec<&str> {
    told.iter().map(|(kind, _)| kind.as_str()).collect()
}

async fn task(by: &User<'_>, project: &str, more: Value) -> String {
    let mut body = json!({"project": project, "title": "Survey"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    by.post("/api/projects/tasks/", body).await.expect(201).id()
}

#[tokio::test]
async fn what_is_over_by_the_time_of_the_mail_is_not_mailed_and_of_what_is_paid_in_part_the_rest_is() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    let portal = firm.portal().await;
    let payer = firm.colleague(&portal.client, json!({"see": true, "comment": false, "pay": true})).await;
    let send = async || {
        let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
        let body = json!({"client": portal.client, "line_items": [line]});
        let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
        firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
        invoice
    };
    let (paid, part) = (send().await, send().await);
    let mut tasks = Vec::new();
    for title in ["Done", "Passed on", "Open"] {
        tasks.push(task(&firm.owner, &work.project, json!({"title": title, "assignee": work.member.id})).await);
    }
    app.deliver_by(&post).await;
    assert_eq!((told(&payer).await.len(), told(&work.member).await.len()), (2, 3));
    for (invoice, amount) in [(&paid, "100"), (&part, "60")] {
        let body = json!({"amount": amount, "method": "cash", "send_receipt": false});
        firm.owner.post(format!("/api/finance/invoices/{invoice}/record-payment/"), body).await.expect(200);
    }
    work.member.post(format!("/api/projects/tasks/{}/move/", tasks[0]), json!({"to": "done"})).await.expect(200);
    firm.owner.patch(format!("/api/projects/tasks/{}/", tasks[1]), json!({"assignee": firm.owner.id})).await.expect(200);
    app.deliver_in_minutes(&post).await;
    let mail = mails(&post, &work.member).pop().unwrap();
    assert!(mail.subject.ends_with("assigned you “Open”"), "{}", mail.subject);
    let days = chrono::Days::new(u64::from(app.clock.now().hour() >= 8));
    let morning = (app.clock.now().date_naive() + days).and_hms_opt(8, 0, 0).unwrap().and_utc();
    wait_until(&app, morning - TimeDelta::seconds(1));
    app.fire_timers().await;
    app.deliver_by(&post).await;
    assert_eq!(mails(&post, &payer), [], "it isn't morning yet");
    wait_until(&app, morning);
    app.fire_timers().await;
    app.deliver_by(&post).await;
    let mail = mails(&post, &payer).pop().unwrap();
    assert!(mail.subject.starts_with("INV-000002 is due on") && mail.subject.ends_with("EUR 40.00"), "{}", mail.subject);
}

#[tokio::test]
async fn who_may_see_something_no_more_is_not_shown_what_they_were_told_of_it() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    let (billing, portal) = (firm.member(Role::Billing).await, firm.portal().await);
    let payer = firm.colleague(&portal.client, json!({"see": true, "comment": true, "pay": true})).await;
    say(&firm.owner, &work.task, "We called them.").await;
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    let body = json!({"client": portal.client, "line_items": [line]});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    let pay = json!({"amount": "40", "method": "cash"});
    firm.owner.post(format!("/api/finance/invoices/{invoice}/record-payment/"), pay).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(kinds(&told(&billing).await), ["paid"]);
    let mut before = told(&payer).await;
    before.sort();
    assert_eq!(kinds(&before), ["commented", "due"]);
    firm.owner.patch(format!("/api/auth/users/{}/", billing.id), json!({"role": "consultant"})).await.expect(200);
    let rights = json!({"rights": {"see": true, "comment": true, "pay": false}});
    firm.owner.patch(format!("/api/clients/portal-users/{}/", payer.id), rights).await.expect(200);
    let (billing, payer) = (billing.anew().await, payer.anew().await);
    assert_eq!((told(&billing).await, kinds(&told(&payer).await)), (vec![], vec!["commented"]));
    app.deliver_in_minutes(&post).await;
    assert_eq!(mails(&post, &billing), []);
}

#[tokio::test]
async fn a_comment_reaches_owners_where_the_projects_team_is_gone() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let (manager, portal) = (firm.member(Role::Manager).await, firm.portal().await);
    let body = json!({"client": portal.client, "name": "Market study"});
    let project = manager.post("/api/projects/projects/", body).await.expect(201).id();
    let task = task(&manager, &project, json!({})).await;
    app.deliver_by(&post).await;
    say(&portal.user, &task, "Hello.").await;
    app.deliver_by(&post).await;
    assert_eq!((kinds(&told(&manager).await).first(), told(&firm.owner).await), (Some(&"commented"), vec![]));
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", manager.id), json!({})).await.expect(200);
    say(&portal.user, &task, "Is anybody there?").await;
    app.deliver_by(&post).await;
    assert_eq!(list(&firm.owner).await.text("/results/0/text"), "Is anybody there?");
}

#[tokio::test]
async fn money_that_a_bank_takes_back_is_told_and_what_the_firm_refunds_is_not() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let told_of = async || {
        app.pump_stripe().await;
        app.deliver_by(&post).await;
        let all = list(&firm.owner).await;
        let one = |one: &Value| format!("{} {}", one["kind"].as_str().unwrap(), one["dispute"].as_str().unwrap_or("-"));
        all.json["results"].as_array().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    let bill = Bill::of(&firm, "500").await;
    let session = bill.after(&[Action::Pay]).await;
    assert_eq!(told_of().await, ["paid -"]);
    app.stand_in.press(&session, Action::Dispute).unwrap();
    assert_eq!(told_of().await, ["failed open", "paid -"]);
    app.stand_in.press(&session, Action::Lose).unwrap();
    assert_eq!(told_of().await, ["failed lost", "failed open", "paid -"]);
    app.deliver_in_minutes(&post).await;
    let text = mails(&post, &firm.owner).pop().unwrap().text.replace('\n', " ");
    assert!(text.contains("disputes a payment of INV-000001") && text.contains("took back a payment of INV-000001"), "{text}");
    let refunded = Bill::of(&firm, "300").await;
    let session = refunded.after(&[Action::Pay]).await;
    assert_eq!(told_of().await.len(), 4);
    app.stand_in.press(&session, Action::Refund(None)).unwrap();
    assert_eq!(told_of().await.len(), 4, "who refunds knows");
}

#[tokio::test]
async fn work_that_is_handed_over_is_told_with_who_did_it_and_not_to_them() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    let [ann, bo] = [firm.member(Role::Consultant).await, firm.member(Role::Consultant).await];
    for (from, to) in [(&ann, &bo.id), (&bo, &firm.owner.id)] {
        task(&firm.owner, &work.project, json!({"assignee": from.id})).await;
        firm.owner.post(format!("/api/auth/users/{}/deactivate/", from.id), json!({})).await.expect(200);
        firm.owner.post(format!("/api/auth/users/{}/hand-over/", from.id), json!({"to": to})).await.expect(200);
        app.deliver_by(&post).await;
        app.deliver_by(&post).await;
        if from.id == ann.id {
            let given = list(&bo).await;
            assert_eq!((given.text("/results/0/kind"), given.text("/results/0/by")), ("assigned".into(), "Olga Owner".into()));
        }
    }
    assert_eq!(told(&firm.owner).await, []);
}
