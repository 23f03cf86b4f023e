//! A day has 24 hours: what one person logs on one day comes to no more, however it comes there.

use domain::access::Role;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp, User};

use crate::{
    projects::project,
    steps::{results, together},
};

const ENTRIES: &str = "/api/projects/time-entries/";

struct Work<'a> {
    app: &'a TestApp,
    firm: Firm<'a>,
    project: String,
}

impl<'a> Work<'a> {
    async fn new(app: &'a TestApp) -> Self {
        let firm = app.firm().await;
        let project = project(&firm, json!({})).await.id();
        Self { app, firm, project }
    }

    /// The day so many days back.
    fn day(&self, back: u64) -> String {
        (self.app.clock.now().date_naive() - chrono::Days::new(back)).to_string()
    }

    fn body(&self, back: u64, hours: &str) -> Value {
        json!({"project": self.project, "date": self.day(back), "hours": hours})
    }

    async fn log(&self, user: &User<'_>, back: u64, hours: &str) -> Answer {
        user.post(ENTRIES, self.body(back, hours)).await
    }

    fn refused(&self, answer: Answer, field: &str, back: u64, hours: &str) {
        let told = format!("That would be {hours} hours on {}; a day has 24.", self.day(back));
        assert_eq!(answer.expect(422).json["errors"], json!({field: [told]}));
    }
}

#[tokio::test]
async fn a_day_of_one_person_has_24_hours_and_whatever_is_taken_off_makes_room() {
    let app = TestApp::unlimited().await;
    let work = Work::new(&app).await;
    let (owner, other) = (&work.firm.owner, work.firm.member(Role::Consultant).await);
    let first = work.log(owner, 1, "20").await.expect(201).id();
    let before = app.moment();
    work.refused(work.log(owner, 1, "7.5").await, "hours", 1, "27.50");
    assert_eq!(app.changed_since(&before), [], "what was refused changed something");
    let second = work.log(owner, 1, "4").await.expect(201).id();
    work.refused(work.log(owner, 1, "0.02").await, "hours", 1, "24.02");

    work.log(&other, 1, "24").await.expect(201);
    let for_other = json!({"project": work.project, "date": work.day(1), "hours": 1, "user": other.id});
    work.refused(owner.post(ENTRIES, for_other).await, "hours", 1, "25.00");
    let third = work.log(owner, 2, "1").await.expect(201).id();

    let change = async |entry: &str, body: Value| owner.patch(format!("{ENTRIES}{entry}/"), body).await;
    work.refused(change(&third, json!({"date": work.day(1)})).await, "date", 1, "25.00");
    work.refused(change(&second, json!({"hours": "4.5"})).await, "hours", 1, "24.50");
    change(&second, json!({"description": "Interviews"})).await.expect(200);
    change(&second, json!({"hours": "3"})).await.expect(200);
    change(&third, json!({"date": work.day(1)})).await.expect(200);
    work.log(owner, 2, "24").await.expect(201);
    work.refused(change(&first, json!({"date": work.day(2), "hours": "10"})).await, "hours", 2, "34.00");
    change(&first, json!({"date": work.day(3)})).await.expect(200);
    work.log(owner, 1, "20").await.expect(201);
    work.refused(work.log(owner, 1, "1").await, "hours", 1, "25.00");

    owner.delete(format!("{ENTRIES}{second}/")).await.expect(204);
    work.log(owner, 1, "3").await.expect(201);
    work.refused(work.log(owner, 1, "0.5").await, "hours", 1, "24.50");
}

#[tokio::test]
async fn what_is_reversed_makes_room_and_to_undo_that_takes_it_again() {
    let app = TestApp::unlimited().await;
    let work = Work::new(&app).await;
    let owner = &work.firm.owner;
    let logged = work.log(owner, 1, "20").await.expect(201);
    let body = json!({"client": logged.text("/client"), "time_entries": [logged.id()]});
    let invoice = owner.post("/api/finance/invoices/", body).await.expect(201).id();
    owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    work.refused(work.log(owner, 1, "20").await, "hours", 1, "40.00");
    let reversal = owner.post(format!("{ENTRIES}{}/reverse/", logged.id()), json!({})).await.expect(201).id();
    let anew = work.log(owner, 1, "24").await.expect(201).id();

    // To delete it takes room for what it took back.
    let reversal = format!("{ENTRIES}{reversal}/");
    work.refused(owner.delete(&reversal).await, "hours", 1, "44.00");
    owner.patch(format!("{ENTRIES}{anew}/"), json!({"hours": "4"})).await.expect(200);
    owner.delete(&reversal).await.expect(204);
    owner.post(format!("/api/finance/invoices/{invoice}/void/"), json!({})).await.expect(200);
    app.deliver().await;
    assert_eq!(results(&owner.get(format!("{ENTRIES}?status=open")).await.expect(200)).len(), 2);
    work.refused(work.log(owner, 1, "0.5").await, "hours", 1, "24.50");
    owner.delete(format!("{ENTRIES}{}/", logged.id())).await.expect(204);
    work.log(owner, 1, "20").await.expect(201);
    work.refused(work.log(owner, 1, "1").await, "hours", 1, "25.00");
}

#[tokio::test]
async fn a_day_is_not_overfilled_by_many_who_log_at_once() {
    let app = TestApp::unlimited().await;
    let work = Work::new(&app).await;
    let calls = (0..12).map(|_| work.firm.owner.call(Method::POST, ENTRIES).json(work.body(1, "5"))).collect();
    let answers = together(calls).await;
    let with = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with(201), with(422)), (4, 8));
    work.log(&work.firm.owner, 1, "4").await.expect(201);
    work.refused(work.log(&work.firm.owner, 1, "1").await, "hours", 1, "25.00");
}
