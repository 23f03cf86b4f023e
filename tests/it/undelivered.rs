//! What can't be done of what follows from events: it is set aside, shown to its firm, holds up nobody, and can be tried
//! again.

use aws_lambda_events::event::dynamodb::Event;
use chrono::TimeDelta;
use domain::access::Role;
use serde_json::{Value, json};
use store::{Claim, Effect, event_of_image};
use tests::{Answer, Fate, Firm, PostOffice, TestApp, email};

const LIST: &str = "/api/auth/firm/undelivered/";
/// Longer than the longest pause between two attempts.
const PAUSE: TimeDelta = TimeDelta::seconds(31);

/// A proposal that is sent to `to`.
pub(crate) async fn offer(firm: &Firm<'_>, to: &str) -> String {
    let prospect = firm.owner.post("/api/crm/prospects/", json!({"company_name": "Acme Corp", "email": to})).await.expect(201).id();
    let body = json!({"prospect": prospect, "title": "Market study", "total_value": "50000.00"});
    let proposal = firm.owner.post("/api/crm/proposals/", body).await.expect(201).id();
    firm.owner.post(format!("/api/crm/proposals/{proposal}/send/"), json!({})).await.expect(200);
    proposal
}

/// An invoice that is sent to a client at `to`: the invoice, the client.
pub(crate) async fn bill(firm: &Firm<'_>, to: &str) -> (String, String) {
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp", "email": to})).await.expect(201).id();
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    let body = json!({"client": client, "line_items": [line]});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    (invoice, client)
}

/// What is undelivered of the firm, newest first.
pub(crate) async fn undelivered(firm: &Firm<'_>) -> Vec<Value> {
    firm.owner.get(LIST).await.expect(200).json["results"].as_array().unwrap().clone()
}

/// The one thing that is.
pub(crate) async fn one(firm: &Firm<'_>) -> Value {
    let mut all = undelivered(firm).await;
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

pub(crate) async fn retry(firm: &Firm<'_>, item: &Value) -> Answer {
    firm.owner.post(format!("{LIST}{}/retry/", item["id"].as_str().unwrap()), json!({})).await
}

#[tokio::test]
async fn a_mail_to_an_address_that_is_refused_is_set_aside_at_once_and_the_rest_of_the_batch_goes_on() {
    let app = TestApp::unlimited().await;
    let (firm, other, post) = (app.firm().await, app.firm().await, PostOffice::open().await);
    let [refused, taken, theirs] = ["ann", "bob", "eve"].map(email);
    post.decide(&refused, Some(Fate::Refused));
    let proposal = offer(&firm, &refused).await;
    offer(&firm, &taken).await;
    offer(&other, &theirs).await;
    app.deliver_by(&post).await;
    assert_eq!([&refused, &taken, &theirs].map(|to| post.mails_to(to).len()), [0, 1, 1]);

    let item = one(&firm).await;
    let expected = json!({
        "event": "proposal.sent", "record": proposal, "effect": "mail", "to": refused,
        "reason": "The mail service refuses to send mail to this address.", "attempts": 1, "status": "waiting",
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&item[field], value, "{field}");
    }
    assert!(item["first_tried_at"].as_str() <= item["last_tried_at"].as_str());
    assert_eq!(undelivered(&other).await, [] as [Value; 0]);
    let billing = firm.member(Role::Billing).await;
    assert_eq!(billing.get(format!("{LIST}?status=waiting")).await.expect(200).text("/results/0/id"), item["id"]);
    assert_eq!(billing.get(format!("{LIST}?status=delivered")).await.expect(200).json["results"], json!([]));
    // Who may see no invoices isn't told what became of their mails.
    firm.member(Role::Consultant).await.get(LIST).await.expect(403);
}

#[tokio::test]
async fn what_fails_ten_times_is_set_aside_and_holds_up_nothing_else_meanwhile() {
    let app = TestApp::unlimited().await;
    let (firm, other, post) = (app.firm().await, app.firm().await, PostOffice::open().await);
    let [stuck, behind, theirs] = ["ann", "bob", "eve"].map(email);
    post.decide(&stuck, Some(Fate::NotNow));
    offer(&firm, &stuck).await;
    offer(&firm, &behind).await;
    offer(&other, &theirs).await;
    let outbox = app.outbox_of(&post);
    let tries = || [&stuck, &behind, &theirs].map(|to| post.tries(to));
    // Once more at once, and then not before a pause is over; the other mails, the firm's own too, are sent meanwhile.
    for expected in [[1, 1, 1], [2, 1, 1], [2, 1, 1]] {
        assert_eq!((app.deliver_to(&outbox).await, tries()), (false, expected));
    }
    loop {
        app.clock.advance(PAUSE);
        if app.deliver_to(&outbox).await {
            break;
        }
    }
    assert_eq!([&stuck, &behind, &theirs].map(|to| post.tries(to)), [10, 1, 1]);
    let item = one(&firm).await;
    assert_eq!((&item["attempts"], &item["to"]), (&json!(10), &json!(stuck)));
    assert_eq!(item["reason"], "The mail service did not take the mail.");
    assert!(item["first_tried_at"].as_str() < item["last_tried_at"].as_str());
}

#[tokio::test]
async fn what_kills_whoever_does_it_ends_as_well() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("ann");
    offer(&firm, &to).await;
    let records = app.dynamo.stream().after(None).unwrap();
    let written = records.into_iter().filter(|record| record["dynamodb"]["NewImage"].is_object());
    let logged =
        written.filter_map(|record| event_of_image(serde_json::from_value(record["dynamodb"]["NewImage"].clone()).unwrap()).unwrap());
    let sent = logged.into_iter().find(|logged| logged.event.name == "proposal.sent").unwrap();
    for _ in 0..10 {
        let claim = app.store.claim(&Effect::of(&sent.place(), "mail"), app.clock.now()).await.unwrap();
        assert!(matches!(claim, Claim::Mine(_)));
        app.clock.advance(PAUSE);
    }
    app.deliver_by(&post).await;
    let item = one(&firm).await;
    assert_eq!((post.tries(&to), &item["attempts"], &item["reason"]), (0, &json!(10), &json!("Something went wrong on our side.")));
}

