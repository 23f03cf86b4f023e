//! People hear of what concerns them and was done by others, once, in the product and by mail, as they chose.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use serde_json::{Value, json};
use tests::{Answer, Firm, NOTIFICATIONS_WAIT, PostOffice, Posted, TestApp, User};

use crate::steps::wait_until;

pub(crate) const LIST: &str = "/api/auth/notifications/";
pub(crate) const READ: &str = "/api/auth/notifications/read/";
pub(crate) const SETTINGS: &str = "/api/auth/notification-settings/";

/// A project of the firm's client with a task, and somebody of its team beside the owner.
pub(crate) struct Work<'a> {
    pub(crate) member: User<'a>,
    pub(crate) project: String,
    pub(crate) task: String,
}

impl<'a> Work<'a> {
    pub(crate) async fn of(firm: &Firm<'a>) -> Self {
        let member = firm.member(Role::Consultant).await;
        let body = json!({"client": firm.portal().await.client, "name": "Market study", "hourly_rate": "150"});
        let project = firm.owner.post("/api/projects/projects/", body).await.expect(201).id();
        firm.owner.post(format!("/api/projects/projects/{project}/add-member/"), json!({"user": member.id})).await.expect(200);
        let body = json!({"project": project, "title": "Interviews"});
        let task = firm.owner.post("/api/projects/tasks/", body).await.expect(201).id();
        Self { member, project, task }
    }

    /// A task of the project, with these fields too.
    async fn task(&self, by: &User<'_>, fields: Value) -> String {
        let mut body = json!({"project": self.project, "title": "Survey"});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        by.post("/api/projects/tasks/", body).await.expect(201).id()
    }
}

pub(crate) async fn say(user: &User<'_>, task: &str, comment: &str) -> String {
    user.post("/api/clients/comments/", json!({"task": task, "comment": comment})).await.expect(201).id()
}

pub(crate) async fn list(user: &User<'_>) -> Answer {
    user.get(LIST).await.expect(200)
}

/// Kind and title of what somebody was told of, the newest first.
pub(crate) async fn told(user: &User<'_>) -> Vec<(String, String)> {
    let list = list(user).await;
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    list.json["results"].as_array().unwrap().iter().map(|one| (text(one, "kind"), text(one, "title"))).collect()
}

/// Whether the mail that says `text` is one of those that somebody chooses.
pub(crate) fn tells(text: &str) -> bool {
    text.replace('\n', " ").contains("Choose what you hear of")
}

pub(crate) fn mails(post: &PostOffice, user: &User<'_>) -> Vec<Posted> {
    post.mails_to(&user.email).into_iter().filter(|mail| tells(&mail.text)).collect()
}

fn pair(kind: &str, title: &str) -> (String, String) {
    (kind.to_owned(), title.to_owned())
}

#[tokio::test]
async fn five_comments_in_five_minutes_are_five_notifications_and_one_mail_and_none_for_who_wrote_them() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    let (bystander, portal) = (firm.member(Role::Consultant).await, firm.portal().await);
    app.deliver_by(&post).await;
    for number in 1..=5 {
        say(&portal.user, &work.task, &format!("Number {number} <b>.")).await;
        app.deliver_by(&post).await;
        app.clock.advance(TimeDelta::minutes(1) - TimeDelta::seconds(1));
        app.fire_timers().await;
    }
    let unread = list(&work.member).await;
    assert_eq!((&unread.json["unread"], unread.json["results"].as_array().unwrap().len()), (&json!(5), 5));
    let newest = &unread.json["results"][0];
    assert_eq!((&newest["kind"], &newest["text"], &newest["is_read"]), (&json!("commented"), &json!("Number 5 <b>."), &json!(false)));
    assert_eq!((&newest["by"], &newest["by_company"], &newest["within"]), (&json!("Ann Lee"), &json!("Acme Corp"), &json!("Market study")));
    assert_eq!(newest["url"], format!("/projects/{}/tasks/{}", work.project, work.task));
    assert_eq!(mails(&post, &work.member), [], "it waits for more");
    app.clock.advance(TimeDelta::seconds(5));
    app.deliver_in_minutes(&post).await;
    for user in [&firm.owner, &work.member] {
        let mails = mails(&post, user);
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].subject, "5 comments on “Interviews”");
        let places: Vec<_> = (1..=5).map(|number| mails[0].text.find(&format!("Number {number} <b>.")).unwrap()).collect();
        assert!(places.is_sorted(), "{}", mails[0].text);
        assert!(mails[0].text.contains(&format!("{}/projects/{}/tasks/{}", tests::WEB_ORIGIN, work.project, work.task)));
    }
    for user in [&bystander, &portal.user] {
        assert_eq!((told(user).await, mails(&post, user)), (vec![], vec![]));
    }
    // What comes later is another mail.
    say(&portal.user, &work.task, "Number 6.").await;
    app.deliver_in_minutes(&post).await;
    assert_eq!(mails(&post, &work.member).len(), 2);
}

