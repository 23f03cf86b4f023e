//! What is archived strands nothing that is open, and what is deleted leaves nothing pointing at it.

use local::stripe::Action;
use serde_json::{Value, json};
use tests::{Firm, TestApp};

use crate::{
    invoices::{client, draft_to, line, sent_to},
    steps::day,
    stripe_events::Bill,
};

/// Somebody tries to archive what is at `path`: what is told to be open.
async fn open(firm: &Firm<'_>, path: &str) -> String {
    firm.owner.delete(path).await.expect(409).text("/detail")
}

async fn acted(firm: &Firm<'_>, path: &str, action: &str, body: Value) {
    firm.owner.post(format!("{path}{action}/"), body).await.expect(200);
}

async fn created(firm: &Firm<'_>, path: &str, body: Value) -> String {
    format!("{path}{}/", firm.owner.post(path, body).await.expect(201).id())
}

#[tokio::test]
async fn a_client_is_archived_only_once_nothing_of_it_is_open() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let path = format!("/api/clients/clients/{client}/");
    let dates = json!({"client": client, "title": "Advice", "start_date": day(&app, 0)});
    let engagement = created(&firm, "/api/clients/engagements/", dates).await;
    let contract = created(&firm, "/api/crm/contracts/", json!({"client": client, "title": "Advice"})).await;
    let project = created(&firm, "/api/projects/projects/", json!({"client": client, "name": "Study", "hourly_rate": "100"})).await;
    let project_id = firm.owner.get(&project).await.expect(200).id();
    let time = json!({"project": project_id, "hours": "1", "date": day(&app, 0), "description": "Interviews"});
    let time = firm.owner.post("/api/projects/time-entries/", time).await.expect(201).id();
    let draft = draft_to(&firm, &client, "100").await.id();
    let sent = sent_to(&firm, &client, "100").await;

    let told = open(&firm, &path).await;
    for name in ["the engagement “Advice”", "the contract CON-000001", "the project “Study”", "INV-000001", "unbilled time of "] {
        assert!(told.contains(name), "{told} doesn't name {name}");
    }
    assert!(firm.owner.get(&path).await.expect(200).json["archived_at"].is_null());

    acted(&firm, &engagement, "complete", json!({})).await;
    firm.owner.delete(&contract).await.expect(204);
    acted(&firm, &project, "move", json!({"to": "completed"})).await;
    // What is over, but for its time, is no reason to lose sight of the time.
    assert!(open(&firm, &project).await.contains("unbilled time of "));
    let paid = json!({"amount": "150", "method": "bank_transfer"});
    firm.owner.post(format!("/api/finance/invoices/{}/record-payment/", sent.id()), paid).await.expect(200);
    let told = open(&firm, &path).await;
    assert!(
        told.contains("unbilled time of ") && told.contains(&format!("the draft {draft}")) && told.contains("the credit credit_"),
        "{told}"
    );
    for name in ["engagement", "contract", "project", "INV-000001"] {
        assert!(!told.contains(name), "{told} names {name}");
    }

    firm.owner.post(format!("/api/finance/invoices/{draft}/add-time/"), json!({"time_entries": [time]})).await.expect(200);
    firm.owner.post(format!("/api/finance/invoices/{draft}/send/"), json!({})).await.expect(200);
    firm.owner.post(format!("/api/finance/invoices/{draft}/mark-uncollectible/"), json!({})).await.expect(200);
    let credit = firm.owner.get("/api/finance/credits/").await.expect(200).text("/results/0/id");
    let refund = json!({"amount": "50", "reason": "Paid too much"});
    firm.owner.post(format!("/api/finance/credits/{credit}/refund/"), refund).await.expect(200);
    firm.owner.delete(&path).await.expect(204);
    firm.owner.post("/api/clients/engagements/", json!({"client": client, "title": "More"})).await.expect(422);
    firm.owner.post(format!("{path}restore/"), json!({})).await.expect(200);
    firm.owner.post("/api/clients/engagements/", json!({"client": client, "title": "More"})).await.expect(201);
}

