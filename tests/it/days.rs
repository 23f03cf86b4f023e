//! A calendar day is the firm's own: what is written on something, what picks a rate, and where the future begins. Only
//! a deadline waits until its day is over everywhere.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use local::stripe::Action;
use serde_json::{Value, json};
use tests::{Firm, TestApp};

use crate::{
    invoices::{act, draft_to, sent_to},
    outbox::mails_to,
    steps::wait_until,
    stripe_events::Bill,
    timers::run,
};

/// Where a firm is, a moment, and the day that it is there then.
const PLACES: [(&str, &str, &str); 12] = [
    ("Pacific/Auckland", "2035-01-15T10:30:00Z", "2035-01-15"),
    ("Pacific/Auckland", "2035-01-15T11:30:00Z", "2035-01-16"),
    ("Pacific/Kiritimati", "2035-01-15T09:30:00Z", "2035-01-15"),
    ("Pacific/Kiritimati", "2035-01-15T10:30:00Z", "2035-01-16"),
    ("Pacific/Pago_Pago", "2035-01-16T10:30:00Z", "2035-01-15"),
    ("Pacific/Pago_Pago", "2035-01-16T11:30:00Z", "2035-01-16"),
    ("UTC", "2035-01-15T23:30:00Z", "2035-01-15"),
    ("UTC", "2035-01-16T00:30:00Z", "2035-01-16"),
    // The clocks go forward on the 25th of March and back on the 28th of October.
    ("Europe/Berlin", "2035-03-24T23:30:00Z", "2035-03-25"),
    ("Europe/Berlin", "2035-03-25T22:30:00Z", "2035-03-26"),
    ("Europe/Berlin", "2035-10-27T22:30:00Z", "2035-10-28"),
    ("Europe/Berlin", "2035-10-28T22:30:00Z", "2035-10-28"),
];

/// What a firm has before the moment comes.
struct Prepared {
    contract: String,
    project: String,
    email: String,
}

async fn prepare(firm: &Firm<'_>, zone: &str, day: NaiveDate) -> Prepared {
    firm.owner.patch("/api/auth/firm/", json!({"time_zone": zone, "payment_terms_days": 30})).await.expect(200);
    let portal = firm.portal().await;
    let rates = json!([{"hourly_rate": "100"}, {"from": day, "hourly_rate": "200"}, {"from": day + Days::new(1), "hourly_rate": "300"}]);
    let project = json!({"client": portal.client, "name": "Market study", "rates": rates});
    let project = firm.owner.post("/api/projects/projects/", project).await.expect(201).id();
    let contract = json!({"client": portal.client, "title": "Market study"});
    let contract = firm.owner.post("/api/crm/contracts/", contract).await.expect(201).id();
    Prepared { contract, project, email: portal.user.email.clone() }
}

#[tokio::test]
async fn what_is_written_on_something_and_what_picks_a_rate_is_the_firms_day() {
    for (zone, moment, day) in PLACES {
        let app = TestApp::unlimited().await;
        let (mut firm, date) = (app.firm().await, day.parse::<NaiveDate>().unwrap());
        let Prepared { contract, project, email } = prepare(&firm, zone, date).await;
        wait_until(&app, moment.parse::<DateTime<Utc>>().unwrap());
        firm.owner = firm.owner.anew().await;
        let owner = &firm.owner;
        let client = firm.portal().await.client.clone();
        let at = format!("{zone} at {moment}");

        let signed = owner.post(format!("/api/crm/contracts/{contract}/sign/"), json!({"signed_by": "Ann Lee"})).await.expect(200);
        assert_eq!(signed.text("/signed_on"), day, "{at}");
        assert_eq!(owner.get(format!("/api/projects/projects/{project}/")).await.expect(200).text("/hourly_rate"), "200.00", "{at}");
        let logged = json!({"project": project, "hours": "1"});
        let logged = owner.post("/api/projects/time-entries/", logged).await.expect(201);
        assert_eq!([logged.text("/date"), logged.text("/hourly_rate")], [day, "200.00"], "{at}");

        let sent = sent_to(&firm, &client, "100").await;
        assert_eq!([sent.text("/issue_date"), sent.text("/due_date")], [date, date + Days::new(30)].map(|day| day.to_string()), "{at}");
        let paid = json!({"amount": "170", "method": "bank_transfer"});
        let paid = act(&firm, &sent.id(), "record-payment", paid).await.expect(200);
        assert_eq!(paid.text("/payments/0/date"), day, "{at}");
        let other = sent_to(&firm, &client, "50").await.id();
        let credit = paid.text("/payments/0/credit");
        let applied = act(&firm, &other, "apply-credit", json!({"credit": credit})).await.expect(200);
        assert_eq!(applied.text("/payments/0/date"), day, "{at}");
        let refunded = owner.post(format!("/api/finance/credits/{credit}/refund/"), json!({"amount": "10"})).await.expect(200);
        assert_eq!(refunded.text("/refunds/0/date"), day, "{at}");

        let third = sent_to(&firm, &client, "500").await.id();
        let note = json!({"invoice": third, "lines": [{"line": 0, "amount": "20"}], "reason": "Shorter than planned"});
        let note = owner.post("/api/finance/credit-notes/", note).await.expect(201);
        assert_eq!(note.text("/issue_date"), day, "{at}");
        let listed = owner.get(format!("/api/finance/credit-notes/?invoice={third}")).await.expect(200);
        assert_eq!(listed.text("/results/0/issue_date"), day, "{at}");
        let written = date.format("%-d %B %Y").to_string();
        let spoken = async |subject: &str| {
            let mails = mails_to(&email).await;
            let mail = mails.iter().find(|mail| mail.subject.contains(subject)).unwrap_or_else(|| panic!("no {subject}"));
            assert!(mail.text.contains(&written), "{at}: {written} isn't in {}", mail.text);
        };
        app.deliver().await;
        spoken(&note.text("/number")).await;
        spoken(&sent.text("/number")).await;
    }
}

