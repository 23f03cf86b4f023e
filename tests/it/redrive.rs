//! Going through the event log again: what should have followed and didn't is done, once.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tests::{Fate, Firm, PostOffice, TestApp, email};

/// An invoice that is sent to `to`, an accepted proposal, a comment: what mails follow from; and the prospect.
async fn busy(firm: &Firm<'_>, to: &str) -> String {
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp", "email": to})).await.expect(201).id();
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    let invoice = firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": [line]})).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    let body = json!({"amount": "40.00", "method": "cash"});
    firm.owner.post(format!("/api/finance/invoices/{invoice}/record-payment/"), body).await.expect(200);
    let prospect = firm.owner.post("/api/crm/prospects/", json!({"company_name": "Acme Corp", "email": to})).await.expect(201).id();
    let body = json!({"prospect": prospect, "title": "Market study", "total_value": "50000.00"});
    let proposal = firm.owner.post("/api/crm/proposals/", body).await.expect(201).id();
    firm.owner.post(format!("/api/crm/proposals/{proposal}/accept/"), json!({})).await.expect(200);
    prospect
}

/// The subjects of the mails to `to`, sorted.
fn subjects(post: &PostOffice, to: &str) -> Vec<String> {
    let mut subjects: Vec<_> = post.mails_to(to).into_iter().map(|mail| mail.subject).collect();
    subjects.sort();
    subjects
}

const ALL: [&str; 3] = [
    "Invoice INV-000001 from North & Partners: EUR 100.00",
    "North & Partners invites you to its client portal",
    "Receipt from North & Partners: EUR 40.00 for INV-000001",
];

#[tokio::test]
async fn what_the_stream_lost_is_done_from_the_event_log_once() {
    let app = TestApp::unlimited().await;
    let (firm, other, post) = (app.firm().await, app.firm().await, PostOffice::open().await);
    let [before, lost, theirs] = ["ann", "bob", "eve"].map(email);
    busy(&other, &theirs).await;
    let invited = json!({"name": "Mia Member", "email": before, "role": "consultant"});
    firm.owner.post("/api/auth/users/", invited).await.expect(201);
    app.deliver_by(&post).await;
    assert_eq!((subjects(&post, &before).len(), subjects(&post, &theirs)), (1, ALL.map(str::to_owned).to_vec()));

    let prospect = busy(&firm, &lost).await;
    app.lose_the_stream();
    app.deliver_by(&post).await;
    assert_eq!(subjects(&post, &lost), [] as [String; 0]);
    for _ in 0..2 {
        let told = local::redrive::order(&app.store_unmetered(), Some(&firm.id), None, app.clock.now()).await.unwrap();
        assert!(told.starts_with("The outbox goes through "), "{told}");
        app.deliver_by(&post).await;
        assert_eq!(subjects(&post, &lost), ALL.map(str::to_owned));
        assert_eq!([&before, &theirs].map(|to| post.tries(to)), [1, 3], "what was done isn't done again");
        assert_eq!(firm.owner.get(format!("/api/crm/prospects/{prospect}/")).await.expect(200).text("/stage"), "won");
        app.clock.advance(TimeDelta::seconds(1));
    }
}

/// Has the outbox go through what happened at `since` or later, and deliver mails by `post`.
async fn redrive(app: &TestApp, post: &PostOffice, since: Option<DateTime<Utc>>) {
    app.clock.advance(TimeDelta::seconds(1));
    local::redrive::order(&app.store_unmetered(), None, since, app.clock.now()).await.unwrap();
    app.deliver_by(post).await;
}

#[tokio::test]
async fn what_happened_long_ago_is_done_once_too_and_what_was_set_aside_is_left_alone() {
    let app = TestApp::unlimited().await;
    let (mut firm, post) = (app.firm().await, PostOffice::open().await);
    let [done, lost, refused] = ["ann", "bob", "eve"].map(email);
    busy(&firm, &done).await;
    app.deliver_by(&post).await;
    busy(&firm, &lost).await;
    app.lose_the_stream();
    app.clock.advance(TimeDelta::days(400));
    // DynamoDB forgets what expires.
    app.dynamo.database().sweep_ttl().unwrap();
    firm.owner = firm.owner.anew().await;
    post.decide(&refused, Some(Fate::Refused));
    busy(&firm, &refused).await;
    app.deliver_by(&post).await;
    let tries = || [&done, &lost, &refused].map(|to| post.tries(to));
    assert_eq!(tries(), [3, 0, 3]);
    post.decide(&refused, None);
    redrive(&app, &post, Some(app.clock.now() - TimeDelta::days(1))).await;
    assert_eq!(tries(), [3, 0, 3]);
    for _ in 0..2 {
        redrive(&app, &post, None).await;
        assert_eq!(tries(), [3, 3, 3]);
    }
    let waiting = firm.owner.get("/api/auth/firm/undelivered/?status=waiting").await.expect(200);
    assert_eq!(waiting.json["results"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn who_came_after_a_comment_was_written_is_not_told_of_it_by_a_redrive() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let portal = firm.portal().await;
    let colleague = async |may_comment: bool| firm.colleague(&portal.client, json!({"see": true, "comment": may_comment})).await;
    let (reader, had) = (colleague(false).await, colleague(true).await);
    let project = json!({"client": portal.client, "name": "Market study"});
    let project = firm.owner.post("/api/projects/projects/", project).await.expect(201).id();
    let task = firm.owner.post("/api/projects/tasks/", json!({"project": project, "title": "Plan"})).await.expect(201).id();
    let comment = json!({"task": task, "comment": "We called them on Monday."});
    firm.owner.post("/api/clients/comments/", comment).await.expect(201);
    app.deliver_by(&post).await;
    app.clock.advance(TimeDelta::minutes(5));
    let came = colleague(true).await;
    let rights = json!({"rights": {"see": true, "comment": true}});
    firm.owner.patch(format!("/api/clients/portal-users/{}/", reader.id), rights).await.expect(200);
    redrive(&app, &post, None).await;
    app.fire_timers().await;
    app.deliver_by(&post).await;
    let told = |to: &str| post.mails_to(to).iter().filter(|mail| mail.text.contains("on Monday")).count();
    assert_eq!([&portal.user.email, &had.email, &reader.email, &came.email].map(|to| told(to)), [1, 1, 0, 0]);
}

#[tokio::test]
async fn a_redrive_of_a_firm_that_has_no_records_says_so() {
    let app = TestApp::unlimited().await;
    app.firm().await;
    let told = local::redrive::order(&app.store_unmetered(), Some("firm_x"), None, app.clock.now()).await;
    assert_eq!(told.unwrap_err().to_string(), "the table has no records of firm_x");
}