#[tokio::test]
async fn a_prospect_is_archived_only_once_no_proposal_to_it_is_open() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let prospect = firm.prospect().await;
    let path = format!("/api/crm/prospects/{prospect}/");
    let proposal = created(&firm, "/api/crm/proposals/", json!({"prospect": prospect, "total_value": "100"})).await;
    acted(&firm, &proposal, "send", json!({})).await;
    acted(&firm, &path, "move", json!({"to": "lost", "reason": "Chose another"})).await;
    assert!(open(&firm, &path).await.contains("the proposal PRO-000001"));
    acted(&firm, &proposal, "cancel", json!({})).await;
    firm.owner.delete(&path).await.expect(204);
}

#[tokio::test]
async fn a_proposal_is_as_before_once_the_draft_that_was_to_replace_it_is_deleted() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let prospect = firm.prospect().await;
    let body = json!({"prospect": prospect, "total_value": "100", "valid_until": day(&app, 30)});
    let (sent, rejected) = (created(&firm, "/api/crm/proposals/", body.clone()).await, created(&firm, "/api/crm/proposals/", body).await);
    for proposal in [&sent, &rejected] {
        acted(&firm, proposal, "send", json!({})).await;
    }
    acted(&firm, &rejected, "reject", json!({"reason": "Too dear"})).await;
    for proposal in [&sent, &rejected] {
        let before = firm.owner.get(proposal).await.expect(200).json;
        let revision = firm.owner.post(format!("{proposal}revise/"), json!({})).await.expect(201).id();
        assert_eq!(firm.owner.get(proposal).await.expect(200).text("/status"), "superseded");
        // It can have gone into the archive meanwhile.
        firm.owner.delete(proposal).await.expect(204);
        firm.owner.delete(format!("/api/crm/proposals/{revision}/")).await.expect(204);
        let mut after = firm.owner.get(proposal).await.expect(200).json;
        after["updated_at"] = before["updated_at"].clone();
        assert_eq!(after, before);
    }
    // What is out again can be revised again, or accepted.
    firm.owner.post(format!("{rejected}revise/"), json!({})).await.expect(201);
    acted(&firm, &sent, "accept", json!({})).await;
}

#[tokio::test]
async fn what_is_archived_while_something_is_made_below_it_gets_nothing_more_and_restored_it_does() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = format!("/api/clients/clients/{}/", client(&firm).await);
    let client_id = firm.owner.get(&client).await.expect(200).id();
    let other = firm.owner.post("/api/clients/clients/", json!({"company_name": "Other"})).await.expect(201).id();
    let project = created(&firm, "/api/projects/projects/", json!({"client": other, "name": "Study", "hourly_rate": "100"})).await;
    let task = created(&firm, "/api/projects/tasks/", json!({"project": id(&project), "title": "Interviews"})).await;
    let campaign = created(&firm, "/api/crm/campaigns/", json!({"name": "Fair"})).await;
    let own_users = format!("{client}portal-users/");
    for (field, record, path, body) in [
        ("client", &client, "/api/projects/projects/", json!({"client": client_id, "name": "Late"})),
        ("client", &client, "/api/crm/contracts/", json!({"client": client_id, "title": "Late"})),
        ("client", &client, "/api/clients/engagements/", json!({"client": client_id, "title": "Late"})),
        ("client", &client, "/api/clients/portal-users/", json!({"client": client_id, "name": "Late", "email": tests::email("late")})),
        ("", &client, &own_users, json!({"name": "Late", "email": tests::email("late")})),
        ("client", &client, "/api/finance/invoices/", json!({"client": client_id, "line_items": [line("1", "10")]})),
        ("task", &task, "/api/clients/comments/", json!({"task": id(&task), "comment": "Late"})),
        ("task", &task, "/api/projects/time-entries/", json!({"project": id(&project), "task": id(&task), "hours": "1"})),
        ("campaign", &campaign, "/api/crm/leads/", json!({"company_name": "Late", "campaign": id(&campaign)})),
    ] {
        let mut hold = app.meter.hold("BatchGetItem");
        let making = firm.owner.post(path, body.clone());
        let archiving = async {
            hold.reached().await;
            firm.owner.delete(record).await.expect(204);
            hold.release();
        };
        let (made, ()) = tokio::join!(making, archiving);
        if field.is_empty() {
            made.expect(409);
        } else {
            assert_eq!(made.expect(422).fields(), [field], "{path}");
        }
        acted(&firm, record, "restore", json!({})).await;
        // Whoever reads it now has read what it is now.
        if ["/contracts/", "/time-entries/", "/leads/"].iter().any(|kind| path.ends_with(kind)) {
            let made = created(&firm, path, body).await;
            firm.owner.delete(&made).await.expect(204);
        }
    }
}