#[tokio::test]
async fn a_payment_by_card_is_of_the_firms_day() {
    for (zone, moment, day) in PLACES {
        let app = TestApp::unlimited().await;
        let started = app.clock.now();
        let mut firm = app.firm().await;
        firm.owner.patch("/api/auth/firm/", json!({"time_zone": zone})).await.expect(200);
        wait_until(&app, moment.parse::<DateTime<Utc>>().unwrap());
        app.stand_in.advance((app.clock.now() - started).num_seconds());
        firm.owner = firm.owner.anew().await;
        let bill = Bill::of(&firm, "500").await;
        bill.after(&[Action::Pay]).await;
        // Stripe's events were held up for more than a day.
        app.clock.advance(TimeDelta::hours(30));
        app.pump_stripe().await;
        let shown = firm.owner.anew().await.get(format!("/api/finance/invoices/{}/", bill.id)).await.expect(200);
        assert_eq!(shown.text("/payments/0/date"), day, "{zone} at {moment}");
        let email = shown.text("/email");
        app.deliver().await;
        let written = day.parse::<NaiveDate>().unwrap().format("%-d %B %Y").to_string();
        let receipts = mails_to(&email).await;
        assert!(receipts.iter().any(|mail| mail.text.contains("online") && mail.text.contains(&written)), "{zone} at {moment}");
    }
}

