//! Tasks in the table. Lists are filtered by who does them: a project's tasks are few enough to be shown at all statuses.

use derive::View;
use domain::{
    Date, Id, Price, Quantity, SingleLine,
    client::Client,
    ids::{ProjectId, UserId},
    task::{Status, Task},
};
use serde::{Deserialize, Serialize};

use crate::{Entity, Placement};

/// What lists know of a task.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = Task)]
pub struct TaskRow {
    /// On which project.
    pub project: ProjectId,
    /// The project's client.
    pub client: Id<Client>,
    /// What is to be done; the client sees it.
    pub title: SingleLine<200>,
    /// Where it stands.
    pub status: Status,
    /// Who does it.
    pub assignee: Option<UserId>,
    /// By when.
    pub due_date: Option<Date>,
    /// How many hours it should take.
    pub estimate_hours: Option<Quantity>,
    /// Its place among the tasks of its status: the lowest comes first.
    pub position: i32,
    /// What an hour on it costs, whoever does it.
    pub hourly_rate: Option<Price>,
}

impl Entity for Task {
    const TYPE: &'static str = "TASK";
    const IS_GUARDED: bool = true;
    type Row = TaskRow;

    fn row(&self) -> Self::Row {
        self.into()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: Some(self.project.into()),
            filter: self.assignee.map(|user| user.to_string()),
            parent_state: None,
            // What somebody has still to do.
            person: self.assignee.filter(|_| self.status != Status::Done).map(|user| (user.into(), self.due_date)),
            keeps_open: Vec::new(),
            timers: self.timers(),
        }
    }
}
