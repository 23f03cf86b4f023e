//! The projects of the contracts, with their people and tasks.

use chrono::Days;
use serde_json::{Value, json};
use std::collections::HashMap;

use super::{
    budget::Budget,
    clients::CLIENTS,
    firm::STAFF,
    loader::{Loader, together},
    projects::{PROJECTS, Phase, Project},
    sales::{Sold, ends, starts},
};
use crate::error::{OrMissing, Result};

/// A project as later parts need it: the ids of it and of its tasks, in order.
pub(super) struct Loaded {
    pub(super) id: String,
    pub(super) tasks: Vec<String>,
}

/// All projects by their names.
pub(super) type Projects = HashMap<&'static str, Loaded>;

pub(super) async fn load(loader: &Loader, sold: &Sold, budgets: &HashMap<&'static str, Budget>) -> Result<Projects> {
    let loaded = together(PROJECTS.iter().map(|project| self::project(loader, project, sold, budgets))).await?;
    Ok(PROJECTS.iter().map(|project| project.name).zip(loaded).collect())
}

async fn project(loader: &Loader, project: &Project, sold: &Sold, budgets: &HashMap<&'static str, Budget>) -> Result<Loaded> {
    let missing = || format!("{} wasn't sold", project.name);
    let budget = budgets.get(project.name).or_missing(missing())?;
    let client = CLIENTS.iter().find(|client| client.lead.company == project.client).or_missing(missing())?;
    let mut rates = vec![json!({ "hourly_rate": project.rate })];
    if let Some(raised) = project.raised {
        rates.push(json!({ "from": loader.calendar.first(2), "hourly_rate": raised }));
    }
    let body = json!({
        "client": sold.clients.get(project.client).or_missing(missing())?,
        "contract": sold.contracts.get(project.name).or_missing(missing())?,
        "name": project.name, "currency": client.currency, "rates": rates, "budget_hours": budget.hours, "budget_amount": budget.amount,
        "billing_increment": project.increment, "billing_rounding": "up", "requires_approval": project.approval,
        "manager": loader.session(project.manager)?.id, "start_date": starts(loader, project), "end_date": ends(loader, project),
    });
    let id = loader.create(project.manager, "/api/projects/projects/", &body).await?.text("/id")?;
    for person in project.team {
        // A rate of one's own is in the firm's currency.
        let rate = STAFF.iter().find(|other| other.key == *person).and_then(|person| person.rate);
        let rate = rate.filter(|_| client.currency == super::firm::CURRENCY);
        let body = json!({ "user": loader.session(person)?.id, "hourly_rate": rate });
        loader.act(project.manager, &format!("/api/projects/projects/{id}/add-member/"), &body).await?;
    }
    let mut tasks = Vec::new();
    for (place, title) in project.tasks.iter().enumerate() {
        tasks.push(task(loader, project, &id, (place, title), budget).await?);
    }
    Ok(Loaded { id, tasks })
}

/// One of a project's tasks, moved to where it stands.
async fn task(loader: &Loader, project: &Project, id: &str, (place, title): (usize, &str), budget: &Budget) -> Result<String> {
    let assignee = project.team.iter().cycle().nth(place).or_missing(format!("nobody works on {}", project.name))?;
    let days = u64::from(project.runs) * 30 * (place as u64 + 1) / project.tasks.len() as u64;
    let body = json!({
        "project": id, "title": title, "assignee": loader.session(assignee)?.id, "estimate_hours": budget.hours / 6,
        "due_date": starts(loader, project) + Days::new(days),
    });
    let task = loader.create(project.manager, "/api/projects/tasks/", &body).await?.text("/id")?;
    if let Some(to) = stands(project, place) {
        loader.act(assignee, &format!("/api/projects/tasks/{task}/move/"), &json!({ "to": to })).await?;
    }
    Ok(task)
}

/// Where the task at `place` stands; nothing if it is yet to do.
fn stands(project: &Project, place: usize) -> Option<&'static str> {
    let left = project.begun.checked_sub(place + 1)?;
    Some(match (project.phase, left) {
        (Phase::Completed, _) => "done",
        (Phase::OnHold | Phase::Cancelled, 0) => "blocked",
        (Phase::Planned | Phase::Active, 0) => "in_progress",
        (Phase::Active, 1) => "review",
        (Phase::Planned | Phase::Active | Phase::OnHold | Phase::Cancelled, _) => "done",
    })
}

/// Moves the projects to where they stand, once all their time is logged.
pub(super) async fn finish(loader: &Loader, projects: &Projects) -> Result<()> {
    let moved = PROJECTS.iter().filter_map(|project| Some((project, project.phase.moved()?, projects.get(project.name)?)));
    together(moved.map(|(project, to, loaded)| async move {
        let body: Value = json!({ "to": to });
        loader.act(project.manager, &format!("/api/projects/projects/{}/move/", loaded.id), &body).await
    }))
    .await
    .map(|_| ())
}
