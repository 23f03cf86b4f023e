//! What a client's people see: projects, comments, invoices. All of it is made for the firm's portal user.

use serde_json::{Value, json};

use super::{Given, Row, row};
use crate::Firm;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_portal_projects", async |firm| {
            project(firm).await;
            Given::nothing()
        }),
        row("show_portal_project", async |firm| Given::named(project(firm).await)),
        row("list_portal_project_tasks", async |firm| {
            let project = project(firm).await;
            task_of(firm, &project).await;
            Given::named(project)
        }),
        row("list_comments", async |firm| {
            comment(firm).await;
            Given::nothing()
        }),
        row("create_comment", async |firm| Given::body(json!({"task": task(firm).await, "comment": "Please update the deliverable."}))),
        row("show_comment", async |firm| Given::named(comment(firm).await)),
        row("mark_comment_read", async |firm| Given::named(comment(firm).await)).repeatable(),
        row("list_portal_invoices", async |firm| {
            sent_invoice(firm).await;
            Given::nothing()
        }),
        row("show_portal_invoice", async |firm| Given::named(sent_invoice(firm).await)),
        row("create_payment_link", async |firm| Given::named(sent_invoice(firm).await)).asks_others(),
        row("show_payment_link", async |firm| Given::named(sent_invoice(firm).await)).asks_others(),
    ]
}

async fn project(firm: &Firm<'_>) -> String {
    let body = json!({"client": firm.portal().await.client, "name": "Market study", "hourly_rate": "150"});
    firm.owner.post("/api/projects/projects/", body).await.expect(201).id()
}

async fn task_of(firm: &Firm<'_>, project: &str) -> String {
    let body = json!({"project": project, "title": "Interview ten importers"});
    firm.owner.post("/api/projects/tasks/", body).await.expect(201).id()
}

async fn task(firm: &Firm<'_>) -> String {
    task_of(firm, &project(firm).await).await
}

async fn comment(firm: &Firm<'_>) -> String {
    let body = json!({"task": task(firm).await, "comment": "Please update the deliverable."});
    firm.portal().await.user.post("/api/clients/comments/", body).await.expect(201).id()
}

async fn sent_invoice(firm: &Firm<'_>) -> String {
    let body: Value = json!({
        "client": firm.portal().await.client,
        "line_items": [{"description": "Market study", "quantity": "1", "unit_price": "500.00", "tax_rate": "19"}],
    });
    let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    invoice
}
