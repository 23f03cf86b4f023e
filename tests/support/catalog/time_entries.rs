//! Time entries.

use domain::access::Permission::ManageWork;
use serde_json::{Value, json};

use super::{Given, Row, row};
use crate::Firm;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_time_entries", async |firm| Given::beside(entry(firm).await)),
        row("create_time_entry", async |firm| Given::body(new_entry(firm).await)).others(ManageWork),
        row("show_time_entry", async |firm| Given::named(entry(firm).await)),
        row("update_time_entry", async |firm| {
            let mut new = new_entry(firm).await;
            new["billable"] = false.into();
            let entry = firm.owner.post("/api/projects/time-entries/", new.clone()).await.expect(201).id();
            let another = json!({"project": new["project"], "title": "Interview retailers"});
            let task = firm.owner.post("/api/projects/tasks/", another).await.expect(201).id();
            Given::named(entry).with(json!({
                "task": task, "hours": "3", "date": "2026-01-12", "hourly_rate": "190.00", "billable": true, "description": "Interviews, and notes of them",
            }))
        })
        .reads(2)
        .others(ManageWork)
        .needed(&["hourly_rate"]),
        row("delete_time_entry", async |firm| Given::named(entry(firm).await)).others(ManageWork),
        row("submit_time_entry", async |firm| Given::named(entry(firm).await)).others(ManageWork),
        row("approve_time_entry", async |firm| Given::named(submitted(firm).await)),
        row("reject_time_entry", async |firm| Given::named(submitted(firm).await).with(json!({"reason": "Which interviews?"}))),
        row("reverse_time_entry", async |firm| Given::named(invoiced(firm).await)).reads(2),
        row("list_time_entry_history", async |firm| Given::named(submitted(firm).await)),
    ]
}

async fn new_entry(firm: &Firm<'_>) -> Value {
    let project = super::projects::project(firm).await;
    let task = firm.owner.post("/api/projects/tasks/", json!({"project": project, "title": "Interview importers"})).await.expect(201).id();
    // A day has room for nine of them; the sweeps log many.
    let date = firm.another_day().to_string();
    json!({
        "project": project, "task": task, "user": firm.owner.id, "hours": "2.5", "date": date, "hourly_rate": "200.00",
        "billable": true, "description": "Interviews",
    })
}

async fn entry(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/projects/time-entries/", new_entry(firm).await).await.expect(201).id()
}

async fn submitted(firm: &Firm<'_>) -> String {
    let entry = entry(firm).await;
    firm.owner.post(format!("/api/projects/time-entries/{entry}/submit/"), json!({})).await.expect(200);
    entry
}

/// An entry that is on an invoice that was sent.
async fn invoiced(firm: &Firm<'_>) -> String {
    let entry = firm.owner.post("/api/projects/time-entries/", new_entry(firm).await).await.expect(201);
    let body = json!({"client": entry.text("/client"), "time_entries": [entry.id()]});
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({"sent_by": "hand"})).await.expect(200);
    entry.id()
}