#[tokio::test]
async fn the_future_begins_where_the_firm_is() {
    for (zone, moment, day) in PLACES {
        let app = TestApp::unlimited().await;
        let (mut firm, date) = (app.firm().await, day.parse::<NaiveDate>().unwrap());
        let Prepared { contract, project, .. } = prepare(&firm, zone, date).await;
        wait_until(&app, moment.parse::<DateTime<Utc>>().unwrap());
        firm.owner = firm.owner.anew().await;
        let owner = &firm.owner;
        let client = firm.portal().await.client.clone();
        let invoice = sent_to(&firm, &client, "100").await.id();
        let draft = draft_to(&firm, &client, "100").await.id();
        let overpaid = sent_to(&firm, &client, "100").await.id();
        let overpaid = act(&firm, &overpaid, "record-payment", json!({"amount": "150", "method": "cash"})).await.expect(200);
        let credit = overpaid.text("/payments/0/credit");
        let entry = owner.post("/api/projects/time-entries/", json!({"project": project, "hours": "1"})).await.expect(201).id();
        let post = async |path: String, body: Value| owner.post(path, body).await;
        let patch = async |path: String, body: Value| owner.patch(path, body).await;
        for (day, good) in [(date + Days::new(1), false), (date, true)] {
            let at = format!("{day} in {zone} at {moment}");
            let line = json!({"description": "Work", "quantity": 1, "unit_price": 1});
            for (answer, field) in [
                (post("/api/projects/time-entries/".into(), json!({"project": project, "hours": "1", "date": day})).await, "date"),
                (patch(format!("/api/projects/time-entries/{entry}/"), json!({"date": day})).await, "date"),
                (
                    post("/api/finance/invoices/".into(), json!({"client": client, "line_items": [line], "issue_date": day})).await,
                    "issue_date",
                ),
                (patch(format!("/api/finance/invoices/{draft}/"), json!({"issue_date": day})).await, "issue_date"),
                (
                    post(format!("/api/finance/invoices/{invoice}/record-payment/"), json!({"amount": "1", "method": "cash", "date": day}))
                        .await,
                    "date",
                ),
                (post(format!("/api/finance/credits/{credit}/refund/"), json!({"amount": "1", "date": day})).await, "date"),
                (post(format!("/api/crm/contracts/{contract}/sign/"), json!({"signed_by": "Ann", "signed_on": day})).await, "signed_on"),
            ] {
                if good {
                    assert!(answer.status.is_success(), "{at}: {field}: {} {:#}", answer.status, answer.json);
                } else {
                    assert_eq!(answer.expect(422).fields(), [field], "{at}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_deadline_waits_until_its_day_is_over_everywhere() {
    for zone in ["Pacific/Auckland", "Pacific/Pago_Pago"] {
        let app = TestApp::unlimited().await;
        let mut firm = app.firm().await;
        firm.owner.patch("/api/auth/firm/", json!({"time_zone": zone})).await.expect(200);
        let client = firm.portal().await.client.clone();
        wait_until(&app, "2035-01-16T11:30:00Z".parse().unwrap());
        firm.owner = firm.owner.anew().await;
        let owner = &firm.owner;
        // In Auckland it is the 17th, in Pago Pago the 16th; on a ship at UTC−12 it is the 15th for half an hour yet.
        let proposal = json!({"prospect": firm.prospect().await, "title": "Study", "total_value": "1", "valid_until": "2035-01-15"});
        let proposal = owner.post("/api/crm/proposals/", proposal).await.expect(201).id();
        owner.post(format!("/api/crm/proposals/{proposal}/send/"), json!({})).await.expect(200);
        let line = json!({"description": "Work", "quantity": 1, "unit_price": 1});
        let invoice = json!({"client": client, "line_items": [line], "issue_date": "2035-01-10", "due_date": "2035-01-15"});
        let invoice = owner.post("/api/finance/invoices/", invoice).await.expect(201).id();
        act(&firm, &invoice, "send", json!({})).await.expect(200);
        let stand = async || {
            let proposal = owner.get(format!("/api/crm/proposals/{proposal}/")).await.expect(200).text("/status");
            (proposal, owner.get(format!("/api/finance/invoices/{invoice}/")).await.expect(200).json["overdue"].clone())
        };
        assert_eq!(stand().await, ("sent".to_owned(), json!(false)), "{zone}");
        wait_until(&app, "2035-01-16T12:00:00Z".parse().unwrap());
        assert_eq!(stand().await, ("expired".to_owned(), json!(true)), "{zone}");
        owner.post(format!("/api/crm/proposals/{proposal}/accept/"), json!({})).await.expect(409);
    }
}

#[tokio::test]
async fn a_client_is_reminded_on_the_firms_day_while_there_is_time() {
    for (zone, before, on) in [
        ("Pacific/Auckland", "2035-01-14T23:00:00Z", "2035-01-15T23:00:00Z"),
        ("Pacific/Pago_Pago", "2035-01-15T23:00:00Z", "2035-01-16T23:00:00Z"),
    ] {
        let app = TestApp::unlimited().await;
        let mut firm = app.firm().await;
        firm.owner.patch("/api/auth/firm/", json!({"time_zone": zone, "reminder_days": [-1, 0, 1]})).await.expect(200);
        let portal = firm.portal().await;
        let (client, email) = (portal.client.clone(), portal.user.email.clone());
        wait_until(&app, "2035-01-12T00:00:00Z".parse().unwrap());
        firm.owner = firm.owner.anew().await;
        let line = json!({"description": "Work", "quantity": 1, "unit_price": 1});
        let invoice = json!({"client": client, "line_items": [line], "due_date": "2035-01-16"});
        let invoice = firm.owner.post("/api/finance/invoices/", invoice).await.expect(201).id();
        act(&firm, &invoice, "send", json!({})).await.expect(200);
        let reminded = async || {
            run(&app).await;
            app.deliver().await;
            let subjects = mails_to(&email).await.into_iter().map(|mail| mail.subject).filter(|subject| subject.starts_with("Reminder"));
            let mut said: Vec<_> = subjects.map(|subject| subject.split_once(" is ").unwrap().1.to_owned()).collect();
            said.sort();
            said
        };
        let all = ["1 day overdue", "due in 1 day", "due today"];
        for (at, told) in [(before, &all[1..2]), (on, &all[1..]), ("2035-01-17T12:00:00Z", &all[..])] {
            let at = at.parse::<DateTime<Utc>>().unwrap();
            wait_until(&app, at - TimeDelta::minutes(1));
            assert_eq!(reminded().await.len(), told.len() - 1, "{zone} before {at}");
            wait_until(&app, at);
            assert_eq!(reminded().await, told, "{zone} at {at}");
        }
    }
}
