//! Writers who meet on an item, as they do at DynamoDB: their transactions cancel each other, are run again, and all get
//! done. How often that is, these tests print: `CONTENTION=all cargo test -p tests --test it contention -- --nocapture`
//! does so for writers who pause too, on a machine that does nothing else.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use domain::access::Role;
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use tests::{Contended, Firm, TestApp};

/// How many write at a time.
const WRITERS: usize = 16;
/// How many reruns in 100 writes those have who all begin at once and depend on one record, which has guards: by a birthday's
/// chance some. Without them they would have more than 100.
const GUARDED: usize = 60;
/// How many those may have who give out numbers without gaps, or write one person's day: one after the other.
const QUEUED: usize = 2_000;

/// What the writers of a row write: `path` and body, by the writer's and the write's number.
struct Writes<'a> {
    what: &'a str,
    each: usize,
    /// The longest that a writer waits before a write.
    pause: Duration,
    /// How many reruns there may be in 100 writes.
    most: usize,
    write: Box<dyn Fn(usize, usize) -> (String, Value) + 'a>,
}

/// Let all writers write at once, each one write after the other; all of it is done.
async fn assert_all_done(firm: &Firm<'_>, Writes { what, each, pause, most, write }: Writes<'_>) {
    firm.app.meter.contend();
    let (started, refused) = (Instant::now(), Cell::new(0));
    let writer = async |writer: usize| {
        let mut slowest = Duration::ZERO;
        for number in 0..each {
            if !pause.is_zero() {
                tokio::time::sleep(rand::random_range(Duration::ZERO..pause)).await;
            }
            let (path, body) = write(writer, number);
            let sent = Instant::now();
            loop {
                let answer = firm.owner.call(Method::POST, &path).json(body.clone()).send().await;
                if answer.status.is_success() {
                    break;
                }
                // There was no time left; a client tries again, as it is told to.
                assert_eq!(answer.status, 503, "{what}: {:#}", answer.json);
                assert!(answer.header("retry-after").is_some());
                refused.set(refused.get() + 1);
            }
            slowest = slowest.max(sent.elapsed());
        }
        slowest
    };
    let slowest = join_all((0..WRITERS).map(writer)).await.into_iter().max().unwrap_or_default();
    let Contended { transactions, conflicts, conditions } = firm.app.meter.contended();
    let writes = WRITERS * each;
    assert!(transactions >= writes, "{what}: {transactions} transactions for {writes} writes");
    assert!(conflicts + conditions <= writes * most / 100, "{what}: {conflicts} conflicts, {conditions} conditions, {writes} writes");
    println!(
        "{what:50} {writes:3} writes, {:6.1} reruns in 100 ({conflicts} conflicts, {conditions} conditions), {} times 503, \
         slowest {slowest:.1?}, all {:.1?}",
        (conflicts + conditions) as f64 / writes as f64 * 100.0,
        refused.get(),
        started.elapsed(),
    );
}

async fn client(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp", "email": tests::email("ann")})).await.expect(201).id()
}

async fn project(firm: &Firm<'_>, client: &str) -> String {
    let body = json!({"client": client, "name": "Market study", "hourly_rate": "200.00"});
    firm.owner.post("/api/projects/projects/", body).await.expect(201).id()
}

fn entry(project: &str, user: &str) -> (String, Value) {
    ("/api/projects/time-entries/".to_owned(), json!({"project": project, "user": user, "hours": "0.1"}))
}

/// The longest pause of a writer before a write, and what that is called.
fn paces() -> Vec<(Duration, &'static str)> {
    let paces = [(Duration::ZERO, "at once"), (Duration::from_secs(2), "one a second each"), (Duration::from_secs(20), "one in 10 s each")];
    paces.into_iter().take(if std::env::var_os("CONTENTION").is_some() { 3 } else { 1 }).collect()
}

