//! What clients say of tasks in the portal, and what the firm answers.

use serde_json::json;

use super::{
    clients::CLIENTS,
    loader::{Loader, together},
    projects::{BRANCH, CLAIMS, DESK, HIRING, LABS, MERGER, PARTNERS, PATIENTS, PROJECTS, ROADMAP, ROLLOUT, STORES, WAREHOUSE},
    work::Projects,
};
use crate::error::{OrMissing, Result};

/// Whether somebody of the firm has seen what the client said.
#[derive(Clone, Copy)]
enum Heard {
    Answered(&'static str),
    Read,
    Unread,
}
use Heard::{Answered, Read, Unread};

/// On which of a project's tasks the client said what.
const SAID: [(&str, usize, &str, Heard); 18] = [
    (
        MERGER,
        1,
        "The figures for the Cork site are still those of last year; new ones come on Friday.",
        Answered("Thank you, we wait for them."),
    ),
    (MERGER, 3, "Could the draft name who decides on lab equipment?", Answered("Yes: page 7 of the version that I send today.")),
    (ROADMAP, 1, "Two of the libraries would like to be asked too.", Answered("Added. Priya calls them this week.")),
    (ROADMAP, 4, "The councillors liked the one-page version. Please keep it.", Read),
    (BRANCH, 2, "We need the room until 17:00 that day.", Answered("Booked, and we bring the boards ourselves.")),
    (WAREHOUSE, 4, "Night shift asks whether the pilot can start an hour later.", Answered("It can. The plan is changed.")),
    (CLAIMS, 0, "Claims over 50,000 go to another team; is that in the map?", Answered("Not yet. We add it as a branch of its own.")),
    (CLAIMS, 4, "The pilot team has four new people from Monday.", Read),
    (LABS, 2, "Please send the invitation to Dr. Okello as well.", Answered("Done.")),
    (PATIENTS, 3, "Reception can't see the second screen. Is that meant?", Answered("No, thanks for noticing. Fixed in the new layout.")),
    (ROLLOUT, 2, "Hamburg would rather be in the second wave.", Answered("Then Leipzig moves up. Is that fine with you?")),
    (ROLLOUT, 2, "Yes, Leipzig is glad.", Read),
    (ROLLOUT, 4, "Who trains the evening staff?", Unread),
    (
        STORES,
        3,
        "The rents of the three Limerick stores are renegotiated; please leave them out.",
        Answered("They are out from version 4 on."),
    ),
    (STORES, 4, "Can we see the options before Thursday's board?", Unread),
    (DESK, 2, "The vote on the budget is moved by a month. We have to wait.", Answered("We pause here and keep the team's dates open.")),
    (HIRING, 3, "Three candidates for the platform team came from the new funnel!", Read),
    (PARTNERS, 3, "Our Denver office has opinions on the model. Could you call them?", Unread),
];

pub(super) async fn load(loader: &Loader, projects: &Projects) -> Result<()> {
    // One after the other within a project, as people talk.
    let talks = PROJECTS.iter().map(|project| async move {
        for (name, task, said, heard) in &SAID {
            if *name == project.name {
                speak(loader, projects, (project.client, project.name, project.manager), *task, said, *heard).await?;
            }
        }
        Ok(())
    });
    together(talks).await.map(|_| ())
}

async fn speak(
    loader: &Loader,
    projects: &Projects,
    (client, project, manager): (&str, &str, &str),
    task: usize,
    said: &str,
    heard: Heard,
) -> Result<()> {
    let missing = || format!("nobody can speak of {project}");
    let client = CLIENTS.iter().find(|other| other.lead.company == client).or_missing(missing())?;
    let task = projects.get(project).and_then(|loaded| loaded.tasks.get(task)).or_missing(missing())?;
    let comment =
        loader.create(client.lead.email, "/api/clients/comments/", &json!({ "task": task, "comment": said })).await?.text("/id")?;
    match heard {
        Unread => return Ok(()),
        Read => {}
        Answered(answer) => {
            loader.create(manager, "/api/clients/comments/", &json!({ "task": task, "comment": answer })).await?;
        }
    }
    loader.act(manager, &format!("/api/clients/comments/{comment}/mark-read/"), &json!({})).await.map(|_| ())
}