#[tokio::test]
async fn what_is_tried_again_is_done_once_and_says_what_came_of_it() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("ann");
    post.decide(&to, Some(Fate::Refused));
    offer(&firm, &to).await;
    app.deliver_by(&post).await;
    let item = one(&firm).await;

    let retried = retry(&firm, &item).await.expect(200);
    assert_eq!((retried.id(), retried.text("/status")), (item["id"].as_str().unwrap().to_owned(), "retried".to_owned()));
    assert_eq!(post.tries(&to), 1, "no handler sends mail");
    retry(&firm, &item).await.expect(409);
    app.clock.advance(TimeDelta::seconds(5));
    app.deliver_by(&post).await;
    let again = one(&firm).await;
    assert_eq!((&again["status"], &again["attempts"], post.tries(&to)), (&json!("waiting"), &json!(2), 2));
    assert_eq!(again["first_tried_at"], item["first_tried_at"]);
    assert!(again["last_tried_at"].as_str() > item["last_tried_at"].as_str());

    post.decide(&to, None);
    retry(&firm, &item).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!((one(&firm).await["status"].as_str(), post.mails_to(&to).len()), (Some("delivered"), 1));
    retry(&firm, &item).await.expect(409);
    app.deliver_by(&post).await;
    assert_eq!(post.mails_to(&to).len(), 1);
}

#[tokio::test]
async fn a_refused_mail_goes_to_the_address_that_the_client_has_when_it_is_tried_again() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let [wrong, right] = ["grcae", "grace"].map(email);
    post.decide(&wrong, Some(Fate::Refused));
    let (_, client) = bill(&firm, &wrong).await;
    app.deliver_by(&post).await;
    let item = one(&firm).await;
    let body = json!({"email": right, "contact_name": "Grace Hill"});
    firm.owner.patch(format!("/api/clients/clients/{client}/"), body).await.expect(200);
    retry(&firm, &item).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(one(&firm).await["status"], "delivered");
    let mails = post.mails_to(&right);
    assert!(mails.len() == 1 && mails[0].text.contains("Hello Grace Hill,"), "{mails:?}");
}

