//! Tasks.

use domain::access::Permission::ManageWork;
use serde_json::{Value, json};

use super::{Given, Row, archived, projects::project, row, users::user};
use crate::Firm;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_tasks", async |firm| Given::beside(task(firm).await)),
        row("create_task", async |firm| Given::body(new_task(firm).await)).others(ManageWork),
        row("show_task", async |firm| Given::named(task(firm).await)),
        row("update_task", async |firm| {
            Given::named(task(firm).await).with(json!({
                "title": "Interview retailers", "description": "Twelve of them", "assignee": user(firm).await, "due_date": "2027-03-05",
                "estimate_hours": "20", "hourly_rate": "190.00",
            }))
        })
        .others(ManageWork)
        .of_any_client(&["/assignee"]),
        row("list_open_tasks", async |firm| {
            let user = user(firm).await;
            let mut body = new_task(firm).await;
            body["assignee"] = json!(user);
            firm.owner.post("/api/projects/tasks/", body).await.expect(201);
            Given::named(user)
        }),
        row("archive_task", async |firm| Given::named(task(firm).await)),
        row("restore_task", async |firm| Given::named(archived(firm, "/api/projects/tasks/", task(firm).await).await)),
        row("move_task", async |firm| Given::named(task(firm).await).with(json!({"to": "in_progress", "position": 3}))),
        row("list_task_history", async |firm| Given::named(task(firm).await)),
    ]
}

async fn new_task(firm: &Firm<'_>) -> Value {
    json!({
        "project": project(firm).await, "title": "Interview importers", "description": "Ten of them", "assignee": firm.owner.id,
        "due_date": "2027-02-26", "estimate_hours": "16", "position": 7, "hourly_rate": "180.00",
    })
}

async fn task(firm: &Firm<'_>) -> String {
    firm.owner.post("/api/projects/tasks/", new_task(firm).await).await.expect(201).id()
}