/// The id at the end of `path`.
fn id(path: &str) -> String {
    path.trim_end_matches('/').rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn nothing_comes_to_be_open_below_what_is_archived() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client_id = client(&firm).await;
    let client = format!("/api/clients/clients/{client_id}/");
    let project = json!({"client": client_id, "name": "Study", "hourly_rate": "100"});
    let project = created(&firm, "/api/projects/projects/", project).await;
    let log = async |billable: bool| {
        let time = json!({"project": id(&project), "hours": "1", "billable": billable});
        created(&firm, "/api/projects/time-entries/", time).await
    };
    let (billed, noted, given_up, free) = (log(true).await, log(true).await, log(true).await, log(false).await);
    let invoice_of = async |entries: &[&String]| {
        let entries: Vec<_> = entries.iter().map(|entry| id(entry)).collect();
        let invoice = created(&firm, "/api/finance/invoices/", json!({"client": client_id, "time_entries": entries})).await;
        acted(&firm, &invoice, "send", json!({})).await;
        invoice
    };
    let (paid, noted, lost) = (invoice_of(&[&billed]).await, invoice_of(&[&noted]).await, invoice_of(&[&given_up]).await);
    for invoice in [&paid, &noted] {
        acted(&firm, invoice, "record-payment", json!({"amount": "100", "method": "cash"})).await;
    }
    acted(&firm, &lost, "mark-uncollectible", json!({})).await;
    let task = created(&firm, "/api/projects/tasks/", json!({"project": id(&project), "title": "Interviews"})).await;
    acted(&firm, &project, "move", json!({"to": "completed"})).await;
    firm.owner.delete(&client).await.expect(204);

    let payment = firm.owner.get(&paid).await.expect(200).text("/payments/0/id");
    let before = app.moment();
    let refused = [
        (format!("{project}move/"), json!({"to": "active"})),
        (format!("{billed}reverse/"), json!({})),
        (format!("{paid}reverse-payment/"), json!({"payment": payment, "reason": "Mistyped"})),
        (format!("{paid}record-payment/"), json!({"amount": "1", "method": "cash"})),
        (format!("{lost}void/"), json!({})),
        ("/api/clients/comments/".to_owned(), json!({"task": id(&task), "comment": "Late"})),
        ("/api/finance/credit-notes/".to_owned(), json!({"invoice": id(&noted), "lines": [{"line": 0}], "reason": "Less"})),
    ];
    for (path, body) in &refused {
        let told = firm.owner.post(path, body.clone()).await.expect(409).text("/detail");
        assert!(told.contains("client is archived"), "{path}: {told}");
    }
    firm.owner.patch(&free, json!({"billable": true})).await.expect(409);
    assert_eq!(app.changed_since(&before), []);
    acted(&firm, &client, "restore", json!({})).await;
    for (path, body) in refused {
        assert!(firm.owner.post(&path, body).await.status.is_success(), "{path}");
    }
    firm.owner.patch(&free, json!({"billable": true})).await.expect(200);
}

#[tokio::test]
async fn a_proposal_is_not_accepted_for_a_client_that_is_archived() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let prospect = firm.prospect().await;
    let proposal = created(&firm, "/api/crm/proposals/", json!({"prospect": prospect, "total_value": "100"})).await;
    acted(&firm, &proposal, "send", json!({})).await;
    let converted = firm.owner.post(format!("/api/crm/prospects/{prospect}/convert/"), json!({})).await.expect(201);
    let client = format!("/api/clients/clients/{}/", converted.id());
    firm.owner.delete(&client).await.expect(204);
    let told = firm.owner.post(format!("{proposal}accept/"), json!({})).await.expect(409).text("/detail");
    assert!(told.contains("client is archived"), "{told}");
    acted(&firm, &client, "restore", json!({})).await;
    acted(&firm, &proposal, "accept", json!({})).await;
}

