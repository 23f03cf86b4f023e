//! A mail tells of its event, however late it is sent: of amounts, numbers and states as they were then. What isn't true
//! any more isn't sent at all.

use chrono::{Days, TimeDelta};
use domain::access::Role;
use schedule::{Order, Schedule, Sweep};
use serde_json::{Value, json};
use tests::{Answer, Firm, PostOffice, TestApp, email};

use crate::{
    invoices::act,
    steps::{day, together, wait_until},
};

/// An invoice of 100.00, due in ten days, that is sent to a client at `to`.
async fn bill(firm: &Firm<'_>, to: &str) -> String {
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp", "email": to})).await.expect(201).id();
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    let body = json!({"client": client, "line_items": [line], "due_date": day(firm.app, 10)});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    act(firm, &invoice, "send", json!({})).await.expect(200);
    invoice
}

async fn pay(firm: &Firm<'_>, invoice: &str, amount: &str) -> Answer {
    act(firm, invoice, "record-payment", json!({"amount": amount, "method": "cash"})).await
}

/// What the effects of `event` of `record` are marked as, by their names.
fn marks(app: &TestApp, record: &str, event: &str) -> Vec<(String, String)> {
    let records = app.dynamo.stream().after(None).unwrap();
    let images = records.iter().map(|record| &record["dynamodb"]["NewImage"]);
    let mut events =
        images.filter(|image| image["pk"]["S"].as_str().is_some_and(|pk| pk.ends_with(record)) && image["event"]["S"] == event);
    let sequence = events.next().unwrap()["version"]["N"].as_str().unwrap().parse::<u64>().unwrap();
    let prefix = format!("{sequence:010}#");
    let marks = app.records().into_iter().filter(|((pk, _), _)| pk.ends_with(&format!("#EFFECT#{record}")));
    let marks = marks.filter_map(|((_, sk), mark)| Some((sk.strip_prefix(&prefix)?.to_owned(), mark["state"]["S"].as_str()?.to_owned())));
    marks.collect()
}

#[tokio::test]
async fn sixteen_payments_at_once_get_a_receipt_each_with_what_was_due_after_it() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("grace");
    let invoice = bill(&firm, &to).await;
    // All of it comes to 34.00.
    let paid: Vec<i64> = (1..=16).map(|place| place * 25).collect();
    let path = format!("/api/finance/invoices/{invoice}/record-payment/");
    let body = |cents: &i64| json!({"amount": format!("{}.{:02}", cents / 100, cents % 100), "method": "cash"});
    for answer in together(paid.iter().map(|cents| firm.owner.call(http::Method::POST, &path).json(body(cents))).collect()).await {
        answer.expect(200);
    }
    app.deliver_by(&post).await;
    app.deliver_by(&post).await;

    let shown = firm.owner.get(format!("/api/finance/invoices/{invoice}/")).await.expect(200);
    let mut due = 10_000;
    let mut expected: Vec<(String, String)> = Vec::new();
    for payment in shown.json["payments"].as_array().unwrap() {
        let amount = payment["amount"].as_str().unwrap();
        due -= amount.replace('.', "").parse::<i64>().unwrap();
        expected.push((format!("Receipt from North & Partners: EUR {amount} for INV-000001"), format!("{}.{:02}", due / 100, due % 100)));
    }
    assert_eq!((expected.len(), due), (16, 6_600));
    let receipts = post.mails_to(&to).into_iter().filter(|mail| mail.subject.starts_with("Receipt"));
    let told = receipts.map(|mail| {
        let due = mail.text.lines().find_map(|line| line.trim().strip_prefix("Still due: EUR ").map(str::to_owned));
        (mail.subject, due.unwrap())
    });
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn mails_of_an_invoice_that_are_sent_late_tell_of_then() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("grace");
    let invoice = bill(&firm, &to).await;
    pay(&firm, &invoice, "40").await.expect(200);
    let note = json!({"invoice": invoice, "lines": [{"line": 0, "amount": "10.00"}], "reason": "Shorter"});
    firm.owner.post("/api/finance/credit-notes/", note).await.expect(201);
    pay(&firm, &invoice, "50").await.expect(200);
    firm.owner.patch("/api/auth/firm/", json!({"name": "North, South & Partners"})).await.expect(200);
    app.deliver_by(&post).await;
    let told = post.mails_to(&to);
    let says = [
        ("Invoice INV-000001 from North, South & Partners: EUR 100.00", "Amount due: EUR 100.00"),
        ("Receipt from North, South & Partners: EUR 40.00 for INV-000001", "Still due: EUR 60.00"),
        ("Credit note CRN-000001 from North, South & Partners: EUR 10.00", "EUR 50.00 is still due on it"),
        ("Receipt from North, South & Partners: EUR 50.00 for INV-000001", "paid in full"),
    ];
    let mut subjects: Vec<_> = told.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(subjects.len(), says.len(), "{subjects:?}");
    subjects.sort_unstable();
    for (subject, words) in says {
        let mail = told.iter().find(|mail| mail.subject == subject).unwrap_or_else(|| panic!("{subject} isn't in {subjects:?}"));
        assert!(mail.text.replace('\n', " ").contains(words), "{}", mail.text);
    }
}

