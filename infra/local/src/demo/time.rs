//! People log their time, hand it in, and managers approve it or hand it back.

use serde_json::json;

use super::{
    loader::{Loader, together},
    plan::{Entry, Reached},
    work::Projects,
};
use crate::{
    caller::Answer,
    error::{OrMissing, Result},
};

/// Time that was logged, as its invoice needs it.
pub(super) struct Logged<'e> {
    pub(super) entry: &'e Entry,
    pub(super) id: String,
    /// What is billed of it: hours, and what one costs. Decimals.
    pub(super) hours: String,
    pub(super) rate: String,
}

pub(super) async fn load<'e>(loader: &Loader, projects: &Projects, entries: &'e [Entry]) -> Result<Vec<Logged<'e>>> {
    together(entries.iter().map(|entry| log(loader, projects, entry))).await
}

/// Logs an entry and brings it as far as it came.
async fn log<'e>(loader: &Loader, projects: &Projects, entry: &'e Entry) -> Result<Logged<'e>> {
    let logged = logged(entry, &create(loader, projects, entry).await?)?;
    let manager = entry.project.manager;
    if entry.reached != Reached::Open {
        act(loader, entry.person, &logged.id, "submit").await?;
    }
    match entry.reached {
        Reached::Open | Reached::Submitted => {}
        Reached::Approved => approve(loader, manager, &logged.id).await?,
        Reached::Rejected => {
            let reason = json!({ "reason": "Please say which interviews these were." });
            loader.act(manager, &format!("/api/projects/time-entries/{}/reject/", logged.id), &reason).await?;
        }
    }
    Ok(logged)
}

/// Logs an entry in the name of who worked.
pub(super) async fn create(loader: &Loader, projects: &Projects, entry: &Entry) -> Result<Answer> {
    let project = projects.get(entry.project.name).or_missing(format!("{} isn't there", entry.project.name))?;
    let body = json!({
        "project": project.id, "task": entry.task.and_then(|task| project.tasks.get(task)), "hours": entry.hours(), "date": entry.date,
        "description": entry.description, "billable": entry.billable(),
    });
    loader.create(entry.person, "/api/projects/time-entries/", &body).await
}

/// What the API answered to an entry.
pub(super) fn logged<'e>(entry: &'e Entry, answer: &Answer) -> Result<Logged<'e>> {
    let rate = if entry.billable() { answer.text("/hourly_rate")? } else { String::new() };
    Ok(Logged { entry, id: answer.text("/id")?, hours: answer.text("/billed_hours")?, rate })
}

pub(super) async fn approve(loader: &Loader, manager: &str, id: &str) -> Result<()> {
    act(loader, manager, id, "approve").await.map(|_| ())
}

pub(super) async fn act(loader: &Loader, who: &str, id: &str, action: &str) -> Result<Answer> {
    loader.act(who, &format!("/api/projects/time-entries/{id}/{action}/"), &json!({})).await
}
