//! The second flow of the system: the client's work is planned, seen and spoken of.

use serde_json::json;

use super::{Firm, Walk, billing::settles};
use crate::error::Result;

/// What the flow from time to cash goes on with.
pub(super) struct Work {
    pub(super) project: String,
    pub(super) task: String,
}

pub(super) async fn walk(walk: &mut Walk, firm: &Firm) -> Result<Work> {
    let caller = &walk.caller.clone();
    let (owner, portal) = (&firm.owner, &firm.portal_user);
    let project = walk
        .step("a project is planned under the contract", async {
            let body = json!({
                "client": firm.client, "contract": firm.contract, "name": "Market entry study", "budget_hours": "100", "hourly_rate": "150",
            });
            let project = caller.post("/api/projects/projects/", &body).by(owner).send().await?.is(201)?;
            project.has("/client", &json!(firm.client))?.has("/contract", &json!(firm.contract))?.text("/id")
        })
        .await?;
    let task = walk
        .step("with a task", async {
            let body = json!({ "project": project, "title": "Interview ten importers", "estimate_hours": "20" });
            caller.post("/api/projects/tasks/", &body).by(owner).send().await?.is(201)?.has("/status", &json!("todo"))?.text("/id")
        })
        .await?;

    let other = walk
        .step("another client has a project too", async {
            let client = json!({ "company_name": "Beacon Ltd", "email": walk_email(firm) });
            let client = caller.post("/api/clients/clients/", &client).by(owner).send().await?.is(201)?.text("/id")?;
            let body = json!({ "client": client, "name": "Something else" });
            caller.post("/api/projects/projects/", &body).by(owner).send().await?.is(201)?.text("/id")
        })
        .await?;
    walk.step("the portal shows the client's own project alone", async {
        let projects = caller.get("/api/clients/projects/").by(portal).send().await?.is(200)?;
        projects.has("/results/0/id", &json!(project))?.lacks("/results/1")
    })
    .await?;
    walk.step("and its tasks", async {
        let tasks = caller.get(&format!("/api/clients/projects/{project}/tasks/")).by(portal).send().await?.is(200)?;
        tasks.has("/results/0/id", &json!(task))?.lacks("/results/1")
    })
    .await?;
    walk.step("another client's project and tasks: 404", async {
        caller.get(&format!("/api/clients/projects/{other}/")).by(portal).send().await?.is(404)?;
        caller.get(&format!("/api/clients/projects/{other}/tasks/")).by(portal).send().await?.is(404)
    })
    .await?;

    let comment = walk
        .step("the client comments on the task", async {
            let body = json!({ "task": task, "comment": "Please talk to Brunel & Sons as well." });
            let comment = caller.post("/api/clients/comments/", &body).by(portal).send().await?.is(201)?;
            comment.has("/client", &json!(firm.client))?.has("/is_read_by_firm", &json!(false))?.text("/id")
        })
        .await?;
    let notifications = "/api/auth/notifications/";
    walk.step("the team hears of it", async {
        let told = settles(caller, owner, notifications, "/results/0/comment", &json!(comment)).await?;
        told.has("/results/0/kind", &json!("commented"))?.has("/results/0/is_read", &json!(false))?.text("/results/0/url")
    })
    .await?;
    walk.step("and gets a mail", caller.timed_mail(&firm.owner_email, "Brunel & Sons")).await?;
    walk.step("what it has read is unread no more", async {
        caller.post(&format!("{notifications}read/"), &json!({ "all": true })).by(owner).send().await?.is(200)?.has("/unread", &json!(0))
    })
    .await?;
    walk.step("who doesn't want to hear of comments doesn't", async {
        let settings = "/api/auth/notification-settings/";
        caller.patch(settings, &json!({ "commented": "off" })).by(portal).send().await?.is(200)?.has("/commented", &json!("off"))?;
        caller.patch(settings, &json!({ "assigned": "instant" })).by(portal).send().await?.is(422)
    })
    .await?;
    walk.step("staff mark the comment read", async {
        let path = format!("/api/clients/comments/{comment}/mark-read/");
        let read = caller.post(&path, &json!({})).by(owner).send().await?.is(200)?;
        read.has("/is_read_by_firm", &json!(true))?.has("/read_by", &json!(firm.owner_id))
    })
    .await?;
    Ok(Work { project, task })
}

fn walk_email(firm: &Firm) -> String {
    format!("beacon-{}", firm.owner_email)
}