#[tokio::test]
async fn what_was_read_in_the_meantime_is_not_mailed() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    say(&firm.portal().await.user, &work.task, "One.").await;
    say(&firm.portal().await.user, &work.task, "Two.").await;
    app.deliver_by(&post).await;
    let newest = list(&work.member).await.text("/results/0/id");
    assert_eq!(work.member.post(READ, json!({"ids": [newest]})).await.expect(200).json, json!({"unread": 1}));
    firm.owner.post(READ, json!({"all": true})).await.expect(200);
    app.deliver_in_minutes(&post).await;
    let mail = &mails(&post, &work.member)[0];
    assert!(mail.text.contains("One.") && !mail.text.contains("Two."), "{}", mail.text);
    assert_eq!(mails(&post, &firm.owner), []);
}

#[tokio::test]
async fn each_kind_is_told_to_those_whom_it_concerns_but_for_who_did_it() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    let (manager, billing) = (firm.member(Role::Manager).await, firm.member(Role::Billing).await);
    let offer = async |title: &str| {
        let body = json!({"prospect": firm.prospect().await, "title": title, "total_value": "500.00"});
        let proposal = work.member.post("/api/crm/proposals/", body).await.expect(201).id();
        manager.post(format!("/api/crm/proposals/{proposal}/send/"), json!({})).await.expect(200);
        proposal
    };
    let (yes, no) = (offer("Yes").await, offer("No").await);
    app.deliver_by(&post).await;
    firm.owner.post(format!("/api/crm/proposals/{yes}/accept/"), json!({"accepted_by": "Grace Hill"})).await.expect(200);
    firm.owner.post(format!("/api/crm/proposals/{no}/reject/"), json!({"reason": "Too expensive."})).await.expect(200);
    app.deliver_by(&post).await;
    let sales = [pair("rejected", "No"), pair("accepted", "Yes")];
    assert_eq!(told(&manager).await, sales, "who sent it");
    assert_eq!(told(&work.member).await, sales, "who wrote it");
    assert_eq!((told(&firm.owner).await, told(&billing).await), (vec![], vec![]));
    let rejected = list(&manager).await;
    assert_eq!((rejected.text("/results/0/text"), rejected.text("/results/1/by")), ("Too expensive.".into(), "Grace Hill".into()));

    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    let body = json!({"client": firm.portal().await.client, "line_items": [line]});
    let invoice = manager.post("/api/finance/invoices/", body).await.expect(201).id();
    manager.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    let pay = json!({"amount": "40", "method": "cash"});
    billing.post(format!("/api/finance/invoices/{invoice}/record-payment/"), pay).await.expect(200);
    app.deliver_by(&post).await;
    for user in [&manager, &firm.owner] {
        assert_eq!(told(user).await.first(), Some(&pair("paid", "INV-000001")));
        let paid = list(user).await;
        assert_eq!((paid.text("/results/0/amount"), paid.text("/results/0/currency")), ("40.00".into(), "EUR".into()));
    }
    assert_eq!((told(&billing).await, told(&work.member).await), (vec![], sales.to_vec()));

    work.task(&firm.owner, json!({"title": "Given", "assignee": work.member.id})).await;
    work.task(&work.member, json!({"title": "Taken", "assignee": work.member.id})).await;
    let passed_on = work.task(&work.member, json!({"title": "Passed on", "assignee": work.member.id})).await;
    work.member.patch(format!("/api/projects/tasks/{passed_on}/"), json!({"assignee": manager.id})).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(told(&work.member).await.first(), Some(&pair("assigned", "Given")));
    assert_eq!(told(&manager).await.first(), Some(&pair("assigned", "Passed on")));
    app.deliver_in_minutes(&post).await;
    let mail = mails(&post, &manager).pop().unwrap();
    assert!(mail.subject.starts_with("4 things happened at North & Partners"), "{}", mail.subject);
    for words in ["Grace Hill", "rejected the proposal “No”", "EUR 40.00 of INV-000001", "assigned you “Passed on”"] {
        assert!(mail.text.replace('\n', " ").contains(words), "{words}: {}", mail.text);
    }
}