#[tokio::test]
async fn sixteen_people_log_time_on_one_project() {
    let app = TestApp::restless().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    // A manager writes down what each of them worked.
    let mut people = Vec::new();
    for _ in 0..WRITERS {
        people.push(firm.member(Role::Consultant).await.id);
    }
    for (pause, how) in paces() {
        let project = project(&firm, &client).await;
        let write = Box::new(|writer: usize, _| entry(&project, &people[writer]));
        assert_all_done(&firm, Writes { what: &format!("time on one project, {how}"), each: 3, pause, most: GUARDED, write }).await;
        app.project().await;
        let shown = firm.owner.get(format!("/api/projects/projects/{project}/")).await.expect(200);
        assert_eq!(shown.text("/used_hours").parse::<f64>().unwrap(), 4.8);
    }
    let mut projects = Vec::new();
    for _ in 0..WRITERS {
        projects.push(project(&firm, &client).await);
    }
    let write = Box::new(|writer: usize, _| entry(&projects[writer], &people[0]));
    assert_all_done(
        &firm,
        Writes { what: "time of one person, on many projects, at once", each: 3, pause: Duration::ZERO, most: QUEUED, write },
    )
    .await;
    crate::event_log::assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn sixteen_people_send_invoices() {
    let app = TestApp::restless().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let mut numbers = 0;
    for (pause, how) in paces() {
        let mut drafts = Vec::new();
        for _ in 0..WRITERS * 3 {
            let line = json!({"description": "Workshop", "quantity": "1", "unit_price": "10.00"});
            drafts.push(firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": [line]})).await.expect(201).id());
        }
        let write = Box::new(|writer: usize, number| (format!("/api/finance/invoices/{}/send/", drafts[writer * 3 + number]), json!({})));
        assert_all_done(&firm, Writes { what: &format!("invoices sent, {how}"), each: 3, pause, most: QUEUED, write }).await;
        numbers += drafts.len();
        let last = firm.owner.get("/api/finance/invoices/?status=sent&limit=100").await.expect(200);
        let sent = crate::steps::column(&last, "number");
        let expected = format!("INV-{numbers:06}");
        assert!(sent.contains(&expected.as_str()) || numbers > 100, "{sent:?}");
    }
}

#[tokio::test]
async fn sixteen_people_write_what_belongs_to_one_record() {
    let app = TestApp::restless().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let project = project(&firm, &client).await;
    let task = firm.owner.post("/api/projects/tasks/", json!({"project": project, "title": "Interviews"})).await.expect(201).id();
    let campaign = firm.owner.post("/api/crm/campaigns/", json!({"name": "Fair"})).await.expect(201).id();
    let prospect = firm.prospect().await;
    let line = json!({"description": "Workshop", "quantity": "1", "unit_price": "10.00"});
    let rows: [(&str, &str, Value); 8] = [
        ("leads of one campaign", "/api/crm/leads/", json!({"company_name": "Acme Corp", "campaign": campaign})),
        ("proposals to one prospect", "/api/crm/proposals/", json!({"prospect": prospect, "total_value": "10.00"})),
        ("contracts with one client", "/api/crm/contracts/", json!({"client": client, "title": "Audit"})),
        ("engagements of one client", "/api/clients/engagements/", json!({"client": client, "title": "Audit"})),
        ("projects of one client", "/api/projects/projects/", json!({"client": client, "name": "Study"})),
        ("tasks of one project", "/api/projects/tasks/", json!({"project": project, "title": "Interviews"})),
        ("comments on one task", "/api/clients/comments/", json!({"task": task, "comment": "Done"})),
        ("invoices to one client", "/api/finance/invoices/", json!({"client": client, "line_items": [line]})),
    ];
    for (pause, how) in paces() {
        for (what, path, body) in &rows {
            let write = Box::new(|_, _| ((*path).to_owned(), body.clone()));
            // Their numbers are without gaps.
            let most = if what.starts_with("proposals") || what.starts_with("contracts") { QUEUED } else { GUARDED };
            assert_all_done(&firm, Writes { what: &format!("{what}, {how}"), each: 2, pause, most, write }).await;
        }
    }
}
