//! Projects.

use serde_json::{Value, json};

use super::{Given, Row, archived, clients::client, contracts::signed_contract, row, users::user};
use crate::Firm;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_projects", async |firm| Given::beside(project(firm).await)),
        row("create_project", async |firm| Given::body(new_project(firm).await)),
        row("show_project", async |firm| Given::named(project(firm).await)),
        row("update_project", async |firm| {
            let new = new_project(firm).await;
            let project = firm.owner.post("/api/projects/projects/", new.clone()).await.expect(201).id();
            let contract = signed_contract(firm, json!({"client": new["client"], "title": "Market study II"})).await;
            Given::named(project).with(json!({
                "name": "Market study II", "description": "Who sells, and how.", "contract": contract, "manager": user(firm).await,
                "budget_hours": "150", "budget_amount": "30000", "start_date": "2027-02-01", "end_date": "2027-07-31",
                "hourly_rate": "220.00", "rates": [{"hourly_rate": "220.00"}, {"from": "2027-02-01", "hourly_rate": "230.00"}],
                "billing_increment": 6, "billing_rounding": "nearest",
                "requires_approval": false,
            }))
        })
        .of_any_client(&["/manager"]),
        row("archive_project", async |firm| Given::named(completed(firm).await)).reads(2),
        row("restore_project", async |firm| Given::named(archived(firm, "/api/projects/projects/", completed(firm).await).await)),
        row("list_project_tasks", async |firm| Given::named(with_task(firm).await)),
        row("move_project", async |firm| Given::named(project(firm).await).with(json!({"to": "completed"}))),
        row("add_project_member", async |firm| {
            Given::named(project(firm).await)
                .with(json!({"user": firm.owner.id, "hourly_rate": "180.00", "rates": [{"from": "2026-01-01", "hourly_rate": "180.00"}]}))
        })
        .unshown(&["hourly_rate", "rates"]),
        row("remove_project_member", async |firm| Given::named(staffed(firm).await).with(json!({"user": firm.owner.id}))),
        row("list_project_history", async |firm| Given::named(project(firm).await)),
    ]
}

async fn new_project(firm: &Firm<'_>) -> Value {
    let client = client(firm).await;
    let contract = signed_contract(firm, json!({"client": client, "title": "Market study"})).await;
    json!({
        "client": client, "contract": contract, "name": "Market study", "description": "Who buys, and why.", "currency": "EUR",
        "hourly_rate": "200.00", "rates": [{"hourly_rate": "200.00"}, {"from": "2027-01-01", "hourly_rate": "210.00"}], "budget_hours": "120",
        "budget_amount": "22000.00", "billing_increment": 15, "billing_rounding": "up", "requires_approval": true,
        "manager": firm.owner.id, "start_date": "2027-01-04", "end_date": "2027-06-30",
    })
}

/// A project at 200.00 an hour, whose time is billed as it is.
pub(super) async fn project(firm: &Firm<'_>) -> String {
    let body = json!({"client": client(firm).await, "name": "Market study", "hourly_rate": "200.00"});
    firm.owner.post("/api/projects/projects/", body).await.expect(201).id()
}

async fn completed(firm: &Firm<'_>) -> String {
    after(firm, "move", json!({"to": "completed"})).await
}

async fn staffed(firm: &Firm<'_>) -> String {
    after(firm, "add-member", json!({"user": firm.owner.id})).await
}

async fn with_task(firm: &Firm<'_>) -> String {
    let project = project(firm).await;
    firm.owner.post("/api/projects/tasks/", json!({"project": project, "title": "Interview importers"})).await.expect(201);
    project
}

async fn after(firm: &Firm<'_>, action: &str, body: Value) -> String {
    let project = project(firm).await;
    firm.owner.post(format!("/api/projects/projects/{project}/{action}/"), body).await.expect(200);
    project
}