#[tokio::test]
async fn a_task_is_due_in_the_morning_of_its_day_and_what_is_overdue_after_it() {
    let app = TestApp::unlimited().await;
    let (mut firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    let day = app.clock.now().date_naive() + chrono::Days::new(3);
    work.task(&firm.owner, json!({"title": "Due", "assignee": work.member.id, "due_date": day})).await;
    let done = work.task(&firm.owner, json!({"title": "Done", "assignee": work.member.id, "due_date": day})).await;
    work.member.post(format!("/api/projects/tasks/{done}/move/"), json!({"to": "done"})).await.expect(200);
    app.deliver_in_minutes(&post).await;
    let before = mails(&post, &work.member).len();
    let at = |hour| -> DateTime<Utc> { day.and_hms_opt(hour, 0, 0).unwrap().and_utc() };
    wait_until(&app, at(5));
    app.fire_timers().await;
    app.deliver_by(&post).await;
    let member = work.member.anew().await;
    assert!(!told(&member).await.contains(&pair("due", "Due")));
    wait_until(&app, at(6));
    app.fire_timers().await;
    app.fire_timers().await;
    app.deliver_by(&post).await;
    let due: Vec<_> = told(&member.anew().await).await.into_iter().filter(|(kind, _)| kind == "due").collect();
    assert_eq!(due, [pair("due", "Due")]);
    app.clock.advance(NOTIFICATIONS_WAIT);
    app.fire_timers().await;
    app.deliver_by(&post).await;
    assert_eq!(mails(&post, &work.member).len(), before, "it is in the digest");
    wait_until(&app, at(8));
    app.fire_timers().await;
    app.deliver_by(&post).await;
    let mail = mails(&post, &work.member).pop().unwrap();
    assert!(mail.subject.starts_with("“Due” is due on"), "{}", mail.subject);

    firm.owner = firm.owner.anew().await;
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    let body = json!({"client": firm.portal().await.client, "line_items": [line], "due_date": day + chrono::Days::new(10)});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    app.clock.advance(TimeDelta::days(12));
    app.fire_timers().await;
    app.deliver_by(&post).await;
    let owner = firm.owner.anew().await;
    assert_eq!(told(&owner).await.first(), Some(&pair("due", "INV-000001")));
}

#[tokio::test]
async fn a_mail_that_does_not_arrive_is_told_to_who_sent_what_it_is_about_and_of_that_nobody_is_told_again() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let (manager, billing) = (firm.member(Role::Manager).await, firm.member(Role::Billing).await);
    app.deliver_by(&post).await;
    let to = tests::email("gone");
    post.decide(&to, Some(tests::Fate::Refused));
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp", "email": to})).await.expect(201).id();
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    let invoice = manager.post("/api/finance/invoices/", json!({"client": client, "line_items": [line]})).await.expect(201).id();
    manager.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    app.deliver_by(&post).await;
    app.deliver_by(&post).await;
    assert_eq!(told(&manager).await, [pair("bounced", "INV-000001")]);
    assert_eq!(list(&manager).await.text("/results/0/address"), to);
    assert_eq!((told(&firm.owner).await, told(&billing).await), (vec![], vec![]));
    // Nor does what tells them of it arrive.
    post.decide(&manager.email, Some(tests::Fate::Refused));
    for _ in 0..3 {
        app.deliver_in_minutes(&post).await;
    }
    let undelivered = firm.owner.get("/api/auth/firm/undelivered/?status=waiting").await.expect(200);
    let events: Vec<_> = undelivered.json["results"].as_array().unwrap().iter().map(|item| item["event"].clone()).collect();
    assert_eq!(events, ["notification_batch.closed", "invoice.sent"]);
    assert_eq!((told(&manager).await.len(), told(&firm.owner).await.len()), (1, 0));
    // Their address works again.
    post.decide(&manager.email, None);
    let again = undelivered.text("/results/0/id");
    firm.owner.post(format!("/api/auth/firm/undelivered/{again}/retry/"), json!({})).await.expect(200);
    app.deliver_by(&post).await;
    assert!(mails(&post, &manager)[0].text.contains(&to));
}