#[tokio::test]
async fn what_is_not_true_any_more_is_dropped_when_it_is_tried_again() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("grace");
    post.decide(&to, Some(Fate::Refused));
    let (invoice, _) = bill(&firm, &to).await;
    app.deliver_by(&post).await;
    let item = one(&firm).await;
    post.decide(&to, None);
    firm.owner.post(format!("/api/finance/invoices/{invoice}/void/"), json!({})).await.expect(200);
    retry(&firm, &item).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!((one(&firm).await["status"].as_str(), post.mails_to(&to).len()), (Some("dropped"), 0));
    retry(&firm, &item).await.expect(409);
}

/// The stream's record of the firm's proposal that was sent.
fn sent(app: &TestApp) -> Value {
    let records = app.dynamo.stream().after(None).unwrap();
    records.into_iter().rfind(|record| record["dynamodb"]["NewImage"]["event"]["S"] == "proposal.sent").unwrap()
}

#[tokio::test]
async fn an_event_that_can_not_be_read_is_set_aside_and_tried_again_from_the_log() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("ann");
    let proposal = offer(&firm, &to).await;
    let mut odd = sent(&app);
    odd["dynamodb"]["NewImage"]["actor"]["S"] = "nobody".into();
    let batch: Event = serde_json::from_value(json!({"Records": [odd]})).unwrap();
    for _ in 0..2 {
        assert!(outbox::handle(&app.outbox_of(&post), batch.clone()).await.batch_item_failures.is_empty());
    }
    let item = one(&firm).await;
    assert_eq!((&item["event"], &item["record"], &item["effect"]), (&Value::Null, &json!(proposal), &json!("event")));
    assert_eq!(item["reason"], "What happened can't be read.");
    // In the log itself it can be.
    retry(&firm, &item).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!((one(&firm).await["status"].as_str(), post.mails_to(&to).len()), (Some("delivered"), 1));
}

#[tokio::test]
async fn what_follows_from_a_record_that_is_not_there_is_set_aside() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let id = firm.undelivered().await;
    let item = one(&firm).await;
    assert_eq!((item["id"].as_str(), item["reason"].as_str()), (Some(id.as_str()), Some("The proposal isn't there any more.")));
}

#[tokio::test]
async fn what_is_undelivered_is_listed_newest_first_page_by_page() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, firm.undelivered().await);
    }
    let mut path = Some(format!("{LIST}?limit=2"));
    let mut listed = Vec::new();
    while let Some(next) = path {
        let page = firm.owner.get(next).await.expect(200);
        listed.extend(page.json["results"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        path = page.json["next"].as_str().map(str::to_owned);
    }
    assert_eq!(listed, made);
    // Only an owner has it tried again.
    let manager = firm.member(Role::Manager).await;
    manager.post(format!("{LIST}{}/retry/", made[0]), json!({})).await.expect(403);
}

#[tokio::test]
async fn what_was_dismissed_is_nobodys_work_any_more_and_can_be_tried_again_all_the_same() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("ann");
    post.decide(&to, Some(Fate::Refused));
    offer(&firm, &to).await;
    app.deliver_by(&post).await;
    let item = one(&firm).await;
    let dismiss = async || firm.owner.post(format!("{LIST}{}/dismiss/", item["id"].as_str().unwrap()), json!({})).await;
    assert_eq!(dismiss().await.expect(200).text("/status"), "dismissed");
    dismiss().await.expect(409);
    let waiting = firm.owner.get(format!("{LIST}?status=waiting")).await.expect(200);
    assert_eq!(waiting.json["results"], json!([]));
    // Nor is it done by going through the log again.
    local::redrive::order(&app.store_unmetered(), Some(&firm.id), None, app.clock.now()).await.unwrap();
    app.deliver_by(&post).await;
    assert_eq!((one(&firm).await["status"].as_str(), post.mails_to(&to).len()), (Some("dismissed"), 0));
    retry(&firm, &item).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(one(&firm).await["status"].as_str(), Some("waiting"));
}
