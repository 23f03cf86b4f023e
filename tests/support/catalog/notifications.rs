//! What people hear of.

use domain::access::Role;
use serde_json::json;

use super::{Given, Row, projects::project, row};
use crate::{Firm, PostOffice, User};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_notifications", async |firm| Given::beside(notification(firm, &firm.owner).await)),
        row("read_notifications", async |firm| {
            let member = firm.member(Role::Consultant).await;
            Given::body(json!({"ids": [notification(firm, &member).await]})).by(&member)
        })
        .repeatable(),
        row("read_notifications", async |firm| {
            notification(firm, &firm.owner).await;
            Given::body(json!({"all": true}))
        })
        .repeatable(),
        row("show_notification_settings", async |_| Given::nothing()),
        row("update_notification_settings", async |firm| {
            let settings = json!({
                "accepted": "digest", "rejected": "off", "paid": "digest", "failed": "instant", "bounced": "digest", "commented": "digest",
                "assigned": "off", "due": "instant",
            });
            Given::body(settings).by(&firm.member(Role::Consultant).await)
        }),
    ]
}

/// Somebody is told that a manager gave them a task; the notification.
async fn notification(firm: &Firm<'_>, user: &User<'_>) -> String {
    let manager = firm.member(Role::Manager).await;
    let body = json!({"project": project(firm).await, "title": "Interview importers", "assignee": user.id, "due_date": "2027-02-26"});
    let task = manager.post("/api/projects/tasks/", body).await.expect(201).id();
    let outbox = firm.app.outbox_of(&PostOffice::open().await);
    assert!(firm.app.follow_up(&outbox, &task).await);
    user.get("/api/auth/notifications/").await.expect(200).text("/results/0/id")
}