#[tokio::test]
async fn a_clients_people_hear_of_answers_and_of_invoices_that_were_not_mailed_to_them() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    let portal = firm.portal().await;
    let payer = firm.colleague(&portal.client, json!({"see": true, "comment": false, "pay": true})).await;
    let onlooker = firm.colleague(&portal.client, json!({"see": true, "comment": false})).await;
    app.deliver_by(&post).await;
    say(&firm.owner, &work.task, "We called them on Monday.").await;
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    let body = json!({"client": portal.client, "line_items": [line]});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(told(&payer).await, [pair("due", "INV-000001")]);
    assert_eq!(list(&payer).await.text("/results/0/url"), format!("/portal/invoices/{invoice}"));
    let mut of_contact = told(&portal.user).await;
    of_contact.sort();
    assert_eq!(of_contact, [pair("commented", "Interviews"), pair("due", "INV-000001")]);
    assert_eq!((told(&onlooker).await, told(&work.member).await), (vec![], vec![]));
    app.deliver_in_minutes(&post).await;
    let mail = &mails(&post, &portal.user)[0];
    assert!(mail.text.contains("We called them on Monday.") && mail.text.contains("/portal/projects/"), "{}", mail.text);
    app.clock.advance(TimeDelta::days(1));
    app.fire_timers().await;
    app.deliver_by(&post).await;
    // To whom the invoice was mailed no other mail tells of it.
    assert_eq!((mails(&post, &portal.user).len(), mails(&post, &payer).len()), (1, 1));
    assert!(mails(&post, &payer)[0].subject.starts_with("INV-000001 is due on"));
}

#[tokio::test]
async fn who_is_dismissed_in_between_gets_nothing() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    let other = firm.member(Role::Consultant).await;
    firm.owner.post(format!("/api/projects/projects/{}/add-member/", work.project), json!({"user": other.id})).await.expect(200);
    app.deliver_by(&post).await;
    say(&firm.portal().await.user, &work.task, "Hello.").await;
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", other.id), json!({})).await.expect(200);
    app.deliver_by(&post).await;
    let told_to = |user: &User<'_>| app.records().into_keys().filter(|(pk, _)| pk.ends_with(&format!("#INBOX#{}", user.id))).count();
    assert_eq!((told_to(&other), told_to(&work.member)), (0, 2));
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", work.member.id), json!({})).await.expect(200);
    app.deliver_in_minutes(&post).await;
    assert_eq!((mails(&post, &other), mails(&post, &work.member), mails(&post, &firm.owner).len()), (vec![], vec![], 1));
}

#[tokio::test]
async fn all_of_a_firm_of_two_hundred_are_told() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    for _ in 0..200 {
        firm.member(Role::Manager).await;
    }
    let body = json!({"prospect": firm.prospect().await, "title": "Study", "total_value": "500.00"});
    let proposal = firm.owner.post("/api/crm/proposals/", body).await.expect(201).id();
    firm.owner.post(format!("/api/crm/proposals/{proposal}/send/"), json!({})).await.expect(200);
    firm.owner.post(format!("/api/crm/proposals/{proposal}/accept/"), json!({})).await.expect(200);
    app.deliver_by(&post).await;
    let boxes = app.records().into_keys().filter(|(pk, sk)| pk.contains("#INBOX#user_") && sk == "@").count();
    assert_eq!(boxes, 200);
}

#[tokio::test]
async fn everybody_is_told_in_their_own_language() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let work = Work::of(&firm).await;
    work.member.patch("/api/auth/me/", json!({"language": "de"})).await.expect(200);
    say(&firm.portal().await.user, &work.task, "Hello.").await;
    app.deliver_in_minutes(&post).await;
    let subject = |user: &User<'_>| post.mails_to(&user.email).pop().unwrap().subject;
    assert_eq!(subject(&work.member), "Ann Lee (Acme Corp) hat „Interviews“ kommentiert");
    assert_eq!(subject(&firm.owner), "Ann Lee (Acme Corp) commented on “Interviews”");
}