#[tokio::test]
async fn what_came_to_be_open_in_the_moment_in_which_nothing_was_takes_its_client_out_of_the_archive() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client_id = client(&firm).await;
    let client = format!("/api/clients/clients/{client_id}/");
    // The queries have been answered: nothing is open.
    let mut hold = app.meter.hold("Query");
    let archiving = firm.owner.delete(&client);
    let making = async {
        hold.reached().await;
        let line = json!({"description": "Workshop", "quantity": "1", "unit_price": "10"});
        let project = json!({"client": client_id, "name": "Late", "hourly_rate": "10"});
        let made = [("/api/finance/invoices/", json!({"client": client_id, "line_items": [line]})), ("/api/projects/projects/", project)];
        for (path, body) in made {
            created(&firm, path, body).await;
        }
        hold.release();
    };
    let (archived, ()) = tokio::join!(archiving, making);
    // Whichever query was held back: either it was seen, or it is put right.
    assert!(matches!(archived.status.as_u16(), 204 | 409));
    app.deliver().await;
    assert!(firm.owner.get(&client).await.expect(200).json["archived_at"].is_null());
    if archived.status == 204 {
        let history = firm.owner.get(format!("{client}history/")).await.expect(200);
        assert_eq!(
            (history.text("/results/0/event"), history.text("/results/0/actor")),
            ("client.restored".into(), "system:outbox".into())
        );
    }
    let told = open(&firm, &client).await;
    assert!(told.contains("the draft inv_") && told.contains("the project “Late”"), "{told}");

    let other = created(&firm, "/api/clients/clients/", json!({"company_name": "Other"})).await;
    firm.owner.delete(&other).await.expect(204);
    app.deliver().await;
    assert!(firm.owner.get(&other).await.expect(200).json["archived_at"].is_string(), "what has nothing open stays archived");
}

#[tokio::test]
async fn what_comes_to_be_open_by_itself_takes_what_it_belongs_to_out_of_the_archive() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let is_archived = async |path: &str| firm.owner.get(path).await.expect(200).json["archived_at"].is_string();
    // All time of a project is on a draft, which is deleted after the project is archived.
    let (client_id, entry) = firm.time().await;
    let entry = firm.owner.get(format!("/api/projects/time-entries/{entry}/")).await.expect(200);
    let project = format!("/api/projects/projects/{}/", entry.text("/project"));
    let draft = created(&firm, "/api/finance/invoices/", json!({"client": client_id, "time_entries": [entry.id()]})).await;
    acted(&firm, &project, "move", json!({"to": "completed"})).await;
    firm.owner.delete(&project).await.expect(204);
    app.deliver().await;
    assert!(is_archived(&project).await);
    firm.owner.delete(&draft).await.expect(204);
    app.deliver().await;
    assert!(!is_archived(&project).await);

    // An invoice is paid, its client archived, and then the payer's bank takes the money back.
    let bill = Bill::of(&firm, "100").await;
    let session = bill.after(&[Action::Pay]).await;
    app.pump_stripe().await;
    let id = &firm.portal().await.client;
    let client = format!("/api/clients/clients/{id}/");
    let engagement = firm.owner.get(format!("/api/clients/engagements/?client={id}")).await.expect(200).text("/results/0/id");
    acted(&firm, &format!("/api/clients/engagements/{engagement}/"), "complete", json!({})).await;
    firm.owner.delete(&client).await.expect(204);
    app.deliver().await;
    assert!(is_archived(&client).await);
    [Action::Dispute, Action::Lose].iter().for_each(|action| app.stand_in.press(&session, *action).unwrap());
    app.pump_stripe().await;
    app.deliver().await;
    assert_eq!((bill.stands().await[0].as_str(), is_archived(&client).await), ("sent", false));
}