#[tokio::test]
async fn a_reminder_says_what_was_due_then_and_is_not_sent_once_nothing_is() {
    let app = TestApp::unlimited().await;
    let (mut firm, post) = (app.firm().await, PostOffice::open().await);
    let [slow, paid] = ["slow", "paid"].map(email);
    // Where the day begins last, two days after that on which it is due begin at noon in UTC.
    let then = (app.clock.now().date_naive() + Days::new(12)).and_hms_opt(13, 0, 0).unwrap().and_utc();
    let (first, second) = (bill(&firm, &slow).await, bill(&firm, &paid).await);
    app.deliver_by(&post).await;
    wait_until(&app, then);
    let schedule = Schedule { store: app.store.clone(), identities: app.identities(), clock: app.clock.clone() };
    schedule::handle(&schedule, Order { sweep: Some(Sweep::Timers) }).await.unwrap();
    app.clock.advance(TimeDelta::days(3));
    firm.owner = firm.owner.anew().await;
    pay(&firm, &first, "30").await.expect(200);
    pay(&firm, &second, "100").await.expect(200);
    app.deliver_by(&post).await;
    let reminders = |to: &str| post.mails_to(to).into_iter().filter(|mail| mail.subject.starts_with("Reminder")).collect::<Vec<_>>();
    let mails = reminders(&slow);
    assert_eq!(mails.len(), 1);
    // When it was due to be sent.
    assert!(mails[0].subject.ends_with("INV-000001 is 2 days overdue"), "{}", mails[0].subject);
    assert!(mails[0].text.contains("Amount due: EUR 100.00"), "{}", mails[0].text);
    assert_eq!(reminders(&paid), []);
    assert_eq!(marks(&app, &second, "invoice.reminded"), [("mail".to_owned(), "skipped".to_owned())]);
}

#[tokio::test]
async fn an_invoice_that_is_void_by_then_is_not_sent_and_that_is_marked() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("grace");
    let invoice = bill(&firm, &to).await;
    act(&firm, &invoice, "void", json!({})).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(post.mails_to(&to), []);
    assert_eq!(marks(&app, &invoice, "invoice.sent"), [("mail".to_owned(), "skipped".to_owned())]);
}

async fn offer(firm: &Firm<'_>, prospect: &str, title: &str) -> String {
    let body = json!({"prospect": prospect, "title": title, "total_value": "50000.00"});
    let proposal = firm.owner.post("/api/crm/proposals/", body).await.expect(201).id();
    close(firm, &proposal, "send", json!({})).await.expect(200);
    proposal
}

async fn close(firm: &Firm<'_>, proposal: &str, action: &str, body: Value) -> Answer {
    firm.owner.post(format!("/api/crm/proposals/{proposal}/{action}/"), body).await
}

#[tokio::test]
async fn of_a_proposal_the_version_is_sent_that_can_still_be_accepted() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("ann");
    let prospect = firm.owner.post("/api/crm/prospects/", json!({"company_name": "Acme Corp", "email": to})).await.expect(201).id();
    let first = offer(&firm, &prospect, "Market study").await;
    let next = close(&firm, &first, "revise", json!({})).await.expect(201).id();
    let patch = json!({"title": "Larger market study", "total_value": "60000.00"});
    firm.owner.patch(format!("/api/crm/proposals/{next}/"), patch).await.expect(200);
    close(&firm, &next, "send", json!({})).await.expect(200);
    for (title, action) in [("Cancelled", "cancel"), ("Rejected", "reject")] {
        let proposal = offer(&firm, &prospect, title).await;
        close(&firm, &proposal, action, json!({"reason": "No"})).await.expect(200);
    }
    app.deliver_by(&post).await;
    let mails = post.mails_to(&to);
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].subject, "Revised proposal from North & Partners: Larger market study");
    assert!(mails[0].text.contains("EUR 60,000.00"));
    assert_eq!(marks(&app, &first, "proposal.sent"), [("mail".to_owned(), "skipped".to_owned())]);
}

#[tokio::test]
async fn once_one_was_accepted_nothing_else_is_offered_however_late_that_is_followed_up() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let prospect = firm.prospect().await;
    let (before, accepted) = (offer(&firm, &prospect, "Before").await, offer(&firm, &prospect, "Accepted").await);
    close(&firm, &accepted, "accept", json!({})).await.expect(200);
    let since = json!({"prospect": prospect, "title": "Since", "total_value": "1"});
    let drafted = firm.owner.post("/api/crm/proposals/", since.clone()).await.expect(409);
    assert_eq!(drafted.text("/existing"), accepted);
    for action in ["revise", "accept"] {
        assert_eq!(close(&firm, &before, action, json!({})).await.expect(409).text("/existing"), accepted, "{action}");
    }
    app.deliver_by(&post).await;
    let status = async |proposal: &str| firm.owner.get(format!("/api/crm/proposals/{proposal}/")).await.expect(200).text("/status");
    assert_eq!(status(&before).await, "cancelled");
    firm.owner.post("/api/crm/proposals/", since).await.expect(409);
}

#[tokio::test]
async fn a_comment_that_is_told_late_names_its_task_as_it_was_called() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let portal = firm.portal().await;
    let project = json!({"client": portal.client, "name": "Market study"});
    let project = firm.owner.post("/api/projects/projects/", project).await.expect(201).id();
    let task = firm.owner.post("/api/projects/tasks/", json!({"project": project, "title": "Interviews"})).await.expect(201).id();
    let comment = json!({"task": task, "comment": "We called them on Monday."});
    firm.owner.post("/api/clients/comments/", comment).await.expect(201);
    app.clock.advance(TimeDelta::seconds(1));
    firm.owner.patch(format!("/api/projects/tasks/{task}/"), json!({"title": "Survey"})).await.expect(200);
    firm.owner.patch(format!("/api/projects/projects/{project}/"), json!({"name": "Market entry"})).await.expect(200);
    app.deliver_in_minutes(&post).await;
    let mails = post.mails_to(&portal.user.email);
    let told: Vec<_> = mails.iter().filter(|mail| mail.text.contains("on Monday")).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("Interviews") && told[0].text.contains("Market study"), "{}", told[0].text);
    assert!(!told[0].text.contains("Survey") && !told[0].text.contains("Market entry"), "{}", told[0].text);
}

#[tokio::test]
async fn an_invitation_that_is_mailed_late_has_the_rights_and_the_link_that_count() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let client = firm.accepted().await.text("/client/id");
    app.deliver_by(&post).await;
    let [again, gone] = ["again", "gone"].map(email);
    let mut invited = Vec::new();
    for to in [&again, &gone] {
        let body = json!({"client": client, "name": "Pia Portal", "email": to, "rights": {"see": true, "comment": true}});
        invited.push(firm.owner.post("/api/clients/portal-users/", body).await.expect(201).id());
    }
    // In the same millisecond or not: an invitation is known by its number.
    let path = |id: &str, action: &str| format!("/api/clients/portal-users/{id}/{action}/");
    firm.owner.post(path(&invited[0], "invite"), json!({})).await.expect(200);
    firm.owner.post(path(&invited[1], "deactivate"), json!({})).await.expect(200);
    app.deliver_by(&post).await;
    let subjects: Vec<_> = post.mails_to(&again).into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects, ["Your new link to the client portal of North & Partners"]);
    assert_eq!(post.mails_to(&gone), []);
    assert_eq!(firm.member(Role::Manager).await.get("/api/auth/firm/undelivered/").await.expect(200).json["results"], json!([]));
}
